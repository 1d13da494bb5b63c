"""Facts that are newer than the survey, from ``newer.toml`` beside this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.catalog.words import table


def with_newer(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """`facts` with the newer ones laid over them. A second time it changes nothing.

    Raises:
        KeyError: one is about a connector or a property that `facts` do not have.
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
    """Without what is false, as the survey's rows are."""
    return {name: value for name, value in row.items() if value is not False or name == "default"}
