"""The kinds of objects that Streamkap has, each declared once: what it is called, and its fields."""

from __future__ import annotations

from collections.abc import Mapping

from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG

KINDS: tuple[Kind, ...] = (TAG, SOURCE, DESTINATION)
"""In the order in which they depend on each other."""

BY_TYPE: Mapping[str, Kind] = {kind.type_token: kind for kind in KINDS}
"""By type token."""
