"""Streamkap's source connectors as code: a Pulumi provider in Python.

    import streamkap_pulumi as streamkap

    orders = streamkap.Source("orders", connector="postgresql", config={...})

What is named here is loaded when it is first used, so that a program pays only for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamkap_pulumi._lazy import lazy

if TYPE_CHECKING:
    from streamkap_pulumi.lookups import SourceResult, get_source, get_source_output
    from streamkap_pulumi.source import Source

__all__ = ["Source", "SourceResult", "get_source", "get_source_output"]

__getattr__, __dir__ = lazy(
    __name__,
    {
        "Source": "streamkap_pulumi.source",
        "SourceResult": "streamkap_pulumi.lookups",
        "get_source": "streamkap_pulumi.lookups",
        "get_source_output": "streamkap_pulumi.lookups",
    },
)
