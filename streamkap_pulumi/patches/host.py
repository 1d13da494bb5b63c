"""Improves Pulumi's dynamic provider host (``python -m pulumi.dynamic``) through private parts of it.

The provider works without any of this: where a private part is not as expected, it is left alone.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from streamkap_pulumi.streams import write

WORKERS = 64
"""Calls that the host serves at a time from the start. Its own limit is 4, whatever ``--parallel`` says."""
MOST_WORKERS = 4096
"""Calls that it serves at a time when there are more: a call in a queue would not notice Ctrl-C."""

ANSWERS = "empty_pb2"
"""The name in the host's main module for the module of `Cancel`'s answer."""


class ReadableError(Exception):
    """An error of which users should see the text only."""


def tune(interrupt: Callable[[], None]) -> None:
    """Tune the host that this process is; harmless in any other process. Call it from `configure`.

    Each part is tried by itself, so one that fails does not affect the others.

    Args:
        interrupt: called when the engine cancels the run: after Ctrl-C, and at the end of every run.
    """
    parts = (
        end_with_engine,
        show_readable_errors,
        lambda: hear_cancel(interrupt),
        lambda: raise_workers(WORKERS, MOST_WORKERS),
    )
    for part in parts:
        with suppress(Exception):
            part()


def report(text: str) -> None:
    """Show progress: what the host prints appears at once in the engine's display.

    The engine reads UTF-8, whatever encoding the host's output has.
    """
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and codecs.lookup(out.encoding).name != "utf-8":
        with suppress(ValueError):
            out.reconfigure(encoding="utf-8")
    write(out, f"{text}\n")


def raise_workers(workers: int, most: int = 0) -> bool:
    """Grow the pool that runs the calling thread to `workers` threads at once; False where that is not possible.

    By itself it grows by one thread whenever a call finds none idle, which is too slow for a burst of calls. It still
    grows that way when more calls come, up to `most`.
    """
    executor = _own_executor()
    if executor is None:
        return False
    executor._max_workers = max(workers, most, executor._max_workers)  # noqa: SLF001 - guarded by _own_executor
    started = threading.Event()
    for _ in range(workers - 1):
        executor.submit(started.wait, 10.0)
    started.set()
    return True


def _own_executor() -> Any:
    """The executor that runs the calling thread; None if it is not as expected."""
    try:
        executor = threading.current_thread()._args[0]()  # type: ignore[attr-defined]  # noqa: SLF001
    except (AttributeError, IndexError, TypeError):
        return None
    usable = isinstance(executor, ThreadPoolExecutor) and isinstance(getattr(executor, "_max_workers", None), int)
    return executor if usable else None


def end_with_engine() -> bool:
    """End this process as soon as its engine has ended; False where no engine is found above it.

    An engine that is killed leaves its providers running, and nothing records what they still send.
    """
    engine = _engine_above(os.getpid())
    if engine is None or not hasattr(os, "pidfd_open"):
        return False
    try:
        handle = os.pidfd_open(engine)
    except OSError:
        return False
    threading.Thread(target=_end_after, args=(handle,), name="streamkap: end with the engine", daemon=True).start()
    return True


def _end_after(handle: int) -> None:
    """Wait for the engine's end: only then can its handle be read."""
    select.select([handle], [], [])
    os._exit(1)


def _engine_above(process: int) -> int | None:
    """The nearest `pulumi` among the ancestors of this process; None where the system does not show them."""
    while process > 1:
        try:
            name, parent = _name_and_parent(process)
        except (OSError, ValueError, IndexError):
            return None
        if name == "pulumi":
            return process
        process = parent
    return None


def _name_and_parent(process: int) -> tuple[str, int]:
    status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    name, rest = status[status.index("(") + 1 :].rsplit(")", 1)
    return name, int(rest.split()[1])


def recorded_input(name: str) -> str | None:
    """The string that the state has as the input `name` of the resource being read; None where it is not available.

    A provider gets the recorded outputs only; the host that calls it has the inputs too. Call it from `read`.
    """
    with suppress(Exception):
        text = _request("Read").inputs[name]
        return text if isinstance(text, str) else None
    return None


def urn() -> str | None:
    """The URN of the resource, which the host does not pass to providers; None where it is not available.

    Call it from `check` or `delete`.
    """
    with suppress(Exception):
        found = _request("Check", "Delete").urn
        return found if isinstance(found, str) and found else None
    return None


def timeout() -> float | None:
    """The engine's time limit in seconds, which the host does not pass to providers; None where there is none.

    Call it from `create`, `update` or `delete`.
    """
    with suppress(Exception):
        found = _request("Create", "Update", "Delete").timeout
        return float(found) if found > 0 else None
    return None


def _request(*methods: str) -> Any:
    """The engine's request to the method of the host that called the provider; None in any other process."""
    frame = sys._getframe()  # noqa: SLF001 - guarded: frames that are not as expected are skipped
    while (caller := frame.f_back) is not None:
        frame = caller
        if frame.f_code.co_name in methods:
            return frame.f_locals.get("request")
    return None


def show_readable_errors() -> bool:
    """Make the host show only the text of a `ReadableError`, without a traceback; False in any other process."""
    main = _main_of_host()
    if main is None or getattr(main, "traceback", None) is not traceback:
        return False
    main.traceback = _ReadableTraceback(traceback)  # type: ignore[attr-defined]
    return True


def _main_of_host() -> ModuleType | None:
    """The host's main module; None in any other process."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    return main if getattr(spec, "name", None) in {"pulumi.dynamic.__main__", "pulumi.dynamic"} else None


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


def hear_cancel(interrupt: Callable[[], None]) -> bool:
    """Call `interrupt` when the engine cancels the run; False where that is not possible.

    Ctrl-C at a terminal does not reach the host, which has its own process group. The engine calls the host's `Cancel`
    instead, which only answers. gRPC holds that method, so it cannot be replaced; the module of its answer can.
    """
    main = _main_of_host()
    answers = getattr(main, ANSWERS, None)
    if isinstance(answers, _ListeningAnswers):
        return True
    cancel = getattr(getattr(main, "DynamicResourceProviderServicer", None), "Cancel", None)
    code = getattr(cancel, "__code__", None)
    if not isinstance(answers, ModuleType) or not isinstance(code, CodeType) or ANSWERS not in code.co_names:
        return False
    setattr(main, ANSWERS, _ListeningAnswers(answers, code, interrupt))
    return True


class _ListeningAnswers(ModuleType):
    """Stands in for the module `empty_pb2` in the host's main module."""

    def __init__(self, genuine: ModuleType, cancel: CodeType, interrupt: Callable[[], None]) -> None:
        super().__init__(genuine.__name__)
        self._genuine = genuine
        self._cancel = cancel
        self._interrupt = interrupt

    def __getattr__(self, name: str) -> Any:
        if sys._getframe(1).f_code is self._cancel:  # noqa: SLF001 - documented for such uses
            self._interrupt()
        return getattr(self._genuine, name)
