"""The provider of each kind of object.

The path of this module and the names of the classes are recorded in the state of every object: they never change.
"""

from __future__ import annotations

from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.provider_base import Provider


class SourceProvider(Provider):
    """The provider of sources."""

    kind = SOURCE


class DestinationProvider(Provider):
    """The provider of destinations."""

    kind = DESTINATION


class TagProvider(Provider):
    """The provider of tags."""

    kind = TAG
