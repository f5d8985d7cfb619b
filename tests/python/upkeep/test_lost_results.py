"""A build in which a thread fails ends; dbt alone would wait for ever."""

import threading
from collections.abc import Callable, Iterator
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest
from dbt.graph.thread_pool import DbtThreadPool

from duckdb_plugins.lost_results import apply_async

LONG = 60


@pytest.fixture
def pool() -> Iterator[DbtThreadPool]:
    """Threads as dbt has them."""
    with DbtThreadPool(1, lambda: None, []) as threads:  # type: ignore[no-untyped-call]
        yield threads


def failing(*_: Any) -> None:
    """Fails as a thread does that has no memory left."""
    raise MemoryError("no memory")


def wait_for_results(
    pool: DbtThreadPool, submit: Callable[..., Any], work: Callable[[], None], take: Callable[[Any], None], seconds: int
) -> bool:
    """Waits as dbt does, and returns whether the result came."""
    done = threading.Event()

    def callback(result: Any) -> None:
        take(result)
        done.set()

    submit(pool, work, args=(), callback=callback)
    return done.wait(seconds)


@pytest.mark.parametrize(("work", "take"), [(failing, print), (print, failing)], ids=["in the model", "in its result"])
def test_a_failure_ends_the_wait(
    work: Callable[[], None], take: Callable[[Any], None], pool: DbtThreadPool, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a sentence that says what probably happened."""
    with pytest.raises(KeyboardInterrupt):
        wait_for_results(pool, apply_async, work, take, LONG)
    assert "the result of a model was lost: MemoryError no memory. Memory probably ran out" in capsys.readouterr().err


def test_dbt_alone_would_wait(pool: DbtThreadPool) -> None:
    """Should that change, the plugin is no longer needed."""
    assert not wait_for_results(pool, ThreadPool.apply_async, failing, print, 2)


def test_a_result_is_taken(pool: DbtThreadPool) -> None:
    """Where nothing fails nothing changes."""
    assert wait_for_results(pool, apply_async, lambda: None, print, LONG)
