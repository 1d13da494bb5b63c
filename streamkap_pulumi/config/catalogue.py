"""The bundled catalogue: every source connector and the properties that its ``config`` may hold.

The data files lie in ``catalogue/``, one per connector, and are read when a connector is first asked for. They
describe what `GET /sources/connectors` describes; each property's evidence is as good as the survey it came from,
so the catalogue guides and warns, and the API has the last word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

_FOLDER = Path(__file__).parent / "catalogue"


@dataclass(frozen=True, slots=True)
class Condition:
    """A property is shown only while another property (`config`) has a value."""

    operator: str
    """``EQ``, ``NE`` or ``IN``."""
    config: str
    value: Any


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a connector's ``config``, under the API's own dotted `key`."""

    key: str
    field: str
    """The attribute's name in Streamkap's Terraform provider, and in the typed classes."""
    type: str
    """What users write: ``string``, ``integer``, ``boolean``, ``list`` or ``map``."""
    wire: str
    """What the API takes: ``string``, ``integer``, ``boolean``, ``number-or-string``, ``array<string>`` or
    ``json-string``."""
    required: bool = False
    required_if_shown: bool = False
    secret: bool = False
    default: Any = None
    """The server's own default, in the wire's type. For documentation and conditions; never sent by us."""
    enum: tuple[Any, ...] | None = None
    min: int | None = None
    max: int | None = None
    min_items: int | None = None
    conditions: tuple[Condition, ...] = ()
    """All must hold for the server to show the property."""
    requires: tuple[str, ...] = ()
    server_assigned: bool = False
    """The server fills the property in and ignores what is sent."""
    placeholder: str | None = None
    """What the server shows before it has filled the property in."""
    write_only: bool = False
    control: str | None = None
    """The web form's control; several joined by a bar where the survey could not tell which."""
    common: bool = False
    deprecated_fields: tuple[str, ...] = ()
    removed_in: str | None = None


@dataclass(frozen=True, slots=True)
class Connector:
    """A source connector: its API code, its display name, and its properties by key, in the API's order."""

    code: str
    display_name: str
    family: str
    """``kafka-connect``, ``webhook`` or ``api``."""
    properties: Mapping[str, Property] = field(repr=False)


def _property(row: dict[str, Any]) -> Property:
    values = dict(row)
    for name in ("enum", "requires", "deprecated_fields"):
        if name in values:
            values[name] = tuple(values[name])
    values["conditions"] = tuple(Condition(**condition) for condition in row.get("conditions", ()))
    return Property(**values)


@cache
def connector_codes() -> tuple[str, ...]:
    """The API codes of all bundled connectors, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@cache
def find_connector(code: str) -> Connector | None:
    """The connector with this API code; None when the catalogue does not know it."""
    if code not in connector_codes():
        return None
    data = json.loads((_FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    properties = {row["key"]: _property(row) for row in data["properties"]}
    return Connector(
        code=data["code"],
        display_name=data["display_name"],
        family=data["family"],
        properties=MappingProxyType(properties),
    )
