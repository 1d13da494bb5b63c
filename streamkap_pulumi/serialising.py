"""Which values the engine can take, and which are known only after the program has run."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from streamkap_pulumi.config.values import LARGEST_EXACT
from streamkap_pulumi.config.wording import described

PLAIN = (str, bool, int, float)


def has_eventual(value: Any) -> bool:
    """Whether the value, or something in it, is known only after the program has run."""
    if isinstance(value, (list, tuple)):
        return any(has_eventual(item) for item in value)
    if isinstance(value, Mapping):
        return any(has_eventual(item) for item in value.values())
    return is_eventual(value)


def is_eventual(value: Any) -> bool:
    """Whether the value is known only after the program has run: an Output, or an awaitable."""
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)


def is_sendable(value: Any) -> bool:
    """Whether it is a string without surrogates: these are not characters, and the engine refuses them."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value))


def unserialisable(value: Any, path: str) -> Iterator[str]:
    """Why the engine cannot take `value`; nothing where it can."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{path}: it is not a number"
    elif isinstance(value, str) and not is_sendable(value):
        yield f"{path}: it is not Unicode: it contains half of a character (a surrogate). Was it read as UTF-8?"
    elif isinstance(value, int) and abs(value) > LARGEST_EXACT:
        yield f"{path}: Pulumi would round it, as any whole number above {LARGEST_EXACT}; write it as a string"
    elif value is None or isinstance(value, PLAIN) or is_eventual(value):
        return
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from unserialisable(item, f"{path}[{number}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if is_sendable(key):
                yield from unserialisable(item, f"{path}.{key}")
            else:
                yield f"{path}: the key {key!r} is not a string"
    else:
        yield f"{path}: it is {described(value)}; it must be a string, a number, a boolean, a list or a mapping"
