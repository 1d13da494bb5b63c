"""Everything that touches private parts of Pulumi's dynamic provider host (``python -m pulumi.dynamic``).

Each of these makes the host better and none is needed: where a private part is not as expected, it is left alone.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

WORKERS = 64
"""Calls that the host serves at a time; its own number is 4, whatever ``--parallel`` says."""


class ReadableError(Exception):
    """An error whose text is all that a user should see of it."""


def tune() -> None:
    """Tune the host that this process is; harmless in any other process. Call it from `configure`."""
    raise_workers(WORKERS)
    show_readable_errors()


def report(text: str) -> None:
    """Show progress: what the host prints appears at once in the engine's display."""
    print(text, flush=True)  # noqa: T201 - this is how a dynamic provider speaks to the user


def raise_workers(workers: int) -> bool:
    """Let the pool that runs the calling thread grow to `workers` threads, at once; False where that is not to be had.

    The pool would grow by one thread whenever a call finds none idle, which is too slow for a burst of calls.
    """
    executor = _own_executor()
    if executor is None:
        return False
    executor._max_workers = max(workers, executor._max_workers)  # noqa: SLF001 - guarded by _own_executor
    started = threading.Event()
    for _ in range(executor._max_workers - 1):  # noqa: SLF001
        executor.submit(started.wait, 10.0)
    started.set()
    return True


def _own_executor() -> Any:
    """The executor that the calling thread works for."""
    try:
        executor = threading.current_thread()._args[0]()  # type: ignore[attr-defined]  # noqa: SLF001
    except (AttributeError, IndexError, TypeError):
        return None
    usable = isinstance(executor, ThreadPoolExecutor) and isinstance(getattr(executor, "_max_workers", None), int)
    return executor if usable else None


def show_readable_errors() -> bool:
    """Have the host show a `ReadableError` as its text, without a traceback; False in any other process."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if main is None or getattr(spec, "name", None) not in {"pulumi.dynamic.__main__", "pulumi.dynamic"}:
        return False
    if getattr(main, "traceback", None) is not traceback:
        return False
    main.traceback = _ReadableTraceback(traceback)  # type: ignore[attr-defined]
    return True


class _ReadableTraceback(ModuleType):
    """Stands in for the module `traceback` in the host's main module."""

    def __init__(self, genuine: ModuleType) -> None:
        super().__init__(genuine.__name__)
        self._genuine = genuine

    def format_exc(self, *arguments: Any, **options: Any) -> str:
        error = sys.exc_info()[1]
        if isinstance(error, ReadableError):
            return str(error)
        formatted: Callable[..., str] = self._genuine.format_exc
        return formatted(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._genuine, name)
