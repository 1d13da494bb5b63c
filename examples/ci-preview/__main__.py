"""Two sources. What CI says of a change to them is in README.md."""

import pulumi

import streamkap_pulumi as streamkap

config = pulumi.Config()

orders = streamkap.Source(
    "orders",
    config=streamkap.PostgreSQLConfig(
        database_hostname=config.require("dbHost"),
        database_dbname="shop",
        database_user="streamkap",
        database_password=config.require_secret("dbPassword"),
        schema_include_list=["public"],
        table_include_list=["public.orders", "public.customers"],
    ),
)
pulumi.export("orders", orders.topics)

events = streamkap.Source("events", connector="webhook", config={"format": "json"})
pulumi.export("events", events.topics)
