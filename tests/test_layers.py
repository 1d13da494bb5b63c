"""The map of the house in CONTRIBUTING.md: who imports whom, read from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "streamkap_pulumi"

MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"resources", "connectors", "_lazy"},
    "testing": {"resources", "provider", "pulumi_cli", "emulator", "lifecycle", "kinds", "api", "config", "pulumi"},
    "resources": {
        "provider",
        "provider_base",
        "connectors",
        "serialising",
        "patches",
        "run",
        "lifecycle",
        "kinds",
        "api",
        "config",
        "durations",
        "pulumi",
    },
    "connectors": {"serialising", "config", "_lazy", "pulumi"},
    "serialising": {"config", "pulumi"},
    "provider": {"provider_base", "kinds"},
    "provider_base": {"patches", "pulumi_cli", "run", "lifecycle", "kinds", "api", "config", "pulumi"},
    "run": {"lifecycle", "kinds", "api", "config"},
    "cli": {"doctor", "stack", "preview", "pulumi_cli", "emulator", "lifecycle", "api", "config", "streams"},
    "doctor": {"patches", "pulumi_cli", "lifecycle", "kinds", "api", "config"},
    "stack": {"pulumi_cli", "lifecycle", "kinds", "api"},
    "preview": {"pulumi_cli", "kinds", "config"},
    "patches": {"streams", "pulumi"},
    "pulumi_cli": set(),
    "emulator": {"config", "streams"},
    "lifecycle": {"kinds", "api", "config", "durations"},
    "kinds": {"api", "config", "durations"},
    "api": {"passwords", "durations", "_lazy"},
    "config": {"passwords"},
    "passwords": set(),
    "durations": set(),
    "streams": set(),
    "_lazy": set(),
}
"""Each room, from the top of the map down; ``pulumi`` is Pulumi's SDK."""

MAY_IMPORT_LATE = {
    "cli": "a command loads what only it needs, so that the others start quickly and need fewer extras",
    "testing": "a user's tests need the emulator's extra only where they ask for an emulator",
    "patches": "a private part of Pulumi's SDK: it may be missing",
}
"""Where an import may be within a function, and why. It counts like any other."""


@dataclass(frozen=True)
class Import:
    """An import of a module of ours, or of Pulumi's SDK."""

    by: str
    """The module that imports, such as ``streamkap_pulumi.api.client``."""
    of: str
    late: bool = False
    """It is within a function."""
    for_types: bool = False


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


FILES = {module_name(file): file for file in sorted((ROOT / PACKAGE).rglob("*.py"))}


def room(module: str) -> str:
    """The folder or the module at the top of the package."""
    top, _, rest = module.partition(".")
    return (rest.split(".")[0] or "__init__") if top == PACKAGE else top


def named(node: ast.AST) -> list[str]:
    """The modules that a statement imports, or loads by their names in strings."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "an import is written in full"
        parts = [f"{node.module}.{alias.name}" for alias in node.names]
        return [part if part in FILES else str(node.module) for part in parts]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
        return [arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value in FILES]
    return []


def homes(tree: ast.Module) -> Iterator[str]:
    """The modules that a lazy package names at its top as the homes of its names."""
    for statement in tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            texts = [node.value for node in ast.walk(statement) if isinstance(node, ast.Constant)]
            yield from (text for text in texts if text in FILES and text != PACKAGE)


def imports_in(tree: ast.AST, by: str, *, late: bool = False, for_types: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        for module in named(node):
            if module.split(".")[0] in {PACKAGE, "pulumi"}:
                yield Import(by, module, late, for_types)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from imports_in(ast.Module(node.body, []), by, late=late, for_types=True)
            yield from imports_in(ast.Module(node.orelse, []), by, late=late, for_types=for_types)
        else:
            within = late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from imports_in(node, by, late=within, for_types=for_types)


def imports_of(module: str) -> Iterator[Import]:
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    yield from imports_in(tree, module)
    # They are imported at the first use: no circle for Python, but a way from room to room.
    yield from (Import(module, home, for_types=True) for home in homes(tree))


@cache
def imports() -> list[Import]:
    return [each for module in FILES for each in imports_of(module)]


def test_each_room_imports_what_the_table_says_and_the_table_says_no_more() -> None:
    """Every import counts: of types only, within a function, and by a name in a string."""
    found: dict[str, set[str]] = {room(module): set() for module in FILES}
    where: dict[tuple[str, str], str] = {}
    for each in imports():
        pair = (room(each.by), room(each.of))
        if pair[0] != pair[1]:
            found[pair[0]].add(pair[1])
            where[pair] = each.by
    forbidden = {pair: by for pair, by in where.items() if pair[1] not in MAY_IMPORT.get(pair[0], set())}
    assert forbidden == {}
    assert found == MAY_IMPORT


def test_the_table_goes_down_the_map_of_contributing() -> None:
    """The same rooms in the same order; no room imports one that stands above it."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.split("## The map of the house")[1].split("\n## ")[0]
    rows = [
        [name.rstrip("/").removesuffix(".py").removeprefix(f"{PACKAGE}/") for name in re.findall(r"`([^`]+)`", cell)]
        for cell in re.findall(r"^\| (`.*?`) \| ", section, re.MULTILINE)
    ]
    # The map's rows after the package's are of the repository.
    order = [name for row in rows for name in row][: len(MAY_IMPORT)]
    assert order == list(MAY_IMPORT)
    floor = {name: number for number, name in enumerate(order)}
    assert [
        (by, of) for by, all_of in MAY_IMPORT.items() for of in all_of if of != "pulumi" and floor[of] < floor[by]
    ] == []


def test_imports_within_functions_are_where_there_is_a_reason() -> None:
    """Elsewhere all that a module needs stands at its top."""
    assert {room(each.by) for each in imports() if each.late} == set(MAY_IMPORT_LATE)


def test_no_module_imports_itself_in_a_circle() -> None:
    """Neither within a room; what is for types only, or late, is not a circle for Python."""
    graph: dict[str, set[str]] = {module: set() for module in FILES}
    for each in imports():
        if not (each.late or each.for_types) and each.of in FILES:
            graph[each.by].add(each.of)
    assert list(TopologicalSorter(graph).static_order())


def test_the_emulator_has_no_circle_even_of_types() -> None:
    """So that each of its modules can be read after those that it names."""
    graph: dict[str, set[str]] = {module: set() for module in FILES if room(module) == "emulator"}
    for each in imports():
        if each.by in graph and each.of in graph and not each.late and each.by != f"{PACKAGE}.emulator":
            graph[each.by].add(each.of)
    assert list(TopologicalSorter(graph).static_order())
