"""What Streamkap publishes for its Terraform provider is created, kept and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.programs import changed

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator
    from tests.engine.stack import Stack

PUBLISHED = """
database = {
    "database_hostname": "db.example.com",
    "database_user": "streamkap",
    "database_password": config.require_secret("password"),
    "table_include_list": ["crm.orders"],
}
crm = streamkap.Source(
    "crm",
    config=streamkap.MySQLConfig(
        **database,
        database_include_list=["crm"],
        snapshot_gtid=True,
        signal_data_collection_schema_or_database="crm.streamkap_signal",
        heartbeat_data_collection_schema_or_database="crm",
    ),
)
shop = streamkap.Source(
    "shop",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.dbname": "shop",
        "database.user": "streamkap",
        "database.password": config.require_secret("password"),
        "schema.include.list": "crm",
        "snapshot.read.only.user.defined": "Yes",
        "signal.data.collection.schema.or.database": "streamkap",
        "extra_config": {"table.include.list.user.defined": "crm.orders"},
    },
)
sandbox = streamkap.Source(
    "sandbox",
    config=streamkap.MariaDBConfig(
        **database, database_include_list=["crm"], snapshot_gtid="No", heartbeat_enabled=False
    ),
)
events = streamkap.Source(
    "events",
    config=streamkap.RedisConfig(
        redis_host="redis.example.com",
        redis_password=config.require_secret("password"),
        redis_stream_name="orders",
        topic="orders",
        mode="LIVE",
    ),
)
"""


@pytest.mark.long
def test_published_configurations_live_through_the_loop_with_warnings(stack: Stack, emulator: Emulator) -> None:
    """Also where the API shows nothing of what has no effect."""
    stack.pulumi("config", "set", "--secret", "password", "canary-of-the-database").succeeded()
    run = stack.program(PUBLISHED).up().succeeded().hides("canary-of-the-database")
    run.shows("config.signal_data_collection_schema_or_database: it has no effect unless snapshot_gtid is 'No'")
    run.shows("config.redis_username: it is missing; Streamkap calls it required")
    stack.rests()
    emulator.faults(null_hidden_conditionals="all")
    stack.refresh("--expect-no-changes").succeeded()
    stack.program(changed(PUBLISHED, "crm.streamkap_signal", "crm.other_signal")).up().succeeded()
    stack.rests()
    live = {source["connector"]: source["config"] for source in emulator.sources(secrets=True)}
    assert live["mysql"]["signal.data.collection.schema.or.database"] == "crm.other_signal"
    assert live["postgresql"]["table.include.list.user.defined"] == "crm.orders"
