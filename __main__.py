"""The demo stack: two sources, and what other stacks want to know of them."""

import pulumi

import streamkap_pulumi as streamkap

config = pulumi.Config()

password = config.get_secret("dbPassword") or pulumi.Output.secret("only-for-the-demo")

orders = streamkap.Source(
    "orders",
    name="My PostgreSQL Source",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": "5432",
        "database.dbname": "mydb",
        "database.user": "streamkap_user",
        "database.password": password,
        "schema.include.list": "public",
        "table.include.list.user.defined": "public.orders,public.customers",
    },
)

# Without a name, one is generated. A list may be written as a list.
events = streamkap.Source(
    "events",
    connector="mysql",
    config={
        "database.hostname.user.defined": "mysql.example.com",
        "database.port.user.defined": 3306,
        "database.user": "streamkap",
        "database.password": password,
        "database.include.list.user.defined": ["shop"],
        "table.include.list.user.defined": ["shop.events", "shop.visits"],
    },
)

for name, source in {"orders": orders, "events": events}.items():
    pulumi.export(f"{name}_id", source.id)
    pulumi.export(f"{name}_status", source.status)
    pulumi.export(f"{name}_topics", source.topics)
