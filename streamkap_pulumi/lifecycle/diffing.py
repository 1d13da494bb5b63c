"""Diff: whether a source has to be replaced, updated, looked at again, or left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.lifecycle.declared import INPUTS, NOT_READY, recorded_inputs
from streamkap_pulumi.lifecycle.errors import LifecycleError


@dataclass(frozen=True)
class Difference:
    """What a diff found.

    `changes` None: the inputs differ, and the engine, which compares them itself, says where. True: nothing differs,
    but the last wait did not end well, so an update looks again. False: nothing to do.
    """

    changes: bool | None
    replaces: tuple[str, ...] = ()


def diff(recorded: Mapping[str, Any], inputs: Mapping[str, Any], unknown: Callable[[Any], bool]) -> Difference:
    """Compare checked `inputs` with what is recorded. Asks the API nothing; observed status is no difference.

    Raises:
        LifecycleError: the source is deployed and declared Pending, which no update can make it.
    """
    was = recorded_inputs(recorded)
    now = {name: inputs[name] for name in INPUTS if inputs.get(name) is not None}
    if now.get("connector") != was.get("connector"):
        return Difference(None, ("connector",))
    _refuse_pending(recorded, was, now)
    if now != was or any(unknown(value) for value in now.values()):
        return Difference(None)
    return Difference(bool(recorded.get(NOT_READY)) and bool(now.get("wait", True)))


def _refuse_pending(recorded: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if now.get("desired_state") != "Pending" or was.get("desired_state") == "Pending":
        return
    state = recorded.get("desired_state") or recorded.get("status")
    if state not in {None, "Pending"}:
        raise LifecycleError(
            f"desired_state is 'Pending', but the source {now.get('name')!r} is {state} already: Streamkap cannot make "
            "a deployed source Pending again. Use 'Stopped', or declare a new source."
        )
