"""The map of the house in CONTRIBUTING.md is whole."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "streamkap_pulumi"
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = PAGE.split("## The map of the house\n")[1].split("\n## ")[0]
OF_THE_PACKAGE, AROUND_IT, OF_THE_LIFECYCLE = re.findall(r"(?:^\|.*\|\n)+", MAP, re.MULTILINE)


def named(table: str) -> set[str]:
    return {name.rstrip("/") for name in re.findall(r"`([\w.\-/]+)`", table)}


def folders() -> set[str]:
    """The folders at the top that git knows, or would know."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return {name.split("/")[0] for name in listed if "/" in name}


def within(folder: Path) -> set[str]:
    """Modules, data files and folders with modules in them; but for `__init__.py`, which is the folder itself."""
    files = {each.name for each in folder.iterdir() if each.is_file()}
    packages = {each.name for each in folder.iterdir() if (each / "__init__.py").exists()}
    return (files | packages) - {"__init__.py"}


def test_every_folder_is_on_the_map() -> None:
    """Of the repository."""
    assert folders() - named(AROUND_IT) == {PACKAGE.name}


def test_every_module_and_folder_of_the_package_is_on_the_map() -> None:
    """At its top; what is in them is reported by each module's first line."""
    assert within(PACKAGE) - named(OF_THE_PACKAGE) == set()


def test_every_module_of_the_lifecycle_is_on_the_map() -> None:
    """Most changes happen there."""
    assert within(PACKAGE / "lifecycle") - named(OF_THE_LIFECYCLE) == set()


def test_every_module_that_the_page_names_is_there() -> None:
    """On the map and on the way of one `pulumi up`."""
    modules = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "__main__.py"]
    there = {path.relative_to(ROOT).as_posix() for path in modules}
    told = set(re.findall(r"`([\w/]+\.py)`", PAGE))
    assert [name for name in sorted(told) if not any(path.endswith(f"/{name}") or path == name for path in there)] == []


def test_every_module_of_the_package_says_in_its_first_line_what_it_is() -> None:
    """Generated ones, too."""
    modules = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert [name for name, module in modules.items() if not ast.get_docstring(module)] == []
