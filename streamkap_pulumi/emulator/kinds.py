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
    empty_tags: Literal["list", "null"] = "list"
    """What `tags` is without tags."""

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
    topic_prefix: str = ""
    """What the ids of its topics begin with."""
    fed: bool = False
    """Pipelines feed it: it has no topics of its own, and its config depends on what feeds it."""
    filters: tuple[Field, ...] = ()
    """What its list can be filtered by, beside what every list has."""
    unique_scope: str = "tenant"
    """Where names are unique: in the ``tenant`` or in the ``service``."""
    duplicate_status: int = 422
    scalar_config: bool = True
    """Config values are strings, whole numbers, booleans or null; not arrays or objects."""
    snapshots: bool = False


_FILTER = str | list[str] | None
_OF_CONNECTORS = (
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
)
_FIRST = ("id", "name", "connector", "connector_display_name", "created_timestamp", "sub_id", "tenant_id")

SOURCES = ConnectorKind(
    noun="source",
    plural="sources",
    catalogue=catalogue.SOURCES,
    fields=(*map(Field, _FIRST), Field("service_id"), *_OF_CONNECTORS),
    filters=(Field("latency", _FILTER), Field("snapshot", _FILTER), Field("unwind_topics", bool | None)),
    topic_prefix="source_",
    snapshots=True,
)

DESTINATIONS = ConnectorKind(
    noun="destination",
    plural="destinations",
    catalogue=catalogue.DESTINATIONS,
    fields=(*map(Field, _FIRST), *_OF_CONNECTORS),
    filters=(Field("lag", _FILTER),),
    fed=True,
    scalar_config=False,
    empty_tags="null",
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
