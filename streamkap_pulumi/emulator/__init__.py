"""A local Streamkap API with state and faults, to try things out and to test against.

It follows what is known of the API, even where that is awkward: backfilled keys, nulls, masks, strings for numbers,
statuses that change over time. Start it with ``python -m streamkap_pulumi.emulator --port 8080 --state FILE``, or in a
test with `Emulator`. It needs the extra ``emulator``: ``pip install ".[emulator]"`` in a clone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamkap_pulumi.emulator.app import create_app
    from streamkap_pulumi.emulator.server import Emulator
    from streamkap_pulumi.emulator.store import StateError
    from streamkap_pulumi.emulator.switches import BadValueError, UnknownSwitchError

__all__ = ["BadValueError", "Emulator", "StateError", "UnknownSwitchError", "create_app"]

_HOMES = {
    "BadValueError": "switches",
    "Emulator": "server",
    "StateError": "store",
    "UnknownSwitchError": "switches",
    "create_app": "app",
}


if not TYPE_CHECKING:  # A type checker believes that a module with a __getattr__ has every name.

    def __getattr__(name: str) -> Any:
        # Late, so that a missing extra is reported by name and not by a traceback from an import.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = import_module(f"{__name__}.{_HOMES[name]}")
        except ModuleNotFoundError as error:
            if error.name not in {"starlette", "uvicorn"}:
                raise
            raise ModuleNotFoundError(missing(error.name), name=error.name) from None
        return getattr(module, name)


def missing(module: str) -> str:
    """What to say when a module of the extra is not installed."""
    return f'The emulator needs {module}: pip install ".[emulator]" in a clone of streamkap-pulumi'
