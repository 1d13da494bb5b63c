"""Sources as a program declares them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.declared import Declared

PASSWORD = "canary-of-the-database"

_NO_INPUTS = {each.name for each in fields(Declared)}


def a_source(**inputs: Any) -> Declared:
    """A declared source with these inputs, and the defaults of the rest."""
    marks = {name: inputs.pop(name) for name in [*inputs] if name in _NO_INPUTS}
    return replace(Declared.from_inputs(SOURCE, inputs), **marks)


def but(declared: Declared, **changes: Any) -> Declared:
    """The same with other inputs, where None is omitted, or with other marks of the program."""
    inputs = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in changes.items()
        if name not in _NO_INPUTS
    }
    marks = {name: value for name, value in changes.items() if name in _NO_INPUTS}
    return replace(declared.having(**inputs), **marks)


ORDERS = a_source(
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

HUBSPOT = a_source(
    name="crm",
    connector="hubspot",
    config={"token": "canary-token", "resources": ["contacts", "deals"], "sync_all_properties": True},
)


def changed(declared: Declared, **config: Any) -> Declared:
    keys = {key.replace("__", "."): value for key, value in config.items()}
    return declared.having(config={**declared.config, **keys})


def without_password(declared: Declared) -> Declared:
    config = {key: value for key, value in declared.config.items() if key != "database.password"}
    return declared.having(config=config)
