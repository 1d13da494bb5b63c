"""What is wrong with a config, by the catalogue: all of it at once, each fault in the user's own spelling.

The catalogue guides; the API has the last word. So only what the API is known to refuse, or to drop without a word, is
refused here. Nothing here raises, whatever a config holds, and no text ever tells a secret's value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from streamkap_pulumi.config.catalogue import (
    Condition,
    Connector,
    LaterProperty,
    Property,
    connector_codes,
    find_connector,
)
from streamkap_pulumi.config.judging import shortened, wrong
from streamkap_pulumi.config.spelling import field_key, is_computed_twin, near_key, real_key
from streamkap_pulumi.config.values import blank, canonical, same

Unknown = Callable[[Any], bool]
"""Whether a value is not known yet, as happens in a preview."""

_MOST_OWNERS = 3
"""Other connectors that a fault names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one property, or what is to be said about it."""

    key: str
    """The property's real key; a key that the connector does not have, as it was given."""
    text: str
    """One sentence, without the path in front and without any secret."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the user writes properties: as fields of the typed class, or as dotted keys; single ones otherwise."""

    typed: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    """By real key: what the user wrote, where that is another name."""

    def of(self, connector: Connector | None, key: str) -> str:
        """The property's name as the user wrote it, or would write it."""
        return self.keys.get(key) or self.regular(connector, key)

    def regular(self, connector: Connector | None, key: str) -> str:
        """The name that the property has in this form of a config, whatever the user wrote."""
        known = _described_by(connector, key) if self.typed and connector else None
        return known.field if known else key

    def path(self, connector: Connector | None, key: str) -> str:
        """Where the property stands, such as ``config.ssh_enabled``."""
        return f"config.{self.of(connector, key)}"


def faults(
    connector: Connector,
    config: Mapping[str, Any],
    unknown: Unknown,
    *,
    spelling: Spelling | None = None,
    unchecked: Collection[str] = (),
    silent: Collection[str] = (),
) -> list[Fault]:
    """Everything that is wrong with `config`: the connector's properties in the catalogue's order, then the others.

    Args:
        connector: what the catalogue knows of the source's connector.
        config: values by real keys.
        unknown: whether a value is not known yet. Such a value is not checked, and nothing that rests on it is.
        spelling: how the user writes properties.
        unchecked: keys that the user vouches for. They count as set where other properties rest on them.
        silent: keys whose values may be secret though the catalogue does not say so: no fault tells them.
    """
    if silent:
        hushed = {
            key: replace(known, secret=key in silent or known.secret) for key, known in connector.properties.items()
        }
        connector = replace(connector, properties=hushed)
    check = _Check(connector, config, unknown, spelling or Spelling(), unchecked)
    found = [fault for known in connector.properties.values() for fault in check.of_property(known)]
    return found + [fault for key in config for fault in check.of_stranger(key)]


def has_effect(connector: Connector, known: Property, config: Mapping[str, Any]) -> bool:
    """None of the conditions on which the property rests is known not to be met; else the API shows null for it."""
    return not _Check(connector, config, lambda _: False, Spelling(), ()).hiding(known)


def warnings(connector: Connector, config: Mapping[str, Any], *, spelling: Spelling | None = None) -> list[Fault]:
    """What need not be wrong with `config` and should be known: deprecated names, and doubtful properties."""
    spelling = spelling or Spelling()
    found: list[Fault] = []
    for key in [*connector.properties, *connector.later]:
        if config.get(key) is None:
            continue
        written, regular = spelling.of(connector, key), spelling.regular(connector, key)
        if written not in {regular, key}:
            found.append(Fault(key, f"it is another name of {regular!r}; write that"))
        known = _described_by(connector, key)
        if isinstance(known, LaterProperty):
            found.append(Fault(key, _about_later(known)))
        elif known and known.removed_in:
            told = f"Streamkap's Terraform provider {known.removed_in} no longer has it; Streamkap may ignore it"
            found.append(Fault(key, told))
    return found


def _about_later(known: LaterProperty) -> str:
    newer = "it is newer than the bundled catalogue"
    if known.grade == "C":
        return f"{newer} and its key {known.key!r} was inferred; check that Streamkap takes it"
    return f"{newer}, so its value is not checked here"


def _described_by(connector: Connector, key: str) -> Property | LaterProperty | None:
    return connector.properties.get(key) or connector.later.get(key)


class _Check:
    """One config, with what is needed to judge it."""

    def __init__(
        self,
        connector: Connector,
        config: Mapping[str, Any],
        unknown: Unknown,
        spelling: Spelling,
        unchecked: Collection[str],
    ) -> None:
        self.connector = connector
        self.config = config
        self.unknown = unknown
        self.spelling = spelling
        self.unchecked = unchecked

    def of_property(self, known: Property) -> Iterator[Fault]:
        value = self.config.get(known.key)
        if known.key in self.unchecked or has_unknown(value, self.unknown):
            return
        if known.server_assigned:
            if not blank(known, value) and not (isinstance(value, str) and value == known.placeholder):
                yield Fault(known.key, "the server fills it in; leave it out")
            return
        hiding = self.hiding(known)
        missing = self.missing(known, value, hiding)
        if missing:
            yield Fault(known.key, missing)
        elif not blank(known, value):
            unfit = wrong(known, value)
            if unfit:
                yield Fault(known.key, unfit)
            if hiding:
                yield Fault(known.key, self.without_effect(hiding))
            lacking = [self.name(other) for other in known.requires if self.lacks(other)]
            if lacking:
                is_missing = "is missing; set that too" if len(lacking) == 1 else "are missing; set them too"
                told = f"it goes with {_and(lacking)}, which {is_missing}, or leave this out"
                yield Fault(known.key, told)

    def of_stranger(self, key: Any) -> Iterator[Fault]:
        """A key that the connector does not have."""
        if not isinstance(key, str):
            yield Fault(shortened(key), f"{shortened(key)} is no name of a property; it must be a text")
        elif key not in self.connector.properties and key not in self.connector.later and key not in self.unchecked:
            yield Fault(key, self.about_stranger(key))

    def about_stranger(self, key: str) -> str:
        code = self.connector.code
        real = real_key(self.connector, key)
        if real != key:
            computed = is_computed_twin(self.connector, key)
            told = f"it is {'what the server computes from' if computed else 'another spelling of'} {self.name(real)!r}"
            declared_too = (
                ", which is declared too; leave this out" if computed else ", which is declared too; keep one"
            )
            return told + (declared_too if real in self.config else "; write that")
        near = near_key(self.connector, key)
        owners = _owners(key, by_field=near is None)
        lacks = f"{code} has no such property" + (f", {_owned(owners)}" if owners else "")
        if near is not None:
            return f"{lacks}; did you mean {self.spelling.regular(self.connector, near)!r}?"
        if owners:
            return f"{lacks}; leave it out"
        return (
            f"{lacks}; if it is newer than this version of streamkap_pulumi, "
            f"put it into extra_config of {self.connector.config_class}"
        )

    def missing(self, known: Property, value: Any, hiding: list[Condition]) -> str:
        if not (blank(known, value) or (isinstance(value, str) and not value.strip())):
            return ""
        if known.required and not hiding:
            return f"it is missing; {self.connector.code} needs it"
        # Without conditions it is known that there are some, but not which.
        if known.required_if_shown and known.conditions and all(self.holds(each) is True for each in known.conditions):
            wanted = _and([self.wording(each) for each in known.conditions])
            return f"it is missing; {self.connector.code} needs it when {wanted}"
        return ""

    def lacks(self, key: str) -> bool:
        value = self.config.get(key)
        if key in self.unchecked or has_unknown(value, self.unknown):
            return False
        return blank(self.connector.properties.get(key), value)

    def hiding(self, known: Property, above: tuple[str, ...] = ()) -> list[Condition]:
        """The conditions that keep the property from having an effect, with those that its switches rest on."""
        unmet: list[Condition] = []
        for each in known.conditions:
            if self.holds(each, above) is False:
                switch = self.connector.properties.get(each.config)
                higher = self.hiding(switch, (*above, known.key)) if switch and switch.key not in above else []
                unmet += [found for found in (*higher, each) if found not in unmet]
        return unmet

    def holds(self, condition: Condition, above: tuple[str, ...] = ()) -> bool | None:
        """Whether a condition is met; None when that cannot be told.

        What is left out has its default, and so has a switch that has no effect itself.
        """
        key = condition.config
        switch = self.connector.properties.get(key)
        value = self.config.get(key)
        if has_unknown(value, self.unknown) or (key in self.unchecked and key not in self.config):
            return None
        if blank(switch, value):
            if switch is None or (switch.required and switch.default is None):
                return None
            value = switch.default
        elif switch and key not in self.unchecked and wrong(switch, value):
            return None
        if switch and key not in above and self.hiding(switch, (*above, key)):
            value = switch.default
        return _met(switch, condition, value)

    def without_effect(self, hiding: list[Condition]) -> str:
        wanted = _and([self.wording(each) for each in hiding])
        states = _and(list(dict.fromkeys(self.state(each.config) for each in hiding)))
        them = "that" if len(hiding) == 1 else "them"
        return f"it has no effect unless {wanted}; set {them}, or leave this out ({states})"

    def state(self, key: str) -> str:
        """What a switch is, and whether the user said so."""
        switch = self.connector.properties.get(key)
        value = self.config.get(key)
        if not blank(switch, value):
            secret = switch is not None and switch.secret
            return f"{self.name(key)} is {'set to another value' if secret else shortened(canonical(switch, value))}"
        default = switch.default if switch else None
        if default is None or (switch and switch.secret):
            return f"{self.name(key)} is left out"
        return f"{self.name(key)} is left out, which means {shortened(default)}"

    def wording(self, condition: Condition) -> str:
        name = self.name(condition.config)
        if condition.operator == "IN":
            return f"{name} is one of {', '.join(shortened(each) for each in condition.value)}"
        return f"{name} is {'not ' if condition.operator == 'NE' else ''}{shortened(condition.value)}"

    def name(self, key: str) -> str:
        return self.spelling.of(self.connector, key)


def _met(switch: Property | None, condition: Condition, value: Any) -> bool | None:
    def is_it(wanted: Any) -> bool:
        return same(switch, value, wanted) or (wanted is False and blank(switch, value))

    if condition.operator == "IN":
        wanted = condition.value
        return any(is_it(each) for each in wanted) if isinstance(wanted, (list, tuple)) else None
    if condition.operator in {"EQ", "NE"}:
        return is_it(condition.value) is (condition.operator == "EQ")
    return None


def _owners(key: str, *, by_field: bool) -> list[str]:
    """The connectors that have such a property; `by_field` also where it is written as a field of a typed class."""
    owners = []
    for code in connector_codes():
        found = find_connector(code)
        if found and (_described_by(found, real_key(found, key)) or (by_field and field_key(found, key))):
            owners.append(code)
    return owners


def _owned(owners: list[str]) -> str:
    if len(owners) > _MOST_OWNERS:
        return f"{', '.join(owners[:_MOST_OWNERS])} and others have"
    return f"{_and(owners)} {'has' if len(owners) == 1 else 'have'}"


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


def _and(texts: list[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
