"""Check: refuses what cannot work, all of it at once, and returns canonical values in the recorded spelling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.hints import nearest_code, suggest
from streamkap_pulumi.config.slips import STRINGIFIED, is_stringified
from streamkap_pulumi.config.spelling import ConfigByKey, Spelling, real_key
from streamkap_pulumi.config.validation import Fault, faults, with_way_around
from streamkap_pulumi.config.values import (
    LARGEST_EXACT,
    Unknown,
    blank,
    canonical,
    clears,
    first_unknown,
    has_unknown,
    is_rounded,
    same,
)
from streamkap_pulumi.config.wording import described, joined, quoted
from streamkap_pulumi.kinds.kind import Change, Default
from streamkap_pulumi.lifecycle import grants
from streamkap_pulumi.lifecycle.checked import CheckedObject, CheckedObjects
from streamkap_pulumi.lifecycle.keys import ASKED, FAULTS, PROPOSED_NAME, SILENT, SPELLING, UNCHECKED

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Field, Kind

_NO_NAME = (
    "name: it is missing, and so is the default name: a transform has removed the hidden inputs, whose names begin "
    "with two underscores. Have it return args.props with its changes, or set name"
)
_SPENT_BY_RECORDED = (
    "this grant was already used for the existing {noun}: a replacement could not be created with it. "
    "Sign in to the service again in Streamkap, and declare the new grant"
)
_SHARED_GRANT = (
    "the {noun} {other!r} of this program has the same grant, which is good for one request. Sign in to the service "
    "again in Streamkap, and declare a grant of its own"
)

_ROUNDED = (
    f"it is a whole number above {LARGEST_EXACT}, which Pulumi rounds, so another one would be sent; write it "
    "as a string"
)

_REFUSED = object()
"""Stands for a value that the program refused."""


def check(
    kind: Kind,
    inputs: Mapping[str, Any],
    recorded: Mapping[str, Any],
    unknown: Unknown,
    checked: CheckedObjects | None = None,
    *,
    exists: bool = False,
    urn: str | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """The inputs to record, and the faults of `inputs`, each a sentence in the user's own spelling.

    Args:
        kind: of the object.
        inputs: as the program declares them. No fault quotes a secret.
        recorded: the checked inputs of the last run; empty for an object that is new or replaced.
        unknown: whether a value is not known yet, as happens in a preview. Such a value is not checked.
        checked: the objects that this run has checked before.
        exists: the object exists though it is not recorded, since it is being adopted.
        urn: the resource's, where it is known.
    """
    refused, of_program = _faults_of_program(inputs, unknown)
    judge = _Check(kind, _with_refused(kind, inputs, refused), recorded, _or_refused(unknown), exists)
    found = [*of_program, *judge.faults(of_program), *judge.grant_faults(checked, urn)]
    if found:
        return {name: inputs[name] for name in kind.input_names if name in inputs}, found
    kept_name = checked.recorded_name(inputs, urn) if checked else None
    answer = _canonical_inputs(kind, inputs, recorded, unknown, kept_name)
    if answer["name"] is None:
        return answer, [_NO_NAME]
    unique = tuple(_comparable(kind.by_name[name], answer.get(name)) for name in kind.unique)
    if checked is None or has_unknown(list(unique), unknown):
        return answer, []
    other = checked.add(inputs, answer, recorded, urn, unique)
    return answer, [_name_fault(kind, answer["name"], other)] if other else []


def slip_in_connector(kind: Kind, connector: Any, recorded: Any) -> str | None:
    """What is wrong with a connector that would replace the `recorded` one and is probably a slip; None if nothing.

    For a new object it is only a warning: Streamkap has the last word, and its refusal loses nothing.
    """
    if kind.catalogue is None or not isinstance(recorded, str) or not isinstance(connector, str):
        return None
    if connector == recorded or kind.connector(connector):
        return None
    meant = nearest_code(connector, (*kind.catalogue.codes, recorded))
    if meant is None:
        return None
    return (
        f"{connector!r} is not a connector that this version of streamkap_pulumi knows; did you mean {meant!r}? The "
        f"recorded {kind.noun} ({recorded}) is not deleted for it: Streamkap would probably refuse to create it again. "
        f"If Streamkap does have this connector, declare the new {kind.noun} under another resource name, and remove "
        "the old one afterwards"
    )


def _comparable(each: Field, value: Any) -> Any:
    """`value` in a form that is the same where it means the same, and can be compared by hash."""
    value = each.type.or_empty(value)
    return tuple(sorted(value, key=repr)) if isinstance(value, (list, tuple)) else value


def _name_fault(kind: Kind, name: str, other: CheckedObject) -> str:
    is_alone = kind.unique == ("name",)
    what = "a name is unique" if is_alone else f"{joined([*kind.unique])} are unique together"
    return (
        f"name: the {kind.noun} {other.resource!r} of this program also has the name {name!r}"
        f"{''.join(f', the same {each}' for each in kind.unique[1:])}; {what} in "
        "Streamkap, so rename one of the two"
    )


def refusal(path: str, text: str) -> dict[str, str]:
    """The fault `text` of the input, or ``config.<key>``, `path`, which the program has therefore omitted."""
    return {"input": path, "text": text}


def spelling_input(spelling: Spelling) -> dict[str, Any]:
    """The hidden input that holds `spelling`; empty where the program writes real keys only."""
    parts = {"typed": spelling.typed, "keys": dict(spelling.keys)}
    return {name: value for name, value in parts.items() if value}


def spelling_of(inputs: Mapping[str, Any]) -> Spelling:
    """How the program spells the properties of its config."""
    parts = inputs.get(SPELLING)
    if not isinstance(parts, Mapping):
        return Spelling()
    keys = parts.get("keys")
    return Spelling(typed=bool(parts.get("typed")), keys=dict(keys) if isinstance(keys, Mapping) else {})


def _faults_of_program(inputs: Mapping[str, Any], unknown: Unknown) -> tuple[list[str], list[str]]:
    """The paths that the program has omitted, since they cannot be sent to the engine, and all of its faults."""
    refused: list[str] = []
    sentences: list[str] = []
    found = inputs.get(FAULTS)
    waiting = list(found) if isinstance(found, list) else []
    while waiting:
        fault = waiting.pop(0)
        if isinstance(fault, list):
            waiting[:0] = fault
        elif isinstance(fault, Mapping):
            refused.append(str(fault.get("input")))
            sentences.append(str(fault.get("text")))
        elif fault is not None and not unknown(fault):
            sentences.append(str(fault))
    return refused, sentences


def _with_refused(kind: Kind, inputs: Mapping[str, Any], refused: list[str]) -> dict[str, Any]:
    """`inputs` with what the program has omitted: it is neither missing, nor known to be anything."""
    given = dict(inputs)
    connector = kind.connector(given.get("connector"))
    for path in refused:
        name, _, key = path.partition(".")
        config = given.get("config")
        if not key:
            given[name] = _REFUSED
        elif config is None or isinstance(config, Mapping):
            given["config"] = {**(config or {}), real_key(connector, key): _REFUSED}
    return given


def _or_refused(unknown: Unknown) -> Unknown:
    return lambda value: value is _REFUSED or unknown(value)


@dataclass(frozen=True)
class _Check:
    """One check of one object's inputs."""

    kind: Kind
    inputs: Mapping[str, Any]
    recorded: Mapping[str, Any]
    is_unknown: Unknown
    exists: bool

    def unknown(self, value: Any) -> bool:
        """It is not judged: it is not known yet, or is reported as an Output that became a string."""
        return self.is_unknown(value) or (isinstance(value, str) and is_stringified(value))

    @property
    def connector(self) -> Connector | None:
        """What the catalogue knows of the declared connector."""
        code = self.inputs.get("connector")
        return None if self.unknown(code) else self.kind.connector(code)

    @property
    def unchecked(self) -> list[str]:
        """The keys of the config that the user vouches for."""
        return _strings(self.inputs.get(UNCHECKED))

    @cached_property
    def config_by_key(self) -> ConfigByKey:
        """The config by the connector's own keys; empty for what is not a mapping."""
        config = self.inputs.get("config")
        given = config if isinstance(config, Mapping) else {}
        return ConfigByKey.of(self.connector, given, unchecked=self.unchecked)

    def faults(self, of_program: list[str]) -> list[str]:
        """What is wrong with the inputs besides what the program has found."""
        found = list(self._stringified_inputs())
        has_config = "config" in self.kind.by_name
        if has_config and self.inputs.get("config") is None and not of_program:
            found.append(
                "config: it is missing. It is a typed config or a mapping of the connector's properties to values"
            )
        found += self._unknown_inputs()
        for each in self.kind.inputs:
            if each.name == "connector" and self.kind.catalogue:
                about_config = any(fault.startswith("config: ") for fault in [*of_program, *found])
                if not (self.inputs.get("connector") is None and about_config):
                    found += self._connector_faults()
            elif each.name == "config":
                found += self._config_faults()
            else:
                found += self._field_faults(each)
        return found

    def _unknown_inputs(self) -> Iterator[str]:
        names = self.kind.input_names
        for name in self.inputs:
            if name not in names and not name.startswith("__"):
                hint = suggest(name, names)
                yield f"{name}: a {self.kind.type_name} has no such input{hint} The inputs are {', '.join(names)}"

    def _stringified_inputs(self) -> Iterator[str]:
        """In a config that is a mapping, `_config_faults` reports them by property."""
        if is_stringified(self.inputs.get(PROPOSED_NAME)):
            yield f"the resource's name: {STRINGIFIED}"
        for name in self.kind.input_names:
            value = self.inputs.get(name)
            if name == "config" and isinstance(value, Mapping):
                continue
            parts: Iterable[tuple[str, Any]] = [(name, value)]
            if isinstance(value, (list, tuple)):
                parts = ((f"{name}[{number}]", each) for number, each in enumerate(value))
            elif isinstance(value, Mapping) and not any(map(is_stringified, value)):
                parts = ((f"{name}.{key}", each) for key, each in value.items())
            yield from (f"{path}: {STRINGIFIED}" for path, each in parts if is_stringified(each))

    def _field_faults(self, each: Field) -> Iterator[str]:
        value = self.inputs.get(each.name)
        if self.unknown(value):
            return
        if value is None:
            if each.default is Default.REQUIRED:
                yield f"{each.name}: it is missing"
            return
        family = self.connector.family if self.connector else ""
        if value and family in each.not_for and self.connector:
            yield f"{each.name}: {each.not_for[family].format(code=self.connector.code)}"
        silent = each.name in _strings(self.inputs.get(SILENT))
        yield from each.type.faults(each.name, value, self.unknown, silent=silent)

    def _connector_faults(self) -> Iterator[str]:
        code = self.inputs.get("connector")
        if code is None:
            yield 'connector: it is missing. A config that is a mapping needs it, for example connector="postgresql"'
        elif not self.unknown(code) and not (isinstance(code, str) and code.strip()):
            yield f"connector: {described(code)} is not a connector; it is a string such as 'postgresql'"
        elif not self.unknown(code) and (slip := slip_in_connector(self.kind, code, self.recorded.get("connector"))):
            yield f"connector: {slip}"

    def _config_faults(self) -> Iterator[str]:
        config = self.inputs.get("config")
        if config is None or self.unknown(config):
            return
        if not isinstance(config, Mapping):
            yield (
                f"config: it is {described(config)}; it must be a typed config or a mapping of properties to their "
                "values"
            )
            return
        connector, by_key = self.connector, self.config_by_key
        if connector is None:
            yield from _unjudged_config_faults(config)
            return
        aliases = {**{name: real for real, name in by_key.spelling.keys.items()}, **by_key.clashes}
        for name, real in aliases.items():
            yield (
                f"config.{name}: it is another spelling of {real!r}. Write {real!r} where connector or config are "
                "outputs, since they are not known when the program runs"
            )
        spelling, unchecked = spelling_of(self.inputs), self.unchecked
        silent = _strings(self.inputs.get(SILENT))
        hushed = [key for key in by_key.values if f"config.{key}" in silent or "config" in silent]
        found = faults(connector, by_key.values, self._unjudged, spelling=spelling, unchecked=unchecked, silent=hushed)
        found += self._missing_grants(connector)
        yield from with_way_around(found, lambda key: spelling.path(connector, key))
        for key, value in by_key.values.items():
            if has_unknown(value, is_rounded):
                yield f"{spelling.path(connector, key)}: {_ROUNDED}"

    def _unjudged(self, value: Any) -> bool:
        """Nothing is said of it besides: it is not known, or not what somebody wrote."""
        return self.unknown(value) or is_rounded(value)

    def _missing_grants(self, connector: Connector) -> Iterator[Fault]:
        recorded = self.recorded
        old = recorded.get("config") if recorded.get("connector") == connector.code else None
        before = old if isinstance(old, Mapping) else {} if self.exists else None
        return grants.faults(
            self.kind.noun,
            connector,
            self.config_by_key.values,
            before,
            self.is_unknown,
            spelling=spelling_of(self.inputs),
            unchecked=self.unchecked,
        )

    def grant_faults(self, checked: CheckedObjects | None, urn: str | None) -> Iterator[str]:
        """A grant that is used up, or declared for another object of this run as well. Nothing gets around that."""
        recorded, noun, connector = self.recorded, self.kind.noun, self.connector
        if checked is None or connector is None or not isinstance(self.inputs.get("config"), Mapping):
            return
        spelling, real = spelling_of(self.inputs), self.config_by_key.values
        was = grants.digests_in(self.kind.connector(recorded.get("connector")), recorded.get("config"))
        spent = checked.recorded_grants(self.inputs, was, urn)
        for key, grant in grants.grants_in(connector, real).items():
            if has_unknown(grant, self.is_unknown):
                continue
            path, digest = spelling.path(connector, key), grants.digest(grant)
            if digest in spent and not recorded:
                yield f"{path}: {_SPENT_BY_RECORDED.format(noun=noun)}"
            other = checked.other_with_grant(self.inputs, digest, urn, is_sent=not self.exists and digest not in was)
            if other is not None:
                yield f"{path}: {_SHARED_GRANT.format(noun=noun, other=other)}"


def _unjudged_config_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a config whatever its connector is."""
    for key, value in config.items():
        if is_stringified(key) or is_stringified(value):
            yield f"config.{quoted(key) if is_stringified(key) else key}: {STRINGIFIED}"
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"config.{key}: it is not a number"
        elif has_unknown(value, is_rounded):
            yield f"config.{key}: {_ROUNDED}"


def _strings(values: Any) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, (list, tuple)) else []


def _canonical_inputs(
    kind: Kind, inputs: Mapping[str, Any], recorded: Mapping[str, Any], unknown: Unknown, kept_name: str | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for each in kind.inputs:
        value, old = inputs.get(each.name), recorded.get(each.name)
        if each.default is Default.NAMED:
            answer[each.name] = value or old or kept_name or inputs.get(PROPOSED_NAME)
            continue
        if each.change is Change.NEVER and old:
            value = old
        elif value is None and not isinstance(each.default, Default):
            value = each.default
        elif value is not None and each.name != "config" and not has_unknown(value, unknown):
            value = old if each.type.same(value, old) else each.type.canonical(value)
        if value is not None:
            answer[each.name] = value
    if isinstance(answer.get("config"), Mapping):
        code = answer.get("connector")
        connector = None if unknown(code) else kind.connector(code)
        old = recorded.get("config") if recorded.get("connector") == code else None
        answer["config"] = canonical_config(connector, answer["config"], old, unknown)
    return answer | _asked(inputs, recorded)


def _asked(inputs: Mapping[str, Any], recorded: Mapping[str, Any]) -> dict[str, Any]:
    """When the program asked for the object: now where it is new, otherwise as recorded, so it is never a difference.

    A state that does not have it, as one from before this input, goes on without it.
    """
    asked = (recorded or inputs).get(ASKED)
    return {} if asked is None else {ASKED: asked}


def canonical_config(
    connector: Connector | None, config: Mapping[str, Any], recorded: Any, unknown: Unknown
) -> dict[str, Any]:
    """`config` with values as the API takes them; a value that means what is recorded is spelled as recorded.

    An empty value counts as omitted: the API makes no difference either, except where an empty mapping clears.
    """
    old: Mapping[str, Any] = recorded if isinstance(recorded, Mapping) else {}
    answer: dict[str, Any] = {}
    for key, value in config.items():
        known = connector.properties.get(key) if connector else None
        if has_unknown(value, unknown):
            # A list with an unknown item becomes a joined string once it is known; until then all of it is unknown.
            answer[key] = first_unknown(value, unknown)
        elif not blank(known, value) or clears(known, value):
            kept = key in old and not unknown(old[key]) and same(known, value, old[key], key=key)
            answer[key] = old[key] if kept else canonical(known, value)
    properties = connector.properties if connector else {}
    empty = {key: value for key, value in old.items() if key not in answer and blank(properties.get(key), value)}
    return answer | empty
