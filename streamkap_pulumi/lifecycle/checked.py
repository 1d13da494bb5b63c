"""What the checks of one run have seen: which object gets which name, and what it is to become.

The engine checks an object that it replaces twice, the second time without what is recorded, and deletes by what is
recorded alone. Only here is it known what belongs together, by the default name that each resource has.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.lifecycle.keys import PROPOSED_NAME

_DIGITS = re.compile(r"-[0-9a-f]{7}$")


@dataclass(frozen=True)
class CheckedObject:
    """One object of the program, as its last check in this run returned it."""

    key: str
    """The resource's default name; its URN where a transform has removed that name."""
    name: str
    is_named: bool
    """The program names it itself."""
    connector: Any
    unique: tuple[Any, ...]
    """What no other object may have in common with it, its name first."""
    recorded_name: str | None
    """None for an object that is new, or whose replacement was requested."""

    @property
    def resource(self) -> str:
        """The resource's name in the program."""
        return _resource(self.key)

    def note_on_changed_name(self, recorded_name: str) -> str | None:
        """What to report before the object of that name is deleted, and created again as this one."""
        if self.is_named or recorded_name == self.name:
            return None
        return (
            f"{self.resource}: its name in Streamkap changes from {recorded_name!r} to {self.name!r}. A requested "
            f"replacement uses the name of {_RENAMED}. Set name={recorded_name!r} to keep the old one"
        )


_RENAMED = "today's stack, project, parent and resource, one of which was renamed"


class CheckedObjects:
    """The objects of one kind that one run has checked; threads share it."""

    def __init__(self, plural: str = "objects") -> None:
        self._plural = plural
        self._lock = threading.Lock()
        self._objects: dict[str, CheckedObject] = {}
        self._owners: dict[tuple[Any, ...], str] = {}
        self._by_urn: dict[str, CheckedObject] = {}
        """Those to be created: checked without what is recorded."""
        self._created: set[str] = set()
        self._grants: dict[str, dict[str, bool]] = {}
        """By digest of a grant: the objects that have it, and whether it is to be sent for them."""
        self._recorded_grants: dict[str, set[str]] = {}
        """By object: the digests of the grants that are recorded."""
        self._has_noted = False

    def recorded_name(self, inputs: Mapping[str, Any], urn: str | None = None) -> str | None:
        """The recorded name, which a replaced object keeps; its second check does not get it."""
        found = self._objects.get(_key(inputs, urn))
        return found.recorded_name if found else None

    def add(
        self,
        inputs: Mapping[str, Any],
        checked: Mapping[str, Any],
        recorded: Mapping[str, Any],
        urn: str | None = None,
        unique: tuple[Any, ...] | None = None,
    ) -> CheckedObject | None:
        """Note an object; return the other one of this run that Streamkap would refuse beside it, where there is one.

        Args:
            inputs: as the program declares them.
            checked: as `check` returns them. The name is known.
            recorded: the checked inputs of the last run.
            urn: the resource's, where it is known.
            unique: what no two objects have in common. Default: the name.
        """
        key, name = _key(inputs, urn), str(checked["name"])
        if not key:
            return None
        with self._lock:
            known = self._objects[key] = CheckedObject(
                key,
                name,
                is_named=inputs.get("name") is not None,
                connector=checked.get("connector"),
                unique=(name,) if unique is None else unique,
                recorded_name=recorded.get("name") or self.recorded_name(inputs, urn),
            )
            if urn and not recorded:
                self._by_urn[urn] = known
            owner = self._owner(known.unique)
            if owner is None:
                self._owners[known.unique] = key
        return None if owner is None or owner.key == key else owner

    def recorded_grants(
        self, inputs: Mapping[str, Any], recorded: Collection[str], urn: str | None = None
    ) -> Collection[str]:
        """Note the `recorded` grants of an object; return those that any of its checks in this run has seen.

        The second check of a replaced object does not get what is recorded.
        """
        with self._lock:
            seen = self._recorded_grants.setdefault(_key(inputs, urn), set())
            seen.update(recorded)
            return frozenset(seen)

    def other_with_grant(
        self, inputs: Mapping[str, Any], digest: str, urn: str | None = None, *, is_sent: bool
    ) -> str | None:
        """Note a grant of an object; return another resource of this run with the same one, where one of them sends it.

        Args:
            inputs: as the program declares them.
            digest: of the grant.
            urn: the resource's, where it is known.
            is_sent: whether it is to be sent for this object: it is not recorded yet.
        """
        key = _key(inputs, urn)
        with self._lock:
            holders = self._grants.setdefault(digest, {})
            other = next((each for each, sent in holders.items() if each != key and (sent or is_sent)), None)
            holders[key] = is_sent
        return None if other is None else _resource(other)

    def created(self, name: Any) -> None:
        """Note that the object of this name was created in this run."""
        with self._lock:
            self._created.add(str(name))

    def replacement_of(self, recorded_name: Any, urn: str | None = None) -> CheckedObject | None:
        """The object that this run would create after deleting the recorded one of this name, where it is known.

        It has the same URN. Where that is not available, or differs since the resource was renamed, it has the same
        name; or, where the replacement was requested, today's default name.
        """
        name = str(recorded_name)
        with self._lock:
            known = self._by_urn.get(urn or "")
            if known and known.name not in self._created:
                return known
            owner = self._owner((name,))
            if owner is not None:
                return owner
            resource = _DIGITS.sub("", name)
            found = [
                known
                for known in self._objects.values()
                if not known.is_named
                and known.recorded_name is None
                and known.resource == resource != name
                and known.name not in self._created
            ]
            return found[0] if len(found) == 1 else None

    def note_on_kept_name(self, inputs: Mapping[str, Any]) -> str | None:
        """What a requested replacement would do to a recorded name; reported for the first such object only."""
        known = self._objects.get(_key(inputs))
        if known is None or known.is_named or known.recorded_name in {None, known.key}:
            return None
        with self._lock:
            has_noted, self._has_noted = self._has_noted, True
        if has_noted:
            return None
        return (
            f"{known.resource}: its name in Streamkap is {known.recorded_name!r}, as recorded, and stays. Only a "
            f"requested replacement (--replace, a taint) would change it to {known.key!r}, the name of {_RENAMED}. "
            f"Set name={known.recorded_name!r} to keep it then as well. The same holds for other {self._plural} "
            "whose recorded names differ"
        )

    def _owner(self, unique: tuple[Any, ...]) -> CheckedObject | None:
        owner = self._objects.get(self._owners.get(unique, ""))
        return owner if owner is not None and owner.unique == unique else None


def _resource(key: str) -> str:
    """The name in the program of the resource that has this key."""
    return _DIGITS.sub("", key.rpartition("::")[2])


def _key(inputs: Mapping[str, Any], urn: str | None = None) -> str:
    return str(inputs.get(PROPOSED_NAME) or urn or "")
