"""A process that has dbt loaded and forks one process for each call of dbt, which spares the seconds that a start of dbt takes.

It is given calls as lines of JSON and answers each with the exit code of dbt. The first call it runs itself, so that what dbt makes
once a process, such as the code that reads and writes its files, is made before the forks.
"""

import atexit
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterable
from functools import cache
from typing import Any

import dbt.context.base
import duckdb
import sklearn.linear_model  # noqa: F401 (loaded here, so that no fork has to)
import statsmodels.api  # noqa: F401
from dbt.cli.main import cli
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import BaseEvent, DebugLevel
from dbt_common.events.event_manager import EventManager


def leave_out_debug_events() -> None:
    """Spares what dbt notes for its debug log, which no call writes: a quarter of a build's time goes into messages that nobody sees."""
    fire = EventManager.fire_event

    def fire_unless_debug(manager: EventManager, event: BaseEvent, *arguments: Any, **settings: Any) -> None:
        if not isinstance(event, DebugLevel):
            fire(manager, event, *arguments, **settings)

    def say_nothing(event: BaseEvent, *arguments: Any, **fields: Any) -> None:
        pass

    DebugLevel.__init__ = say_nothing  # type: ignore[method-assign,assignment]
    EventManager.fire_event = fire_unless_debug  # type: ignore[method-assign,assignment]


def make_once_what_is_always_the_same() -> None:
    """Spares what dbt makes anew for each node: the readers of types in results, and what templates may use of Python's modules."""
    tester = cache(agate_helper.build_type_tester)

    def kept_tester(text_columns: Iterable[str], string_null_values: Iterable[str] = ("null", "")) -> Any:
        return tester(tuple(text_columns), tuple(string_null_values))

    agate_helper.build_type_tester = kept_tester  # type: ignore[assignment]
    dbt.context.base.get_context_modules = cache(dbt.context.base.get_context_modules)


def call_dbt(arguments: list[str], environment: dict[str, str], folder: str, output: str) -> int:
    """Does in this process what the command `dbt` does, and returns its exit code.

    Parameters
    ----------
    arguments
        Command and options.
    environment
        All variables of the environment.
    folder
        The working directory.
    output
        File to which everything is written that dbt prints.
    """
    with open(output, "wb") as printed, open(os.devnull, "rb") as nothing:  # noqa: PTH123 (of their descriptors)
        os.dup2(nothing.fileno(), 0)
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["dbt", *arguments]
    try:
        cli()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def run(call: dict[str, Any], kill_after: float | None = None) -> int:
    """Returns the exit code of a call that a process of its own does.

    Parameters
    ----------
    call
        The arguments of `call_dbt`, by name.
    kill_after
        Seconds after which the process is killed, if it is still there.
    """
    process = os.fork()
    if process == 0:
        code = 1
        try:
            code = call_dbt(**call)
        except BaseException:
            traceback.print_exc()
        finally:
            # What an exit does without what it would do to the threads of libraries, which no fork has: the warehouse is closed here.
            atexit._run_exitfuncs()
            sys.stdout.flush()
            os._exit(code)
    status = waited_for(process, kill_after) if kill_after is not None else os.waitpid(process, 0)[1]
    return os.waitstatus_to_exitcode(status)


def waited_for(process: int, seconds: float) -> int:
    """Returns the status with which a process ended; kills it once the seconds are over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1]


def serve() -> None:
    """Answers calls until there are no more."""
    leave_out_debug_events()
    make_once_what_is_always_the_same()
    with os.fdopen(os.dup(0)) as calls, os.fdopen(os.dup(1), "w") as answers:
        for number, line in enumerate(calls):
            call = json.loads(line)
            kill_after = call.pop("kill_after", None)
            if number == 0:
                code = call_dbt(**call)
                duckdb.default_connection().close()
                # what is there by now is never freed: collections in the forks need not look at it
                gc.collect()
                gc.freeze()
                # nor often at what a build makes
                gc.set_threshold(50_000, 50, 100)
            else:
                code = run(call, kill_after)
            print(code, file=answers, flush=True)


if __name__ == "__main__":
    serve()
