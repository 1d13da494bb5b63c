"""The kinds of objects that the emulator has, as data: another kind is another entry, not another copy."""

from __future__ import annotations

from dataclasses import dataclass

from streamkap_pulumi.config import catalogue
from streamkap_pulumi.config.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its routes, its words, its rules and its fields."""

    noun: str
    """As it stands in messages: "A source with name ..."."""
    plural: str
    """As it stands in routes: ``/sources``."""
    catalogue: Catalogue
    fields: tuple[str, ...]
    """What its object shows, in this order."""
    topic_prefix: str
    unique_scope: str = "tenant"
    """Where names are unique: in the ``tenant`` or in the ``service``."""
    duplicate_status: int = 422
    scalar_config: bool = True
    """Config values are texts, whole numbers, booleans or null; not arrays or objects."""
    snapshots: bool = False


SOURCES = Kind(
    noun="source",
    plural="sources",
    catalogue=catalogue.SOURCES,
    fields=(
        "id",
        "name",
        "connector",
        "connector_display_name",
        "created_timestamp",
        "sub_id",
        "tenant_id",
        "service_id",
        "config",
        "topic_ids",
        "topic_map",
        "topics",
        "tasks",
        "connector_status",
        "desired_state",
        "kc_cluster_id",
        "task_statuses",
        "tags",
    ),
    topic_prefix="source_",
    snapshots=True,
)
