"""The bodies of the official Terraform provider, which fails when a value comes back as something else.

Version 2.2.0 wants each key that it sent back in the same JSON type, null included; version 3 sends every key.
"""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.config.catalogue import SOURCES
from tests.emulator.samples import PASSWORD, Api, detail

SSH: dict[str, Any] = {"ssh.enabled": False, "ssh.host": None, "ssh.port": "22", "ssh.user": "streamkap"}
STATIC: dict[str, Any] = {
    f"transforms.InsertStatic{place}{number}.static.{part}": None
    for place in ("Key", "Value")
    for number in (1, 2)
    for part in ("field", "value")
}
TOPICS: dict[str, Any] = {"predicates.IsTopicToEnrich.pattern": "$^"}
DATABASE: dict[str, Any] = {
    "database.hostname.user.defined": "db.example.com",
    "database.port.user.defined": 5432,
    "database.user": "streamkap",
    "database.password": PASSWORD,
    "table.include.list.user.defined": "public.orders,public.customers",
    "heartbeat.enabled": False,
    "heartbeat.data.collection.schema.or.database": None,
    "binary.handling.mode": "bytes",
}
COLUMNS: dict[str, Any] = {
    "column.include.list.toggled": True,
    "column.include.list.user.defined": None,
    "column.exclude.list.user.defined": None,
}
V2: dict[str, dict[str, Any]] = {
    "postgresql": {
        **DATABASE,
        **COLUMNS,
        **SSH,
        **TOPICS,
        **STATIC,
        "database.dbname": "shop",
        "snapshot.read.only.user.defined": "Yes",
        "database.sslmode": "require",
        "schema.include.list": "public",
        "signal.data.collection.schema.or.database": "public",
        "heartbeat.use.logical.message": False,
        "include.source.db.name.in.table.name.user.defined": False,
        "slot.name": "streamkap_pgoutput_slot",
        "publication.name": "streamkap_pub",
    },
    "mysql": {
        **DATABASE,
        **COLUMNS,
        **SSH,
        **TOPICS,
        **STATIC,
        "database.include.list.user.defined": "shop",
        "database.connectionTimeZone": "SERVER",
        "snapshot.gtid": "Yes",
        "signal.data.collection.schema.or.database": None,
    },
    "sqlserveraws": {
        **DATABASE,
        **SSH,
        "transforms.InsertStaticKey1.static.field": None,
        "transforms.InsertStaticKey1.static.value": None,
        "transforms.InsertStaticValue1.static.field": None,
        "transforms.InsertStaticValue1.static.value": None,
        "database.names": "shop",
        "schema.include.list": "dbo",
        "signal.data.collection.schema.or.database": None,
        "column.exclude.list.user.defined": None,
        "streamkap.snapshot.parallelism": 1,
        "streamkap.snapshot.large.table.threshold": 20000,
        "streamkap.snapshot.custom.table.config.user.defined": None,
    },
    "mongodb": {
        **SSH,
        **TOPICS,
        **STATIC,
        "mongodb.connection.string.user.defined": f"mongodb+srv://streamkap:{PASSWORD}@cluster0.example.net/",
        "transforms.unwrap.array.encoding": "array_string",
        "transforms.unwrap.document.encoding": "document",
        "database.include.list": "shop",
        "collection.include.list.user.defined": "shop.orders",
        "signal.data.collection.schema.or.database": "shop",
    },
    "dynamodb": {
        "aws.region": "us-west-2",
        "aws.access.key.id": "AKIAEXAMPLE",
        "aws.secret.key": PASSWORD,
        "s3.export.bucket.name": "exports",
        "table.include.list.user.defined": "orders",
        "batch.size": 1024,
        "dynamodb.service.endpoint": None,
        "poll.timeout.ms": 1000,
        "incremental.snapshot.chunk.size": 32768,
        "incremental.snapshot.max.threads": 8,
        "full.export.expiration.time.ms": 86400000,
        "signal.kafka.poll.timeout.ms": 1000,
        "array.encoding.json": True,
        "struct.encoding.json": True,
        "tasks.max": 10,
    },
    "kafkadirect": {
        "topic.prefix": "shop_",
        "format": "json",
        "topic.include.list.user.defined": "shop_orders",
        "schemas.enable": False,
    },
}
# With what is optional in use: a tunnel, lists of columns, static fields, and no read-only snapshots.
V2_FULL = {
    code: {
        **body,
        **{
            key: value
            for key, value in {
                "ssh.enabled": True,
                "ssh.host": "bastion.example.com",
                "ssh.port": "2222",
                "snapshot.read.only.user.defined": "No",
                "heartbeat.enabled": True,
                "heartbeat.data.collection.schema.or.database": "public",
                "signal.data.collection.schema.or.database": "public",
                "column.include.list.toggled": False,
                "column.exclude.list.user.defined": "public.orders[.](a|b)",
                "transforms.InsertStaticKey1.static.field": "region",
                "transforms.InsertStaticKey1.static.value": "eu",
                "dynamodb.service.endpoint": "https://dynamodb.example.com",
            }.items()
            if key in body
        },
    }
    for code, body in V2.items()
}


def v3_body(code: str) -> dict[str, Any]:
    """Every key of the connector: the example's values, the declared defaults, and null for the rest."""
    connector = SOURCES.find(code)
    assert connector is not None
    body: dict[str, Any] = {}
    for key, known in connector.properties.items():
        default = None if known.server_assigned else known.default
        body[key] = int(default) if known.type == "integer" and default is not None else default
    required = {key: value for key, value in V2[code].items() if value is not None and body[key] is None}
    return {**body, **required}


def typed(config: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Each value with its type: to Python, 1 and true are the same."""
    return {key: (type(value).__name__, value) for key, value in config.items()}


def replay(api: Api, code: str, sent: dict[str, Any], query: str) -> None:
    """Create, read, update, read."""
    body = {"name": "replayed", "connector": code, "config": sent}
    created = api.post(f"/sources?secret_returned=true{query}", json={**body, "created_from": "terraform"})
    assert created.status_code in {200, 202}, detail(created)
    one = f"/sources/{created.json()['id']}?secret_returned=true"
    seen = [created.json(), *api.get(one).json()["result"]]
    seen += [api.put(f"{one}{query}", json=body).json(), *api.get(one).json()["result"]]
    connector = SOURCES.find(code)
    assert connector is not None
    mine = {key: value for key, value in sent.items() if not connector.properties[key].server_assigned}
    for answer in seen:
        # A key that is missing reads as null.
        assert typed({key: answer["config"].get(key) for key in mine}) == typed(mine)
    assert len(seen) == 4


@pytest.mark.parametrize("code", V2)
@pytest.mark.parametrize("bodies", [V2, V2_FULL], ids=["plain", "full"])
def test_version_2_gets_back_what_it_sent(api: Api, bodies: dict[str, dict[str, Any]], code: str) -> None:
    """Each value with its type; null where it sent null."""
    replay(api, code, bodies[code], "")


@pytest.mark.parametrize("code", V2)
def test_version_3_gets_back_what_it_sent(api: Api, code: str) -> None:
    """All keys of the connector, most of them null; the server assigns its own values."""
    assert code in SOURCES.codes
    sent = v3_body(code)
    assert len(sent) >= len(V2[code])
    replay(api, code, sent, "&wait=false")
