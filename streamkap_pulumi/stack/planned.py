"""What a program declares, as a preview has checked it: read from the engine's own plan, secrets included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE, UNKNOWN, resource_name
from streamkap_pulumi.stack.importing import Component
from streamkap_pulumi.stack.secret_marks import plain
from streamkap_pulumi.stack.state import Goal


@dataclass(frozen=True)
class Program:
    """The resources of a plan (`pulumi preview --save-plan`)."""

    plan: Mapping[str, Any] = field(repr=False)

    def urns(self) -> list[str]:
        """The URNs of our resources that the program declares."""
        return sorted(urn for urn, goal in self._goals().items() if goal.get("type") in BY_TYPE)

    def matching(self, name: str) -> list[str]:
        """The URNs of our resources that `name` can mean: a URN itself, or a resource's name."""
        return [urn for urn in self.urns() if name in {urn, resource_name(urn)}]

    def steps(self, urn: str) -> list[str]:
        """What an `up` would do to the resource of that URN, such as ``create``, ``same`` or ``replace``."""
        return list(self.plan["resourcePlans"][urn].get("steps") or ())

    def is_declared(self, urn: str) -> bool:
        """Whether the program declares a resource of that URN."""
        return urn in self._goals()

    def goal(self, urn: str) -> Goal:
        """The object of that URN, which an `up` would create: for others the plan does not hold the inputs."""
        goal = self._goals()[urn]
        return Goal.of_engine({**goal, "urn": urn}, (goal.get("inputDiff") or {}).get("adds") or {})

    def new_parents(self, urn: str) -> list[Component]:
        """The components above the resource that an `up` would create, outermost first."""
        found: list[Component] = []
        parent = self._goals()[urn].get("parent")
        while parent and f"::{STACK_TYPE}::" not in parent:
            goal = self._goals().get(parent)
            if goal is None:
                break
            if "create" in self.steps(parent) and not goal.get("custom"):
                found.insert(0, Component(parent, goal["type"], goal.get("parent")))
            parent = goal.get("parent")
        return found

    def _goals(self) -> dict[str, Mapping[str, Any]]:
        plans = self.plan.get("resourcePlans") or {}
        return {urn: each["goal"] for urn, each in plans.items() if isinstance(each.get("goal"), Mapping)}


def unknown_inputs(inputs: Mapping[str, Any]) -> list[str]:
    """The inputs, and ``config.<key>``, that the preview cannot know."""
    values = plain(inputs)
    config = values.get("config")
    flat = {**values, **({f"config.{key}": value for key, value in config.items()} if isinstance(config, dict) else {})}
    found = sorted(key for key, value in flat.items() if _is_unknown(value))
    return [key for key in found if key != "config" or not any(each.startswith("config.") for each in found)]


def _is_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_unknown, value.values()))
    return any(map(_is_unknown, value)) if isinstance(value, list) else value == UNKNOWN
