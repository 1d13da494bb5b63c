"""How messages show values: short ones as they are, long or deep ones by what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST_VALUE = 60
"""Characters of a value that a message shows."""
_LONGEST_NUMBER = 200
"""Bits of a number that a message shows."""


def quoted(value: Any) -> str:
    """A value as a message shows it."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return f"a number of more than {_LONGEST_VALUE} digits"
    if value is not None and not isinstance(value, (str, int, float)):
        return described(value)
    text = repr(value[:_LONGEST_VALUE] if isinstance(value, str) else value)
    whole = len(text) <= _LONGEST_VALUE and not (isinstance(value, str) and len(value) > _LONGEST_VALUE)
    return text if whole else f"{text[: _LONGEST_VALUE - 3]}..."


def described(value: Any) -> str:
    """What kind of value it is. The value itself may be a secret."""
    if isinstance(value, str):
        return "a string" if value.strip() else "an empty string"
    if isinstance(value, Mapping):
        return "a mapping"
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", list: "a list", tuple: "a list"}
    name = type(value).__name__
    return names.get(type(value), f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}")


def joined(texts: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
