"""``GET /sources/connectors``: every connector's properties, in the format of the API's own definitions.

The catalogue does not hold everything that the API shows: descriptions, tabs and the names of computing
functions are invented here.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.emulator.calls import Answer, Call, Problem
from streamkap_pulumi.emulator.kinds import ConnectorKind
from streamkap_pulumi.emulator.properties import default_of, is_encrypted, twins

_CONTROLS = {"boolean": "toggle", "integer": "number", "list": "multi-select", "map": "json"}


def connector_definitions(kind: ConnectorKind, call: Call) -> Answer:
    """The definitions by display name; where two connectors share a name, the code follows in brackets."""
    connectors = list(kind.catalogue)
    names = Counter(connector.display_name for connector in connectors)
    wanted = call.query.get("connector_code")
    if wanted and kind.catalogue.find(wanted) is None:
        instead = call.fault("unknown_connector")
        if instead == "all":
            wanted = None
        elif instead != "empty":
            raise Problem(int(instead), f"Connector '{wanted}' is not supported")
    shown = {}
    for connector in connectors:
        if wanted and connector.code != wanted:
            continue
        name = connector.display_name
        key = name if names[name] == 1 else f"{name} ({connector.code})"
        config = _config(connector)
        arrays = call.fault("connectors_shape") == "arrays"
        shown[key] = config if arrays else {"display_name": name, **_about(connector), "config": config}
    return Answer(shown)


def _about(connector: Connector) -> dict[str, Any]:
    schemas = any("schema.include.list" in key for key in connector.properties)
    return {"schema_levels": ["schema", "table"] if schemas else ["table"], "metrics": []}


def _config(connector: Connector) -> list[dict[str, Any]]:
    entries = [
        _entry(known, order) for order, known in enumerate(connector.properties.values(), 1) if not known.removed_in
    ]
    return entries + [_twin(key, known) for key, known in twins(connector)]


def _entry(known: Property, order: int) -> dict[str, Any]:
    title = known.field.replace("_", " ").capitalize()
    entry: dict[str, Any] = {
        "name": known.key,
        "description": title,
        "user_defined": True,
        "required": known.required or known.required_if_shown,
        "order_of_display": order,
        "display_name": title,
        "tab": "settings" if known.default is not None or not known.required else "auth",
        "value": _value(known),
    }
    if is_encrypted(known):
        entry["encrypt"] = True
    if known.set_once:
        entry["set_once"] = True
    if known.conditions:
        entry["conditions"] = [
            {"operator": condition.operator, "config": condition.config, "value": condition.value}
            for condition in known.conditions
        ]
    return entry


def _value(known: Property) -> dict[str, Any]:
    value: dict[str, Any] = {"control": _control(known), "type": "raw"}
    if default_of(known) is not None:
        value["default"] = default_of(known)
    if known.enum is not None:
        value["raw_values"] = list(known.enum)
    if known.min is not None or known.max is not None:
        value |= {"min": known.min, "max": known.max, "step": 1}
    if known.server_assigned:
        value["readonly"] = True
    return value


def _control(known: Property) -> str:
    if known.control is None:
        if known.secret:
            return "password"
        return "one-select" if known.enum else _CONTROLS.get(known.type, "string")
    names = known.control.split("|")
    # If the survey does not say, the first is the likeliest; for booleans that is the toggle.
    return "toggle" if "toggle" in names else names[0]


def _twin(key: str, known: Property) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": key,
        "user_defined": False,
        "kafka_config": True,
        "value": {
            "type": "dynamic",
            "function_name": f"get_{key.replace('.', '_').replace('-', '_').lower()}",
            "dependencies": [known.key],
        },
    }
    return {**entry, "encrypt": True} if is_encrypted(known) else entry
