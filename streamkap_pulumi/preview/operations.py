"""What a preview says would happen to one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from streamkap_pulumi.config.catalogue import SOURCES, Catalogue
from streamkap_pulumi.preview.properties import PropertyChange
from streamkap_pulumi.pulumi_cli.words import resource_name

STREAMKAP_TYPES = "pulumi-python:dynamic/streamkap:"


class Operation(Enum):
    """What happens to the object itself."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    """Deleted and made anew, with another id."""
    DELETE = "delete"
    FORGET = "forget"
    """No longer managed, and not deleted."""
    READ = "read"
    IMPORT = "import"
    REFRESH = "refresh"
    """Looked at."""


OPERATIONS = {
    "same": Operation.SAME,
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "delete": Operation.DELETE,
    "read": Operation.READ,
    "read-replacement": Operation.READ,
    "discard": Operation.FORGET,
    "discard-replaced": Operation.FORGET,
    "remove-pending-replace": Operation.SAME,
    "import": Operation.IMPORT,
    "import-replacement": Operation.REPLACE,
    "refresh": Operation.REFRESH,
}
"""The engine's words."""


@dataclass(frozen=True)
class Change:
    """One resource, and what would happen to it."""

    urn: str
    type: str
    operation: Operation
    id: str | None = None
    streamkap_name: str | None = None
    """Its name in Streamkap, where it is known."""
    connector: str | None = None
    properties: tuple[PropertyChange, ...] = ()
    reasons: tuple[str, ...] = ()
    """The properties that make a replacement necessary; `id` stands for a replacement that was asked for."""
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    old_inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    is_component: bool = False
    has_hidden: bool = False
    """Inputs of the provider's own change as well, which no program declares and nobody is shown."""
    only_looked_at: str | None = None
    """The id of another source, which is looked at from then on, instead of one that is deleted."""
    has_our_provider: bool = False
    """Its state names our provider, whatever its type is."""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return resource_name(self.urn)

    @property
    def is_streamkap(self) -> bool:
        """It is one of ours."""
        return self.type.startswith(STREAMKAP_TYPES) or self.has_our_provider

    @property
    def catalogue(self) -> Catalogue | None:
        """The connectors that it may have; None where it is not one of ours."""
        return SOURCES if self.is_streamkap else None
