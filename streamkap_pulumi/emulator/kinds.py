"""The kinds of objects that the emulator has, as data: a new kind is a new entry, not another copy of the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config import catalogue
from streamkap_pulumi.config.catalogue import Catalogue


def _nothing() -> Any:
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object. It is stored as sent where it has a type; else `rendering` works it out."""

    name: str
    type: Any = None
    """What a request may hold here; a request may leave it out."""
    empty: Callable[[], Any] = _nothing
    """What is stored where a create leaves it out."""
    of_api_sources: str | None = None
    """What it always holds for a connector that polls a service's API, whatever the request says."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its routes, its words, its rules and its fields."""

    noun: str
    """The word for it in messages: "A source with name ..."."""
    plural: str
    """The word for it in routes: ``/sources``."""
    catalogue: Catalogue
    fields: tuple[Field, ...]
    """What its object shows, in this order."""
    topic_prefix: str
    unique_scope: str = "tenant"
    """Where names are unique: in the ``tenant`` or in the ``service``."""
    duplicate_status: int = 422
    scalar_config: bool = True
    """Config values are strings, whole numbers, booleans or null; not arrays or objects."""
    snapshots: bool = False

    @property
    def sent_fields(self) -> tuple[Field, ...]:
        """The fields that requests set, beside name, connector and config."""
        return tuple(field for field in self.fields if field.type is not None)


SOURCES = Kind(
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
