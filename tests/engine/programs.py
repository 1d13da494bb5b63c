"""Programs that several tests start from."""

from __future__ import annotations

ORDERS = """
orders = streamkap.Source(
    "orders",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": 5432,
        "database.dbname": "shop",
        "database.user": "streamkap",
        "database.password": "canary-of-the-database",
        "schema.include.list": ["public"],
        "table.include.list.user.defined": ["public.orders", "public.customers"],
    },
)
pulumi.export("id", orders.id)
pulumi.export("name", orders.name)
pulumi.export("status", orders.status)
pulumi.export("topics", orders.topics)
"""
"""A source with one secret, which the program does not wrap, and its exports."""

MYSQL = """
orders = streamkap.Source(
    "orders",
    connector="mysql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.user": "streamkap",
        "database.password": "canary-of-the-database",
        "database.include.list.user.defined": "shop",
        "table.include.list.user.defined": ["shop.orders"],
    },
)
pulumi.export("id", orders.id)
"""
"""The same resource with another connector."""


TEAM_AND_WAREHOUSE = """
team = streamkap.Tag("team", type=["sources", "destinations"])
warehouse = streamkap.Destination(
    "warehouse",
    config=streamkap.ClickHouseDestinationConfig(
        hostname="clickhouse.example.com",
        database="shop",
        connection_username="streamkap",
        connection_password="canary-of-the-warehouse",
    ),
)
"""
"""A tag and a destination with one secret, neither of which depends on the other."""


def changed(program: str, old: str, new: str) -> str:
    """`program` with one place changed; it must be there."""
    assert old in program, f"{old!r} is not in the program"
    return program.replace(old, new)
