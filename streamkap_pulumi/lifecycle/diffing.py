"""Diff: whether an object has to be replaced, updated, checked again, or left alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.values import equal, same
from streamkap_pulumi.kinds.kind import Change
from streamkap_pulumi.lifecycle.declared import recorded_inputs, secret_keys_in
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.grants import grants_in, refuse_resending, refuse_spent
from streamkap_pulumi.lifecycle.keys import NOT_READY

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind


@dataclass(frozen=True)
class Difference:
    """What a diff found.

    `changes` None: the inputs differ, and the engine, which compares them itself, says where. True: nothing differs,
    but the object was not ready last time, so an update checks again, or there are `newly_secret` keys. False: nothing
    to do.
    """

    changes: bool | None
    replaces: tuple[str, ...] = ()
    newly_secret: tuple[str, ...] = ()
    """Keys of the config that the program now marks as secret and that are recorded in clear; ``*`` is all of them."""

    unmanaged: tuple[str, ...] = ()
    """A sentence for each input that is recorded and no longer declared, which leaves the object as it is."""

    def notes(self, name: Any) -> list[str]:
        """What the engine does not show: it compares values and not marks, and a removed input has no new value."""
        notes = [f"{name}: {sentence}" for sentence in self.unmanaged]
        if self.newly_secret:
            keys = ", ".join(f"config.{key}" for key in self.newly_secret)
            what = "its config" if "*" in self.newly_secret else keys
            notes.append(f"{name}: {what}: marked as a secret now, and encrypted in the state by this update")
        return notes


def diff(
    kind: Kind,
    recorded: Mapping[str, Any],
    inputs: Mapping[str, Any],
    unknown: Callable[[Any], bool],
    marked: Collection[str] | None = None,
) -> Difference:
    """Compare checked `inputs` with what is recorded. Sends nothing; the observed status is not a difference.

    Args:
        kind: of the object.
        recorded: the recorded outputs.
        inputs: as `check` returned them.
        unknown: whether a value is not known yet, as happens in a preview.
        marked: the keys of the config that the program marks as secret; None where the program did not run.

    Raises:
        LifecycleError: the object is deployed and declared Pending, which no update can achieve; or it, or what would
            take its place, would sign in by a grant that is used up.
    """
    was = recorded_inputs(kind, recorded)
    now = {name: inputs[name] for name in kind.input_names if inputs.get(name) is not None}
    code = now.get("connector")
    new = {} if unknown(code) else grants_in(kind.connector(code), now.get("config"))
    new = {key: grant for key, grant in new.items() if not unknown(grant)}
    replaces = tuple(
        each.name
        for each in kind.inputs
        # One that is no longer declared stays as it is; of one that is new, what the API has shown counts.
        if each.change is Change.REPLACE
        and each.name in now
        and not each.type.same(now[each.name], was.get(each.name, recorded.get(each.name)))
    )
    if not replaces and any(_set_otherwise(kind, was, now, unknown)):
        replaces = ("config",)
    if replaces:
        refuse_spent(kind, recorded, new.values())
        return Difference(None, replaces)
    if marked is not None:  # A refresh compares as well, and its inputs are those of the failed update.
        refuse_resending(kind, recorded, new)
    _refuse_pending(kind, recorded, was, now)
    if not equal(now, was) or any(unknown(value) for value in now.values()):
        return Difference(None, unmanaged=tuple(_unmanaged(kind, was, now)))
    newly_secret = () if marked is None else _newly_secret(kind, recorded, now, marked)
    return Difference(bool(recorded.get(NOT_READY)) or bool(newly_secret), newly_secret=newly_secret)


def _set_otherwise(
    kind: Kind, was: Mapping[str, Any], now: Mapping[str, Any], unknown: Callable[[Any], bool]
) -> Iterator[str]:
    """Properties that can be set only once, and that are declared with another value than the recorded one.

    One that is added, removed or not known yet is not a reason to delete anything: the update compares it with the live
    object.
    """
    old, new = was.get("config"), now.get("config")
    connector = None if unknown(now.get("connector")) else kind.connector(now.get("connector"))
    if connector is None or not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    for key in old.keys() & new.keys():
        known = connector.properties.get(key)
        if known and known.set_once and not unknown(new[key]) and not same(known, old[key], new[key], key=key):
            yield key


def _unmanaged(kind: Kind, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for each in kind.inputs:
        if each.unmanaged and each.name in was and each.name not in now:
            value = "a secret value" if each.secret else was[each.name]
            shown = (", ".join(map(str, value)) or "none") if isinstance(value, (list, tuple)) else value
            yield (
                f"{each.name} is no longer declared, so it is no longer managed: the {kind.noun} "
                f"{each.unmanaged.format(shown)}"
            )


def _newly_secret(
    kind: Kind, recorded: Mapping[str, Any], now: Mapping[str, Any], marked: Collection[str]
) -> tuple[str, ...]:
    """The keys that are `marked` and recorded in clear.

    The engine compares values and not marks: it would go on showing the recorded outputs, and what a refresh finds,
    in clear. What is a secret without the program's mark is encrypted from the start; a mark that the program removes
    is not a difference.
    """
    config, encrypted = now.get("config"), secret_keys_in(recorded)
    if not isinstance(config, Mapping) or "*" in encrypted:
        return ()
    about, whole = kind.connector(now.get("connector")), "*" in marked
    found = tuple(
        key
        for key, value in sorted(config.items())
        if (whole or key in marked) and key not in encrypted and not holds_secret(about, key, value)
    )
    return ("*",) if whole and found else found


def _refuse_pending(kind: Kind, recorded: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if now.get("desired_state") != "Pending" or was.get("desired_state") == "Pending":
        return
    state = recorded.get("desired_state") or recorded.get("status")
    if state not in {None, "Pending"}:
        raise LifecycleError(
            f"desired_state is 'Pending', but the {kind.noun} {now.get('name')!r} is {state} already: Streamkap cannot "
            f"make a deployed {kind.noun} Pending again. Use 'Stopped', or declare a new {kind.noun}."
        )
