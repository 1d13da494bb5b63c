"""What is wrong with a config, by the catalogue: all of it, each fault in the user's own spelling.

The catalogue guides; the API has the last word. So only what the API is known to refuse, or to drop without a word, is
refused here, and a connector that the catalogue does not know is let through. No fault ever tells a secret's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Condition, Connector, Property, connector_codes, find_connector
from streamkap_pulumi.config.spelling import suggest, suggest_key
from streamkap_pulumi.config.values import canonical, same

Unknown = Callable[[Any], bool]
"""Whether a value is not known yet, as happens in a preview."""

_LONGEST_LIST = 8
"""Allowed values that a fault tells; of a longer list it tells the nearest only."""


def faults(connector: Connector, config: Mapping[str, Any], unknown: Unknown) -> Iterator[tuple[str, str]]:
    """Each fault of `config`, whose keys are real ones, as (key, what is wrong with it)."""
    for key, value in config.items():
        known = connector.properties.get(key)
        if known is None:
            yield key, _stranger(connector, key)
        elif not unknown(value) and not same(known, value, None):
            yield from _value_faults(connector, known, value, config, unknown)
    yield from _missing(connector, config, unknown)


def _stranger(connector: Connector, key: str) -> str:
    """Why the connector has no such key: a near miss, a key of another connector, or nobody's."""
    near = suggest_key(connector, key)
    owners = [code for code in connector_codes() if _has(code, key)] if near == "." else []
    if owners:
        shown = ", ".join(owners[:3]) + (" and others" if len(owners) > 3 else "")
        return f"{connector.code} has no such property; {shown} has"
    return f"{connector.code} has no such property{near}"


def _has(code: str, key: str) -> bool:
    found = find_connector(code)
    return found is not None and key in found.properties


def _value_faults(
    connector: Connector, known: Property, value: Any, config: Mapping[str, Any], unknown: Unknown
) -> Iterator[tuple[str, str]]:
    if known.server_assigned:
        yield known.key, "the server fills it in; leave it out"
        return
    wrong = _wrong(known, canonical(known, value))
    if wrong:
        yield known.key, wrong
    hiding = next((each for each in known.conditions if _holds(connector, each, config, unknown) is False), None)
    if hiding is not None:
        yield known.key, f"it has no effect unless {_condition(hiding)}; set that, or leave this out"
    absent = [other for other in known.requires if config.get(other) is None]
    if absent:
        yield known.key, f"it goes with {' and '.join(absent)}, which is missing"


def _wrong(known: Property, value: Any) -> str:
    """What is wrong with a canonical value of the property; nothing when it is right."""
    shown = repr(value) if isinstance(value, (str, int, float, bool)) and not known.secret else "it"
    if known.type == "integer":
        return _wrong_number(known, value, shown)
    if known.wire == "boolean":
        return "" if isinstance(value, bool) else f"{shown} is no boolean; write True or False"
    if known.wire == "array<string>":
        return _wrong_list(known, value, shown)
    return _wrong_text(known, value, shown)


def _wrong_list(known: Property, value: Any, shown: str) -> str:
    if not isinstance(value, list):
        return f"{shown} is no list of texts"
    least = known.min_items or 0
    return "" if len(value) >= least else f"it needs at least {least} item{'s' if least > 1 else ''}"


def _wrong_text(known: Property, value: Any, shown: str) -> str:
    if not isinstance(value, str):
        return f"{shown} is no text"
    if known.enum is None or value in known.enum:
        return ""
    allowed = [str(each) for each in known.enum]
    listed = f"one of {', '.join(allowed)}" if len(allowed) <= _LONGEST_LIST else f"one of {len(allowed)} values"
    return f"{shown} is not {listed}{suggest(value, allowed) if not known.secret else '.'}"


def _wrong_number(known: Property, value: Any, shown: str) -> str:
    number = value
    if isinstance(value, str) and value.strip().lstrip("+-").isdigit():
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int):
        return f"{shown} is no whole number"
    if (known.min is not None and number < known.min) or (known.max is not None and number > known.max):
        if known.min is None:
            return f"{shown} is above {known.max}"
        return (
            f"{shown} is not from {known.min} to {known.max}"
            if known.max is not None
            else f"{shown} is below {known.min}"
        )
    return ""


def _missing(connector: Connector, config: Mapping[str, Any], unknown: Unknown) -> Iterator[tuple[str, str]]:
    for key, known in connector.properties.items():
        given = config.get(key)
        if known.server_assigned or unknown(given) or not same(known, given, None):
            continue
        if known.required:
            yield key, f"it is missing; {connector.code} needs it"
        elif known.required_if_shown and all(
            _holds(connector, each, config, unknown) is True for each in known.conditions
        ):
            wanted = " and ".join(_condition(each) for each in known.conditions)
            yield key, f"it is missing; {connector.code} needs it when {wanted}"


def _holds(connector: Connector, condition: Condition, config: Mapping[str, Any], unknown: Unknown) -> bool | None:
    """Whether a condition is met; None when that is not known yet. What is not declared has its default."""
    switch = connector.properties.get(condition.config)
    value = config.get(condition.config)
    if value is None:
        value = switch.default if switch else None
    if unknown(value):
        return None
    met = {
        "EQ": lambda: same(switch, value, condition.value) or _falsy(value, condition.value),
        "NE": lambda: not (same(switch, value, condition.value) or _falsy(value, condition.value)),
        "IN": lambda: any(same(switch, value, each) for each in condition.value),
    }.get(condition.operator)
    return met() if met else None


def _falsy(value: Any, wanted: Any) -> bool:
    return value is None and wanted is False


def _condition(condition: Condition) -> str:
    if condition.operator == "IN":
        return f"{condition.config} is one of {', '.join(str(each) for each in condition.value)}"
    return f"{condition.config} is {'not ' if condition.operator == 'NE' else ''}{condition.value}"
