"""The demo stack: two sources, and what other stacks want to know of them."""

import pulumi

import streamkap_pulumi as streamkap

config = pulumi.Config()

# The example body of the API reference of `POST /sources`, exactly as it stands there.
orders = streamkap.Source(
    "orders",
    name="My PostgreSQL Source",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": "5432",
        "database.dbname.user.defined": "mydb",
        "database.user.user.defined": "streamkap_user",
        "database.password.user.defined": "secret",
        "schema.include.list": "public",
        "table.include.list": "public.orders,public.customers",
    },
)

# Left out, the name is worked out; what is a list is written as one; the password comes from the stack's secrets.
events = streamkap.Source(
    "events",
    connector="mysql",
    config={
        "database.hostname.user.defined": "mysql.example.com",
        "database.port.user.defined": 3306,
        "database.user": "streamkap",
        "database.password": config.get_secret("mysqlPassword") or pulumi.Output.secret("only-for-the-demo"),
        "database.include.list.user.defined": ["shop"],
        "table.include.list.user.defined": ["shop.events", "shop.visits"],
    },
)

for name, source in {"orders": orders, "events": events}.items():
    pulumi.export(f"{name}_id", source.id)
    pulumi.export(f"{name}_status", source.status)
    pulumi.export(f"{name}_topics", source.topics)
