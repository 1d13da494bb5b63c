"""What the state machine's programs declare: sources, destinations and tags, as hypothesis draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import hypothesis.strategies as st

from streamkap_pulumi.kinds import KINDS


@dataclass(frozen=True)
class Connector:
    """A source or destination as the program declares it."""

    connector: str
    host: str
    password: str
    given_name: str | None
    tags: tuple[str, ...] | None
    desired_state: str | None
    wait: bool

    def inputs(self, tags: Mapping[str, Any]) -> dict[str, Any]:
        """What the program writes, beside the name; `tags` are its tags."""
        inputs = {
            "connector": self.connector,
            "config": self.config(),
            "tags": None if self.tags is None else [tags[each] for each in self.tags if each in tags],
            "desired_state": self.desired_state,
            "wait": self.wait,
            "timeouts": {"create": "4s", "update": "4s", "delete": "20s"},
        }
        return {name: value for name, value in inputs.items() if value is not None}

    def config(self) -> dict[str, Any]:
        """Its properties, under the API's own keys. Of Snowflake another host means what can be set only once."""
        host, password = f"{self.host}.example.com", self.password
        topics = {"a": "customer", "b": "customer,invoice"}
        database = {
            "database.hostname.user.defined": host,
            "database.user": "streamkap",
            "database.password": password,
        }
        configs: dict[str, dict[str, Any]] = {
            "stripe_webhook": {
                "camel.source.snapshot.stripe.api.key": password,
                "topic.include.list.user.defined": topics[self.host],
            },
            "mysql": database
            | {"database.include.list.user.defined": "shop", "table.include.list.user.defined": "shop.orders"},
            "postgresql": database
            | {
                "database.dbname": "shop",
                "schema.include.list": "public",
                "table.include.list.user.defined": "public.orders",
            },
            "clickhouse": {
                "hostname": host,
                "connection.username": "streamkap",
                "connection.password": password,
                "database": "shop",
            },
            "snowflake": {
                "snowflake.url.name": "acme.snowflakecomputing.com",
                "snowflake.user.name": "streamkap",
                "snowflake.private.key": password,
                "snowflake.private.key.passphrase.secured": False,
                "snowflake.database.name": "SHOP",
                "snowflake.schema.name": "PUBLIC",
                "ingestion.mode": {"a": "upsert", "b": "append"}[self.host],
            },
        }
        return configs[self.connector]

    def secrets(self) -> set[str]:
        """What nothing may show."""
        return {self.password}

    def is_held_by(self, live: Mapping[str, Any], ids: Mapping[str, str]) -> bool:
        """Whether the live object is as declared; `ids` are those of the program's tags."""
        config = self.config()
        tags = self.inputs(ids).get("tags")
        return (
            live["connector"] == self.connector
            and {key: live["config"].get(key) for key in config} == config
            and (tags is None or sorted(live["tags"] or ()) == sorted(tags))
        )


@dataclass(frozen=True)
class Tag:
    """A tag as the program declares it."""

    given_name: str | None
    type: tuple[str, ...]
    description: str | None

    def inputs(self, tags: Mapping[str, Any]) -> dict[str, Any]:
        """What the program writes, beside the name."""
        description = {} if self.description is None else {"description": self.description}
        return {"type": list(self.type), **description}

    def secrets(self) -> set[str]:
        """A tag has none."""
        return set()

    def is_held_by(self, live: Mapping[str, Any], ids: Mapping[str, str]) -> bool:
        """Whether the live object is as declared."""
        return set(live["type"]) == set(self.type) and self.description in {None, live["description"]}


Declared: TypeAlias = "Connector | Tag"


class Name(str):
    """A name in the program, which is written as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def written(program: Mapping[str, Declared]) -> str:
    """The lines of the program, tags first."""
    tags = {resource: Name(f"{resource}.id") for resource in program if resource[0] == "t"}
    classes = {kind.noun[0]: kind.type_name for kind in KINDS}
    lines = []
    for resource, declared in sorted(program.items(), reverse=True):
        given = {"name": f"{declared.given_name}-{resource}"} if declared.given_name else {}
        inputs = "".join(f", {name}={value!r}" for name, value in {**given, **declared.inputs(tags)}.items())
        lines.append(f"{resource} = streamkap.{classes[resource[0]]}({resource!r}{inputs})\n")
    return "".join(lines)


def connectors(*codes: str) -> st.SearchStrategy[Connector]:
    """Declarations of one kind."""
    return st.builds(
        Connector,
        connector=st.sampled_from(codes),
        host=st.sampled_from(["a", "b"]),
        password=st.sampled_from([f"canary-{number}-of-the-stack" for number in range(5)]),
        given_name=st.sampled_from([None, "named", "other"]),
        tags=st.sampled_from([None, (), ("t0",), ("t0", "t1")]),
        desired_state=st.sampled_from([None, "Active", "Paused", "Stopped"]),
        wait=st.sampled_from([True, True, True, False]),
    )


DECLARED: dict[str, st.SearchStrategy[Any]] = {
    "s": connectors("postgresql", "mysql", "stripe_webhook"),
    "d": connectors("clickhouse", "snowflake"),
    "t": st.builds(
        Tag,
        given_name=st.sampled_from([None, "named", "other"]),
        type=st.sampled_from([("sources", "destinations"), ("destinations", "topics", "sources")]),
        description=st.sampled_from([None, "", "of the team", "of the shop"]),
    ),
}
"""What a program can declare, by the letter of the kind."""
