"""Destinations: connectors that write Kafka topics into a warehouse, a database or a store (`/destinations`)."""

from __future__ import annotations

from streamkap_pulumi.config.catalogue import DESTINATIONS
from streamkap_pulumi.kinds.connectors import ACTIONS, connector_fields, made_for_the_user
from streamkap_pulumi.kinds.kind import Kind

DESTINATION = Kind(
    noun="destination",
    type_name="Destination",
    summary="A destination connector of Streamkap: it writes Kafka topics into a warehouse, a database or a store.",
    doc="""
Example::

    warehouse = streamkap.Destination(
        "warehouse",
        config=streamkap.ClickHouseDestinationConfig(
            hostname="clickhouse.example.com",
            database="shop",
            connection_username="streamkap",
            connection_password=cfg.require_secret("clickhousePassword"),
        ),
    )

Create is `POST /destinations`, update `PUT /destinations/{id}` and the state actions, delete
`DELETE /destinations/{id}`. Only what is declared is managed, and what Streamkap sets because of a pipeline stays. A
change of `connector`, or of a property that can be set only once, replaces the destination: the old one is deleted
first.
""",
    catalogue=DESTINATIONS,
    status="connector_status",
    actions=ACTIONS,
    reference=("name", "connector"),
    fields=(
        *connector_fields(
            "destination",
            config_class="SnowflakeDestinationConfig",
            code="snowflake",
            topics="The topics that pipelines send to the destination, such as ``public.orders``.",
        ),
        *made_for_the_user("destination"),
    ),
)
"""A destination."""
