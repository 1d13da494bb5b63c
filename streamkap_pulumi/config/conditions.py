"""Whether a property's conditions are met. If they are not, Streamkap ignores the property and may drop it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.catalogue import Condition, Connector, LaterProperty, Property
from streamkap_pulumi.config.value_faults import value_fault
from streamkap_pulumi.config.values import Unknown, blank, has_unknown, same


def has_effect(connector: Connector, known: Property | LaterProperty, config: Mapping[str, Any]) -> bool:
    """Whether none of the property's conditions is known to fail. If one fails, the API may show null."""
    return not Conditions(connector, config, lambda _: False).hiding(known)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of one config, whose values are by real key. Some may be unknown, some keys unchecked."""

    connector: Connector
    config: Mapping[str, Any]
    unknown: Unknown
    unchecked: Collection[str] = ()

    def hiding(self, known: Property | LaterProperty, above: tuple[str, ...] = ()) -> list[Condition]:
        """The conditions that keep the property from having an effect, including those that its switches depend on."""
        unmet: list[Condition] = []
        for each in known.conditions:
            if self.holds(each, above) is False:
                switch = self.connector.properties.get(each.config)
                higher = self.hiding(switch, (*above, known.key)) if switch and switch.key not in above else []
                unmet += [found for found in (*higher, each) if found not in unmet]
        return unmet

    def holds(self, condition: Condition, above: tuple[str, ...] = ()) -> bool | None:
        """Whether a condition is met; None if it cannot be known.

        A switch that is not set has its default, and so has a switch that has no effect itself.
        """
        key = condition.config
        switch = self.connector.properties.get(key)
        value = self.config.get(key)
        if has_unknown(value, self.unknown) or (key in self.unchecked and key not in self.config):
            return None
        if blank(switch, value):
            later = self.connector.later.get(key)
            if later is not None and later.default is not None:
                return _met(None, condition, later.default)
            if switch is None or (switch.required and switch.default is None):
                return None
            value = switch.default
        elif switch and key not in self.unchecked and value_fault(switch, value):
            return None
        if switch and key not in above and self.hiding(switch, (*above, key)):
            value = switch.default
        return _met(switch, condition, value)


def _met(switch: Property | None, condition: Condition, value: Any) -> bool | None:
    def is_it(wanted: Any) -> bool:
        return same(switch, value, wanted) or (wanted is False and blank(switch, value))

    if condition.operator == "IN":
        wanted = condition.value
        return any(is_it(each) for each in wanted) if isinstance(wanted, (list, tuple)) else None
    if condition.operator in {"EQ", "NE"}:
        return is_it(condition.value) is (condition.operator == "EQ")
    return None
