"""A user who pastes a Debezium configuration learns what its names are called here."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.config import debezium
from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES, Connector
from streamkap_pulumi.config.spelling import Spelling
from streamkap_pulumi.config.validation import faults


def connector_of(code: str) -> Connector:
    found = SOURCES.find(code)
    assert found is not None
    return found


def said(code: str, key: str, *, typed: bool = False, value: Any = "x", **others: Any) -> str:
    """What the fault says about `key`."""
    config = {key: value, **{name.replace("__", "."): value for name, value in others.items()}}
    found = faults(connector_of(code), config, lambda _: False, spelling=Spelling(typed=typed))
    (text,) = [fault.text for fault in found if fault.key == key]
    return text


TABLES = "table.include.list.user.defined"


@pytest.mark.parametrize(
    ("code", "key", "text"),
    [
        ("postgresql", "connector.class", "the input 'connector' of Source names the connector; leave it out"),
        ("postgresql", "plugin.name", "Streamkap has no property for it and decides it itself; leave it out"),
        ("postgresql", "plugin_name", "Streamkap has no property for it and decides it itself; leave it out"),
        ("postgresql", "tasks.max", "Streamkap has no property for it and decides it itself; leave it out"),
        ("postgresql", "key.converter", "Streamkap has no property for it and decides it itself; leave it out"),
        ("mysql", "value.converter.schemas.enable", "Streamkap has no property for it and decides it itself"),
        ("mysql", "database.server.id", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "snapshot.mode", "Streamkap runs the snapshots itself; leave it out"),
        ("mysql", "snapshot.locking.mode", "Streamkap runs the snapshots itself; leave it out"),
        ("postgresql", "transforms", "Streamkap sets the chain of transforms itself, and what you can set of it are"),
        ("postgresql", "transforms.unwrap.type", "Streamkap sets the chain of transforms itself"),
        ("postgresql", "topic.prefix", "Streamkap names the topics itself, after the schema and the table"),
        ("mysql", "database.server.name", "Streamkap names the topics itself, after the schema and the table"),
        ("mysql", "database.history.kafka.topic", "Streamkap keeps the schema history itself; leave it out"),
        ("mysql", "schema.history.internal.kafka.topic", "Streamkap keeps the schema history itself"),
        ("postgresql", "table.whitelist", f"here it is called {TABLES!r}; write that"),
        ("mysql", "table.exclude.list", f"here {TABLES!r} lists what is captured, and no list says what is not"),
        ("mysql", "database.whitelist", "here it is called 'database.include.list.user.defined'; write that"),
        ("mongodb", "database.whitelist", "here it is called 'database.include.list'; write that"),
        ("sqlserveraws", "database.include.list", "here it is called 'database.names'; write that"),
        ("postgresql", "database.include.list", "here it is called 'database.dbname'; write that"),
        ("db2", "schema.whitelist", "here it is called 'schema.include.list.user.defined'; write that"),
        ("oracle", "schema.whitelist", "here it is called 'schema.include.list'; write that"),
        ("mysql", "schema.whitelist", "mysql has nothing like it; leave it out"),
        ("mysql", "column.blacklist", "here it is called 'column.exclude.list.user.defined'; write that"),
        ("mariadb", "column.whitelist", "mariadb has nothing like it; leave it out"),
        ("mongodb", "mongodb.hosts", "here it is a part of 'mongodb.connection.string.user.defined'"),
        ("postgresql", "heartbeat.interval.ms", "here 'heartbeat.enabled' turns heartbeats on, and Streamkap decides"),
        ("db2", "heartbeat.interval.ms", "Streamkap has no property for it and decides it itself; leave it out"),
        ("mysql", "read.only", "here it is called 'snapshot.gtid'; write that"),
        ("postgresql", "signal.data.collection", "called 'signal.data.collection.schema.or.database'; write that"),
        ("postgresql", "database.tcpKeepAlive", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "database.sslrootcert", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "slot.stream.params", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "lsn.flush.mode", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "xmin.fetch.interval.ms", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "column.mask.hash.v2", "Streamkap has no property for it and decides it itself"),
        ("postgresql", "exactly.once.support", "Streamkap has no property for it and decides it itself"),
        ("mysql", "gtid.source.includes", "Streamkap has no property for it and decides it itself"),
        ("mysql", "bigint.unsigned.handling.mode", "Streamkap has no property for it and decides it itself"),
        ("oracle", "log.mining.batch.size.default", "Streamkap has no property for it and decides it itself"),
        ("sqlserveraws", "driver.encrypt", "Streamkap has no property for it and decides it itself"),
        ("mongodb", "capture.mode", "Streamkap has no property for it and decides it itself"),
        ("mongodb", "cursor.max.await.time.ms", "Streamkap has no property for it and decides it itself"),
        ("webhook", "table.whitelist", "webhook has nothing like it; leave it out"),
        ("webhook", "plugin.name", "webhook has nothing like it; leave it out"),
    ],
)
def test_each_debezium_name_is_refused_with_its_name_here(code: str, key: str, text: str) -> None:
    """Or with who decides it. None is sent to `extra_config`."""
    told = said(code, key)
    assert told.startswith("it is a Debezium name; ")
    assert text in told
    assert "extra_config" not in told


def test_the_fault_uses_the_users_own_spelling() -> None:
    """If the right name is declared too, the other one should go."""
    assert "called 'table_include_list'; write that" in said("postgresql", "table.whitelist", typed=True)
    told = said("postgresql", "table.whitelist", table__include__list__user__defined="a")
    assert told.endswith(f"here it is called {TABLES!r}, which is declared too; leave this out")


def test_a_property_of_the_connector_is_not_a_debezium_name() -> None:
    """The same name may be a property elsewhere."""
    for code, key, value in (
        ("kafkadirect", "topic.prefix", "a"),
        ("dynamodb", "tasks.max", 3),
        ("mongodb", "database.include.list", "a"),
        ("mysql", "schema.history.internal.store.only.captured.tables.ddl", True),
        ("postgresql", "transforms.ValueToKey.fields.include.list", "a"),
    ):
        found = faults(connector_of(code), {key: value}, lambda _: False)
        assert key not in [fault.key for fault in found]
    assert "did you mean 'transforms.ValueToKey.fields.include.list'" in said(
        "postgresql", "transforms.ValueToKey.fields.include.lst"
    )


def test_every_key_in_the_table_belongs_to_a_connector() -> None:
    """The table has no key that the catalogue does not have."""
    known = {key for code in SOURCES.codes for key in connector_of(code).properties}
    for each in debezium._NAMES:
        assert set(each.here) <= known


def test_a_pasted_request_is_one_fault_and_not_a_list_of_missing_properties() -> None:
    """As the REST API of Kafka Connect accepts it."""
    pasted = {"name": "orders", "config": {"connector.class": "io.debezium.connector.postgresql.PostgresConnector"}}
    found = faults(connector_of("postgresql"), pasted, lambda _: False)
    assert [fault.key for fault in found] == ["name", "config"]
    assert found[0].text == "it is an input of Source, not a property; write it next to config"
    assert found[1].text.startswith("it is a whole request to Kafka Connect; write what is inside it, and leave")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("name", "it is an input of Destination, not a property; write it next to config"),
        (
            "connector.class",
            "it is a Debezium name; the input 'connector' of Destination names the connector; leave it out",
        ),
        ("topics", "it is a Kafka Connect name; pipelines decide which topics a destination gets; leave it out"),
    ],
)
def test_a_destination_is_called_that(key: str, text: str) -> None:
    """In the answers to names of Kafka Connect and of the resource."""
    snowflake = DESTINATIONS.find("snowflake")
    assert snowflake is not None
    assert {fault.key: fault.text for fault in faults(snowflake, {key: "x"}, lambda _: False)}[key] == text
