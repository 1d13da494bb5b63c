"""Checks a config against the catalogue and reports all faults at once, each in the user's own spelling.

The catalogue guides; the API has the last word. So only what the API is known to refuse or to drop silently is refused
here, and the rest is a warning. Nothing that Streamkap itself publishes is refused. Keys that the user vouches for, in
`extra_config`, are not checked at all. Nothing here raises, whatever a config holds, and no message shows a secret.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from streamkap_pulumi.config import debezium
from streamkap_pulumi.config.catalogue import Condition, Connector, LaterProperty, Property
from streamkap_pulumi.config.conditions import Conditions
from streamkap_pulumi.config.slips import STRINGIFIED, is_stringified
from streamkap_pulumi.config.spelling import Spelling, field_key, is_computed_twin, near_key, real_key
from streamkap_pulumi.config.value_faults import value_fault
from streamkap_pulumi.config.values import Unknown, blank, canonical, has_unknown, same
from streamkap_pulumi.config.wording import joined, quoted

_WAY_AROUND = "If Streamkap accepts it all the same, put it into extra_config, which is not checked"
_IF_NEWER = "if it is newer than this version of streamkap_pulumi, put it into extra_config"

_MOST_OWNERS = 3
"""Other connectors that a message names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, or doubtful, about one property."""

    key: str
    """The property's real key. A key that the connector does not have is as it was given."""
    text: str
    """One sentence, without the path and without any secret."""
    is_certain: bool = False
    """`extra_config` does not help: what is wrong is refused there too."""


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
        connector: what the catalogue knows about the connector.
        config: values by real keys.
        unknown: whether a value is not known yet. Such a value is not checked, nor is anything that depends on it.
        spelling: how the user writes properties.
        unchecked: keys that the user vouches for. They count as set where other properties depend on them.
        silent: keys with values that may be secret though the catalogue does not say so. No message shows them.
    """
    check = _Check(_with_secrets(connector, silent), config, unknown, spelling or Spelling(), unchecked)
    # A whole request that was pasted has inside it what is missing here.
    properties = () if debezium.is_pasted(config) else check.connector.properties.values()
    found = [fault for known in properties for fault in check.of_property(known)]
    return found + [fault for key in config for fault in check.of_unknown_key(key)]


def warnings(
    connector: Connector,
    config: Mapping[str, Any],
    unknown: Unknown = lambda _: False,
    *,
    spelling: Spelling | None = None,
    unchecked: Collection[str] = (),
    silent: Collection[str] = (),
) -> list[Fault]:
    """What may be wrong with `config`: older names, doubtful properties, and properties without an effect.

    The arguments are those of `faults`.
    """
    check = _Check(_with_secrets(connector, silent), config, unknown, spelling or Spelling(), unchecked)
    return [fault for known in check.connector.everything for fault in check.doubts_about(known)]


def _with_secrets(connector: Connector, silent: Collection[str]) -> Connector:
    if not silent:
        return connector
    properties = connector.properties.items()
    return replace(
        connector,
        properties={key: replace(known, secret=key in silent or known.secret) for key, known in properties},
    )


def _property(known: Property | LaterProperty) -> Property | None:
    return known if isinstance(known, Property) else None


def _about_later(known: LaterProperty, value: Any) -> str:
    newer = "it is newer than the bundled catalogue"
    values = f"; its values are {joined([str(each) for each in known.enum])}" if known.enum else ""
    if value is None or value in (known.enum or ()):
        values = ""
    if known.grade == "C":
        return f"{newer} and its key {known.key!r} was inferred; check that Streamkap accepts it{values}"
    return f"{newer}, so its value is not checked here{values}"


def with_way_around(refusals: Sequence[Fault], path: Callable[[str], str]) -> list[str]:
    """The refusals of one config, each headed by its `path`. The last that may be wrong ends with what to do then."""
    sentences = [f"{path(fault.key)}: {fault.text}" for fault in refusals]
    may_be_wrong = [number for number, fault in enumerate(refusals) if not fault.is_certain]
    if may_be_wrong and not refusals[may_be_wrong[-1]].text.endswith(_IF_NEWER):
        number = may_be_wrong[-1]
        sentences[number] += f"{'' if sentences[number].endswith('?') else '.'} {_WAY_AROUND}"
    return sentences


class _Check:
    """One config, with what is needed to check it."""

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
        # The text that an f-string makes of an Output says nothing about the value.
        self.unknown: Unknown = lambda value: unknown(value) or (isinstance(value, str) and is_stringified(value))
        self.spelling = spelling
        self.unchecked = unchecked
        self.conditions = Conditions(connector, config, self.unknown, unchecked)

    def doubts_about(self, known: Property | LaterProperty) -> Iterator[Fault]:
        """What may be wrong with the property."""
        key, value = known.key, self.config.get(known.key)
        written, regular = self.spelling.of(self.connector, key), self.spelling.regular(self.connector, key)
        if value is not None and written not in {regular, key}:
            yield Fault(key, f"it is another name of {regular!r}; write that")
        hiding = [] if key in self.unchecked else self.conditions.hiding(known)
        if isinstance(known, LaterProperty):
            if value is not None:
                yield Fault(key, _about_later(known, None if has_unknown(value, self.unknown) else value))
        else:
            yield from self.doubts_about_known(known, value, hiding)
        is_set = value is not None and (has_unknown(value, self.unknown) or not blank(_property(known), value))
        if is_set and hiding and not (isinstance(known, Property) and known.refused_if_hidden):
            yield Fault(key, self.without_effect(hiding))

    def doubts_about_known(self, known: Property, value: Any, hiding: list[Condition]) -> Iterator[Fault]:
        if value is not None and known.removed_in:
            text = f"Streamkap's Terraform provider {known.removed_in} no longer has it; Streamkap may ignore it"
            yield Fault(known.key, text)
        if known.key in self.unchecked or has_unknown(value, self.unknown):
            return
        if known.published_without and self.missing(known, value, hiding):
            text = "it is missing; Streamkap calls it required, though it publishes configurations without it"
            yield Fault(known.key, text)
        if any(same(known, value, former) for former in known.former_values):
            text = f"{quoted(value)} is what earlier versions of Streamkap had; newer ones have "
            yield Fault(known.key, text + joined([str(each) for each in known.enum or ()]))

    def of_property(self, known: Property) -> Iterator[Fault]:
        value = self.config.get(known.key)
        if is_stringified(value):
            yield Fault(known.key, STRINGIFIED, is_certain=True)
            return
        if known.key in self.unchecked or has_unknown(value, self.unknown):
            return
        if known.server_assigned:
            if not blank(known, value) and not (isinstance(value, str) and value == known.placeholder):
                yield Fault(known.key, "the server sets it; leave it out")
            return
        hiding = self.conditions.hiding(known)
        missing = self.missing(known, value, hiding)
        if missing and not known.published_without:
            yield Fault(known.key, missing)
        elif not blank(known, value):
            unfit = value_fault(known, value)
            if unfit:
                yield Fault(known.key, unfit, is_certain=isinstance(value, float) and not math.isfinite(value))
            if hiding and known.refused_if_hidden:
                yield Fault(known.key, self.without_effect(hiding))
            lacking = [self.name(other) for other in known.requires if self.lacks(other)]
            if lacking:
                is_missing = "is missing; set that too" if len(lacking) == 1 else "are missing; set them too"
                text = f"it needs {joined(lacking)}, which {is_missing}, or leave this out"
                yield Fault(known.key, text)

    def of_unknown_key(self, key: Any) -> Iterator[Fault]:
        """The fault of a key that the connector does not have."""
        if not isinstance(key, str):
            text = f"{quoted(key)} is not the name of a property; it must be a string"
            yield Fault(quoted(key), text, is_certain=True)
        elif is_stringified(key) or (key not in self.connector.properties and is_stringified(self.config[key])):
            yield Fault(quoted(key) if is_stringified(key) else key, STRINGIFIED, is_certain=True)
        elif key not in self.connector.properties and key not in self.connector.later and key not in self.unchecked:
            yield Fault(key, _about_unknown_key(self.connector, self.config, self.spelling, key))

    def missing(self, known: Property, value: Any, hiding: list[Condition]) -> str:
        if not (blank(known, value) or (isinstance(value, str) and not value.strip())):
            return ""
        if known.required and not hiding:
            return f"it is missing; {self.connector.code} needs it"
        # Without conditions, the property has some, but the catalogue does not know them.
        if (
            known.required_if_shown
            and known.conditions
            and all(self.conditions.holds(each) is True for each in known.conditions)
        ):
            return self.needed_when(known.conditions)
        if known.required_when and all(self.conditions.holds(each) is True for each in known.required_when):
            return self.needed_when(known.required_when)
        return ""

    def needed_when(self, conditions: tuple[Condition, ...]) -> str:
        wanted = joined([self.wording(each) for each in conditions])
        return f"it is missing; {self.connector.code} needs it when {wanted}"

    def lacks(self, key: str) -> bool:
        value = self.config.get(key)
        if key in self.unchecked or has_unknown(value, self.unknown):
            return False
        return blank(self.connector.properties.get(key), value)

    def without_effect(self, hiding: list[Condition]) -> str:
        wanted = joined([self.wording(each) for each in hiding])
        states = joined(list(dict.fromkeys(self.state(each.config) for each in hiding)))
        them = "that" if len(hiding) == 1 else "them"
        return f"it has no effect unless {wanted}; set {them}, or leave this out ({states})"

    def state(self, key: str) -> str:
        """The value of a switch, and whether the user set it."""
        switch = self.connector.properties.get(key)
        value = self.config.get(key)
        if not blank(switch, value):
            secret = switch is not None and switch.secret
            return f"{self.name(key)} is {'set to another value' if secret else quoted(canonical(switch, value))}"
        default = switch.default if switch else None
        if default is None or (switch and switch.secret):
            return f"{self.name(key)} is not set"
        return f"{self.name(key)} is not set, so it is {quoted(default)}"

    def wording(self, condition: Condition) -> str:
        name = self.name(condition.config)
        if condition.operator == "IN":
            return f"{name} is one of {', '.join(quoted(each) for each in condition.value)}"
        return f"{name} is {'not ' if condition.operator == 'NE' else ''}{quoted(condition.value)}"

    def name(self, key: str) -> str:
        return self.spelling.of(self.connector, key)


def _about_unknown_key(connector: Connector, config: Mapping[str, Any], spelling: Spelling, key: str) -> str:
    """What to say about a key that the connector does not have: another spelling, a near name, or who has it."""
    code = connector.code
    real = real_key(connector, key)
    if real != key:
        computed = is_computed_twin(connector, key)
        is_what = "what the server computes from" if computed else "another spelling of"
        declared_too = ", which is declared too; leave this out" if computed else ", which is declared too; keep one"
        return f"it is {is_what} {spelling.of(connector, real)!r}" + (
            declared_too if real in config else "; write that"
        )
    foreign = debezium.about_name(connector, config, spelling, key)
    if foreign:
        return foreign
    near = near_key(connector, key)
    owners = _owners(connector, key, by_field=near is None)
    lacks = f"{code} has no such property" + (f", but {_owned(owners)}" if owners else "")
    if near is not None:
        # The typed class takes its own names, so something else has set this one.
        is_field = spelling.typed and field_key(connector, key) == near
        of_transform = f"it is the typed config's name of {near!r}; in a transform write {near!r}"
        return of_transform if is_field else f"{lacks}; did you mean {spelling.regular(connector, near)!r}?"
    if owners:
        return f"{lacks}; leave it out"
    foreign = debezium.about_family(connector, key)
    if foreign:
        return foreign
    return f"{lacks}; {_IF_NEWER}"


def _owners(connector: Connector, key: str, *, by_field: bool) -> list[str]:
    """The connectors of the same kind that have the property. With `by_field`, `key` may be a typed class's field."""
    return [
        each.code
        for each in connector.catalogue or ()
        if each.described(real_key(each, key)) or (by_field and field_key(each, key))
    ]


def _owned(owners: list[str]) -> str:
    if len(owners) > _MOST_OWNERS:
        return f"{', '.join(owners[:_MOST_OWNERS])} and others do"
    return f"{joined(owners)} {'does' if len(owners) == 1 else 'do'}"
