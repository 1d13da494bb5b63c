"""``streamkap schema``: which connectors there are, and what their ``config`` may hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from streamkap_pulumi.cli import live, names
from streamkap_pulumi.cli.exit_codes import FailedError, UsageError
from streamkap_pulumi.cli.output import Page, columns, grid, json_page
from streamkap_pulumi.config import live_schema
from streamkap_pulumi.config.catalogue import (
    DESTINATIONS,
    GROUPS,
    SOURCES,
    Catalogue,
    Condition,
    Connector,
    LaterProperty,
    Property,
)
from streamkap_pulumi.config.values import is_list

EXAMPLES = """\
Examples:
  streamkap schema                              all source connectors
  streamkap schema --destination                all destination connectors
  streamkap schema postgresql                   what PostgreSQL can be configured with
  streamkap schema "SQL Server" --required      what it needs
  streamkap schema MongoDBConfig --secret       what must be kept secret
  streamkap schema snowflake                    a destination; only destinations have it
  streamkap schema postgresql --destination     PostgreSQL as a destination
  streamkap schema mysql --json                 the same for programs
  streamkap schema mysql --live                 as your Streamkap has it, not as bundled"""

_HEAD = ("FIELD", "KEY", "TYPE", "REQUIRED", "SECRET", "DEFAULT", "ALLOWED", "CONDITION", "DESCRIPTION")


def schema(
    connector: Annotated[
        str | None, Parameter(help="Code, display name, typed class or Terraform name. Default: all of them.")
    ] = None,
    /,
    *,
    destination: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Destination connectors only, not sources.")
    ] = False,
    secret: Annotated[bool, Parameter(negative=(), show_default=False, help="Only secrets.")] = False,
    required: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Only what is required, always or under a condition.")
    ] = False,
    as_json: Annotated[bool, Parameter("--json", negative=(), show_default=False, help="Print JSON.")] = False,
    from_api: Annotated[
        bool,
        Parameter("--live", negative=(), show_default=False, help="Ask Streamkap instead of the bundled catalogue."),
    ] = False,
) -> Page:
    """List the source connectors, or the properties of one.

    A name that sources and destinations share means the source; with
    --destination it means the destination.

    --live shows the answer of GET /sources/connectors (or /destinations/connectors)
    instead. What that answer does not say about a property is taken from the
    bundled catalogue.
    """
    catalogues = (DESTINATIONS,) if destination else (SOURCES, DESTINATIONS)
    if connector is None:
        if secret or required:
            raise UsageError("--secret and --required need a connector: streamkap schema postgresql --required.")
        found = _live_connectors(catalogues[0], None) if from_api else list(catalogues[0])
        return json_page({"connectors": [_about(each) for each in found]}) if as_json else _list(found)
    one = _live_connector(catalogues, connector) if from_api else names.named(connector, *catalogues)
    shown = [known for known in _ordered(one.properties.values()) if _wanted(known, secret=secret, required=required)]
    later = [] if required else [each for each in one.later.values() if each.secret or not secret]
    if as_json:
        return json_page(
            {
                "connector": {**_about(one), "source": "live" if from_api else "catalogue"},
                "properties": [_as_json(one, known) for known in shown],
                "later": [_later_as_json(each) for each in later],
            }
        )
    return _page(one, shown, later)


def _live_connectors(catalogue: Catalogue, code: str | None) -> list[Connector]:
    answer = live.connectors_answer(catalogue, code)
    found = [each.connector for each in live_schema.connectors(answer, catalogue, code)]
    if not found and code is None:
        raise FailedError(f"The answer of GET /{catalogue.plural}/connectors holds no connector that can be read.")
    return found


def _live_connector(catalogues: Sequence[Catalogue], name: str) -> Connector:
    """The connector as Streamkap describes it, also one that no catalogue knows."""
    catalogue, code = catalogues[0], name
    try:
        known = names.named(name, *catalogues)
        catalogue, code = known.catalogue or catalogue, known.code
    except UsageError as error:
        if "several" in str(error):
            raise
    found = _live_connectors(catalogue, code)
    if not found:
        hint = names.hint(code, *catalogues)
        raise UsageError(f"Streamkap has no connector {code!r}{hint} `streamkap schema --live` lists all.")
    return found[0]


def _ordered(properties: Iterable[Property]) -> list[Property]:
    """By group, and within a group in the API's order."""
    groups = list(GROUPS)
    return sorted(properties, key=lambda known: groups.index(known.group) if known.group in groups else len(groups))


def _type(known: Property) -> str:
    """What users write: a list also where the API takes one string with commas."""
    return "list" if is_list(known) else known.type


def _wanted(known: Property, *, secret: bool, required: bool) -> bool:
    return (known.secret or not secret) and (known.required or known.required_if_shown or not required)


def _about(connector: Connector) -> dict[str, Any]:
    return {
        "code": connector.code,
        "kind": connector.catalogue.noun if connector.catalogue else None,
        "display_name": connector.display_name,
        "config_class": connector.config_class or None,
        "family": connector.family or None,
        "summary": connector.summary,
        "properties": len(connector.properties),
    }


def _as_json(connector: Connector, known: Property) -> dict[str, Any]:
    return {
        "field": known.field,
        "key": known.key,
        "group": known.group,
        "type": _type(known),
        "wire": known.wire,
        "required": known.required,
        "required_if_shown": known.required_if_shown,
        "secret": known.secret,
        "default": known.default,
        "enum": list(known.enum) if known.enum else None,
        "min": known.min,
        "max": known.max,
        "min_items": known.min_items,
        "conditions": [
            {
                "operator": condition.operator,
                "key": condition.config,
                "field": _field(connector, condition.config),
                "value": condition.value,
            }
            for condition in known.conditions
        ],
        "requires": list(known.requires),
        "server_assigned": known.server_assigned,
        "set_once": known.set_once,
        "write_only": known.write_only,
        "deprecated_fields": list(known.deprecated_fields),
        "removed_in": known.removed_in,
        "description": known.description,
    }


def _later_as_json(later: LaterProperty) -> dict[str, Any]:
    return {
        "field": later.field,
        "key": later.key,
        "type": later.type,
        "secret": later.secret,
        "since": later.since,
        "description": later.description,
    }


def _list(connectors: Sequence[Connector]) -> Page:
    page = Page()
    head = ("Code", "Name", "Typed class", "Properties")
    rows = [(each.code, each.display_name, each.config_class, str(len(each.properties))) for each in connectors]
    table = grid(head, styles=("cyan", "", "", ""))
    table.columns[-1].justify = "right"
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    page.add(columns([title.upper() for title in head], rows), table)
    return page


def _page(connector: Connector, shown: Sequence[Property], later: Sequence[LaterProperty]) -> Page:
    page = Page()
    count = (
        f"{len(shown)} of {len(connector.properties)}" if len(shown) < len(connector.properties) else str(len(shown))
    )
    title = f"{connector.display_name} ({connector.code}): {count} properties"
    page.line(f"{title}, typed class {connector.config_class}" if connector.config_class else title, "bold")
    if connector.summary:
        page.line(connector.summary)
    _properties(page, connector, shown)
    if not shown:
        page.line("No property is like that.")
    if later:
        page.line()
        page.line("Newer than the catalogue, known by name", "bold magenta")
        rows = [(each.field, each.key, each.type, each.since, each.description) for each in later]
        table = grid(("Property", "Type", "Since", "Description"), ratios=(5, 3, 3, 4))
        for each in later:
            table.add_row(
                _names(each.field, each.key), Text(each.type), Text(each.since), Text(each.description, "dim")
            )
        page.add(columns(("FIELD", "KEY", "TYPE", "SINCE", "DESCRIPTION"), rows), table)
    return page


def _properties(page: Page, connector: Connector, shown: Sequence[Property]) -> None:
    """The properties, group by group, with columns that are equally wide in all of them."""
    rows = [_row(connector, known) for known in shown]
    head, *lines = columns(_HEAD, rows).split("\n")
    titles = {known.group: GROUPS.get(known.group, known.group) for known in shown}
    for group, title in titles.items():
        members = [index for index, known in enumerate(shown) if known.group == group]
        table = grid(("Property", "Value", "Meaning"), ratios=(5, 3, 6))
        table.show_header = group == next(iter(titles))
        for index in members:
            known = shown[index]
            table.add_row(_names(known.field, known.key), _value(known), _meaning(connector, known))
        page.line()
        page.line(title, "bold magenta")
        page.add("\n".join([head, *(lines[index] for index in members)]), table)


def _row(connector: Connector, known: Property) -> tuple[str, ...]:
    notes = [_sentence(known.description), *(_sentence(note) for note in _notes(connector, known))]
    return (
        known.field,
        known.key,
        _type(known),
        "yes" if known.required else "when-shown" if known.required_if_shown else "no",
        "yes" if known.secret else "no",
        _default(known),
        _allowed(known),
        _when(connector, known),
        " ".join(note for note in notes if note),
    )


def _names(name: str, key: str) -> Text:
    return Text.assemble((name, "cyan"), "\n", (key, "dim"))


def _value(known: Property) -> Text:
    text = Text(_type(known))
    if _allowed(known):
        text.append(f"\n{_allowed(known)}")
    if known.default is not None:
        text.append(f"\ndefault {_default(known)}", "green")
    return text


def _meaning(connector: Connector, known: Property) -> Text:
    marks = Text()
    if known.required or known.required_if_shown:
        marks.append("required", "bold red")
    if known.secret:
        marks.append(", " if marks else "").append("secret", "bold yellow")
    if known.conditions:
        marks.append(" " if marks else "").append(f"when {_when(connector, known)}", "yellow")
    lines = [marks] if marks else []
    lines += [Text(_sentence(text), "dim") for text in (known.description, *_notes(connector, known)) if text]
    return Text("\n").join(lines)


def _notes(connector: Connector, known: Property) -> Iterable[str]:
    """What else is to be known of a property."""
    if known.server_assigned:
        yield "Set by Streamkap; what is sent is ignored"
    if known.set_once:
        yield "Set once: with another value the destination is replaced"
    if known.requires:
        yield f"Goes together with {', '.join(_field(connector, key) for key in known.requires)}"
    if known.removed_in:
        yield f"Removed in release {known.removed_in} of Streamkap's Terraform provider"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return f"{text}." if text and text[-1] not in ".!?" else text


def _default(known: Property) -> str:
    """The server's default as users would write it: a port's is a number, though the API keeps it as a string."""
    default = known.default
    if known.type == "integer" and isinstance(default, str) and default.lstrip("-").isdigit():
        return default
    return "" if default is None else json.dumps(default, ensure_ascii=False)


def _allowed(known: Property) -> str:
    if known.enum:
        return " | ".join(str(value) for value in known.enum)
    if known.min is not None or known.max is not None:
        return f"{_limit(known.min)}..{_limit(known.max)}"
    return f"at least {known.min_items}" if known.min_items else ""


def _limit(value: int | None) -> str:
    return "" if value is None else str(value)


def _when(connector: Connector, known: Property) -> str:
    """The conditions in the words of the typed class: ``ssh_enabled is True``."""
    return " and ".join(_condition(connector, condition) for condition in known.conditions)


def _condition(connector: Connector, condition: Condition) -> str:
    name = _field(connector, condition.config)
    if condition.operator == "IN" and isinstance(condition.value, (list, tuple)):
        return f"{name} is one of {', '.join(repr(value) for value in condition.value)}"
    return f"{name} is {'not ' if condition.operator == 'NE' else ''}{condition.value!r}"


def _field(connector: Connector, key: str) -> str:
    known = connector.properties.get(key)
    return known.field if known else live_schema.attribute_name(key)
