"""What we write about connectors and properties, from the TOML files in this folder and in each family's own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scripts.catalog.families import Family

MERGED = ("//", "facts", "config_class", "summary", "group", "description")
"""The names that are merged into the facts."""


_HERE = Path(__file__).parent


@cache
def table(family: Family, name: str) -> dict[str, Any]:
    """One of the files, read: the family's own over the one of all families."""
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    paths = (folder / f"{name}.toml" for folder in (_HERE, _HERE / family.plural))
    return {key: value for path in paths if path.exists() for key, value in toml.loads(path.read_text("utf-8")).items()}


def about_property(family: Family, key: str) -> dict[str, str]:
    """The property's group and description: the same for every connector of the family that has it."""
    entry = table(family, "descriptions")[key]
    return {"group": entry["group"], "description": entry["text"]}


def missing(family: Family, facts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What must be written before these facts can be documented."""
    keys = {
        row["key"]: None for each in facts.values() for part in ("properties", "later") for row in each.get(part, ())
    }
    wanted = {"descriptions": keys, "names": facts, "examples": facts}
    return [
        f"{family.plural}/{name}.toml: {key}"
        for name, each in wanted.items()
        for key in each
        if key not in table(family, name)
    ]


def about_connector(family: Family, code: str) -> dict[str, str]:
    """The connector's typed class and its summary."""
    return {
        "config_class": table(family, "names")[code] + family.suffix,
        "summary": table(family, "examples")[code]["summary"],
    }


def example_fields(family: Family, code: str) -> list[str]:
    """The fields in the connector's example, in their order."""
    return list(table(family, "examples")[code]["fields"])


def example_value(family: Family, code: str, key: str, field: str) -> Any:
    """A plausible value of the property, as a program writes it; None if nobody sets it."""
    own = table(family, "examples")[code].get("values", {})
    return own[field] if field in own else table(family, "descriptions")[key].get("example")
