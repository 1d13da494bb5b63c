"""What the tests of the emulator send."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamkap_pulumi.emulator import Emulator

PASSWORD = "hunter2-hunter2-9876"
POSTGRESQL: dict[str, Any] = {
    "database.hostname.user.defined": "db.example.com",
    "database.port.user.defined": 5432,
    "database.user": "streamkap",
    "database.password": PASSWORD,
    "database.dbname": "shop",
    "schema.include.list": "public",
    "table.include.list.user.defined": "public.orders,public.customers",
}
MONGODB: dict[str, Any] = {
    "mongodb.connection.string.user.defined": f"mongodb+srv://streamkap:{PASSWORD}@cluster0.example.net/?tls=true",
    "database.include.list": "shop",
    "collection.include.list.user.defined": "shop.orders",
    "signal.data.collection.schema.or.database": "shop",
}
SNOWFLAKE: dict[str, Any] = {
    "snowflake.url.name": "acme-eu1.snowflakecomputing.com",
    "snowflake.user.name": "STREAMKAP",
    "snowflake.private.key": PASSWORD,
    "snowflake.private.key.passphrase.secured": False,
    "snowflake.database.name": "ANALYTICS",
    "snowflake.schema.name": "PUBLIC",
    "ingestion.mode": "upsert",
}
POSTGRESQL_DESTINATION: dict[str, Any] = {
    "database.hostname.user.defined": "warehouse.example.com",
    "database.port.user.defined": 5432,
    "database.database.user.defined": "analytics",
    "connection.username": "streamkap",
    "connection.password": PASSWORD,
    "table.name.prefix": "public",
}
HUBSPOT: dict[str, Any] = {"token": PASSWORD, "resources": ["contacts", "deals"], "sync_all_properties": True}
USUAL = {"sources": ("postgresql", POSTGRESQL), "destinations": ("snowflake", SNOWFLAKE)}
"""The connector of most tests, and its config, for each kind of object."""


class Api(httpx.Client):
    """A client with a token, and the requests that most tests start with."""

    kind = "sources"
    """The kind of object that the methods below are about."""

    @property
    def root(self) -> str:
        """The path of that kind's routes."""
        return f"/{self.kind}"

    def body(self, name: str = "orders", config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The body of a create or update of that kind."""
        connector, usual = USUAL[self.kind]
        return {"name": name, "connector": connector, "config": usual if config is None else config, **more}

    def login(self, client_id: str = "demo-client", secret: str = "demo-secret") -> Api:
        answer = self.post("/auth/access-token", json={"client_id": client_id, "secret": secret})
        self.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['accessToken']}"
        return self

    def new(self, name: str = "orders", config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Create the usual object, or what `more` says; returns it with its secrets."""
        answer = self.post(f"{self.root}?secret_returned=true&wait=false", json=self.body(name, config, **more))
        created: dict[str, Any] = answer.raise_for_status().json()
        return created

    def one(self, object_id: str, query: str = "?secret_returned=true") -> dict[str, Any]:
        """The object as it is now."""
        (found,) = self.get(f"{self.root}/{object_id}{query}").raise_for_status().json()["result"]
        return dict(found)

    def config(self, config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The config of a new object as it comes back."""
        return dict(self.new(f"object-{id(config)}-{len(more)}", config, **more)["config"])


def source(name: str = "orders", config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The body of a create or update of a source."""
    return {"name": name, "connector": "postgresql", "config": POSTGRESQL if config is None else config, **more}


@contextmanager
def client_of(emulator: Emulator) -> Iterator[Api]:
    """A client without a token."""
    # Loading certificates takes longer than most tests, and there is nothing here to verify.
    with Api(base_url=emulator.url, timeout=20, verify=False) as api:
        yield api


def detail(answer: httpx.Response) -> Any:
    """The error's detail."""
    return answer.json()["detail"]
