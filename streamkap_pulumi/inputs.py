"""From what a program writes to what the engine is given: real keys, secrecy, a name.

Keys are renamed here, in the program: the engine marks secrets by key, so that a key renamed later would stand in
the state in clear text.
"""

from __future__ import annotations

import hashlib
import inspect
import math
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any

import pulumi

from streamkap_pulumi.config.catalogue import Connector, find_connector
from streamkap_pulumi.config.spelling import is_secret, real_key
from streamkap_pulumi.lifecycle.checking import FAULTS, PROPOSED_NAME, described

_PLAIN = (str, bool, int, float)


def engine_inputs(inputs: Mapping[str, Any], *, resource_name: str, parent: pulumi.Resource | None) -> dict[str, Any]:
    """The inputs to register. What cannot be handed to the engine becomes a fault, which `check` reports."""
    faults: list[str] = []
    handed: dict[str, Any] = {}
    for name, value in inputs.items():
        if name != "config":
            found = list(_unserialisable(value, name))
            faults += found
            handed[name] = None if found else value
    handed["config"] = _config(inputs.get("config"), inputs.get("connector"), faults)
    handed[PROPOSED_NAME] = worked_out_name(resource_name, parent)
    if faults:
        handed[FAULTS] = faults
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


def _config(config: Any, connector: Any, faults: list[str]) -> Any:
    if config is None or isinstance(config, _PLAIN):
        return config
    if _is_eventual(config):
        return _eventual_config(config, connector)
    if isinstance(config, Mapping):
        known = find_connector(connector) if isinstance(connector, str) else None
        return _plain_config(known, config, faults)
    faults.append(f"config: it is {described(config)}; it must be a mapping of properties to their values")
    return None


def _plain_config(connector: Connector | None, config: Mapping[Any, Any], faults: list[str]) -> dict[str, Any]:
    """Each property by itself, so that each keeps its own secrecy."""
    renamed: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for key, value in config.items():
        if not isinstance(key, str) or not key.strip():
            faults.append(f"config: {key!r} is no name of a property; it must be a text")
            continue
        found = list(_unserialisable(value, f"config.{key}"))
        if found:
            faults += found
            continue
        real = real_key(connector, key)
        if real in spelled:
            faults.append(
                f"config.{key}: it is another spelling of {real!r}, which is declared too ({spelled[real]!r})"
            )
            continue
        spelled[real] = key
        renamed[real] = pulumi.Output.secret(value) if value is not None and is_secret(connector, real) else value
    return renamed


def _eventual_config(config: Any, connector: Any) -> pulumi.Output[Any]:
    """A config that is one Output. It is secret as a whole as soon as one property is."""

    def rename(arguments: list[Any]) -> Any:
        mapping, code = arguments
        if not isinstance(mapping, Mapping):
            return mapping
        known = find_connector(code) if isinstance(code, str) else None
        renamed: dict[str, Any] = {}
        for key, value in mapping.items():
            real = real_key(known, key) if isinstance(key, str) else str(key)
            renamed[key if real in mapping or real in renamed else real] = value
        secret = any(is_secret(known, key) for key in renamed)
        return pulumi.Output.secret(renamed) if secret else renamed

    return pulumi.Output.all(config, connector).apply(rename)


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
