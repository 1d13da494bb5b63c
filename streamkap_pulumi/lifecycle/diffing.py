"""Diff: whether a source has to be replaced, updated, looked at again, or left alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.values import equal
from streamkap_pulumi.lifecycle.declared import INPUTS, NOT_READY, recorded_inputs, secret_keys_in
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.grants import grants_in, refuse_resending, refuse_spent

_STAYS = {
    "desired_state": "stays {}",
    "tags": "keeps {}; [] clears them",
    "kc_cluster_id": "stays on {}",
}
"""What becomes of an input that is not managed where it is left out."""


@dataclass(frozen=True)
class Difference:
    """What a diff found.

    `changes` None: the inputs differ, and the engine, which compares them itself, says where. True: nothing differs,
    but the last wait did not end well, so an update looks again, or there are `newly_secret` keys. False: nothing to
    do.
    """

    changes: bool | None
    replaces: tuple[str, ...] = ()
    newly_secret: tuple[str, ...] = ()
    """Keys of the config that the program marks as secret now and that are recorded in clear; ``*`` is all of them."""

    unmanaged: tuple[str, ...] = ()
    """A sentence for each input that is recorded and no longer declared, which leaves the source as it is."""

    def notes(self, name: Any) -> list[str]:
        """What the engine does not show: it compares values and not marks, and a removed input has no new value."""
        notes = [f"{name}: {sentence}" for sentence in self.unmanaged]
        if self.newly_secret:
            keys = ", ".join(f"config.{key}" for key in self.newly_secret)
            what = "its config" if "*" in self.newly_secret else keys
            notes.append(f"{name}: {what}: marked as a secret now, and encrypted in the state by this update")
        return notes


def diff(
    recorded: Mapping[str, Any],
    inputs: Mapping[str, Any],
    unknown: Callable[[Any], bool],
    marked: Collection[str] | None = None,
) -> Difference:
    """Compare checked `inputs` with what is recorded. Asks the API nothing; observed status is no difference.

    Args:
        recorded: the recorded outputs.
        inputs: as `check` answered with them.
        unknown: whether a value is not known yet, as happens in a preview.
        marked: the keys of the config that the program marks as secret; None where the program did not run.

    Raises:
        LifecycleError: the source is deployed and declared Pending, which no update can make it; or it, or what would
            take its place, would sign in by a grant which is used up.
    """
    was = recorded_inputs(recorded)
    now = {name: inputs[name] for name in INPUTS if inputs.get(name) is not None}
    new = {} if unknown(now.get("connector")) else grants_in(now.get("connector"), now.get("config"))
    new = {key: grant for key, grant in new.items() if not unknown(grant)}
    if now.get("connector") != was.get("connector"):
        refuse_spent(recorded, new.values())
        return Difference(None, ("connector",))
    refuse_resending(recorded, new)
    _refuse_pending(recorded, was, now)
    if not equal(now, was) or any(unknown(value) for value in now.values()):
        return Difference(None, unmanaged=tuple(_unmanaged(was, now)))
    newly_secret = () if marked is None else _newly_secret(recorded, now, marked)
    looks_again = bool(recorded.get(NOT_READY)) and bool(now.get("wait", True))
    return Difference(looks_again or bool(newly_secret), newly_secret=newly_secret)


def _unmanaged(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, stays in _STAYS.items():
        if name in was and name not in now:
            value = was[name]
            shown = (", ".join(map(str, value)) or "none") if isinstance(value, (list, tuple)) else value
            yield f"{name} is no longer declared, so it is no longer managed: the source {stays.format(shown)}"


def _newly_secret(recorded: Mapping[str, Any], now: Mapping[str, Any], marked: Collection[str]) -> tuple[str, ...]:
    """The keys that are `marked` and stand in the state in clear.

    The engine compares values and not marks: it would go on to show the recorded outputs, and what a refresh finds,
    in clear. What is a secret without the program's mark is encrypted from the first; a mark that the program takes
    away is no difference.
    """
    config, encrypted = now.get("config"), secret_keys_in(recorded)
    if not isinstance(config, Mapping) or "*" in encrypted:
        return ()
    connector, whole = find_connector(str(now.get("connector"))), "*" in marked
    found = tuple(
        key
        for key, value in sorted(config.items())
        if (whole or key in marked) and key not in encrypted and not holds_secret(connector, key, value)
    )
    return ("*",) if whole and found else found


def _refuse_pending(recorded: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if now.get("desired_state") != "Pending" or was.get("desired_state") == "Pending":
        return
    state = recorded.get("desired_state") or recorded.get("status")
    if state not in {None, "Pending"}:
        raise LifecycleError(
            f"desired_state is 'Pending', but the source {now.get('name')!r} is {state} already: Streamkap cannot make "
            "a deployed source Pending again. Use 'Stopped', or declare a new source."
        )
