"""Every public name has a docstring, and so has every field of a public class; read from the source."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from scripts.surface import MODULES

PUBLIC = [(module, name) for module in MODULES for name in importlib.import_module(module).__all__]
OF_PYDANTIC = {"model_config"}
"""It is not a field: it shows pydantic what a class is like."""

SILENT = """
class Silent:
    named: int
    'Seconds.'
    unnamed: int = 1

    def __init__(self):
        self.made = 2
"""


def thing(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


CLASSES = {kind: None for kind in (thing(*each) for each in PUBLIC) if inspect.isclass(kind)}


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def definition(kind: type) -> ast.ClassDef:
    tree = parsed(inspect.getfile(kind))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    return found


def ours(kind: type) -> list[type]:
    """The class itself and those above it that are ours, but for a generic one with its parameters filled in."""
    return [
        each for each in kind.__mro__ if each.__module__.startswith("streamkap_pulumi") and "[" not in each.__name__
    ]


def fields(defined: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Name and docstring of each field that the class itself has: in its body, or made in `__init__`; "" for none."""
    makers = [node.body for node in defined.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    for place in (defined.body, *makers):
        for statement, following in zip(place, [*place[1:], None], strict=True):
            name = _assigned(statement, of_self=place is not defined.body)
            if name and not name.startswith("_") and name not in OF_PYDANTIC:
                yield name, _text(following)


def _assigned(statement: ast.stmt, *, of_self: bool) -> str:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        if of_self and isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
            return target.attr
        if not of_self and isinstance(target, ast.Name):
            return target.id
    return ""


def _text(node: ast.stmt | None) -> str:
    told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return str(ast.literal_eval(node.value)).strip() if told and isinstance(node, ast.Expr) else ""


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_field_of_a_public_class_says_what_it_is(kind: type) -> None:
    """In a string below it, there or in a class above."""
    told: dict[str, str] = {}
    for each in ours(kind):
        for name, text in fields(definition(each)):
            told[name] = told.get(name) or text
    assert [name for name, text in told.items() if not text] == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_public_method_and_property_says_what_it_does(kind: type) -> None:
    """There or in a class above."""
    silent: dict[str, bool] = {}
    for each in ours(kind):
        for node in definition(each).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                silent[node.name] = silent.get(node.name, True) and not ast.get_docstring(node)
    assert [name for name, is_silent in silent.items() if is_silent] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_public_module_says_what_it_offers(module: str) -> None:
    """In its own docstring."""
    assert ast.get_docstring(parsed(inspect.getfile(importlib.import_module(module))))


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=lambda part: part.rpartition(".")[2])
def test_every_public_name_says_what_it_is(module: str, name: str) -> None:
    """A class or a function by its own docstring, a value by the string below it, wherever it is defined."""
    found = thing(module, name)
    if inspect.isclass(found):
        assert ast.get_docstring(definition(found))
    elif callable(found):
        assert inspect.getdoc(found)
    else:
        assert _value_text(module, name)


def _value_text(module: str, name: str) -> str:
    """The string below a value in whichever module of the package's folder assigns it."""
    folder = Path(inspect.getfile(importlib.import_module(module))).parent
    for file in sorted(folder.glob("*.py")):
        body = parsed(str(file)).body
        for statement, following in zip(body, [*body[1:], None], strict=True):
            if _assigned(statement, of_self=False) == name and _text(following):
                return _text(following)
    return ""


def test_a_field_without_a_docstring_is_found() -> None:
    """The proof that the reads above can fail."""
    (silent,) = ast.parse(SILENT).body
    assert isinstance(silent, ast.ClassDef)
    assert dict(fields(silent)) == {"named": "Seconds.", "unnamed": "", "made": ""}
