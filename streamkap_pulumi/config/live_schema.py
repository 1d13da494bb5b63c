"""Reads the answer of `GET /sources/connectors` into the same classes as the bundled catalogue.

The answer's documentation contradicts itself, so every variation is accepted: a connector is an object with a
``config`` array or that array itself; the control of a string is ``string`` or ``text``, that of a choice
``one-select`` or ``select``; and most fields may be missing. Anything else is skipped: nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from streamkap_pulumi.config.catalogue import Catalogue, Condition, Connector, Property
from streamkap_pulumi.config.secrecy import is_secret

ORIGIN = "GET /sources/connectors"
"""The `origin` of everything that is read here."""

Row = Mapping[str, Any]

# By control: type and wire of a property that only the answer knows.
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
    """What the answer does not say about a property is as in the catalogue, if the catalogue knows it."""
    bundled: Connector | None
    """The same connector of the bundled catalogue; None if the catalogue does not have it."""
    computed: frozenset[str]
    """The keys in the answer that users cannot set."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One connector of the answer, as it is there."""

    name: str
    """Its display name; empty if the answer has none."""
    code: str
    """Its code, if the answer has it, which is not documented; else empty."""
    about: Row
    rows: tuple[Row, ...]


def user_defined_keys(answer: Any) -> dict[str, bool]:
    """By key, whether users can set it, for all connectors in the answer. Empty if it has no definitions."""
    return {row["name"]: bool(row.get("user_defined", True)) for _, _, rows in _definitions(answer) for row in rows}


def connectors(answer: Any, catalogue: Catalogue, code: str | None = None) -> list[LiveConnector]:
    """The connectors that the answer describes, each with its counterpart in the bundled catalogue.

    Display names are not unique. Of the connectors that share one, the one with the best matching keys is taken.

    Args:
        answer: the body of `GET /sources/connectors`.
        catalogue: the bundled connectors of the same kind.
        code: the connector that the request was for; the others are skipped.
    """
    entries = [_entry(*each, catalogue) for each in _definitions(answer)]
    fields = _fields_in(row for entry in entries for row in entry.rows)
    only = code if len(entries) == 1 else None
    counterparts = _counterparts(entries, catalogue, only)
    found = [_live(entry, counterparts.get(index), fields, only) for index, entry in enumerate(entries)]
    return [live for live in found if code is None or live.connector.code == code]


def has_connector(answer: Any, code: str, catalogue: Catalogue) -> bool:
    """Whether the answer to a request for the connector `code` shows it."""
    return bool(connectors(answer, catalogue, code))


def has_only(answer: Any, code: str, catalogue: Catalogue) -> bool:
    """Whether it shows that connector and no other, so that the API heeds which one a request is for."""
    return len(list(_definitions(answer))) == 1 and has_connector(answer, code, catalogue)


def attribute_name(key: str) -> str:
    """What Streamkap's Terraform provider calls a key: ``database.hostname.user.defined`` is ``database_hostname``."""
    name = re.sub(r"\.user\.(defined|displayed)$", "", key).replace(".", "_").replace("-", "_")
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def _definitions(answer: Any) -> Iterator[tuple[str, Row, tuple[Row, ...]]]:
    """The key, the object and the property definitions of each connector. One without definitions is skipped.

    The answer is an object by display name, with objects that have a `config` array, or with such arrays.
    """
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
        # A code after the name distinguishes connectors with the same display name.
        key, code = bracket[1], code or bracket[2]
    return _Entry(_line(about.get("display_name")) or _line(key), code, about, rows)


def _fields_in(rows: Iterable[Row]) -> frozenset[str]:
    """The fields that occur in any definition. Only if a field occurs at all, a missing one means no."""
    fields: set[str] = set()
    for row in rows:
        fields |= {str(field) for field in row}
        fields |= {field for field in ("min", "max") if _value(row, field) is not None}
    return frozenset(fields)


def _counterparts(entries: Sequence[_Entry], catalogue: Catalogue, asked: str | None) -> dict[int, Connector]:
    """By the entry's index: its connector of the catalogue. No connector is used twice.

    `asked` is the code in the request for the only entry.
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
    given: dict[int, str] = {}
    for _, index, code in sorted(fits):
        if index not in given and code not in given.values():
            given[index] = code
    return {index: found for index, code in given.items() if (found := catalogue.find(code))}


def _candidates(entry: _Entry, catalogue: Catalogue) -> list[Connector]:
    """The connectors of the catalogue that the entry may be."""
    if entry.code and (known := catalogue.find(entry.code)):
        return [known]
    exactly = [connector for connector in catalogue if connector.display_name == entry.name]
    if exactly:
        return exactly
    # The code comes second: "mongodb" is one connector's code and, in another case, another's display name.
    if known := catalogue.find(entry.name):
        return [known]
    return [connector for connector in catalogue if connector.display_name.casefold() == entry.name.casefold()]


def _live(entry: _Entry, bundled: Connector | None, fields: frozenset[str], asked: str | None) -> LiveConnector:
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
        properties=MappingProxyType({row["name"]: _property(row, bundled, fields) for row in own}),
        later=MappingProxyType({}),
    )
    computed = {row["name"] for row in entry.rows if not row.get("user_defined", True)}
    return LiveConnector(connector, bundled, frozenset(computed - connector.properties.keys()))


def _property(row: Row, bundled: Connector | None, fields: frozenset[str]) -> Property:
    """One definition. What it does not say is as in the catalogue."""
    known = bundled.properties.get(row["name"]) if bundled else None
    start = known or _unknown(row, bundled)
    if _control(row):
        type_, wire = _type(row, known, start.field)
        start = replace(start, type=type_, wire=wire, control=_control(row))
    start = replace(start, removed_in=None, description=_line(row.get("description")) or start.description)
    start = _with_value(row, start)
    start = _with_conditions(row, start, fields)
    if fields & {"min", "max"} and _control(row) in _NUMBERS:
        start = replace(start, min=_whole(_value(row, "min")), max=_whole(_value(row, "max")))
    secret = _secret(row, known, fields)
    return start if secret is None else replace(start, secret=secret)


def _unknown(row: Row, bundled: Connector | None) -> Property:
    """A property that the catalogue does not know, or only by name."""
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
    """Type and wire: those of the catalogue, unless the control contradicts them."""
    control = _control(row)
    type_, wire = _CONTROLS.get(control, ("", ""))
    if known and (known.type in {"", type_} or not type_):
        return known.type, known.wire
    if type_ == "string" and control not in _CHOICES:
        # Ports and maps have the control of a string.
        if known and (known.type == "map" or (known.type == "integer" and known.wire == "string")):
            return known.type, known.wire
        if field == "port" or field.endswith("_port"):
            return "integer", "string"
    if known and control == "select" and known.type == "list":
        return known.type, known.wire
    return (type_ or "string"), (wire or "string")


def _with_value(row: Row, start: Property) -> Property:
    """Adds the default, the allowed values, and whether the server sets it."""
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
        # The catalogue does not know the allowed values of lists.
        return replace(start, enum=choices)
    return (
        start if _control(row) in _CHOICES or start.type == "list" or not _control(row) else replace(start, enum=None)
    )


def _with_conditions(row: Row, start: Property, fields: frozenset[str]) -> Property:
    """Adds the conditions and whether it is required. The API calls a property with a default required, too."""
    if "conditions" in fields:
        rows = row.get("conditions")
        rows = rows if isinstance(rows, list) else [rows]
        start = replace(start, conditions=tuple(found for each in rows if (found := _condition(each))))
    if "required" not in fields:
        return start
    required = bool(row.get("required"))
    hidden = bool(start.conditions)
    plain = required and not hidden and start.default is None and not start.server_assigned
    return replace(start, required=plain, required_if_shown=required and hidden)


def _secret(row: Row, known: Property | None, fields: frozenset[str]) -> bool | None:
    """Whether the answer says that it is a secret; None if it does not say."""
    if row.get("encrypt") or _control(row) == "password":
        return True
    if known and known.secret and known.control and "password" not in known.control:
        return None  # The API forgets to mark some secrets.
    return False if "encrypt" in fields and known else None


def _condition(row: Any) -> Condition | None:
    if not isinstance(row, Mapping):
        return None
    operator, config = row.get("operator"), row.get("config")
    if not (isinstance(operator, str) and isinstance(config, str)):
        return None
    return Condition(operator.upper(), config, row.get("value"))


def _choices(rows: Any) -> tuple[Any, ...] | None:
    """The allowed values, which are plain or objects with `value` and `label`."""
    if not isinstance(rows, list):
        return None
    values = [row.get("value") if isinstance(row, Mapping) else row for row in rows]
    found = tuple(value for value in values if isinstance(value, (str, int, float)))
    return found or None


def _has_value(row: Row) -> bool:
    return isinstance(row.get("value"), Mapping) or any(str(field).startswith("value.") for field in row)


def _value(row: Row, field: str) -> Any:
    """A field of the definition's `value`. The documentation writes such fields as ``value.control``."""
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
    """A string of the answer on one line."""
    return " ".join(value.split()) if isinstance(value, str) else ""
