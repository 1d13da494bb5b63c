"""Streamkap's source connectors as code: a Pulumi provider in Python.

    import streamkap_pulumi as streamkap

    orders = streamkap.Source("orders", config=streamkap.PostgreSQLConfig(...))

What is named here is loaded when it is first used, so that a program pays only for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamkap_pulumi import connectors
from streamkap_pulumi._lazy import lazy

if TYPE_CHECKING:
    from streamkap_pulumi.connectors import *  # noqa: F403 - one class for each connector
    from streamkap_pulumi.connectors.base import ConfigError, ConnectorConfig
    from streamkap_pulumi.resources.source import Source, SourceResult, get_source, get_source_output

__all__ = ["ConfigError", "ConnectorConfig", "Source", "SourceResult", "get_source", "get_source_output"]
__all__ += connectors.__all__

lazy(
    __name__,
    {
        "ConfigError": "streamkap_pulumi.connectors.base",
        "ConnectorConfig": "streamkap_pulumi.connectors.base",
        "Source": "streamkap_pulumi.resources.source",
        "SourceResult": "streamkap_pulumi.resources.source",
        "get_source": "streamkap_pulumi.resources.source",
        "get_source_output": "streamkap_pulumi.resources.source",
        **connectors.HOMES,
    },
)
