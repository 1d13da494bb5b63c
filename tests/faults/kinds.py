"""What differs between the kinds of objects in the fault matrix, one entry for each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.provider import DestinationProvider, SourceProvider, TagProvider
from streamkap_pulumi.provider_base import Provider

CHANGED_HOST = "db2.example.com"


@dataclass(frozen=True)
class Staged:
    """A kind of object on the stage.

    Args:
        kind: the provider's declaration of it.
        provider: what the engine records as its provider.
        program: the call that declares one. `password`, `user` and `connection` are the canaries.
        changed: where in its inputs an update changes something, and to what.
        others: what somebody else creates to take its name, beside the name.
        operations: those that it has.
    """

    kind: Kind
    provider: type[Provider]
    program: str
    changed: tuple[tuple[str, ...], str]
    others: Mapping[str, Any]
    operations: tuple[str, ...]
    encrypted: tuple[str, ...] = ()
    """The properties of its config that the engine encrypts."""
    marked: tuple[str, ...] = ()
    """Those of them that only the program marks as secrets, so that nobody else knows of them."""
    reads: str = "^/{}/"
    """The path of the GET of one object."""

    @property
    def key(self) -> str:
        """What messages call the input that an update changes."""
        return self.changed[0][-1]

    def change(self, declared: dict[str, Any]) -> None:
        """Change the inputs as an update does."""
        (*path, last), value = self.changed
        for name in path:
            declared = declared[name]
        declared[last] = value

    def is_changed(self, stored: Mapping[str, Any]) -> bool:
        """Whether the stored object shows what an update changes."""
        path, value = self.changed
        found: Any = stored
        for name in path:
            found = found[name]
        return bool(found == value)

    def requests(self) -> Mapping[str, tuple[str, str]]:
        """The request that carries out each operation: its method and its path."""
        path, one = f"^/{self.kind.plural}", self.reads.format(self.kind.plural)
        return {
            "create": ("POST", f"{path}$"),
            "refresh": ("GET", one),
            "update": ("PUT", f"{path}/"),
            "pause": ("POST", f"{path}/[^/]+/actions/"),
            "deploy": ("POST", f"{path}/[^/]+/deploy$"),
            "delete": ("DELETE", f"{path}/"),
            "get": ("GET", one),
            "get_source": ("GET", f"{path}$"),
        }

    def said(self, value: Any) -> Any:
        """What the table says of sources, for this kind: its noun, its routes, and the input that an update changes."""
        if isinstance(value, str):
            text = re.sub(r"\bsource(?=s?\b)", self.kind.noun, value)
            return text.replace(KINDS["source"].key, self.key)
        if isinstance(value, Mapping):
            return {key: self.said(item) for key, item in value.items()}
        return [self.said(item) for item in value] if isinstance(value, list) else value


_WITH_A_STATE = ("create", "refresh", "update", "pause", "deploy", "delete", "get")

KINDS: Mapping[str, Staged] = {
    "source": Staged(
        SOURCE,
        SourceProvider,
        """streamkap.Source(
            "orders",
            connector="postgresql",
            config={
                "database.hostname.user.defined": "db.example.com",
                "database.port.user.defined": 5432,
                "database.dbname": "shop",
                "database.user": pulumi.Output.secret(user),
                "database.password": password,
                "schema.include.list": ["public"],
                "table.include.list.user.defined": ["public.orders", "public.customers"],
                "transforms.InsertStaticValue1.static.field": "from",
                "transforms.InsertStaticValue1.static.value": connection,
            },
        )""",
        changed=(("config", "database.hostname.user.defined"), CHANGED_HOST),
        others={"connector": "webhook", "config": {"format": "json"}},
        operations=(*_WITH_A_STATE, "get_source"),
        encrypted=("database.password", "database.user", "transforms.InsertStaticValue1.static.value"),
        marked=("database.user",),
    ),
    "destination": Staged(
        DESTINATION,
        DestinationProvider,
        """streamkap.Destination(
            "warehouse",
            connector="clickhouse",
            config={
                "hostname": "clickhouse.example.com",
                "port": 8443,
                "database": "shop",
                "connection.username": pulumi.Output.secret(user),
                "connection.password": password,
                "table.name.prefix": connection,
                "topics.config.map": {"public.orders": {"delete.sql.execute": "SELECT 1"}},
            },
        )""",
        changed=(("config", "hostname"), CHANGED_HOST),
        others={
            "connector": "redis",
            "config": {
                "redis.host.user.defined": "redis.example.com",
                "redis.username": "streamkap",
                "redis.password": "theirs",
                "redis.key": "orders",
            },
        },
        operations=_WITH_A_STATE,
        encrypted=("connection.password", "connection.username", "table.name.prefix"),
        marked=("connection.username",),
    ),
    "tag": Staged(
        TAG,
        TagProvider,
        'streamkap.Tag("team", type=["topics", "sources"], description="Ours")',
        changed=(("description",), "Ours and theirs"),
        # Names of tags may be equal: only an identical one is in the way.
        others={"type": ["sources", "topics"], "description": "Ours"},
        operations=("create", "refresh", "update", "delete", "get"),
        reads="^/{}$",
    ),
}
"""By noun. The table is written for sources; which cells other kinds have stands in its rows."""
