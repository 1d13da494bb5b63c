"""What an exported state holds: our sources, and what killed runs were doing to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from typing_extensions import Self

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.identity import moment
from streamkap_pulumi.lifecycle.keys import ASKED, SECRET_KEYS
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE, STACK_TYPE, resource_name
from streamkap_pulumi.stack.secrecy import plain, secret_keys


@dataclass(frozen=True)
class Wanted:
    """A source that a program declares, as the engine has it. `repr` leaves the inputs out: they hold secrets."""

    urn: str
    inputs: Mapping[str, Any] = field(repr=False)
    """The checked inputs, secrets marked; without the moment, which is no part of what is declared."""
    parent: str | None = None
    provider: str | None = None
    protect: bool = False
    asked: datetime | None = None
    """When it was asked for, by the clock of the engine's machine; None where it is not recorded."""

    @classmethod
    def of_engine(cls, resource: Mapping[str, Any], inputs: Mapping[str, Any]) -> Self:
        """From a resource or a goal in the engine's form, and its checked inputs."""
        asked = inputs.get(ASKED)
        return cls(
            urn=resource["urn"],
            inputs={key: value for key, value in inputs.items() if key != ASKED},
            parent=resource.get("parent"),
            provider=resource.get("provider"),
            protect=bool(resource.get("protect")),
            asked=moment(asked) if isinstance(asked, str) else None,
        )

    def is_asked_for_again_by(self, other: Wanted) -> bool:
        """The same is asked for, and of both or of none it is known when."""
        alike = (self.urn, self.inputs) == (other.urn, other.inputs)
        return alike and (self.asked is None) == (other.asked is None)

    @property
    def declared(self) -> Declared:
        """What is declared of it."""
        marked = secret_keys(self.inputs.get("config"))
        return Declared.from_inputs(SOURCE, {**plain(self.inputs), SECRET_KEYS: marked})

    @property
    def resource_name(self) -> str:
        """The resource's name in the program."""
        return resource_name(self.urn)


@dataclass(frozen=True)
class State:
    """An exported deployment, secrets in clear."""

    deployment: Mapping[str, Any] = field(repr=False)

    @property
    def resources(self) -> list[dict[str, Any]]:
        """All that the stack manages, and what it only looks at (`Source.get`), which is `external`."""
        return [each for each in self.deployment.get("resources") or () if isinstance(each, dict)]

    @property
    def root(self) -> str | None:
        """The URN of the stack itself; None in a stack that no run has touched."""
        return next((each["urn"] for each in self.resources if each.get("type") == STACK_TYPE), None)

    def managed(self, urn: str) -> dict[str, Any] | None:
        """The resource of that URN, if it is there and neither only looked at nor about to be replaced or deleted."""
        for each in self.resources:
            other = each.get("external") or each.get("delete") or each.get("pendingReplacement")
            if each["urn"] == urn and not other:
                return each
        return None

    def looked_at(self, urn: str) -> str | None:
        """The id of the source at which the stack only looks by that URN (`Source.get`); None where there is none."""
        for each in self.resources:
            if each["urn"] == urn and each.get("external") and not each.get("delete"):
                return str(each.get("id"))
        return None

    def has_to_stay(self, urn: str) -> bool:
        """Whether `pulumi state delete` would refuse the resource: another one stands on it, or it is protected."""
        same = [each for each in self.resources if each["urn"] == urn]
        return len(same) > 1 or any(each.get("protect") for each in same) or any(map(_stands_on(urn), self.resources))

    def replaced(self, urn: str) -> str | None:
        """The id of the source that a killed run was replacing by a new one of that URN; None where there is none."""
        for each in self.resources:
            if each["urn"] == urn and each.get("pendingReplacement") and not each.get("delete"):
                return str(each.get("id"))
        return None

    def holders(self) -> dict[str, str]:
        """The URNs of the sources that the stack manages, by their ids. What it only looks at is not among them."""
        ours = [each for each in self.resources if _is_source(each) and not each.get("external")]
        return {str(each["id"]): each["urn"] for each in ours if each.get("id")}

    def interrupted_creates(self) -> list[Wanted]:
        """The sources that killed runs were making. A URN comes as often as its inputs differ, the latest first.

        What was asked for more than once may have been made since the first time.
        """
        found: list[Wanted] = []
        # The engine writes the pending operations of a run before those that it has kept from earlier ones.
        for resource in self._pending("creating"):
            wanted = Wanted.of_engine(resource, resource.get("inputs") or {})
            again = next((number for number, each in enumerate(found) if each.is_asked_for_again_by(wanted)), None)
            if again is None:
                found.append(wanted)
            else:
                times = [each for each in (found[again].asked, wanted.asked) if each]
                found[again] = replace(found[again], asked=min(times, default=None))
        return found

    def interrupted(self, kind: str) -> list[str]:
        """The URNs of the sources to which killed runs were doing ``updating``, ``deleting`` or another `kind`."""
        return list(dict.fromkeys(resource["urn"] for resource in self._pending(kind)))

    def others_interrupted(self) -> list[str]:
        """The URNs of what is no source of ours and was interrupted while it was made."""
        pending = self.deployment.get("pending_operations") or ()
        creating = [each["resource"] for each in pending if each.get("type") == "creating"]
        return list(dict.fromkeys(resource["urn"] for resource in creating if not _is_source(resource)))

    def not_before(self, wanted: Wanted, history: Iterable[Mapping[str, Any]]) -> datetime | None:
        """A moment before which the interrupted create cannot have begun, by the clock of the engine's machine.

        That is when it was asked for. Where the state tells no such moment it is less certain: it began after all
        that it stands on had been recorded, its parents and the stack itself. It also counts as begun after the last
        `up` that succeeded: most often that one left nothing of the stack to be made.
        """
        if wanted.asked is not None:
            return wanted.asked
        by_urn = {each["urn"]: each for each in self.resources}
        stands_on: list[str | None] = []
        urn = wanted.parent
        while urn in by_urn:
            stands_on.append(by_urn[urn].get("created"))
            urn = by_urn[urn].get("parent")
        ended = [
            each.get("endTime") for each in history if (each.get("kind"), each.get("result")) == ("update", "succeeded")
        ]
        moments = [found for text in (*stands_on, *ended) if (found := moment(text)) is not None]
        return max(moments, default=None)

    def _pending(self, kind: str) -> list[dict[str, Any]]:
        found = [each for each in self.deployment.get("pending_operations") or () if each.get("type") == kind]
        return [each["resource"] for each in found if _is_source(each.get("resource") or {})]


def _is_source(resource: Mapping[str, Any]) -> bool:
    return resource.get("type") == SOURCE_TYPE


def _stands_on(urn: str) -> Callable[[Mapping[str, Any]], bool]:
    def stands(resource: Mapping[str, Any]) -> bool:
        by_property = (resource.get("propertyDependencies") or {}).values()
        return (
            urn in {resource.get("parent"), resource.get("deletedWith")}
            or urn in (resource.get("dependencies") or ())
            or urn in (resource.get("replaceWith") or ())
            or any(urn in (each or ()) for each in by_property)
        )

    return stands
