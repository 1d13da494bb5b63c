"""Which properties of a resource change, and what may be shown of them.

The engine writes ``[secret]`` for a secret. As a second line of defence, what the catalogue knows as a secret, what is
named like one and what holds a connection string with a password is never shown either, whatever the engine wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Catalogue, Connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.pulumi_cli.words import UNKNOWN

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
    """It is an input; else the server's own."""
    before: Shown | None = None
    after: Shown | None = None

    @property
    def name(self) -> str:
        """The property as people call it: ``database.user`` for what lies in ``config``."""
        steps = _steps(self.path)
        return str(steps[1]) if steps[:1] == ["config"] and len(steps) == 2 else self.path


def changed_properties(
    step: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any], catalogue: Catalogue
) -> tuple[PropertyChange, ...]:
    """The properties that `step` changes, by path; empty where the engine does not tell. Hidden ones are left out."""
    connector = _connector(new, catalogue) or _connector(old, catalogue)
    return tuple(
        _change(path, told if isinstance(told, Mapping) else {}, connector, old, new)
        for path, told in sorted(_diff(step).items())
        if not is_hidden(path)
    )


def changes_hidden(step: Mapping[str, Any]) -> bool:
    """Whether `step` changes what the provider notes for itself."""
    return any(map(is_hidden, _diff(step)))


def is_hidden(path: str) -> bool:
    """It is an input of the provider's own, such as ``__provider``, which no program declares."""
    return any(str(step).startswith("__") for step in _steps(path)[:1])


def _diff(step: Mapping[str, Any]) -> Mapping[str, Any]:
    diff = step.get("detailedDiff")
    return diff if isinstance(diff, Mapping) else {}


def _change(
    path: str,
    told: Mapping[str, Any],
    connector: Connector | None,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> PropertyChange:
    declared = told.get("inputDiff") is not False
    side = "inputs" if declared else "outputs"
    steps = _steps(path)
    before, after = (_at(state.get(side), steps) for state in (old, new))
    kind = str(told.get("kind", "update")).removesuffix("-replace")
    if _is_secret(connector, steps, before) or _is_secret(connector, steps, after):
        return PropertyChange(path, kind, secret=True, declared=declared)
    return PropertyChange(path, kind, secret=False, declared=declared, before=_shown(before), after=_shown(after))


def recorded_value(inputs: Mapping[str, Any], path: str) -> Any:
    """The value at `path`, for a comparison only; a sentinel of its own where there is none."""
    return _at(inputs, _steps(path))


def _connector(state: Mapping[str, Any], catalogue: Catalogue) -> Connector | None:
    inputs = state.get("inputs")
    code = inputs.get("connector") if isinstance(inputs, Mapping) else None
    return catalogue.find(code) if isinstance(code, str) and code != UNKNOWN else None


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
