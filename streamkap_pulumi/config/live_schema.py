"""Reads what `GET /sources/connectors` answers, into the same objects that the bundled catalogue consists of.

The answer's documentation contradicts itself, so every variation of it is accepted: a connector is an object with a
``config`` array or that array itself; the control of a text is called ``string`` or ``text``, that of a choice
``one-select`` or ``select``; and most fields may be left out. What is no definition is skipped: nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from streamkap_pulumi.config.catalogue import SOURCES, Catalogue, Condition, Connector, Property
from streamkap_pulumi.config.secrecy import is_secret

ORIGIN = "GET /sources/connectors"
"""The `origin` of everything that is read here."""

Row = Mapping[str, Any]

# By control: the type and the wire of what users write, where only the answer knows the property.
_CONTROLS: Mapping[str, tuple[str, str]] = {
    "string": ("string", "string"),
    "text": ("string", "string"),
    "password": ("string", "string"),
    "textarea": ("string", "string"),
    "datetime": ("string", "string"),
    "code-editor": ("string", "string"),
    "autocomplete": ("string", "string"),
    "table-one-select": ("string", "string"),
    "json": ("string", "string"),
    "number": ("integer", "number-or-string"),
    "slider": ("integer", "integer"),
    "boolean": ("boolean", "boolean"),
    "toggle": ("boolean", "boolean"),
    "one-select": ("string", "string"),
    "select": ("string", "string"),
    "multi-select": ("list", "array<string>"),
    "table-multi-select": ("list", "array<string>"),
}
_CHOICES = frozenset({"one-select", "select"})
_NUMBERS = frozenset({"number", "slider"})
_GROUPS: Mapping[str, str] = {"auth": "connection", "schema": "capture", "settings": "settings", "smt": "transforms"}


@dataclass(frozen=True, slots=True)
class LiveConnector:
    """A connector as the answer describes it."""

    connector: Connector
    """What the answer does not tell of a property that the catalogue knows is as in the catalogue."""
    bundled: Connector | None
    """The same connector of the bundled catalogue; None where the catalogue has none of this name."""
    computed: frozenset[str]
    """The keys that the answer lists and that are not the user's to set."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One connector of the answer, not yet understood."""

    name: str
    """Its display name; empty where the answer gives none."""
    code: str
    """Its code where the answer tells it, which is not documented."""
    about: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """Which of the optional fields occur in the answer at all: only then does a missing one mean no."""

    required: bool
    encrypt: bool
    conditions: bool
    limits: bool


def properties(answer: Any) -> Iterator[Row]:
    """The property definitions of all connectors in the answer.

    The answer is an object keyed by display name, whose values are objects with a `config` array, or that array.
    """
    for _, _, rows in _definitions(answer):
        yield from rows


def user_defined_keys(answer: Any) -> dict[str, bool]:
    """By key: whether it is the user's to set. Empty when the answer holds no definitions."""
    return {row["name"]: bool(row.get("user_defined", True)) for row in properties(answer)}


def connectors(answer: Any, catalogue: Catalogue, code: str | None = None) -> list[LiveConnector]:
    """The connectors that the answer describes, each with its counterpart in the bundled catalogue.

    Display names are not unique: of the connectors that share one, that is taken whose keys fit best.

    Args:
        answer: the body of `GET /sources/connectors`.
        catalogue: the bundled connectors of the same kind.
        code: the connector that was asked for; the others are left out.
    """
    entries = [_entry(*each, catalogue) for each in _definitions(answer)]
    told = _told(row for entry in entries for row in entry.rows)
    only = code if len(entries) == 1 else None
    counterparts = _counterparts(entries, catalogue, only)
    found = [_live(entry, counterparts.get(index), told, only) for index, entry in enumerate(entries)]
    return [live for live in found if code is None or live.connector.code == code]


def has_connector(answer: Any, code: str, catalogue: Catalogue = SOURCES) -> bool:
    """Whether the answer that was asked for the connector `code` shows it."""
    return bool(connectors(answer, catalogue, code))


def has_only(answer: Any, code: str, catalogue: Catalogue = SOURCES) -> bool:
    """Whether it shows that connector and no other: the API heeds which one it is asked for."""
    return len(list(_definitions(answer))) == 1 and has_connector(answer, code, catalogue)


def attribute_name(key: str) -> str:
    """What Streamkap's Terraform provider calls a key: ``database.hostname.user.defined`` is ``database_hostname``."""
    name = re.sub(r"\.user\.(defined|displayed)$", "", key).replace(".", "_").replace("-", "_")
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def _definitions(answer: Any) -> Iterator[tuple[str, Row, tuple[Row, ...]]]:
    """Each connector of the answer: its key, what is said of it, its definitions. One without any is skipped."""
    if isinstance(answer, Mapping):
        named: Iterable[tuple[Any, Any]] = answer.items()
    else:
        named = (("", item) for item in answer) if isinstance(answer, list) else ()
    for key, value in named:
        about: Row = value if isinstance(value, Mapping) else {}
        rows = about.get("config") if isinstance(value, Mapping) else value
        definitions = tuple(row for row in rows if _is_definition(row)) if isinstance(rows, list) else ()
        if definitions:
            yield str(key), about, definitions


def _is_definition(row: Any) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("name"), str) and bool(row["name"])


def _entry(key: str, about: Row, rows: tuple[Row, ...], catalogue: Catalogue) -> _Entry:
    codes = [about.get(field) for field in ("connector_code", "code", "connector")]
    code = next((each for each in codes if isinstance(each, str)), "")
    if (bracket := re.fullmatch(r"(.+?)\s*\((\w+)\)", key)) and bracket[2] in catalogue.codes:
        # A code behind the name tells connectors apart that share their display name.
        key, code = bracket[1], code or bracket[2]
    return _Entry(_line(about.get("display_name")) or _line(key), code, about, rows)


def _told(rows: Iterable[Row]) -> _Told:
    seen: set[str] = set()
    for row in rows:
        seen |= {str(field) for field in row}
        seen |= {field for field in ("min", "max") if _value(row, field) is not None}
    return _Told(
        required="required" in seen,
        encrypt="encrypt" in seen,
        conditions="conditions" in seen,
        limits=bool(seen & {"min", "max"}),
    )


def _counterparts(entries: Sequence[_Entry], catalogue: Catalogue, asked: str | None) -> dict[int, Connector]:
    """By the entry's place: its connector of the catalogue. No connector is given away twice.

    `asked` is the code that the only entry was asked for by.
    """
    fits = []
    for index, entry in enumerate(entries):
        keys = {row["name"] for row in entry.rows}
        candidates = _candidates(entry, catalogue)
        only = catalogue.find(asked or "")
        if only and (only in candidates or not candidates):
            candidates = [only]
        for connector in candidates:
            fit = len(keys & connector.properties.keys()) / len(keys | connector.properties.keys())
            fits.append((-fit, index, connector.code))
    given: dict[int, Connector] = {}
    for _, index, code in sorted(fits):
        best = catalogue.find(code)
        if best is not None and index not in given and best not in given.values():
            given[index] = best
    return given


def _candidates(entry: _Entry, catalogue: Catalogue) -> list[Connector]:
    """The connectors of the catalogue that the entry may be."""
    if entry.code and (known := catalogue.find(entry.code)):
        return [known]
    exactly = [connector for connector in catalogue if connector.display_name == entry.name]
    if exactly:
        return exactly
    # Only then by the code: "mongodb" is one connector's code and, but for its case, another one's display name.
    if known := catalogue.find(entry.name):
        return [known]
    return [connector for connector in catalogue if connector.display_name.casefold() == entry.name.casefold()]


def _live(entry: _Entry, bundled: Connector | None, told: _Told, asked: str | None) -> LiveConnector:
    own = [row for row in entry.rows if row.get("user_defined", True) and not row.get("is_deleted")]
    base = bundled or Connector(
        code=entry.code or asked or re.sub(r"\W+", "_", entry.name).strip("_").lower(),
        display_name=entry.name,
        family="",
        config_class="",
        summary="",
        origin=ORIGIN,
        properties=MappingProxyType({}),
        later=MappingProxyType({}),
    )
    connector = replace(
        base,
        summary=_line(entry.about.get("description")) or base.summary,
        origin=ORIGIN,
        properties=MappingProxyType({row["name"]: _property(row, bundled, told) for row in own}),
        later=MappingProxyType({}),
    )
    computed = {row["name"] for row in entry.rows if not row.get("user_defined", True)}
    return LiveConnector(connector, bundled, frozenset(computed - connector.properties.keys()))


def _property(row: Row, bundled: Connector | None, told: _Told) -> Property:
    """One definition; what it does not tell is as the catalogue has it."""
    known = bundled.properties.get(row["name"]) if bundled else None
    start = known or _unknown(row, bundled)
    if _control(row):
        type_, wire = _type(row, known, start.field)
        start = replace(start, type=type_, wire=wire, control=_control(row))
    start = replace(start, removed_in=None, description=_line(row.get("description")) or start.description)
    start = _with_value(row, start)
    start = _with_conditions(row, start, told)
    if told.limits and _control(row) in _NUMBERS:
        start = replace(start, min=_whole(_value(row, "min")), max=_whole(_value(row, "max")))
    secret = _secret(row, known, told)
    return start if secret is None else replace(start, secret=secret)


def _unknown(row: Row, bundled: Connector | None) -> Property:
    """A property that the catalogue does not have, or only by its name."""
    key = row["name"]
    later = bundled.later.get(key) if bundled else None
    return Property(
        key=key,
        field=later.field if later else attribute_name(key),
        type=later.type if later else "string",
        wire="string",
        secret=later.secret if later else is_secret(bundled, key),
        group="ssh" if key.startswith("ssh.") else _GROUPS.get(str(row.get("tab")), "settings"),
        description=later.description if later else "",
        origin=ORIGIN,
    )


def _type(row: Row, known: Property | None, field: str) -> tuple[str, str]:
    """Type and wire by the control; those of the catalogue where the control does not contradict them."""
    control = _control(row)
    type_, wire = _CONTROLS.get(control, ("", ""))
    if known and (known.type in {"", type_} or not type_):
        return known.type, known.wire
    if type_ == "string" and control not in _CHOICES:
        # The control of a port is that of a text, and so is that of a map.
        if known and (known.type == "map" or (known.type == "integer" and known.wire == "string")):
            return known.type, known.wire
        if field == "port" or field.endswith("_port"):
            return "integer", "string"
    if known and control == "select" and known.type == "list":
        return known.type, known.wire
    return (type_ or "string"), (wire or "string")


def _with_value(row: Row, start: Property) -> Property:
    """With the default, the allowed values, and whether the server sets it."""
    if not _has_value(row):
        return start
    readonly = _value(row, "readonly")
    assigned = start.server_assigned if readonly is None else bool(readonly)
    default = _value(row, "default")
    computed = _value(row, "type") == "dynamic"
    if assigned:
        start = replace(start, server_assigned=True, default=None, placeholder=start.placeholder or _text(default))
    else:
        start = replace(start, server_assigned=False, placeholder=None)
        start = start if computed else replace(start, default=default)
    choices = _choices(_value(row, "raw_values"))
    if choices is not None:
        # The catalogue cannot know what a list may hold.
        return replace(start, enum=choices)
    return (
        start if _control(row) in _CHOICES or start.type == "list" or not _control(row) else replace(start, enum=None)
    )


def _with_conditions(row: Row, start: Property, told: _Told) -> Property:
    """With the conditions, and with whether it is needed: the API says required also of what has a default."""
    if told.conditions:
        rows = row.get("conditions")
        rows = rows if isinstance(rows, list) else [rows]
        start = replace(start, conditions=tuple(found for each in rows if (found := _condition(each))))
    if not told.required:
        return start
    required = bool(row.get("required"))
    hidden = bool(start.conditions)
    plain = required and not hidden and start.default is None and not start.server_assigned
    return replace(start, required=plain, required_if_shown=required and hidden)


def _secret(row: Row, known: Property | None, told: _Told) -> bool | None:
    """Whether the answer says that it is a secret; None where it cannot tell."""
    if row.get("encrypt") or _control(row) == "password":
        return True
    if known and known.secret and known.control and "password" not in known.control:
        return None  # One of those that the API itself forgets to mark.
    return False if told.encrypt and known else None


def _condition(row: Any) -> Condition | None:
    if not isinstance(row, Mapping):
        return None
    operator, config = row.get("operator"), row.get("config")
    if not (isinstance(operator, str) and isinstance(config, str)):
        return None
    return Condition(operator.upper(), config, row.get("value"))


def _choices(rows: Any) -> tuple[Any, ...] | None:
    """The allowed values: bare ones, or objects with `value` and `label`."""
    if not isinstance(rows, list):
        return None
    values = [row.get("value") if isinstance(row, Mapping) else row for row in rows]
    found = tuple(value for value in values if isinstance(value, (str, int, float)))
    return found or None


def _has_value(row: Row) -> bool:
    return isinstance(row.get("value"), Mapping) or any(str(field).startswith("value.") for field in row)


def _value(row: Row, field: str) -> Any:
    """A field of the definition's `value`; the documentation writes such fields ``value.control``."""
    value = row.get("value")
    return value.get(field) if isinstance(value, Mapping) else row.get(f"value.{field}")


def _control(row: Row) -> str:
    return _text(_value(row, "control")) or ""


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,30}\s*", value):
        return int(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return int(value) if is_number and value == value // 1 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _line(value: Any) -> str:
    """A text of the answer as one line."""
    return " ".join(value.split()) if isinstance(value, str) else ""
