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
    from streamkap_pulumi.resources.destination import (
        Destination,
        DestinationResult,
        get_destination,
        get_destination_output,
    )
    from streamkap_pulumi.resources.source import Source, SourceResult, get_source, get_source_output
    from streamkap_pulumi.resources.tag import Tag, TagResult, get_tag, get_tag_output

__all__ = ["ConfigError", "ConnectorConfig"]
__all__ += ["Source", "SourceResult", "get_source", "get_source_output"]
__all__ += ["Destination", "DestinationResult", "get_destination", "get_destination_output"]
__all__ += ["Tag", "TagResult", "get_tag", "get_tag_output"]
__all__ += connectors.__all__

_SOURCE = "streamkap_pulumi.resources.source"
_DESTINATION = "streamkap_pulumi.resources.destination"
_TAG = "streamkap_pulumi.resources.tag"

lazy(
    __name__,
    {
        "ConfigError": "streamkap_pulumi.connectors.base",
        "ConnectorConfig": "streamkap_pulumi.connectors.base",
        "Source": _SOURCE,
        "SourceResult": _SOURCE,
        "get_source": _SOURCE,
        "get_source_output": _SOURCE,
        "Destination": _DESTINATION,
        "DestinationResult": _DESTINATION,
        "get_destination": _DESTINATION,
        "get_destination_output": _DESTINATION,
        "Tag": _TAG,
        "TagResult": _TAG,
        "get_tag": _TAG,
        "get_tag_output": _TAG,
        **connectors.HOMES,
    },
)
