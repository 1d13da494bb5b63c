"""A stack that uses every input of each kind and has every output. A copy is kept beside each recorded state."""

import pulumi

import streamkap_pulumi as streamkap

config = pulumi.Config()


class Team(pulumi.ComponentResource):
    """A source within a component has a name of its own."""

    def __init__(self, name: str) -> None:
        super().__init__("acme:index:Team", name)
        self.hook = streamkap.Source(
            "hook",
            config=streamkap.WebhookConfig(format="json"),
            opts=pulumi.ResourceOptions(parent=self),
        )


shared = streamkap.Tag(
    "shared",
    name="shared",
    type=["sources", "destinations"],
    description="of the team at shared.example.com",
)

plain = streamkap.Tag("plain", type=["topics"])

typed = streamkap.Source(
    "typed",
    config=streamkap.PostgreSQLConfig(
        database_hostname="typed.example.com",
        database_port=5432,
        database_dbname="shop",
        database_user="streamkap",
        database_password=config.require_secret("password"),
        schema_include_list=["public", "audit"],
        table_include_list=["public.orders", "public.customers"],
        ssh_enabled=True,
        ssh_host="bastion.example.com",
        ssh_user="tunnel",
        extra_config={"a.property.of.tomorrow": True},
    ),
)

dotted = streamkap.Source(
    "dotted",
    name="dotted",
    connector="mysql",
    config={
        "database.hostname.user.defined": "dotted.example.com",
        "database.port.user.defined": "3306",
        "database.user": pulumi.Output.secret("marked-canary"),
        "database.password": "plain-canary",
        "database.include.list.user.defined": "shop",
        "table.include.list.user.defined": ["shop.orders", "shop.lines"],
    },
    desired_state="Paused",
    tags=[shared.id, "670e5bab0d119c0d1f8cda9d"],
    kc_cluster_id="cluster-1",
    created_from="terraform",
    timeouts={"create": "5m", "update": "90s", "delete": 600},
)

hasty = streamkap.Source(
    "hasty",
    config=streamkap.MongoDBConfig(
        mongodb_connection_string=config.require_secret("password").apply(
            lambda password: f"mongodb+srv://streamkap:{password}@mongo.example.com/"
        ),
        database_include_list=["shop"],
        collection_include_list=["shop.orders"],
        signal_data_collection_schema_or_database="streamkap",
    ),
    tags=[],
    wait=False,
)

whole = streamkap.Source(
    "whole",
    connector="webhook",
    config=typed.connector.apply(lambda _: {"format": "json"}),
)

team = Team("sales")

warehouse = streamkap.Destination(
    "warehouse",
    name="warehouse",
    config=streamkap.SnowflakeDestinationConfig(
        snowflake_url_name="warehouse.example.com",
        snowflake_user_name="STREAMKAP",
        snowflake_private_key=config.require_secret("password"),
        snowflake_private_key_passphrase_secured=False,
        snowflake_database_name="SHOP",
        snowflake_schema_name="PUBLIC",
        ingestion_mode="upsert",
        extra_config={"a.property.of.tomorrow": True},
    ),
    desired_state="Paused",
    tags=[shared.id],
    kc_cluster_id="cluster-1",
    created_from="terraform",
    timeouts={"create": "5m", "update": "90s", "delete": 600},
)

replica = streamkap.Destination(
    "replica",
    config=streamkap.PostgreSQLDestinationConfig(
        database_hostname="replica.example.com",
        database_database="shop",
        connection_username="streamkap",
        connection_password=config.require_secret("password"),
        table_name_prefix="public",
        ssh_enabled=True,
        ssh_host="bastion.example.com",
        ssh_user="tunnel",
    ),
)

lake = streamkap.Destination(
    "lake",
    connector="clickhouse",
    config={
        "hostname": "lake.example.com",
        "connection.username": pulumi.Output.secret("marked-canary"),
        "connection.password": "plain-canary",
        "database": "shop",
        "topics.config.map": {"public.orders": {"delete.sql.execute": "ALTER TABLE orders DELETE WHERE __deleted"}},
    },
    tags=[],
    wait=False,
)

seen = streamkap.Source.get("seen", config.require("seen"))
seen_destination = streamkap.Destination.get("seen-destination", config.require("seen-destination"))
seen_tag = streamkap.Tag.get("seen-tag", config.require("seen-tag"))

unready = streamkap.Source(
    "unready",
    config=streamkap.WebhookConfig(format="json"),
    timeouts={"create": "1s", "update": "1s"},
    opts=pulumi.ResourceOptions(depends_on=[typed, dotted, hasty, whole, team.hook]),
)

pulumi.export("ids", [each.id for each in (typed, dotted, hasty, whole, team.hook, warehouse, replica, lake, plain)])
pulumi.export("warehouse", warehouse.reference)
pulumi.export("topics", typed.topics)
pulumi.export("config", typed.config)
pulumi.export("key", team.hook.api_key)
