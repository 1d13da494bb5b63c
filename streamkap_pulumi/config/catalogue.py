"""The bundled catalogues: every connector and the properties that its ``config`` may hold.

A `Catalogue` is a folder of data files below ``catalogue/``, one file per connector, read when the connector is first
needed. The files describe what `GET /sources/connectors` and `GET /destinations/connectors` describe. They come from a
survey, so the catalogue guides and warns, and the API has the last word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from streamkap_pulumi.config.hints import nearest_code

_DATA = Path(__file__).parent / "catalogue"

_HOST_KEY = re.compile(r"(^|[._])host(name)?(\.user\.defined)?$")
_PORT_KEY = re.compile(r"(^|[._])port(\.user\.defined)?$")

GROUPS = {
    "connection": "Connection",
    "capture": "What is captured",
    "writing": "How data is written",
    "snapshot": "Snapshots",
    "heartbeat": "Heartbeats",
    "settings": "Settings",
    "ssh": "SSH tunnel",
    "transforms": "Transforms",
}
"""The groups of properties with their titles, in the order in which the documentation shows them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A property applies only while another property (`config`) has a value."""

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
    """What the API accepts: ``string``, ``integer``, ``boolean``, ``number-or-string``, ``array<string>`` or
    ``json-string``; of a mapping, ``object``, or ``json-map`` for a JSON string whose values are JSON strings."""
    required: bool = False
    required_if_shown: bool = False
    secret: bool = False
    default: Any = None
    """The server's own default, in the wire's type. For documentation and conditions; we never send it."""
    enum: tuple[Any, ...] | None = None
    former_values: tuple[Any, ...] = ()
    """Values that earlier versions of Streamkap had instead of those in `enum`."""
    min: int | None = None
    max: int | None = None
    min_items: int | None = None
    conditions: tuple[Condition, ...] = ()
    """All must hold for the property to apply."""
    required_when: tuple[Condition, ...] = ()
    """If all of them hold, the property is required; otherwise it is optional."""
    required_at_create: bool = False
    """While its conditions hold, it is required to create the object and to change a property that `binds_secrets`."""
    refused_if_hidden: bool = False
    """While its conditions do not hold, the server refuses the property instead of ignoring it."""
    published_without: bool = False
    """Streamkap calls it required but publishes configurations without it: a missing one is only a warning."""
    requires: tuple[str, ...] = ()
    server_assigned: bool = False
    """The server sets the property and ignores what is sent."""
    placeholder: str | None = None
    """What the server shows before it has set the property."""
    set_once: bool = False
    """The server accepts it when the object is created, and no other value later."""
    write_only: bool = False
    single_use: bool = False
    """The first request with the value uses it up, as with an OAuth grant."""
    binds_secrets: bool = False
    """When it changes, the server drops the object's secrets: they must be sent with the change."""
    normalised: str | None = None
    """How the server rewrites the value: one of `streamkap_pulumi.config.values.REWRITES`."""
    control: str | None = None
    """The web form's control; several, joined by a bar, if the survey could not decide."""
    common: bool = False
    """Every connector that runs in Kafka Connect has it."""
    deprecated_fields: tuple[str, ...] = ()
    """Older names of the attribute in Streamkap's Terraform provider."""
    removed_in: str | None = None
    """The release of Streamkap's Terraform provider that no longer has the property."""
    group: str = ""
    """One of `GROUPS`."""
    description: str = ""
    grade: str = "A"
    """How good the evidence is: ``A`` code or schema of Streamkap's provider, ``B`` documentation, ``C`` inferred."""
    origin: str = ""
    """Where the property was found; empty if that is the connector's own `origin`."""
    conditions_origin: str = ""
    """Where the conditions were found, with the grade of that evidence."""

    @property
    def is_host(self) -> bool:
        """Whether it holds the name or the address of one machine."""
        return self.type == "string" and not self.secret and bool(_HOST_KEY.search(self.key))

    @property
    def is_port(self) -> bool:
        """Whether it holds the number of a port."""
        return self.type == "integer" and bool(_PORT_KEY.search(self.key))


@dataclass(frozen=True, slots=True)
class LaterProperty:
    """A property that is newer than the survey: its name is known, but too little else for checks."""

    key: str
    field: str
    type: str
    secret: bool = False
    since: str = ""
    """The release of Streamkap's Terraform provider that added it."""
    grade: str = "C"
    """``C`` if the key was inferred from the attribute's name."""
    default: Any = None
    """The server's own default, if it is known."""
    enum: tuple[Any, ...] | None = None
    """All values that it can have, if they are known."""
    example: Any = None
    """A value that Streamkap itself uses."""
    conditions: tuple[Condition, ...] = ()
    """As those of a `Property`."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector: its API code, its display name, and its properties by key, in the API's order."""

    code: str
    display_name: str
    family: str
    """``kafka-connect``, ``webhook`` or ``api``."""
    properties: Mapping[str, Property] = field(repr=False)
    later: Mapping[str, LaterProperty] = field(default_factory=dict, repr=False)
    config_class: str = ""
    """The name of the typed class, such as ``PostgreSQLConfig``; empty if there is none."""
    summary: str = field(default="", repr=False)
    origin: str = field(default="", repr=False)
    """What the properties were taken from."""
    catalogue: Catalogue | None = field(default=None, repr=False, compare=False)
    """The catalogue that it is from, with the other connectors of its kind."""

    @property
    def everything(self) -> tuple[Property | LaterProperty, ...]:
        """The properties and the later ones."""
        return (*self.properties.values(), *self.later.values())

    def described(self, key: str) -> Property | LaterProperty | None:
        """What is known about `key`; None if nothing is."""
        return self.properties.get(key) or self.later.get(key)


def _values(row: dict[str, Any]) -> dict[str, Any]:
    values = dict(row)
    for name in ("enum", "former_values", "requires", "deprecated_fields"):
        if name in values:
            values[name] = tuple(values[name])
    for name in ("conditions", "required_when"):
        if name in values:
            values[name] = tuple(Condition(**condition) for condition in values[name])
    return values


class Catalogue:
    """The connectors of one kind of object. Each is read from its file when it is first asked for."""

    def __init__(self, folder: str | Path) -> None:
        """Offer the connectors whose data files are in `folder`, a path or a folder of the bundled data."""
        self._folder = _DATA / folder
        self.plural = self._folder.name
        """What its kind of object is called, such as ``sources``."""
        self._read: dict[str, Connector] = {}

    @property
    def noun(self) -> str:
        """One object of that kind, such as ``source``."""
        return self.plural.removesuffix("s")

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The API codes of all its connectors, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.json")))

    def find(self, code: str) -> Connector | None:
        """The connector with this API code; None if the catalogue does not know it."""
        if code not in self.codes:
            return None
        if code not in self._read:
            text = (self._folder / f"{code}.json").read_text(encoding="utf-8")
            self._read.setdefault(code, read_connector(text, self))  # Another thread may have been faster.
        return self._read[code]

    def twin(self, connector: Connector) -> Connector | None:
        """The connector of this catalogue for the same product as `connector`, which is from another one."""
        return self.find(connector.code) or next(
            (each for each in self if each.display_name == connector.display_name), None
        )

    def nearest(self, code: str) -> str | None:
        """The code that was probably meant by an unknown `code`; None if none is near."""
        return nearest_code(code, self.codes)

    def __iter__(self) -> Iterator[Connector]:
        """All connectors, by code."""
        return (found for code in self.codes if (found := self.find(code)))


def read_connector(text: str, catalogue: Catalogue | None = None) -> Connector:
    """The connector that a data file describes."""
    data = json.loads(text)
    properties = {row["key"]: Property(**_values(row)) for row in data["properties"]}
    return Connector(
        code=data["code"],
        display_name=data["display_name"],
        family=data["family"],
        config_class=data["config_class"],
        summary=data["summary"],
        origin=data["origin"],
        properties=MappingProxyType(properties),
        later=MappingProxyType({row["key"]: LaterProperty(**_values(row)) for row in data.get("later", ())}),
        catalogue=catalogue,
    )


SOURCES = Catalogue("sources")
DESTINATIONS = Catalogue("destinations")

CATALOGUES = (SOURCES, DESTINATIONS)
