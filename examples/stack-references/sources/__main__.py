"""The project that owns the sources: other stacks read what it exports."""

import pulumi

import streamkap_pulumi as streamkap

config = pulumi.Config()

orders = streamkap.Source(
    "orders",
    config=streamkap.PostgreSQLConfig(
        database_hostname="db.example.com",
        database_dbname="shop",
        database_user="streamkap",
        database_password=config.require_secret("dbPassword"),
        schema_include_list=["public"],
        table_include_list=config.require_object("tables"),
    ),
)

# Only what others need, and nothing secret: a secret export makes every stack that reads it hold the secret too.
pulumi.export("source_id", orders.id)
pulumi.export("status", orders.status)
pulumi.export("topics", orders.topics)
