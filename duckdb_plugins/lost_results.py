"""A plugin of dbt-duckdb: a build that loses the result of a model ends with an error.

dbt waits for each model that it has given to a thread. Where a thread fails in a way that dbt does not handle, such as a want of memory
while it handles an error, it would wait for ever.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.pool import ThreadPool
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.graph.thread_pool import DbtThreadPool


class Plugin(BasePlugin):
    """Has dbt hear of what its threads fail in."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Watches over all threads that dbt starts from now on."""
        DbtThreadPool.apply_async = apply_async  # type: ignore[assignment,method-assign]


def apply_async(pool: DbtThreadPool, func: Callable[..., Any], args: Any = (), *, callback: Callable[[Any], None]) -> Any:
    """Has a thread call a function, and another one take its result."""

    def take(result: Any) -> None:
        try:
            callback(result)
        except BaseException as error:
            # to raise it would end the thread that takes all results
            stop(error)

    return ThreadPool.apply_async(pool, func, args, callback=take, error_callback=stop)


def stop(error: BaseException) -> None:
    """Ends the build as Ctrl+C does, because that closes the warehouse properly."""
    with suppress(MemoryError):
        print(
            f"The build stops, because the result of a model was lost: {type(error).__name__} {error}. Memory probably ran out: "
            "allow more (ulimit -v), or take fewer threads (--threads 1).",
            file=sys.stderr,
        )
    os.kill(os.getpid(), signal.SIGINT)
