"""The reference documentation: one page per connector, and the index.

``tests/docs/test_reference.py`` runs the programs on each page as they are.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.catalog import phrases, words
from scripts.catalog.data import NOTICE
from scripts.catalog.families import FAMILIES, Family
from streamkap_pulumi.config.catalogue import GROUPS, Connector, Property
from streamkap_pulumi.config.values import is_list, is_yes_no

INDEX = "README.md"

_MOST_VALUES = 12
"""Allowed values that a table lists; a longer list goes below the table."""
_HEAD = ("Field", "Dotted key", "Type", "Required", "Default", "Description")
_FROM_FILE = {"private_key": "private-key.pem", "service_account_key": "service-account.json"}
"""Secrets of several lines, which nobody types, and a name for the file that holds each."""

_RUNS = {
    "kafka-connect": "runs in Kafka Connect",
    "webhook": "receives events at a URL",
    "api": "polls a service's API",
}
_SERVER_CREATES = {
    "ssh_public_key": "the key to install on the bastion host, with `ssh_enabled=True`",
    "webhook_url": "the URL to send events to",
    "api_key": "the key to send with the events. It is a secret in state and in exports",
}
_GRADES = {
    "A": "code or schema of Streamkap's own provider",
    "B": "documents",
    "C": "inferred",
}

_READ_ON = """\
[Writing a config]({up}writing-configs.md) covers what all connectors have in common: typed classes and mappings, what a
preview checks, secrets, and what this version does not know. `streamkap schema` shows the properties in a terminal."""


def files(family: Family, connectors: Iterable[Connector]) -> dict[str, str]:
    """The family's pages by file name, formatted."""
    listed = sorted(connectors, key=lambda connector: connector.code)
    pages = {f"{connector.code}.md": _page(family, connector) for connector in listed}
    return _formatted(pages | {INDEX: _index(family, listed)})


def _formatted(pages: Mapping[str, str]) -> dict[str, str]:
    """The pages with their programs formatted, all in one go."""
    options = ["--isolated", "--quiet", "--line-length", "120", "--target-version", "py310"]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for page, text in pages.items():
            (folder / page).write_text(text, encoding="utf-8")
        subprocess.run([sys.executable, "-m", "ruff", "format", *options, name], check=True)
        return {page: (folder / page).read_text(encoding="utf-8") for page in pages}


def _page(family: Family, connector: Connector) -> str:
    parts = [
        f"<!-- {NOTICE} -->",
        f"# {connector.display_name}",
        connector.summary,
        "\n".join(_in_short(connector)),
        *_example(family, connector),
        *_created_by_the_server(family, connector),
        *_properties(connector),
        *_later(connector),
        *_older_names(connector),
        *_evidence(connector),
    ]
    return "\n\n".join(parts) + "\n"


def _in_short(connector: Connector) -> Iterator[str]:
    yield f"- Typed class: `streamkap.{connector.config_class}`"
    yield f'- With dotted keys: `connector="{connector.code}"`'
    yield f"- Family: `{connector.family}`; it {_RUNS[connector.family]}"
    yield f"- {len(connector.properties)} properties, below; [the other connectors]({INDEX})"


def _example(family: Family, connector: Connector) -> Iterator[str]:
    fields = {known.field: known for known in connector.properties.values()}
    shown = [fields[name] for name in words.example_fields(family, connector.code)]
    yield "## Example"
    if commands := [_command_for(known) for known in shown if known.secret]:
        yield f"The secret{'s are' if len(commands) > 1 else ' is'} set once in each stack:"
        yield _code("bash", *commands)
        yield "The program:"
    values = [(known, _value(family, connector, known)) for known in shown]
    typed = "".join(f"{known.field}={value},\n" for known, value in values)
    yield _code(
        "python",
        "import pulumi\nimport streamkap_pulumi as streamkap\n",
        *(["cfg = pulumi.Config()\n"] if commands else []),
        f"{_declaration(family, connector, f'config=streamkap.{connector.config_class}({typed})')}\n",
        *(f'pulumi.export("{name}", {family.kind.noun}.{name})' for name in ("id", "status", "topics")),
    )
    keys = "".join(f'"{known.key}": {value},\n' for known, value in values)
    mapping = f'connector="{connector.code}", config={{{keys}}}'
    yield _folded(
        f"The same {family.kind.noun} with dotted keys", _code("python", _declaration(family, connector, mapping))
    )


def _declaration(family: Family, connector: Connector, inputs: str) -> str:
    return f'{family.kind.noun} = streamkap.{family.kind.type_name}("{connector.code.replace("_", "-")}", {inputs},)'


def _secret_name(known: Property) -> str:
    """The configuration key from which the example reads a secret: the field in camel case."""
    first, *others = known.field.split("_")
    return first + "".join(each.capitalize() for each in others)


def _command_for(known: Property) -> str:
    file = _FROM_FILE.get(known.field)
    return f"pulumi config set --secret {_secret_name(known)}{f' < {file}' if file else ''}"


def _value(family: Family, connector: Connector, known: Property) -> str:
    if known.secret:
        return f'cfg.require_secret("{_secret_name(known)}")'
    return repr(words.example_value(family, connector.code, known.key, known.field))


def _created_by_the_server(family: Family, connector: Connector) -> Iterator[str]:
    created = [each.name for each in family.kind.outputs if each.made_of in connector.properties]
    if not created:
        return
    yield "## What Streamkap creates for you"
    yield f"These are outputs of the {family.kind.noun}, known once it is created:"
    yield "\n".join(f"- `{family.kind.noun}.{output}`: {_SERVER_CREATES[output]}." for output in created)
    yield _code("python", *(f'pulumi.export("{output}", {family.kind.noun}.{output})' for output in created))


def _properties(connector: Connector) -> Iterator[str]:
    yield "## Properties"
    for group, title in GROUPS.items():
        members = [known for known in connector.properties.values() if known.group == group]
        if not members:
            continue
        yield f"### {title}"
        yield _table(_HEAD, (_row(connector, known) for known in sorted(members, key=lambda each: not each.required)))
        for known in members:
            if known.enum and len(known.enum) > _MOST_VALUES:
                listed = ", ".join(f"`{value}`" for value in known.enum)
                yield _folded(f"The {len(known.enum)} values of <code>{known.field}</code>", listed)


def _row(connector: Connector, known: Property) -> tuple[str, ...]:
    return (
        f"`{known.field}`",
        f"`{known.key}`",
        _type(known),
        _required(connector, known),
        phrases.default(known),
        " ".join([known.description, *phrases.marks(known), *phrases.limits(connector, known)]),
    )


def _type(known: Property) -> str:
    if is_list(known):
        return "list of strings"
    if known.enum and len(known.enum) > _MOST_VALUES:
        return f"string, one of the {len(known.enum)} values below"
    if known.enum:
        return ", ".join(f"`{value}`" for value in known.enum) + (", or a boolean" if is_yes_no(known) else "")
    return "mapping" if known.type == "map" else known.type


def _required(connector: Connector, known: Property) -> str:
    if known.server_assigned:
        return ""
    if known.required_if_shown and (shown := phrases.conditions(connector, known)):
        return f"with {shown}"
    if known.required_if_shown:
        return "in some cases"
    if known.required_when:
        return f"with {phrases.all_of(connector, known.required_when)}"
    if known.required_at_create:
        return "to create" + (f", with {phrases.conditions(connector, known)}" if known.conditions else "")
    return ("in some cases" if known.published_without else "yes") if known.required else ""


def _later(connector: Connector) -> Iterator[str]:
    if not connector.later:
        return
    yield "## Newer properties"
    yield (
        "Streamkap added them after the version that this page describes. Little is known about them: they are sent as "
        f"they are, and their values are not checked. Set them by dotted key: in `{connector.config_class}` within "
        f'`extra_config`, for example `extra_config={{"{next(iter(connector.later))}": ...}}`, in a mapping like any '
        "other key."
    )
    yield _table(
        ("Dotted key", "Type", "Since Terraform provider", "The key is", "Description"),
        (
            (
                f"`{each.key}`",
                each.type,
                each.since,
                "known" if each.grade == "B" else "inferred from the name; check that Streamkap accepts it",
                " ".join([each.description, *phrases.about_later(connector, each)]),
            )
            for each in connector.later.values()
        ),
    )


def _older_names(connector: Connector) -> Iterator[str]:
    renamed = [known for known in connector.properties.values() if known.deprecated_fields]
    if not renamed:
        return
    yield "## Older names"
    yield (
        "Some fields had other names in earlier versions of Streamkap's Terraform provider. The typed class accepts "
        "them too, with a warning."
    )
    rows = [(", ".join(f"`{name}`" for name in known.deprecated_fields), f"`{known.field}`") for known in renamed]
    yield _table(("Older name", "Field"), rows)


def _evidence(connector: Connector) -> Iterator[str]:
    yield "## How well this is known"
    grades = {known.grade for known in connector.properties.values()}
    lines = [
        f"- Properties, types, defaults and limits: {_graded(''.join(sorted(grades)), connector.origin)}.",
        *(
            f"- `{known.field}` is only in {known.origin}: newer versions do not have it."
            for known in connector.properties.values()
            if known.origin
        ),
        *_conditions_evidence(connector),
    ]
    if connector.later:
        lines.append(
            "- Newer properties: what is here comes from Streamkap's later releases, and nothing else is known."
        )
    lines.append(
        "- Descriptions and examples are ours. Nothing on this page has been tried against Streamkap's live API."
    )
    yield "\n".join(lines)


def _conditions_evidence(connector: Connector) -> Iterator[str]:
    by_origin: dict[str, list[str]] = {}
    for known in connector.properties.values():
        if known.conditions:
            by_origin.setdefault(known.conditions_origin, []).append(f"`{known.field}`")
    for origin, names in sorted(by_origin.items()):
        grade, _, source = origin.partition(": ")
        yield f"- When {', '.join(names)} {'apply' if len(names) > 1 else 'applies'}: {_graded(grade, source)}."


def _graded(grades: str, source: str) -> str:
    means = "; ".join(_GRADES[grade] for grade in grades)
    return f"{source} (grade {', '.join(grades)}: {means})"


def _index(family: Family, connectors: Sequence[Connector]) -> str:
    rows = [
        (
            f"[{connector.display_name}]({connector.code}.md)",
            f"`{connector.code}`",
            f"`{connector.config_class}`",
            connector.family,
            str(len(connector.properties)),
        )
        for connector in connectors
    ]
    parts = [
        f"<!-- {NOTICE} -->",
        f"# {family.kind.type_name} connectors",
        _counted(connectors),
        _table(("Connector", "Code", "Typed class", "Family", "Properties"), rows),
        "\n".join(
            f"- `{runs}`: {what}." for runs, what in _RUNS.items() if any(each.family == runs for each in connectors)
        ),
        _others(family),
        _READ_ON.format(up=f"../{family.home}"),
    ]
    return "\n\n".join(parts) + "\n"


def _others(family: Family) -> str:
    """Where the pages of the other families are."""
    links = [
        f"[{each.kind.type_name} connectors]({family.home}{'' if each.pages == '.' else f'{each.pages}/'}{INDEX})"
        for each in FAMILIES
        if each != family
    ]
    return f"Listed apart: {', '.join(links)}."


def _counted(connectors: Sequence[Connector]) -> str:
    properties = sum(len(each.properties) for each in connectors)
    return (
        f"{len(connectors)} connectors with {properties} properties. Each page has an example that runs, and tables of "
        "everything that can be set."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: Any) -> str:
    """One line. A bar would end the cell, even in code."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _code(language: str, *lines: str) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"
