"""Compares the bundled catalogue with the API's answer: what is new, gone or changed.

Only what both sides can know is compared. `live_schema` has filled what the answer omits from the catalogue, so it is
equal here. What the catalogue cannot know is noted in the comparisons below.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Catalogue, Condition, Connector, Property
from streamkap_pulumi.config.live_schema import LiveConnector
from streamkap_pulumi.config.values import same

NEW, GONE, CHANGED = "new", "gone", "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the catalogue and the API."""

    change: str
    """``new``: only the API has it. ``gone``: only the catalogue has it. ``changed``: they differ."""
    connector: str
    """The connector's code."""
    key: str | None
    """The property's key; None if the whole connector is new or gone."""
    aspect: str
    """``connector``, ``property``, or what of a property changed: ``type``, ``required``, ``secret``, ``default``,
    ``allowed values``, ``range``, ``conditions``, ``server-assigned`` or ``user_defined``."""
    catalogue: Any = None
    """What the catalogue has, in JSON's types; None for nothing."""
    live: Any = None
    """What the API has, in JSON's types; None for nothing."""
    note: str = ""
    """What else is known about it, as a sentence."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison."""

    differences: tuple[Difference, ...]
    compared: tuple[str, ...]
    """The codes of the connectors that both sides have."""
    undecided: Mapping[str, str]
    """By code: why a connector could not be compared."""


def compare(live: Sequence[LiveConnector], catalogue: Catalogue, code: str | None = None) -> Comparison:
    """The differences between the catalogue and the API.

    Args:
        live: the answer of `GET /sources/connectors`, as `live_schema.connectors` reads it.
        catalogue: the bundled connectors of the same kind.
        code: the only connector that the answer should contain; None for all of the catalogue.
    """
    differences: list[Difference] = []
    undecided: dict[str, str] = {}
    answered = {each.connector.code: each for each in live}
    for each in live:
        differences += _connector(each)
    shared = {each.bundled.display_name for each in live if each.bundled}
    for bundled in catalogue:
        if bundled.code in answered or code not in {None, bundled.code}:
            continue
        name = bundled.display_name
        if name in shared:
            undecided[bundled.code] = f"The answer has only one entry for the two connectors called {name!r}."
        else:
            differences.append(Difference(GONE, bundled.code, None, "connector", catalogue=name))
    return Comparison(
        differences=tuple(sorted(differences, key=lambda each: (each.connector, each.key is not None))),
        compared=tuple(sorted(each.connector.code for each in live if each.bundled)),
        undecided=undecided,
    )


def _connector(each: LiveConnector) -> Iterator[Difference]:
    if each.bundled is None:
        yield Difference(NEW, each.connector.code, None, "connector", live=each.connector.display_name)
        return
    code = each.connector.code
    for key, known in each.bundled.properties.items():
        now = each.connector.properties.get(key)
        if now is not None:
            yield from _property(code, known, now)
        elif key in each.computed:
            yield Difference(CHANGED, code, key, "user_defined", catalogue=True, live=False)
        elif not known.removed_in:
            yield Difference(GONE, code, key, "property", catalogue=in_short(known))
    for key, now in each.connector.properties.items():
        if key not in each.bundled.properties:
            note = _note(each.bundled, key)
            yield Difference(NEW, code, key, "property", live=in_short(now), note=note)


def _note(bundled: Connector, key: str) -> str:
    later = bundled.later.get(key)
    return f"The catalogue knows it by name only, since {later.since}." if later else ""


def _property(code: str, known: Property, now: Property) -> Iterator[Difference]:
    for aspect, (value, equal) in _ASPECTS.items():
        if not equal(known, now):
            yield Difference(CHANGED, code, known.key, aspect, catalogue=value(known), live=value(now))


def in_short(known: Property) -> str:
    """A property in a few words, such as ``string, required, secret``."""
    words = [known.type]
    if known.required or known.required_if_shown:
        words.append("required when shown" if known.conditions else "required")
    if known.secret:
        words.append("secret")
    return ", ".join(words)


def _needed(known: Property) -> bool:
    return known.required or known.required_if_shown


def _same_default(known: Property, now: Property) -> bool:
    if known.server_assigned or now.server_assigned:
        return True  # The value is then the server's own, not a default.
    return same(known, known.default, now.default)


def _same_choices(known: Property, now: Property) -> bool:
    if known.type == "list" and known.enum is None:
        return True  # The catalogue does not know the allowed values of lists.
    return _words(known.enum) == _words(now.enum)


def _words(values: Iterable[Any] | None) -> frozenset[str]:
    return frozenset(_word(value) for value in values or ())


def _word(value: Any) -> str:
    """A value as a string: true and ``"true"``, 5 and ``"5"`` are the same to the API."""
    if isinstance(value, str):
        return value.lower() if value.lower() in {"true", "false"} else value
    return json.dumps(value, sort_keys=True, default=str)


def _conditions(known: Property) -> frozenset[tuple[str, str, frozenset[str]]]:
    def values(condition: Condition) -> frozenset[str]:
        return _words(condition.value) if isinstance(condition.value, (list, tuple)) else _words([condition.value])

    return frozenset((condition.operator, condition.config, values(condition)) for condition in known.conditions)


def _conditions_shown(known: Property) -> list[dict[str, Any]]:
    return [{"operator": each.operator, "config": each.config, "value": each.value} for each in known.conditions]


_ASPECTS: Mapping[str, tuple[Callable[[Property], Any], Callable[[Property, Property], bool]]] = {
    "type": (lambda known: known.type, lambda known, now: known.type == now.type),
    "required": (_needed, lambda known, now: _needed(known) == _needed(now)),
    "secret": (lambda known: known.secret, lambda known, now: known.secret == now.secret),
    "default": (lambda known: known.default, _same_default),
    "allowed values": (lambda known: list(known.enum) if known.enum else None, _same_choices),
    "range": (
        lambda known: None if known.min is None and known.max is None else [known.min, known.max],
        lambda known, now: (known.min, known.max) == (now.min, now.max),
    ),
    "conditions": (_conditions_shown, lambda known, now: _conditions(known) == _conditions(now)),
    "server-assigned": (
        lambda known: known.server_assigned,
        lambda known, now: known.server_assigned == now.server_assigned,
    ),
}
"""By aspect: what is shown of it, and whether the catalogue and the API mean the same."""
