"""Streamkap's source connectors as code: a Pulumi provider in Python.

    import streamkap_pulumi as streamkap

    orders = streamkap.Source("orders", connector="postgresql", config={...})

What is named here is loaded when it is first used, so that a program pays only for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamkap_pulumi.lookups import SourceResult, get_source, get_source_output
    from streamkap_pulumi.source import Source

__all__ = ["Source", "SourceResult", "get_source", "get_source_output"]

_HOMES = {
    "Source": "streamkap_pulumi.source",
    "SourceResult": "streamkap_pulumi.lookups",
    "get_source": "streamkap_pulumi.lookups",
    "get_source_output": "streamkap_pulumi.lookups",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
