"""Reads what `GET /sources/connectors` answers. Its documentation shows two shapes; both are accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def properties(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The property definitions of all connectors in the answer.

    The answer is an object keyed by display name, whose values are objects with a `config` array, or that array.
    """
    for connector in answer.values():
        rows = connector.get("config") if isinstance(connector, Mapping) else connector
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and isinstance(row.get("name"), str):
                yield row


def user_defined_keys(answer: Mapping[str, Any]) -> dict[str, bool]:
    """By key: whether it is the user's to set. Empty when the answer holds no definitions."""
    return {row["name"]: bool(row.get("user_defined", True)) for row in properties(answer)}
