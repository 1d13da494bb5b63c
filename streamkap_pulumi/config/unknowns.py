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


def first_unknown(value: Any, unknown: Unknown) -> Any:
    """What stands for `value` where that is unknown as a whole as soon as a part of it is; `value` if all is known."""
    if unknown(value) or not has_unknown(value, unknown):
        return value
    items = value.values() if isinstance(value, Mapping) else value
    return next(first_unknown(item, unknown) for item in items if has_unknown(item, unknown))
