"""What we write about connectors and properties, from the other TOML files in this folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

MERGED = ("//", "facts", "config_class", "summary", "group", "description")
"""The names that are merged into the facts."""


@cache
def table(name: str) -> dict[str, Any]:
    """One of the files, read."""
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    text = (Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8")
    return dict(toml.loads(text))


def about_property(key: str) -> dict[str, str]:
    """The property's group and description: the same for every connector that has it."""
    entry = table("descriptions")[key]
    return {"group": entry["group"], "description": entry["text"]}


def missing(facts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What must be written before these facts can be documented."""
    keys = {
        row["key"]: None for each in facts.values() for part in ("properties", "later") for row in each.get(part, ())
    }
    unwritten = [f"descriptions.toml: {key}" for key in keys if key not in table("descriptions")]
    unwritten += [f"names.toml: {code}" for code in facts if code not in table("names")]
    return unwritten + [f"examples.toml: {code}" for code in facts if code not in table("examples")]


def about_connector(code: str) -> dict[str, str]:
    """The connector's typed class and its summary."""
    return {"config_class": table("names")[code], "summary": table("examples")[code]["summary"]}


def example_fields(code: str) -> list[str]:
    """The fields in the connector's example, in their order."""
    return list(table("examples")[code]["fields"])


def example_value(code: str, key: str, field: str) -> Any:
    """A plausible value of the property, as a program writes it; None if nobody sets it."""
    own = table("examples")[code].get("values", {})
    return own[field] if field in own else table("descriptions")[key].get("example")
