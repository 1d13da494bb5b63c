"""Loads the public names of a package at their first use, so that a program pays only for what it uses."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def lazy(package: str, homes: Mapping[str, str]) -> None:
    """Load a package's public names at their first use.

    It is done from here, since type checkers think that a module with a ``__getattr__`` of its own has every name.

    Args:
        package: the package's name.
        homes: for each public name, the module that defines it.
    """
    module = sys.modules[package]

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(homes[name]), name)
        setattr(module, name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(module), *homes})

    vars(module).update(__getattr__=find, __dir__=names)
