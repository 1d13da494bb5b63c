"""Slips in strings: an Output that an f-string turned into text, and stray spaces and control characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Property
from streamkap_pulumi.config.values import has_unknown, is_list

_STRINGIFIED = re.compile(
    r"Calling __str__ on an Output\[T\]|Calling \[toString\] on an \[Output<T>\]|<[^<>]{1,200} at 0x[0-9a-fA-F]{6,}>"
)
"""The text that the SDKs write for an Output, and that Python writes for an object, such as an Output in a list."""

STRINGIFIED = (
    "it contains the text that Python writes for an Output, not the Output's value. Use "
    'pulumi.Output.format("db.{0}", output) or output.apply(…) instead of an f-string or str()'
)
"""What is wrong with a value that `is_stringified`."""

_JOINERS = "\u200c\u200d"
"""Invisible, and part of how some scripts and emoji are written."""
_DEEPEST = 50


def is_stringified(value: Any) -> bool:
    """Whether `value`, or a string or key anywhere in it, is the text that an Output becomes in an f-string."""
    return has_unknown(value, _is_stringified)


def _is_stringified(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(isinstance(key, str) and _STRINGIFIED.search(key) for key in value)
    return isinstance(value, str) and bool(_STRINGIFIED.search(value))


def stray_in_address(value: Any) -> str:
    """The space, control or invisible character in a host or port, if any, such as ``a line break at its end``."""
    return _stray(value, lambda each: each.isspace() or _is_control(each) or _is_invisible(each))


def stray_in_name(value: Any) -> str:
    """The control character in an object's name, if any. Spaces are fine there."""
    return _stray(value, _is_control)


def doubtful(known: Property | None, value: Any) -> str:
    """What in a property's value is probably a slip, such as the line break that ends a file; never the value itself.

    Spaces in hosts and ports are refused elsewhere; in lists, numbers and choices they do not count.
    """
    if known is not None and (
        known.is_host or known.type != "string" or known.enum or known.wire == "json-string" or is_list(known)
    ):
        return ""
    return stray_around(value)


def stray_around(value: Any, depth: int = 0) -> str:
    """The space at an end of a string or the control character in it, if any. Of a list, each string is checked.

    A string of several lines, such as a key or a script, may end in line breaks.
    """
    if isinstance(value, (list, tuple)) and depth < _DEEPEST:
        return next((found for each in value if (found := stray_around(each, depth + 1))), "")
    if not isinstance(value, str) or not value.strip() or is_stringified(value):
        return ""
    if "\n" in value.strip():
        return _stray(value, lambda each: _is_control(each) and not each.isspace())
    for place, each in (("end", value[-1]), ("start", value[0])):
        if each.isspace():
            return f"{_called(each)} at its {place}"
    return _stray(value, lambda each: _is_control(each) or _is_invisible(each))


def _stray(value: Any, is_stray: Callable[[str], bool]) -> str:
    if not isinstance(value, str):
        return ""
    places = [place for place, each in enumerate(value) if is_stray(each)]
    if not places:
        return ""
    if places[-1] == len(value) - 1:
        return f"{_called(value[-1])} at its end"
    return f"{_called(value[places[0]])} {'at its start' if places[0] == 0 else 'in it'}"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" and character not in _JOINERS


def _called(character: str) -> str:
    if character in "\n\r\u0085\u2028\u2029":
        return "a line break"
    if character == "\t":
        return "a tab"
    if character == " ":
        return "a space"
    kind = "control" if _is_control(character) else "invisible"
    return f"{'a' if kind == 'control' else 'an'} {kind} character (U+{ord(character):04X})"
