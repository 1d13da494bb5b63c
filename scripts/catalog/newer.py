"""Facts that are newer than the survey, from ``newer.toml`` in this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.catalog.words import table


def with_newer(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """`facts` updated with the newer ones. Doing it twice changes nothing.

    Raises:
        KeyError: `facts` do not have the connector or the property.
    """
    answer = {code: dict(connector) for code, connector in facts.items()}
    for code, newer in table("newer").items():
        connector = answer[code]
        rows = {row["key"]: dict(row) for row in connector["properties"]}
        for key, changes in newer.get("set", {}).items():
            rows[key] |= changes
        listed = [row for key, row in rows.items() if key not in {new["key"] for new in newer.get("add", ())}]
        for new in newer.get("add", ()):
            row = {name: value for name, value in new.items() if name != "before"}
            places = [place for place, other in enumerate(listed) if other["key"] == new.get("before")]
            listed.insert(places[0] if places else len(listed), row)
        connector["properties"] = [_tidy(row) for row in listed]
        later = {row["key"]: dict(row) for row in connector.get("later", ())}
        for key, changes in newer.get("later", {}).items():
            later[key] |= changes
        connector["later"] = list(later.values())
        connector["origin"] = newer.get("origin", connector["origin"])
    return answer


def _tidy(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without false values, like the survey's rows."""
    return {name: value for name, value in row.items() if value is not False or name == "default"}
