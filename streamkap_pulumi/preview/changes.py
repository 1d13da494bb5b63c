"""What a preview says would happen to each resource, and which of its properties change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.pulumi_cli.words import UNKNOWN, resource_name

STREAMKAP_TYPES = "pulumi-python:dynamic/streamkap:"


class Operation(Enum):
    """What happens to the object itself."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    """Deleted and created again, with another id."""
    DELETE = "delete"
    FORGET = "forget"
    """No longer managed, and not deleted."""
    READ = "read"
    IMPORT = "import"
    REFRESH = "refresh"
    """Read."""


OPERATIONS = {
    "same": Operation.SAME,
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "delete": Operation.DELETE,
    "read": Operation.READ,
    "read-replacement": Operation.READ,
    "discard": Operation.FORGET,
    "discard-replaced": Operation.FORGET,
    "remove-pending-replace": Operation.SAME,
    "import": Operation.IMPORT,
    "import-replacement": Operation.REPLACE,
    "refresh": Operation.REFRESH,
}
"""The engine's words."""


@dataclass(frozen=True)
class Change:
    """One resource, and what would happen to it."""

    urn: str
    type: str
    operation: Operation
    id: str | None = None
    streamkap_name: str | None = None
    """Its name in Streamkap, where it is known."""
    connector: str | None = None
    properties: tuple[PropertyChange, ...] = ()
    reasons: tuple[str, ...] = ()
    """The properties that make a replacement necessary; `id` stands for a requested replacement."""
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    old_inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    is_component: bool = False
    has_hidden: bool = False
    """Hidden inputs of the provider change as well, which no program declares and which are not shown."""
    only_read: str | None = None
    """The id of another object, which is only read from then on, instead of the one that is deleted."""
    has_our_provider: bool = False
    """Its state names our provider, whatever its type is."""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return resource_name(self.urn)

    @property
    def is_streamkap(self) -> bool:
        """It is one of ours."""
        return self.type.startswith(STREAMKAP_TYPES) or self.has_our_provider

    @property
    def kind(self) -> Kind | None:
        """What kind of Streamkap object it is; None for other resources."""
        return kind_of(self.type) if self.is_streamkap else None

    @property
    def noun(self) -> str:
        """What messages call it."""
        if self.kind:
            return self.kind.noun
        return "object" if self.is_streamkap else "resource"


def kind_of(type_token: str) -> Kind | None:
    """The kind of the type; None for one of ours that only a newer version knows.

    Another type than ours is a source: 0.1.0 recorded so what a program derived from `Source`.
    """
    return BY_TYPE.get(type_token, None if type_token.startswith(STREAMKAP_TYPES) else SOURCE)


SECRET = "[secret]"  # noqa: S105 - how the engine writes a secret that it does not show

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')
_MISSING = object()


@dataclass(frozen=True)
class Shown:
    """A value as it may be shown."""

    value: Any = None
    is_missing: bool = False
    is_unknown: bool = False


@dataclass(frozen=True)
class PropertyChange:
    """One property, before and after; both are None where it is a secret."""

    path: str
    """As the engine writes it, such as ``config["database.user"]``."""
    kind: str
    """``add``, ``update`` or ``delete``."""
    secret: bool
    declared: bool
    """It is an input; otherwise the server's own."""
    before: Shown | None = None
    after: Shown | None = None

    @property
    def name(self) -> str:
        """The property as people call it: ``database.user`` for what lies in ``config``."""
        steps = _steps(self.path)
        return str(steps[1]) if steps[:1] == ["config"] and len(steps) == 2 else self.path


def changed_properties(
    step: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any], kind: Kind | None
) -> tuple[PropertyChange, ...]:
    """The properties that `step` changes, by path; empty where the engine does not say. Hidden ones are omitted."""
    connector = _connector(new, kind) or _connector(old, kind)
    return tuple(
        _change(path, detail if isinstance(detail, Mapping) else {}, connector, old, new)
        for path, detail in sorted(_diff(step).items())
        if not is_hidden(path)
    )


def changes_hidden(step: Mapping[str, Any]) -> bool:
    """Whether `step` changes what the provider records for itself."""
    return any(map(is_hidden, _diff(step)))


def is_hidden(path: str) -> bool:
    """It is an input of the provider's own, such as ``__provider``, which no program declares."""
    return any(str(step).startswith("__") for step in _steps(path)[:1])


def _diff(step: Mapping[str, Any]) -> Mapping[str, Any]:
    diff = step.get("detailedDiff")
    return diff if isinstance(diff, Mapping) else {}


def _change(
    path: str,
    detail: Mapping[str, Any],
    connector: Connector | None,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> PropertyChange:
    declared = detail.get("inputDiff") is not False
    side = "inputs" if declared else "outputs"
    steps = _steps(path)
    before, after = (_at(state.get(side), steps) for state in (old, new))
    how = str(detail.get("kind", "update")).removesuffix("-replace")
    if _is_secret(connector, steps, before) or _is_secret(connector, steps, after):
        return PropertyChange(path, how, secret=True, declared=declared)
    return PropertyChange(path, how, secret=False, declared=declared, before=_shown(before), after=_shown(after))


def recorded_value(inputs: Mapping[str, Any], path: str) -> Any:
    """The value at `path`, for a comparison only; a sentinel of its own where there is none."""
    return _at(inputs, _steps(path))


def _connector(state: Mapping[str, Any], kind: Kind | None) -> Connector | None:
    inputs = state.get("inputs")
    code = inputs.get("connector") if isinstance(inputs, Mapping) else None
    return kind.connector(code) if kind and code != UNKNOWN else None


def _is_secret(connector: Connector | None, steps: list[str | int], value: Any) -> bool:
    if value is _MISSING:
        return False
    if SECRET in json.dumps(value, default=str):
        return True
    key = str(steps[1]) if steps[:1] == ["config"] and len(steps) > 1 else str(steps[-1])
    if isinstance(value, Mapping) and steps == ["config"]:
        return any(holds_secret(connector, str(each), part) for each, part in value.items())
    return holds_secret(connector, key, value)


def _shown(value: Any) -> Shown:
    if value is _MISSING:
        return Shown(is_missing=True)
    unknown = UNKNOWN in json.dumps(value, default=str)
    return Shown(None if unknown else value, is_unknown=unknown)


def _steps(path: str) -> list[str | int]:
    """The path's parts: ``config["a.b"][0]`` is ``config``, ``a.b`` and 0."""
    steps: list[str | int] = []
    for quoted, index, plain in _STEP.findall(path):
        if index:
            steps.append(int(index))
        else:
            steps.append(re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    return steps


def _at(value: Any, steps: list[str | int]) -> Any:
    for step in steps:
        in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not in_list and not (isinstance(value, Mapping) and step in value):
            return SECRET if value == SECRET else _MISSING
        value = value[step]
    return value
