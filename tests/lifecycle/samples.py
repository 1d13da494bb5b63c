"""Sources as a program declares them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from streamkap_pulumi.lifecycle.declared import Declared

PASSWORD = "canary-of-the-database"

ORDERS = Declared(
    name="orders",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": "5432",
        "database.dbname": "shop",
        "database.user": "streamkap",
        "database.password": PASSWORD,
        "schema.include.list": "public",
        "table.include.list.user.defined": "public.orders,public.customers",
        "heartbeat.enabled": True,
        "streamkap.snapshot.parallelism": 3,
    },
)

HUBSPOT = Declared(
    name="crm",
    connector="hubspot",
    config={"token": "canary-token", "resources": ["contacts", "deals"], "sync_all_properties": True},
)


def changed(declared: Declared, **config: Any) -> Declared:
    keys = {key.replace("__", "."): value for key, value in config.items()}
    return replace(declared, config={**declared.config, **keys})


def without_password(declared: Declared) -> Declared:
    config = {key: value for key, value in declared.config.items() if key != "database.password"}
    return replace(declared, config=config)
