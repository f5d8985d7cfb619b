"""Fits that do not depend on what else runs in the process."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
R = TypeVar("R")

_ONE_AT_A_TIME = threading.RLock()


def alone(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function run in one thread, and only while no other such function runs.

    dbt runs several models at once in one process. liblinear's random numbers belong to that process, whatever seed a fit is given, and so
    does the number of threads by which sums are split: without this, equal input gave coefficients that differed in the fourth digit.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with _ONE_AT_A_TIME, threadpool_limits(1):
            return function(*args, **kwargs)

    return run
