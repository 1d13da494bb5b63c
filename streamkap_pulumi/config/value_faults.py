"""What is wrong with a single value of a property. No message shows a secret's value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Property
from streamkap_pulumi.config.hints import near
from streamkap_pulumi.config.slips import stray_in_address
from streamkap_pulumi.config.values import canonical, is_json, is_list, is_mask, parsed_json, same, whole_number
from streamkap_pulumi.config.wording import described, quoted

_HIGHEST_PORT = 65535

_LONGEST_LIST = 8
"""Allowed values that a message lists; of a longer list it shows only the nearest."""
_LONGEST_VALUE = 60
"""Characters of a value for which a nearer one is searched."""


def value_fault(known: Property, value: Any) -> str:
    """What is wrong with a value that is not blank; empty if nothing is."""
    if known.secret and is_mask(value, secret=True) and not value.strip("*•●"):
        return "it is what Streamkap shows instead of the secret, not the secret itself; write the secret"
    if isinstance(value, float) and not math.isfinite(value):
        return "it is not a number"
    if (known.is_host or known.is_port) and (stray := stray_in_address(value)):
        return f"it has {stray}; a {'host' if known.is_host else 'port'} has none"
    judge = {"integer": _wrong_number, "boolean": _wrong_boolean, "list": _wrong_list, "map": _wrong_map}
    return judge.get(known.type, _wrong_text)(known, value)


def _wrong_number(known: Property, value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        return f"it is {described(value)}; it must be a whole number"
    number = whole_number(value)
    if number is None:
        return f"{_shown(known, value)} is not a whole number"
    least, most = known.min, known.max
    if known.wire == "string" and known.is_port:
        least, most = max(least or 1, 1), min(most or _HIGHEST_PORT, _HIGHEST_PORT)
    if (least is None or number >= least) and (most is None or number <= most):
        return ""
    shown = _shown(known, number)
    if least is None:
        return f"{shown} is above {most}, which is the most it can be"
    if most is None:
        return f"{shown} is below {least}, which is the least it can be"
    return f"{shown} is out of range; it must be from {least} to {most}"


def _wrong_boolean(known: Property, value: Any) -> str:
    if isinstance(canonical(known, value), bool):
        return ""
    if not isinstance(value, (str, int, float)):
        return f"it is {described(value)}; it must be True or False"
    return f"{_shown(known, value)} is not a boolean; write True or False"


def _wrong_list(known: Property, value: Any) -> str:
    if not isinstance(value, (str, list, tuple)):
        return f"it is {described(value)}; it must be a list of strings"
    wrong = _wrong_items(value)
    if wrong:
        return wrong
    items = canonical(known, value)
    least = known.min_items or 0
    if isinstance(items, list) and len(items) < least:
        return f"it has {len(items)} item{_s(len(items))}; it needs at least {least}"
    for item in items if isinstance(items, list) else ():
        wrong = _wrong_choice(known, item)
        if wrong:
            return wrong
    return ""


def _wrong_items(value: Any) -> str:
    """The first item that is not a string. It may contain a comma: ``a{1,2}`` is a regular expression."""
    for number, item in enumerate(value if isinstance(value, (list, tuple)) else ()):
        is_number = isinstance(item, int) or (isinstance(item, float) and math.isfinite(item))
        if isinstance(item, bool) or not (isinstance(item, str) or is_number):
            return f"its item {number} is {described(item)}; it must be a string"
    return ""


def _wrong_map(known: Property, value: Any) -> str:
    if not isinstance(value, (str, Mapping)):
        return f"it is {described(value)}; it must be a mapping"
    found = value if isinstance(value, Mapping) else parsed_json(canonical(known, value))
    if not isinstance(found, Mapping):
        return "it is not the JSON of a mapping; write a mapping"
    if any(not isinstance(key, str) for key in found):
        return "one of its keys is not a string; write strings"
    if known.wire == "json-map" and (wrong := _wrong_settings(found)):
        return wrong
    return (
        ""
        if is_json(found)
        else "it holds a value that JSON cannot express; write strings, numbers, booleans, lists and mappings"
    )


def _wrong_settings(settings: Mapping[str, Any]) -> str:
    """The first topic whose settings are not a mapping."""
    for topic, each in settings.items():
        if not isinstance(parsed_json(each), Mapping):
            return f"{quoted(topic)} is {described(each)}; it must be a mapping of the topic's settings"
    return ""


def _wrong_text(known: Property, value: Any) -> str:
    if is_list(known) and isinstance(value, (list, tuple)):
        return _wrong_items(value)
    if isinstance(value, bool):
        value = canonical(known, value) if known.enum else value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        hint = ", or a list of strings" if is_list(known) else ""
        return f"it is {described(value)}; it must be a string{hint}"
    return _wrong_choice(known, canonical(known, value))


def _wrong_choice(known: Property, value: Any) -> str:
    if known.enum is None or any(same(known, value, each) for each in (*known.enum, *known.former_values)):
        return ""
    allowed = [str(each) for each in known.enum]
    shown = _shown(known, value)
    written = value.strip()[:_LONGEST_VALUE] if isinstance(value, str) and not known.secret else ""
    same_but_case = [each for each in allowed if each.lower() == written.lower()]
    few = len(allowed) <= _LONGEST_LIST
    meant = same_but_case or near(written, allowed, cutoff=0.6 if few else 0.8)
    end = f"; did you mean {meant[0]!r}?" if meant else ""
    if few:
        return f"{shown} is not one of {', '.join(allowed)}{end}"
    nearest = near(written, allowed, most=_LONGEST_LIST, cutoff=0.5) or allowed[:_LONGEST_LIST]
    return f"{shown} is not one of its {len(allowed)} values, such as {', '.join(nearest)}{end}"


def _shown(known: Property, value: Any) -> str:
    """The value as a message shows it; a secret is not shown."""
    return "it" if known.secret else quoted(value)


def _s(count: int) -> str:
    return "" if count == 1 else "s"
