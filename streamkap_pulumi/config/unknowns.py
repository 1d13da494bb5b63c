"""Values that are not known yet, as happens in a preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Unknown = Callable[[Any], bool]
"""Whether a value is not known yet, as happens in a preview."""


def has_unknown(value: Any, unknown: Unknown) -> bool:
    """The value, or something inside it, is not known yet."""
    waiting, seen = [value], set()  # A list that holds itself has an end, too.
    while waiting:
        each = waiting.pop()
        if unknown(each):
            return True
        if isinstance(each, (list, tuple, Mapping)) and id(each) not in seen:
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, Mapping) else each)
    return False
