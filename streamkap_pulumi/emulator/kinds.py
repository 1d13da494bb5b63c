"""The kinds of objects that the emulator has, as data: a new kind is a new entry, not another copy of the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from streamkap_pulumi.config import catalogue
from streamkap_pulumi.config.catalogue import Catalogue


def _nothing() -> Any:
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object. It is stored as sent where it has a type; else `rendering` works it out."""

    name: str
    type: Any = None
    """What a request may hold here."""
    required: bool = False
    """Whether a request must have it."""
    empty: Callable[[], Any] = _nothing
    """What is stored where a create leaves it out."""
    of_api_sources: str | None = None
    """What it always holds for a connector that polls a service's API, whatever the request says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of object: its words, its fields, and who sees it."""

    noun: str
    """The word for it in messages: "A source with name ..."."""
    plural: str
    """The word for it in routes: ``/sources``."""
    fields: tuple[Field, ...]
    """What its object shows, in this order."""
    visible_in: Literal["service", "tenant"] = "service"
    """Whose objects a caller sees: those of its service, or those of its whole tenant."""

    @property
    def sent_fields(self) -> tuple[Field, ...]:
        """The fields that requests set, beside the name and what a connector has."""
        return tuple(field for field in self.fields if field.type is not None)

    def has(self, name: str) -> bool:
        """Whether its object has this field."""
        return any(field.name == name for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorKind(Kind):
    """A kind of object that runs a connector: it has a config, a status that changes over time, and topics."""

    catalogue: Catalogue
    topic_prefix: str
    unique_scope: str = "tenant"
    """Where names are unique: in the ``tenant`` or in the ``service``."""
    duplicate_status: int = 422
    scalar_config: bool = True
    """Config values are strings, whole numbers, booleans or null; not arrays or objects."""
    snapshots: bool = False


SOURCES = ConnectorKind(
    noun="source",
    plural="sources",
    catalogue=catalogue.SOURCES,
    fields=(
        Field("id"),
        Field("name"),
        Field("connector"),
        Field("connector_display_name"),
        Field("created_timestamp"),
        Field("sub_id"),
        Field("tenant_id"),
        Field("service_id"),
        Field("config"),
        Field("topic_ids"),
        Field("topic_map"),
        Field("topics"),
        Field("tasks"),
        Field("connector_status"),
        Field("desired_state"),
        Field("kc_cluster_id", str | None, of_api_sources="api-cluster"),
        Field("task_statuses"),
        Field("tags", list[str] | None, empty=list),
    ),
    topic_prefix="source_",
    snapshots=True,
)

TAGS = Kind(
    noun="tag",
    plural="tags",
    fields=(
        Field("id"),
        Field("name"),
        Field("description", str | None, empty=str),
        Field(
            "type",
            list[
                Literal[
                    "environment",
                    "general",
                    "sources",
                    "destinations",
                    "pipelines",
                    "transforms",
                    "topics",
                    "services",
                    "users",
                    "tenant",
                ]
            ],
            required=True,
        ),
        # Requests may hold these two, but not as null; what they hold changes nothing.
        Field("system", bool),
        Field("custom", bool),
    ),
    visible_in="tenant",
)
