"""Sources: connectors that stream a database's changes into Kafka topics (`/sources`)."""

from __future__ import annotations

from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.kinds.connectors import ACTIONS, connector_fields, made_for_the_user
from streamkap_pulumi.kinds.kind import Field, Kind
from streamkap_pulumi.kinds.types import Type

SOURCE = Kind(
    noun="source",
    type_name="Source",
    summary="A source connector of Streamkap: it streams a database's changes into Kafka topics.",
    doc="""
Example::

    orders = streamkap.Source(
        "orders",
        config=streamkap.PostgreSQLConfig(
            database_hostname="db.example.com",
            database_dbname="shop",
            database_user="streamkap",
            database_password=cfg.require_secret("dbPassword"),
            schema_include_list=["public"],
            table_include_list=["public.orders", "public.customers"],
        ),
    )
    pulumi.export("topics", orders.topics)

Create is `POST /sources`, update `PUT /sources/{id}` and the state actions, delete `DELETE /sources/{id}`. Only
what is declared is managed. A change of `connector` replaces the source: the old one is deleted first.
""",
    catalogue=SOURCES,
    status="connector_status",
    actions=ACTIONS,
    reference=("name", "connector", "topics"),
    fields=(
        *connector_fields(
            "source",
            config_class="PostgreSQLConfig",
            code="postgresql",
            topics="The Kafka topics that the source writes, such as ``public.orders``.",
        ),
        Field("service_id", Type("str"), "The project that the source belongs to, an id.", may_be_none=True),
        *made_for_the_user("source"),
    ),
)
"""A source."""
