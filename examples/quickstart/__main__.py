"""One source, and what others want to know of it."""

import pulumi

import streamkap_pulumi as streamkap

config = pulumi.Config()

orders = streamkap.Source(
    "orders",
    config=streamkap.PostgreSQLConfig(
        database_hostname="db.example.com",
        database_port=5432,
        database_dbname="shop",
        database_user="streamkap",
        database_password=config.require_secret("dbPassword"),
        schema_include_list=["public"],
        table_include_list=["public.orders", "public.customers"],
    ),
)

pulumi.export("source_id", orders.id)
pulumi.export("status", orders.status)
pulumi.export("topics", orders.topics)
