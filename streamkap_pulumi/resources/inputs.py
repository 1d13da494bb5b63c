"""From what a program writes to what is sent to the engine: real keys, secrecy, a name.

Keys are renamed here, in the program: the engine marks secrets by key, so a key renamed later would be in clear in the
state.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeGuard

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.settings import get_monitor

from streamkap_pulumi.config.catalogue import CATALOGUES, Connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.slips import doubtful, is_stringified, stray_around
from streamkap_pulumi.config.spelling import ConfigByKey, Spelling, near_key
from streamkap_pulumi.config.validation import warnings
from streamkap_pulumi.config.wording import described
from streamkap_pulumi.kinds.kind import Change
from streamkap_pulumi.lifecycle.checking import refusal, spelling_input
from streamkap_pulumi.lifecycle.keys import ASKED, FAULTS, PROPOSED_NAME, SECRET_KEYS, SILENT, SPELLING, UNCHECKED
from streamkap_pulumi.resources.messages import warn
from streamkap_pulumi.resources.naming import default_name
from streamkap_pulumi.serialising import PLAIN, has_eventual, is_eventual, is_sendable, unserialisable

if TYPE_CHECKING:
    from streamkap_pulumi.connectors.base import ConnectorConfig
    from streamkap_pulumi.kinds.kind import Field, Kind

EXTRA_CONFIG = "extra_config"
"""The key of a config, mapping or typed, for what is sent unchecked; no connector has a property of this name."""


@dataclass
class EngineInputs:
    """What is sent to the engine for one object."""

    kind: Kind
    resource_name: str
    inputs: dict[str, Any] = field(default_factory=dict)
    faults: list[Any] = field(default_factory=list)
    """What cannot be sent to the engine, in sentences or as `refusal`; `check` reports it. For an Output it is known
    later."""
    silent: list[str] = field(default_factory=list)
    """Inputs, and ``config.<key>``, whose values came as Outputs: they may be secret, so no fault quotes them."""
    marked: list[pulumi.Output[str | None]] = field(default_factory=list)
    """Keys of the config whose values the program marks as secret; known when the Outputs are."""
    warnings: list[str] = field(default_factory=list)

    def accept(self, path: str, spelled: str, value: Any, connector: Connector | None = None) -> Any:
        """`value` as it can be sent; None where it cannot, which is a fault.

        Args:
            path: the input, or ``config.<real key>``.
            spelled: the same in the user's spelling.
            value: as the program gave it.
            connector: what the catalogue knows of the connector whose property it is.
        """
        stray = _Stray(path, spelled, connector, self.kind.by_name[path] if path in self._shown else None)
        if not has_eventual(value):
            found = list(unserialisable(value, spelled))
            self.faults += [refusal(path, text) for text in found]
            self.warnings += [*stray.warnings(value), *self._doubts(path, value)]
            return None if found else value
        output = value if isinstance(value, pulumi.Output) else pulumi.Output.from_input(value)
        self.silent.append(path)
        if path in self.kind.by_name:
            self.faults += self.kind.by_name[path].type.literal_faults(path, value)
        if path.startswith("config."):
            self.marked.append(pulumi.Output.from_input(_if_secret(output, path.removeprefix("config."))))
        elif path in self._shown:
            self.faults.append(pulumi.Output.from_input(self._warn_if_secret(output, path)))
        self.faults.append(output.apply(lambda known: [refusal(path, text) for text in unserialisable(known, spelled)]))
        self.faults.append(
            output.apply(lambda known: self.warn([*stray.warnings(known), *self._doubts(path, known, silent=True)]))
        )
        return output.apply(lambda known: None if any(unserialisable(known, spelled)) else known)

    def spell(
        self, connector: Connector, spelling: Spelling, config: Mapping[str, Any], unchecked: Collection[str]
    ) -> None:
        """Note how the program spells the properties, and what to warn it of."""
        if parts := spelling_input(spelling):
            self.inputs[SPELLING] = parts
        self.warnings += _warnings(connector, spelling, config, unchecked)

    def vouch(self, connector: Connector | None, newer: Mapping[str, Any]) -> None:
        """Note the keys of `extra_config`, which are sent unchecked."""
        if newer:
            self.inputs[UNCHECKED] = list(newer)
        if connector:
            self.warnings += _nearly_known(connector, newer)

    def warn(self, warnings: Iterable[str]) -> None:
        """Report warnings about this object now."""
        for warning in warnings:
            warn(f"{self.kind.type_name} {self.resource_name!r}: {warning}")

    def _doubts(self, path: str, value: Any, *, silent: bool = False) -> Iterator[str]:
        field = self.kind.by_name.get(path)
        return field.type.doubts(path, value, silent=silent) if field else iter(())

    @property
    def _shown(self) -> tuple[str, ...]:
        """Inputs that are in messages, so they must not be secrets."""
        return tuple(each.name for each in self.kind.inputs if each.change in {Change.SEND, Change.SEND_ALONE})

    async def _warn_if_secret(self, output: pulumi.Output[Any], name: str) -> None:
        if await output.is_secret():
            text = "it is marked as a secret, and is shown in messages and in Streamkap's web page all the same"
            self.warn([f"{name}: {text}. Keep secrets in config only"])


@dataclass(frozen=True)
class _Stray:
    """Warns of blanks and control characters in one input or property, which may be a slip."""

    path: str
    spelled: str
    connector: Connector | None
    shown: Field | None = None
    """The input, where messages show it."""

    def warnings(self, value: Any) -> list[str]:
        """What to report about `value`; never the value itself."""
        key = self.path.removeprefix("config.")
        if key != self.path:
            found = doubtful(self.connector.properties.get(key) if self.connector else None, value)
        elif self.shown and not any(self.shown.type.faults(self.path, value, is_eventual)):
            found = stray_around(value)
        else:
            found = ""  # `check` refuses it.
        return [f"{self.spelled}: it has {found}; is that intended?"] if found else []


async def _if_secret(output: pulumi.Output[Any], key: str) -> str | None:
    return key if await output.is_secret() else None


def warn_of_clear_state(
    kind: Kind, resource_name: str, connector: pulumi.Output[str], config: pulumi.Output[Any]
) -> None:
    """Warn where the state holds a secret of `config`, an output, in clear; and say what encrypts it."""
    if not under_mocks():
        _: pulumi.Output[None] = pulumi.Output.from_input(_warn_if_in_clear(kind, resource_name, connector, config))


async def _warn_if_in_clear(
    kind: Kind, resource_name: str, connector: pulumi.Output[str], config: pulumi.Output[Any]
) -> None:
    with suppress(Exception):  # The engine reports why a resource has failed.
        if await config.is_secret():
            return
        code, known = await connector.future(), await config.future()
        about = kind.connector(code)
        found = [f"config.{key}" for key, value in (known or {}).items() if holds_secret(about, key, value)]
        if found:
            warn(
                f"{kind.type_name} {resource_name!r}: the stack's state holds {', '.join(found)} in clear, as an "
                "earlier version recorded it. Run `pulumi refresh` to encrypt it"
            )


def _warnings(
    connector: Connector, spelling: Spelling, config: Mapping[str, Any], unchecked: Collection[str], *silent: str
) -> list[str]:
    found = warnings(connector, config, is_eventual, spelling=spelling, unchecked=unchecked, silent=silent)
    return [f"{spelling.path(connector, warning.key)}: {warning.text}" for warning in found]


def engine_inputs(
    kind: Kind,
    inputs: Mapping[str, Any],
    *,
    resource_name: str,
    parent: pulumi.Resource | None,
    faults: Sequence[str] = (),
) -> EngineInputs:
    """The inputs to register. What cannot be sent to the engine is added to `faults`, which `check` reports."""
    answer = EngineInputs(kind, resource_name, faults=list(faults))
    for name, value in inputs.items():
        if name in kind.by_name and kind.by_name[name].is_input and name != "config":
            answer.inputs[name] = answer.accept(name, name, value)
        elif name != "config":
            answer.inputs[name] = described(value)  # `check` refuses the name; its value does not matter.
    if "config" in kind.by_name:
        answer.inputs["config"] = _config(inputs.get("config"), inputs.get("connector"), answer)
    answer.inputs[PROPOSED_NAME] = default_name(resource_name, parent)
    if answer.inputs.get("name") is None and under_mocks():
        # There is no check of ours that returns it.
        answer.inputs["name"] = default_name(resource_name, parent)
    for hidden, values in ((FAULTS, answer.faults), (SILENT, answer.silent), (SECRET_KEYS, answer.marked)):
        if values:
            answer.inputs[hidden] = values
    return answer


def under_mocks() -> bool:
    """The program runs in a unit test, without an engine."""
    return isinstance(get_monitor(), MockMonitor)


def when_asked() -> dict[str, Any]:
    """The hidden input that says when the program asked for an object.

    A preview cannot know it, so a saved plan holds nothing that an `up` could contradict. Under the mocks of a unit
    test the inputs stay the same in each run.
    """
    if under_mocks():
        return {}
    return {ASKED: UNKNOWN if pulumi.runtime.is_dry_run() else datetime.now(timezone.utc).isoformat()}


def _config(config: Any, connector: Any, engine: EngineInputs) -> Any:
    if config is None or isinstance(config, PLAIN):
        return config
    if is_eventual(config):
        return _eventual_config(config, connector, engine)
    if _is_typed(config):
        return _typed_config(config, connector, engine)
    if isinstance(config, Mapping):
        return _mapping(config, connector, engine)
    if isinstance(config, type):
        what = f"the class {config.__name__}; call it, with the properties as its arguments"
    else:
        what = f"{described(config)}; it must be a typed config or a mapping of properties to their values"
    engine.faults.append(f"config: it is {what}")
    return None


def _typed_config(config: ConnectorConfig, connector: Any, engine: EngineInputs) -> dict[str, Any] | None:
    """A typed config names its connector."""
    about = config.about()
    if about.catalogue is not engine.kind.catalogue:
        _refuse_other_family(config, about, engine)
        return None
    engine.inputs["connector"] = config.connector
    if connector is not None and connector != config.connector:
        shown = repr(connector) if _may_be_a_code(connector) else described(connector)
        engine.faults.append(
            f"connector: it is {shown}, and config is a {type(config).__name__}, which is for "
            f"{config.connector!r}; omit connector"
        )
    properties = config.given()
    newer = config.extra_config or {}
    engine.spell(about, config.spelling, properties, newer)
    engine.vouch(about, newer)
    answer: dict[str, Any] = {}
    for key, value in properties.items():
        accepted = engine.accept(f"config.{key}", config.spelling.path(about, key), value, about)
        if accepted is not None:
            answer[key] = _secured(about, key, accepted)
    return answer


def _refuse_other_family(config: ConnectorConfig, about: Connector, engine: EngineInputs) -> None:
    """Refuse a typed config for another kind of object, and name the class for the same product, if there is one."""
    ours, theirs = engine.kind.catalogue, about.catalogue
    twin = ours.twin(about) if ours else None
    instead = f"use {twin.config_class}" if twin else f"there is none for a {engine.kind.noun}"
    noun = theirs.noun if theirs else "another kind of object"
    engine.faults.append(f"config: it is a {type(config).__name__}, which is for a {noun}; {instead}")
    engine.inputs["connector"] = twin.code if twin else config.connector


def _nearly_known(connector: Connector, newer: Iterable[str]) -> Iterator[str]:
    """Warnings about what is sent as it is and looks like a slip."""
    for key in newer:
        if key not in connector.properties and key not in connector.later and (near := near_key(connector, key)):
            yield f"config.{key}: it is sent as it is, and {connector.code} has {near!r}; did you mean that?"


def _mapping(config: Mapping[Any, Any], code: Any, engine: EngineInputs) -> dict[str, Any]:
    """Each property by itself, so that each keeps its own secrecy."""
    connector = engine.kind.connector(code)
    if connector is None and _may_be_a_code(code):
        engine.warnings.append(_not_checked(engine.kind, code))
    if is_eventual(code):
        pulumi.Output.from_input(code).apply(lambda known: _warn_of_connector(engine, known))
    checked, newer, faults = without_extra_config(config)
    engine.faults += [f"config.{fault}" for fault in faults]
    given: dict[str, Any] = {}
    for key, value in (*newer.items(), *checked.items()):
        if not is_sendable(key) or not key.strip():
            engine.faults.append(f"config: {key!r} is not the name of a property; it must be a string")
        elif key in given and value is not None:
            engine.faults.append(f"config.{key}: {EXTRA_CONFIG} has it too; remove one of them")
        else:
            given[key] = given.get(key) if value is None else value
    declared = ConfigByKey.of(connector, given, unchecked=newer)
    for key, real in declared.clashes.items():
        other = declared.spelling.of(connector, real)
        engine.faults.append(f"config.{key}: it is another spelling of {real!r}, which is declared too ({other!r})")
    renamed: dict[str, Any] = {}
    for real, value in declared.values.items():
        accepted = engine.accept(f"config.{real}", declared.spelling.path(connector, real), value, connector)
        if accepted is not None:
            renamed[real] = _secured(connector, real, accepted)
    if connector:
        # What cannot be sent is declared all the same: what depends on it is not in doubt.
        engine.spell(connector, declared.spelling, renamed, {*newer, *(declared.values.keys() - renamed.keys())})
    engine.vouch(connector, newer)
    return renamed


def without_extra_config(config: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Any], list[str]]:
    """A mapping without its `extra_config`, what that holds, and what is wrong with it, headed by its place."""
    checked = {key: value for key, value in config.items() if key != EXTRA_CONFIG}
    newer = config.get(EXTRA_CONFIG)
    if newer is None or isinstance(newer, Mapping):
        return checked, dict(newer or {}), []
    return checked, {}, [f"{EXTRA_CONFIG}: it must be a mapping of dotted keys to values; the values may be outputs"]


def _secured(connector: Connector | None, key: str, value: Any) -> Any:
    return pulumi.Output.secret(value) if holds_secret(connector, key, value) else value


def _warn_of_connector(engine: EngineInputs, code: Any) -> None:
    if engine.kind.connector(code) is None and _may_be_a_code(code):
        engine.warn([_not_checked(engine.kind, code)])


def _may_be_a_code(code: Any) -> TypeGuard[str]:
    """Anything else is refused, and no warning quotes it."""
    return isinstance(code, str) and bool(code.strip()) and not is_stringified(code)


def _not_checked(kind: Kind, code: str) -> str:
    meant = kind.catalogue.nearest(code) if kind.catalogue else None
    elsewhere = [each.plural for each in CATALOGUES if each is not kind.catalogue and code in each.codes]
    hint = f", which is a connector of {elsewhere[0]}" if elsewhere else ""
    hint += f"; did you mean {meant!r}?" if meant else "."
    return (
        f"connector: this version of streamkap_pulumi does not know {code!r}{hint} "
        "The names and values in its config are not checked, and only properties whose names look like credentials "
        "become secret"
    )


def _eventual_config(config: Any, connector: Any, engine: EngineInputs) -> pulumi.Output[Any]:
    """A config that is one Output. It is secret as a whole as soon as one property is."""
    # An Output as it is: from_input would unwrap it, and fail where this reports a readable fault.
    known: pulumi.Output[Any] = config if isinstance(config, pulumi.Output) else pulumi.Output.from_input(config)
    engine.silent.append("config")
    engine.marked.append(pulumi.Output.from_input(_if_secret(known, "*")))
    engine.faults.append(known.apply(lambda resolved: list(_unsuitable(resolved))))
    both = pulumi.Output.all(known.apply(_suitable), connector)
    renamed = both.apply(lambda resolved: _renamed(engine.kind, *resolved))
    engine.inputs[SPELLING] = renamed.apply(lambda resolved: spelling_input(Spelling(keys=resolved[1])))
    engine.inputs[UNCHECKED] = renamed.apply(lambda resolved: resolved[2])
    if is_eventual(connector):
        both.apply(lambda resolved: _warn_of_connector(engine, resolved[1]))
    both.apply(lambda resolved: _warn_of_config(engine, *resolved))

    def secured(resolved: list[Any]) -> Any:
        (answer, _, _), (_, code) = resolved
        about = engine.kind.connector(code)
        items = answer.items() if isinstance(answer, Mapping) else ()
        secret = any(holds_secret(about, key, value) for key, value in items)
        return pulumi.Output.secret(answer) if secret else answer

    return pulumi.Output.all(renamed, both).apply(secured)


def _suitable(config: Any) -> Any:
    """What of the config can be sent."""
    if isinstance(config, Mapping):
        return {key: value for key, value in config.items() if is_sendable(key) and not any(unserialisable(value, key))}
    return None if next(_unsuitable(config), None) else config


def _renamed(kind: Kind, config: Any, code: Any) -> tuple[Any, dict[str, str], list[str]]:
    """The config by real keys, by real key what the program wrote where that is another, and the unchecked keys."""
    if not isinstance(config, Mapping):
        return config, {}, []
    connector = kind.connector(code)
    checked, newer, _ = without_extra_config(config)
    newer = {key: value for key, value in newer.items() if isinstance(key, str)}
    declared = ConfigByKey.of(connector, {**checked, **newer}, unchecked=newer)
    clashing = {key: checked[key] for key in declared.clashes}  # `check` refuses each by its own name.
    return {**declared.values, **clashing}, dict(declared.spelling.keys), list(newer)


def _warn_of_config(engine: EngineInputs, config: Any, code: Any) -> None:
    connector = engine.kind.connector(code)
    if not isinstance(config, Mapping):
        return
    renamed, spelled, newer = _renamed(engine.kind, config, code)
    if connector:
        # Values of an Output may be secret: no warning quotes one.
        found = _warnings(connector, Spelling(keys=spelled), renamed, newer, *renamed)
        engine.warn([*found, *_nearly_known(connector, newer)])
    for key, value in renamed.items():
        engine.warn(_Stray(f"config.{key}", f"config.{spelled.get(key, key)}", connector).warnings(value))


def _unsuitable(config: Any) -> Iterator[str | dict[str, str]]:
    """Why the value of a config that is an Output cannot be sent to the engine; nothing where it can."""
    if _is_typed(config):
        name = type(config).__name__
        yield (
            f"config: it is an Output of a {name}; create the {name} outside of apply(): each of its properties may be "
            "an Output"
        )
    elif isinstance(config, Mapping):
        checked, newer, faults = without_extra_config(config)
        yield from (f"config.{fault}" for fault in faults)
        for key in checked.keys() & newer.keys():
            if checked[key] is not None:
                yield f"config.{key}: {EXTRA_CONFIG} has it too; remove one of them"
        for key, value in (*checked.items(), *newer.items()):
            if not is_sendable(key) or not key.strip():
                yield f"config: {key!r} is not the name of a property; it must be a string"
            else:
                yield from (refusal(f"config.{key}", text) for text in unserialisable(value, f"config.{key}"))
    elif not (config is None or isinstance(config, PLAIN)):
        yield f"config: it is {described(config)}; it must be a mapping of properties to their values"


def _is_typed(value: Any) -> TypeGuard[ConnectorConfig]:
    """A typed config. Where the program has none, their base class is not loaded."""
    base = sys.modules.get("streamkap_pulumi.connectors.base")
    return base is not None and isinstance(value, base.ConnectorConfig)
