"""The bodies of the official Terraform provider, which fails when a value comes back as something else.

Version 2.2.0 wants each key that it sent back in the same JSON type, null included; version 3 sends every key.
"""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES, Catalogue
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
DESTINATION: dict[str, Any] = {"quote.identifiers": True, "hard.delete": True, "tasks.max": 5}
V2_DESTINATIONS: dict[str, dict[str, Any]] = {
    "postgresql": {
        **SSH,
        "database.hostname.user.defined": "warehouse.example.com",
        "database.port.user.defined": 5432,
        "database.database.user.defined": "analytics",
        "connection.username": "streamkap",
        "connection.password": PASSWORD,
        "table.name.prefix": "public",
        "schema.evolution": "basic",
        "insert.mode": "insert",
        "delete.enabled": False,
        "primary.key.mode": "record_value",
        "primary.key.fields": None,
        "tasks.max": 5,
        "quote.identifiers": True,
    },
    "snowflake": {
        "snowflake.url.name": "acme-eu1.snowflakecomputing.com",
        "snowflake.user.name": "STREAMKAP",
        "snowflake.private.key": PASSWORD,
        "snowflake.private.key.passphrase.secured": False,
        "snowflake.private.key.passphrase": None,
        "sfwarehouse": "STREAMKAP_WH",
        "snowflake.database.name": "ANALYTICS",
        "snowflake.schema.name": "PUBLIC",
        "create.schema.auto": True,
        "snowflake.role.name": "STREAMKAP_ROLE",
        "ingestion.mode": "append",
        "hard.delete": True,
        "schema.evolution": "basic",
        "use.hybrid.tables": False,
        "apply.dynamic.table.script": False,
        "create.sql.execute": None,
        "create.sql.data": None,
        "sql.table.name": None,
        "auto.qa.dedupe.table.mapping": "raw:dedupe,raw2:dedupe2",
        "snowflake.topic2table.map": None,
        "quote.identifiers": True,
    },
    "clickhouse": {
        **DESTINATION,
        "ingestion.mode": "upsert",
        "hostname": "ch.example.com",
        "connection.username": "streamkap",
        "connection.password": PASSWORD,
        "port": "8443",
        "database": "shop",
        "ssl": True,
        "topics.config.map": '{"orders":"{\\"delete.sql.execute\\":\\"DELETE\\"}"}',
        "schema.evolution": "basic",
    },
    "databricks": {
        **DESTINATION,
        "connection.url.user.defined": "jdbc:databricks://acme.cloud.databricks.com:443/default",
        "databricks.token": PASSWORD,
        "databricks.catalog.user.defined": "hive_metastore",
        "table.name.prefix": "streamkap",
        "ingestion.mode": "upsert",
        "partition.mode": "by_topic",
        "schema.evolution": "basic",
        "consumer.wait.time.for.larger.batch.ms": 10000,
    },
    "iceberg": {
        "iceberg.catalog.type": "rest",
        "iceberg.catalog.name": "lake",
        "iceberg.catalog.uri": "https://catalog.example.com",
        "iceberg.catalog.s3.access-key-id": "AKIAEXAMPLE",
        "iceberg.catalog.s3.secret-access-key": PASSWORD,
        "iceberg.catalog.client.assume-role.arn": None,
        "iceberg.catalog.client.region.user.defined": "eu-west-1",
        "iceberg.catalog.warehouse": "s3://lake",
        "table.name.prefix": "lake",
        "insert.mode.user.defined": "insert",
        "iceberg.tables.default-id-columns": None,
        "quote.identifiers": True,
    },
    "kafka": {
        "kafka.sink.bootstrap": "kafka.example.com:9092",
        "destination.format": "json",
        "json.schema.enable": False,
        "schema.registry.url.user.defined": None,
        "topic.prefix": None,
        "topic.suffix": None,
        "tasks.max": 5,
    },
    "s3": {
        "aws.access.key.id": "AKIAEXAMPLE",
        "aws.secret.access.key": PASSWORD,
        "aws.s3.region": "eu-west-1",
        "aws.s3.bucket.name": "exports",
        "format.user.defined": "JSON Array",
        "file.name.template": "{{topic}}-{{partition}}-{{start_offset}}.json.gz",
        "file.name.prefix": None,
        "file.compression.type": "gzip",
        "format.output.fields.user.defined": ["key", "value"],
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


BODIES = {
    "plain": (SOURCES, V2),
    "full": (SOURCES, V2_FULL),
    "destinations": (DESTINATIONS, V2_DESTINATIONS),
}
REPLAYED = [(catalogue, code, body) for catalogue, bodies in BODIES.values() for code, body in bodies.items()]
NAMES = [f"{name}-{code}" for name, (_, bodies) in BODIES.items() for code in bodies]
WRITTEN_OTHERWISE = {"iceberg.catalog.scope", "file.name.template"}
"""What the server stores in another form than it was sent, whatever a client wants; version 3.0.0 expects that."""


def v3_body(catalogue: Catalogue, code: str, old: dict[str, Any]) -> dict[str, Any]:
    """Every key of the connector: the declared defaults, what is required as version 2 sends it, null for the rest."""
    connector = catalogue.find(code)
    assert connector is not None
    body: dict[str, Any] = {}
    for key, known in connector.properties.items():
        default = None if known.server_assigned or key in WRITTEN_OTHERWISE else known.default
        body[key] = int(default) if known.type == "integer" and default is not None else default
    required = {key: value for key, value in old.items() if value is not None and key in body and body[key] is None}
    return {**body, **required}


def typed(config: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Each value with its type: to Python, 1 and true are the same."""
    return {key: (type(value).__name__, value) for key, value in config.items()}


def replay(api: Api, catalogue: Catalogue, code: str, sent: dict[str, Any], query: str) -> None:
    """Create, read, update, read."""
    root = f"/{catalogue.plural}"
    body = {"id": "", "name": "replayed", "connector": code, "config": sent}
    created = api.post(f"{root}?secret_returned=true{query}", json={**body, "created_from": "terraform"})
    assert created.status_code in {200, 202}, detail(created)
    one = f"{root}/{created.json()['id']}?secret_returned=true"
    seen = [created.json(), *api.get(one).json()["result"]]
    seen += [api.put(f"{one}{query}", json=body).json(), *api.get(one).json()["result"]]
    connector = catalogue.find(code)
    assert connector is not None
    assigned = {key for key, known in connector.properties.items() if known.server_assigned}
    mine = {key: value for key, value in sent.items() if key not in assigned}
    for answer in seen:
        # A key that is missing reads as null.
        assert typed({key: answer["config"].get(key) for key in mine}) == typed(mine)
    assert len(seen) == 4


@pytest.mark.parametrize(("catalogue", "code", "body"), REPLAYED, ids=NAMES)
def test_version_2_gets_back_what_it_sent(api: Api, catalogue: Catalogue, code: str, body: dict[str, Any]) -> None:
    """Each value with its type; null where it sent null."""
    replay(api, catalogue, code, body, "")


@pytest.mark.parametrize(
    ("catalogue", "code", "body"),
    [row for row, name in zip(REPLAYED, NAMES, strict=True) if not name.startswith("full")],
    ids=[name for name in NAMES if not name.startswith("full")],
)
def test_version_3_gets_back_what_it_sent(api: Api, catalogue: Catalogue, code: str, body: dict[str, Any]) -> None:
    """All keys of the connector, most of them null; the server assigns its own values."""
    sent = v3_body(catalogue, code, body)
    assert len(sent) >= len(body)
    replay(api, catalogue, code, sent, "&wait=false")
