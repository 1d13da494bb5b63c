"""What an exported state holds: our objects, and what killed runs were doing to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from typing_extensions import Self

from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.identity import moment
from streamkap_pulumi.lifecycle.keys import ASKED, SECRET_KEYS
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, resource_name, resource_type
from streamkap_pulumi.stack.secret_marks import plain, secret_keys


@dataclass(frozen=True)
class Goal:
    """An object that a program declares, in the engine's form. `repr` omits the inputs: they hold secrets."""

    urn: str
    inputs: Mapping[str, Any] = field(repr=False)
    """The checked inputs, with secrets marked, without the time of the request: that is not declared."""
    parent: str | None = None
    provider: str | None = None
    protect: bool = False
    asked: datetime | None = None
    """When the program asked for it, by the clock of the engine's machine; None where that is not recorded."""

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

    def is_repeated_by(self, other: Goal) -> bool:
        """Whether the other asks for the same, and both record when, or neither does."""
        alike = (self.urn, self.inputs) == (other.urn, other.inputs)
        return alike and (self.asked is None) == (other.asked is None)

    @property
    def declared(self) -> Declared:
        """What the program declares of it."""
        marked = secret_keys(self.inputs.get("config"))
        return Declared.from_inputs(self.kind, {**plain(self.inputs), SECRET_KEYS: marked})

    @property
    def kind(self) -> Kind:
        """What kind of object it is."""
        return BY_TYPE[resource_type(self.urn)]

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
        """Everything that the stack manages, and what it only reads (`Source.get`), which is `external`."""
        return [each for each in self.deployment.get("resources") or () if isinstance(each, dict)]

    @property
    def root(self) -> str | None:
        """The URN of the stack itself; None in a stack that no run has touched."""
        return next((each["urn"] for each in self.resources if each.get("type") == STACK_TYPE), None)

    def managed(self, urn: str) -> dict[str, Any] | None:
        """The resource of that URN, unless the stack only reads it, or is about to replace or delete it."""
        for each in self.resources:
            other = each.get("external") or each.get("delete") or each.get("pendingReplacement")
            if each["urn"] == urn and not other:
                return each
        return None

    def read_only(self, urn: str) -> str | None:
        """The id of the object that the stack only reads by that URN (`Source.get`); None where there is none."""
        for each in self.resources:
            if each["urn"] == urn and each.get("external") and not each.get("delete"):
                return str(each.get("id"))
        return None

    def must_stay(self, urn: str) -> bool:
        """Whether `pulumi state delete` would refuse the resource: others depend on it, or it is protected."""
        same = [each for each in self.resources if each["urn"] == urn]
        return len(same) > 1 or any(each.get("protect") for each in same) or any(map(_depends_on(urn), self.resources))

    def replaced(self, urn: str) -> str | None:
        """The id of the object that a killed run was replacing by a new one of that URN; None where there is none."""
        for each in self.resources:
            if each["urn"] == urn and each.get("pendingReplacement") and not each.get("delete"):
                return str(each.get("id"))
        return None

    def managed_objects(self) -> list[tuple[Kind, dict[str, Any]]]:
        """Our resources that the stack manages; what it only reads is not among them."""
        ours = [(BY_TYPE.get(str(each.get("type"))), each) for each in self.resources if not each.get("external")]
        return [(kind, each) for kind, each in ours if kind]

    def holders(self, kind: Kind) -> dict[str, str]:
        """The URNs of the objects of a kind that the stack manages, by their ids."""
        return {str(each["id"]): each["urn"] for its, each in self.managed_objects() if its is kind and each.get("id")}

    def interrupted_creates(self) -> list[Goal]:
        """The objects that killed runs were creating. A URN appears once for each set of inputs, the latest first.

        Of equal ones the earliest counts: the object may exist since then.
        """
        found: list[Goal] = []
        # The engine writes the pending operations of a run before those that it keeps from earlier runs.
        for resource in self._pending("creating"):
            goal = Goal.of_engine(resource, resource.get("inputs") or {})
            again = next((number for number, each in enumerate(found) if each.is_repeated_by(goal)), None)
            if again is None:
                found.append(goal)
            else:
                times = [each for each in (found[again].asked, goal.asked) if each]
                found[again] = replace(found[again], asked=min(times, default=None))
        return found

    def interrupted(self, operation: str) -> list[str]:
        """The URNs of our resources that killed runs were ``creating``, ``updating`` or ``deleting``."""
        return list(dict.fromkeys(resource["urn"] for resource in self._pending(operation)))

    def other_creates(self) -> list[str]:
        """The URNs of other providers' resources that killed runs were creating."""
        pending = self.deployment.get("pending_operations") or ()
        creating = [each["resource"] for each in pending if each.get("type") == "creating"]
        return list(dict.fromkeys(resource["urn"] for resource in creating if resource.get("type") not in BY_TYPE))

    def not_before(self, goal: Goal, history: Iterable[Mapping[str, Any]]) -> datetime | None:
        """A moment before which the interrupted create cannot have begun, by the clock of the engine's machine.

        That is the moment at which the program asked for it. Where the state does not record that, it is less certain:
        the create began after the parents and the stack itself had been recorded. It also counts as begun after the
        last `up` that succeeded, which usually left nothing of the stack to create.
        """
        if goal.asked is not None:
            return goal.asked
        by_urn = {each["urn"]: each for each in self.resources}
        parents: list[str | None] = []
        urn = goal.parent
        while urn in by_urn:
            parents.append(by_urn[urn].get("created"))
            urn = by_urn[urn].get("parent")
        ended = [
            each.get("endTime") for each in history if (each.get("kind"), each.get("result")) == ("update", "succeeded")
        ]
        moments = [found for text in (*parents, *ended) if (found := moment(text)) is not None]
        return max(moments, default=None)

    def _pending(self, operation: str) -> list[dict[str, Any]]:
        pending = [each for each in self.deployment.get("pending_operations") or () if each.get("type") == operation]
        return [each["resource"] for each in pending if (each.get("resource") or {}).get("type") in BY_TYPE]


def _depends_on(urn: str) -> Callable[[Mapping[str, Any]], bool]:
    def depends(resource: Mapping[str, Any]) -> bool:
        by_property = (resource.get("propertyDependencies") or {}).values()
        return (
            urn in {resource.get("parent"), resource.get("deletedWith")}
            or urn in (resource.get("dependencies") or ())
            or urn in (resource.get("replaceWith") or ())
            or any(urn in (each or ()) for each in by_property)
        )

    return depends
