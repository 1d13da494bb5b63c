"""Packages that load what they offer when it is first used, so that a program pays only for what it uses."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def lazy(package: str, homes: Mapping[str, str]) -> None:
    """Give a package what it offers, at the first use.

    It is done here and not in the package's own text, since a type checker takes a module with a ``__getattr__`` for
    one that has every name.

    Args:
        package: the package's name.
        homes: from each name that the package offers to the module that defines it.
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
