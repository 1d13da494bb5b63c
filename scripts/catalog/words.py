"""What we say of connectors and properties: ``names.toml``, ``descriptions.toml`` and ``examples.toml`` beside this."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

MERGED = ("//", "facts", "config_class", "summary", "group", "description")
"""What is merged into the facts."""


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
    """What has to be written before these facts can be documented."""
    keys = {
        row["key"]: None for each in facts.values() for part in ("properties", "later") for row in each.get(part, ())
    }
    told = [f"descriptions.toml: {key}" for key in keys if key not in table("descriptions")]
    told += [f"names.toml: {code}" for code in facts if code not in table("names")]
    return told + [f"examples.toml: {code}" for code in facts if code not in table("examples")]


def about_connector(code: str) -> dict[str, str]:
    """The connector's typed class, and what it does."""
    return {"config_class": table("names")[code], "summary": table("examples")[code]["summary"]}


def example_fields(code: str) -> list[str]:
    """The fields that the connector's example shows, in its order."""
    return list(table("examples")[code]["fields"])


def example_value(code: str, key: str, field: str) -> Any:
    """A plausible value of the property, as a program writes it; None where nobody sets it."""
    own = table("examples")[code].get("values", {})
    return own[field] if field in own else table("descriptions")[key].get("example")
