"""The reference pages are complete, and their programs run as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scripts.catalog import families, reference
from scripts.catalog.families import Family
from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.api.models import DestinationConnector, SourceConnector
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import KINDS
from streamkap_pulumi.testing import StreamkapMocks
from tests.config.catalogues import each_connector, title
from tests.engine.conftest import MakeStack, emulator, make_stack  # noqa: F401 - fixtures
from tests.engine.stack import Stack

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "connectors"


def folder_of(family: Family) -> Path:
    return FOLDER / family.pages


PAGES = {
    title(connector): (folder_of(family) / f"{connector.code}.md").read_text(encoding="utf-8")
    for family in families.FAMILIES
    for connector in family.catalogue
}
"""By the connector's title."""

DRIVER = """
import runpy
from pathlib import Path

import pulumi

export = pulumi.export
for program in sorted(Path("programs").glob("*.py")):
    pulumi.export = lambda name, value, page=program.stem: export(f"{page}.{name}", value)
    runpy.run_path(str(program), run_name="__main__")
"""
"""Runs the programs of all pages as one. Only their exports are kept apart, since they have the same names."""

each_family = pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.plural)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def typed(page: str) -> str:
    """The page's program, and the exports of what the server creates."""
    program, _, *exports = blocks(page, "python")
    return program + "".join(exports)


def mapping(page: str) -> str:
    """The same program with the dotted keys of the second block."""
    declaration = re.compile(r"^(source|destination) = .*?^\)$", re.DOTALL | re.MULTILINE)
    keys = blocks(page, "python")[1]
    program, count = declaration.subn(lambda _: keys, typed(page))
    assert count == 1
    return program


def secrets(page: str) -> list[str]:
    """What the page's commands set."""
    return re.findall(r"^pulumi config set --secret (\w+)(?: < [\w.-]+)?$", "".join(blocks(page, "bash")), re.MULTILINE)


def write(stack: Stack, programs: dict[str, str]) -> None:
    folder = stack.folder / "programs"
    folder.mkdir(exist_ok=True)
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    (stack.folder / "__main__.py").write_text(DRIVER, encoding="utf-8")


def set_secrets(stack: Stack, names: list[str]) -> None:
    values = [word for name in sorted(set(names)) for word in ("--secret", f"{name}=canary-{name}")]
    stack.pulumi("config", "set-all", *values).succeeded()


@each_family
def test_the_pages_are_what_the_generator_writes(family: Family) -> None:
    """This fails after an edit by hand, or if `make catalog` was forgotten. The connectors' order does not matter."""
    written = {path.name: path.read_text(encoding="utf-8") for path in folder_of(family).glob("*.md")}
    assert reference.files(family, reversed(list(family.catalogue))) == written
    assert written.keys() == {"README.md", *(f"{code}.md" for code in family.catalogue.codes)}


@each_family
def test_the_index_leads_to_every_page(family: Family) -> None:
    """With code, class and the number of properties."""
    index = (folder_of(family) / "README.md").read_text(encoding="utf-8")
    for connector in family.catalogue:
        row = f"[{connector.display_name}]({connector.code}.md) | `{connector.code}` | `{connector.config_class}`"
        assert f"| {row} | {connector.family} | {len(connector.properties)} |" in index


@each_connector
def test_a_page_has_every_property(connector: Connector) -> None:
    """In a row with field and key. Newer ones have a key only, older names the field that replaced them."""
    page = PAGES[title(connector)]
    for known in connector.properties.values():
        assert f"| `{known.field}` | `{known.key}` |" in page
        assert known.description.replace("|", "\\|") in page
        for name in known.deprecated_fields:
            assert re.search(rf"^\| .*`{name}`.* \| `{known.field}` \|$", page, re.MULTILINE)
    for key in connector.later:
        assert f"| `{key}` |" in page


@each_connector
def test_tables_have_as_many_cells_in_every_row(connector: Connector) -> None:
    """A bar in a cell would add one."""
    tables = re.findall(r"(?:^\|.*\|\n)+", PAGES[title(connector)], re.MULTILINE)
    assert tables
    for table in tables:
        counts = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(counts) == 1, table


@each_connector
def test_every_secret_of_an_example_comes_from_the_configuration(connector: Connector) -> None:
    """The commands above it set exactly those."""
    page = PAGES[title(connector)]
    fields = {known.field: known for known in connector.properties.values()}
    given = [each for each in ast.walk(ast.parse(blocks(page, "python")[0])) if isinstance(each, ast.keyword)]
    taken = {ast.unparse(each.value) for each in given if each.arg in fields and fields[each.arg].secret}
    assert taken == {f"cfg.require_secret('{name}')" for name in secrets(page)}


def test_every_example_runs_as_it_is(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """Its preview needs neither network nor credentials, its exports exist, and dotted keys change nothing."""
    stack = make_stack(credentials=False, host="http://127.0.0.1:9")
    set_secrets(stack, [name for page in PAGES.values() for name in secrets(page)])
    write(stack, {name: typed(page) for name, page in PAGES.items()})
    stack.preview().succeeded().shows(f"+ {len(PAGES) + 1} to create").hides("canary-")

    credentials = {"STREAMKAP_CLIENT_ID": emulator.client_id, "STREAMKAP_SECRET": emulator.secret}
    stack.environment |= {"STREAMKAP_HOST": emulator.url, **credentials}
    stack.up().succeeded().hides("canary-")
    exported = stack.outputs()
    with Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        made: dict[str, SourceConnector | DestinationConnector] = {}
        made |= {f"source-{each.connector}": each for each in streamkap.sources.iterate()}
        made |= {f"destination-{each.connector}": each for each in streamkap.destinations.iterate()}
    assert made.keys() == PAGES.keys()
    for name, each in made.items():
        assert exported[f"{name}.id"] == each.id
        assert (exported[f"{name}.status"], each.connector_status) == ("Active", "Active")
        assert exported[f"{name}.topics"] == each.topics
    assert all(exported[f"{name}.{output}"] for name, output in created_by_the_server())

    write(stack, {name: mapping(page) for name, page in PAGES.items()})
    stack.rests()


def created_by_the_server() -> list[tuple[str, str]]:
    named = re.compile(r"^- `(?:source|destination)\.(\w+)`", re.MULTILINE)
    found = [(name, output) for name, page in PAGES.items() for output in named.findall(page)]
    assert len({output for _, output in found}) == 3
    return [
        (name, output)
        for name, output in found
        if output != "ssh_public_key" or "ssh_enabled=True" in typed(PAGES[name])
    ]


def test_an_example_is_a_whole_program(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """Alone in a stack, as `__main__.py`, with the commands above it."""
    stack = make_stack()
    page = PAGES["source-documentdb"]
    for name in secrets(page):
        stack.configure(name, f"canary-{name}", secret=True)
    (stack.folder / "__main__.py").write_text(blocks(page, "python")[0], encoding="utf-8")
    stack.up().succeeded().hides("canary-")
    assert stack.outputs().keys() == {"id", "status", "topics"}


@each_connector
def test_every_example_is_a_whole_program(connector: Connector, tmp_path: Path) -> None:
    """It imports all that it needs, and reads nothing but what its commands set."""
    page = PAGES[title(connector)]
    (tmp_path / "Pulumi.yaml").write_text("name: infra\nruntime: python\n", encoding="utf-8")
    (tmp_path / "__main__.py").write_text(blocks(page, "python")[0], encoding="utf-8")
    made = StreamkapMocks().run(tmp_path, secrets={name: f"canary-{name}" for name in secrets(page)})
    types = [kind.type_token for kind in KINDS if kind.catalogue is connector.catalogue]
    declared = [(each.type, each.inputs["connector"]) for each in made.resources]
    assert declared == [(each, connector.code) for each in types]
