"""The typed classes: one module per connector, a package per family, and the index that loads them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterable, Mapping

from scripts.catalog.data import NOTICE
from scripts.catalog.families import Family
from scripts.catalog.phrases import facts
from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.config.values import is_list, is_yes_no

_WIDTH = 116
_PACKAGE = "streamkap_pulumi.connectors"


def files(family: Family, connectors: Iterable[Connector]) -> dict[str, str]:
    """The modules of one family, by file name."""
    modules = {f"{connector.code}.py": _module(family, connector) for connector in connectors}
    modules["__init__.py"] = (
        f'# {NOTICE}\n"""The typed configurations of {family.plural}, one module per connector."""\n'
    )
    return {name: _formatted(text) for name, text in modules.items()}


def index(families: Mapping[Family, Iterable[Connector]]) -> dict[str, str]:
    """The package that offers the classes of all families."""
    homes = {
        connector.config_class: f"{_PACKAGE}.{family.plural}.{connector.code}"
        for family, connectors in families.items()
        for connector in connectors
    }
    return {"__init__.py": _formatted(_index(homes))}


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "120", "--target-version", "py310", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _index(homes: Mapping[str, str]) -> str:
    imports = "".join(f"    from {homes[name]} import {name}\n" for name in sorted(homes, key=homes.__getitem__))
    names = "".join(f'    "{name}",\n' for name in sorted(homes))
    table = "".join(f'    "{name}": "{homes[name]}",\n' for name in sorted(homes))
    return (
        f"# {NOTICE}\n"
        '"""The typed configurations, one class per connector. Each is loaded when it is first used."""\n\n'
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING\n\n"
        "from streamkap_pulumi._lazy import lazy\n\n"
        f"if TYPE_CHECKING:\n{imports}\n"
        f"__all__ = [\n{names}]\n\n"
        f"HOMES = {{\n{table}}}\n"
        '"""From the name of each class to the module that defines it."""\n\n'
        "lazy(__name__, HOMES)\n"
    )


def _module(family: Family, connector: Connector) -> str:
    # Required fields have no default. They come first, since a newcomer needs them first.
    rows = sorted(connector.properties.values(), key=lambda known: not _is_demanded(known))
    fields = "\n".join(_field(connector, known) for known in rows)
    types = " ".join(_type(known) for known in rows)
    abstract = _used(types, "Mapping", "Sequence")
    imports = f"from collections.abc import {abstract}\n" if abstract else ""
    heading = f"Configuration of {_a(connector.display_name)} {family.kind.noun} (connector `{connector.code}`)."
    return (
        f"# {NOTICE}\n"
        f'"""The configuration of the {family.kind.noun} connector {connector.display_name}."""\n\n'
        "from __future__ import annotations\n\n"
        f"{imports}"
        f"from typing import {_used(f'{types} ClassVar', 'Any', 'ClassVar', 'Literal')}\n\n"
        f"from streamkap_pulumi.config.catalogue import {family.plural.upper()}, Catalogue\n"
        f"from {_PACKAGE}.base import ConnectorConfig, {_used(types, 'Input', 'Output')}\n\n\n"
        f"class {connector.config_class}(ConnectorConfig):\n"
        f"{_docstring(heading, connector.summary)}\n"
        f'    connector: ClassVar[str] = "{connector.code}"\n'
        f"    _catalogue: ClassVar[Catalogue] = {family.plural.upper()}\n\n"
        f"{fields}"
    )


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _used(text: str, *names: str) -> str:
    parts = set(text.replace("[", " ").replace("]", " ").replace(",", " ").split())
    return ", ".join(name for name in names if name in parts)


def _field(connector: Connector, known: Property) -> str:
    optional = "" if _is_demanded(known) else " | None = None"
    docstring = _docstring(known.description, " ".join(facts(connector, known)))
    return f"    {known.field}: {_type(known)}{optional}\n{docstring}"


def _is_demanded(known: Property) -> bool:
    return known.required and not known.published_without


def _docstring(*paragraphs: str) -> str:
    texts = [text.replace("\\", "\\\\") for text in paragraphs if text]
    filled = [textwrap.fill(text, _WIDTH, break_on_hyphens=False) for text in texts[1:]]
    filled.insert(0, textwrap.fill(texts[0], _WIDTH, initial_indent='"""', break_on_hyphens=False)[3:])
    body = textwrap.indent("\n\n".join(filled), "    ").lstrip()
    closing = '"""' if "\n" not in body else '\n    """'
    return f'    """{body}{closing}\n'


def _type(known: Property) -> str:
    if is_list(known):  # To a type checker a string is a sequence of strings, so one with commas is accepted too.
        return "Input[Sequence[Input[str]]]"
    if known.enum:
        allowed = f"Literal[{', '.join(_literal(str(value)) for value in known.enum)}]"
        return f"Input[{allowed}{' | bool' if is_yes_no(known) else ''}] | Output[str]"
    return {
        "integer": "Input[int]",
        "boolean": "Input[bool]",
        "string": "Input[str]",
        "map": "Input[Mapping[str, Any]]",
    }[known.type]


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
