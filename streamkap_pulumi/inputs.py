"""From what a program writes to what the engine is given: real keys, secrecy, a name.

Keys are renamed here, in the program: the engine marks secrets by key, so that a key renamed later would stand in
the state in clear text.
"""

from __future__ import annotations

import hashlib
import inspect
import math
import sys
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

import pulumi

from streamkap_pulumi.config.catalogue import Connector, connector_codes, find_connector
from streamkap_pulumi.config.judging import described
from streamkap_pulumi.config.spelling import is_secret, real_key, suggest
from streamkap_pulumi.config.validation import Spelling, warnings
from streamkap_pulumi.lifecycle.checking import FAULTS, PROPOSED_NAME, SPELLING, UNCHECKED, spelling_input

if TYPE_CHECKING:
    from streamkap_pulumi.connectors.base import ConnectorConfig

_PLAIN = (str, bool, int, float)


@dataclass
class Handed:
    """What is handed to the engine for one source."""

    inputs: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """What cannot be handed to the engine, in sentences; `check` reports them."""
    warnings: list[str] = field(default_factory=list)

    def spell(self, connector: Connector, spelling: Spelling, config: Mapping[str, Any]) -> None:
        """Note how the program spells the properties, and what it should be told about that."""
        told = spelling_input(spelling)
        if told:
            self.inputs[SPELLING] = told
        for warning in warnings(connector, config, spelling=spelling):
            self.warnings.append(f"{spelling.path(connector, warning.key)}: {warning.text}")


def engine_inputs(inputs: Mapping[str, Any], *, resource_name: str, parent: pulumi.Resource | None) -> Handed:
    """The inputs to register. What cannot be handed to the engine becomes a fault, which `check` reports."""
    handed = Handed()
    for name, value in inputs.items():
        if name != "config":
            found = list(_unserialisable(value, name))
            handed.faults += found
            handed.inputs[name] = None if found else value
    handed.inputs["config"] = _config(inputs.get("config"), inputs.get("connector"), handed)
    handed.inputs[PROPOSED_NAME] = worked_out_name(resource_name, parent)
    if handed.faults:
        handed.inputs[FAULTS] = handed.faults
    return handed


def worked_out_name(resource_name: str, parent: pulumi.Resource | None) -> str | Awaitable[str]:
    """``<resource name>-<7 hex digits>``: the same in every run of this stack, another in every other stack.

    The digits are hashed from organization, project, stack, the types of all parents and the resource's name. The
    parents' types stand in the parent's URN, which is asked for in a way that makes no dependency on the parent.
    """
    if parent is None:
        return _hashed_name(resource_name, "")

    async def under_parent() -> str:
        urn = await parent.urn.future()
        return _hashed_name(resource_name, str(urn).split("::")[2] if urn else parent.pulumi_resource_type)

    return under_parent()


def _hashed_name(resource_name: str, parent_types: str) -> str:
    identity = (pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack(), parent_types, resource_name)
    # Under the mocks of a unit test there is no organization.
    digest = hashlib.sha256("\0".join(part or "" for part in identity).encode()).hexdigest()
    return f"{resource_name}-{digest[:7]}"


def _config(config: Any, connector: Any, handed: Handed) -> Any:
    if config is None or isinstance(config, _PLAIN):
        return config
    if _is_eventual(config):
        return _eventual_config(config, connector, handed)
    if _is_typed(config):
        return _typed_config(config, connector, handed)
    if isinstance(config, Mapping):
        return _mapping(config, connector, handed)
    made = "; call it, with the properties as its arguments" if isinstance(config, type) else ""
    shown = f"the class {config.__name__}" if isinstance(config, type) else described(config)
    handed.faults.append(
        f"config: it is {shown}{made or '; it must be a typed config or a mapping of properties to their values'}"
    )
    return None


def _typed_config(config: ConnectorConfig, connector: Any, handed: Handed) -> dict[str, Any]:
    """A typed config names its connector."""
    about = config.about()
    handed.inputs["connector"] = config.connector
    if connector is not None and connector != config.connector:
        shown = repr(connector) if isinstance(connector, str) else described(connector)
        handed.faults.append(
            f"connector: it is {shown}, and config is a {type(config).__name__}, which is for "
            f"{config.connector!r}; leave connector out"
        )
    properties = config.to_properties()
    handed.spell(about, config.spelling, properties)
    if config.extra_config:
        handed.inputs[UNCHECKED] = list(config.extra_config)
    answer: dict[str, Any] = {}
    for key, value in properties.items():
        found = list(_unserialisable(value, config.spelling.path(about, key)))
        handed.faults += found
        if not found:
            answer[key] = _secured(about, key, value)
    return answer


def _mapping(config: Mapping[Any, Any], code: Any, handed: Handed) -> dict[str, Any]:
    """Each property by itself, so that each keeps its own secrecy."""
    connector = find_connector(code) if isinstance(code, str) else None
    if isinstance(code, str) and code.strip() and connector is None:
        handed.warnings.append(_not_checked(code))
    renamed: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for key, value in config.items():
        if not isinstance(key, str) or not key.strip():
            handed.faults.append(f"config: {key!r} is no name of a property; it must be a text")
            continue
        found = list(_unserialisable(value, f"config.{key}"))
        if found:
            handed.faults += found
            continue
        real = real_key(connector, key)
        if real in spelled:
            handed.faults.append(
                f"config.{key}: it is another spelling of {real!r}, which is declared too ({spelled[real]!r})"
            )
            continue
        spelled[real] = key
        renamed[real] = _secured(connector, real, value)
    if connector:
        others = {real: key for real, key in spelled.items() if real != key}
        handed.spell(connector, Spelling(keys=others), renamed)
    return renamed


def _secured(connector: Connector | None, key: str, value: Any) -> Any:
    return pulumi.Output.secret(value) if value is not None and is_secret(connector, key) else value


def _not_checked(code: str) -> str:
    return (
        f"connector: this version of streamkap_pulumi does not know {code!r}{suggest(code, connector_codes())} "
        "The names and values in its config are not checked, and of its properties only those are made secret whose "
        "names look like credentials"
    )


def _eventual_config(config: Any, connector: Any, handed: Handed) -> pulumi.Output[Any]:
    """A config that is one Output. It is secret as a whole as soon as one property is."""

    def rename(arguments: list[Any]) -> Any:
        mapping, code = arguments
        if not isinstance(mapping, Mapping):
            return None if _is_typed(mapping) else mapping
        known = find_connector(code) if isinstance(code, str) else None
        renamed: dict[str, Any] = {}
        for key, value in mapping.items():
            real = real_key(known, key) if isinstance(key, str) else str(key)
            renamed[key if real in mapping or real in renamed else real] = value
        secret = any(is_secret(known, key) for key in renamed)
        return pulumi.Output.secret(renamed) if secret else renamed

    def refuse(resolved: Any) -> str | None:
        if not _is_typed(resolved):
            return None
        return (
            f"config: it is an Output of a {type(resolved).__name__}; make the {type(resolved).__name__} outside of "
            "apply(): each of its properties may be an Output"
        )

    handed.faults.append(pulumi.Output.from_input(config).apply(refuse))  # type: ignore[arg-type]
    return pulumi.Output.all(config, connector).apply(rename)


def _is_typed(value: Any) -> TypeGuard[ConnectorConfig]:
    """A typed config. Where none was made their base is not loaded, and need not be."""
    base = sys.modules.get("streamkap_pulumi.connectors.base")
    return base is not None and isinstance(value, base.ConnectorConfig)


def _is_eventual(value: Any) -> bool:
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)


def _unserialisable(value: Any, path: str) -> Iterator[str]:
    """Why `value` cannot be handed to the engine; nothing where it can."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{path}: it is not a number"
    elif value is None or isinstance(value, _PLAIN) or _is_eventual(value):
        return
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _unserialisable(item, f"{path}[{number}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _unserialisable(item, f"{path}.{key}")
            else:
                yield f"{path}: the key {key!r} is no text"
    else:
        yield f"{path}: it is {described(value)}; it must be a text, a number, a boolean, a list or a mapping"
