"""A stack that uses every input and has every output. A copy of it is kept beside each recorded state."""

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
    tags=["tag-2", "tag-1"],
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

seen = streamkap.Source.get("seen", config.require("seen"))

unready = streamkap.Source(
    "unready",
    config=streamkap.WebhookConfig(format="json"),
    timeouts={"create": "1s", "update": "1s"},
    opts=pulumi.ResourceOptions(depends_on=[typed, dotted, hasty, whole, team.hook]),
)

pulumi.export("ids", [source.id for source in (typed, dotted, hasty, whole, team.hook)])
pulumi.export("topics", typed.topics)
pulumi.export("config", typed.config)
pulumi.export("key", team.hook.api_key)
