"""Facts that are newer than the survey, from ``newer.toml`` in each family's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.catalog.families import Family
from scripts.catalog.words import table


def with_newer(family: Family, facts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """`facts` updated with the newer ones. Doing it twice changes nothing.

    Raises:
        KeyError: `facts` do not have the connector or the property.
    """
    answer = {code: dict(connector) for code, connector in facts.items()}
    listed = dict(table(family, "newer"))
    common = listed.pop("*", {}).get("later", {})
    for connector in answer.values():
        connector["later"] = [row | common.get(row["key"], {}) for row in connector.get("later", ())]
    for code, newer in listed.items():
        connector = answer[code]
        removed = newer.get("remove", ())
        rows = {row["key"]: dict(row) for row in connector["properties"] if row["key"] not in removed}
        for key, changes in newer.get("set", {}).items():
            rows[key] |= changes
        connector["properties"] = [_tidy(row) for row in _with_added(rows, newer.get("add", ()))]
        later = {row["key"]: dict(row) for row in connector.get("later", ()) if row["key"] not in removed}
        for key, changes in newer.get("later", {}).items():
            later[key] |= changes
        connector["later"] = _with_added(later, newer.get("add_later", ()))
        connector["origin"] = newer.get("origin", connector["origin"])
    return answer


def _with_added(rows: Mapping[str, dict[str, Any]], added: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows, and the new ones, each before the one that it names; otherwise at the end."""
    listed = [row for key, row in rows.items() if key not in {new["key"] for new in added}]
    for new in added:
        row = {name: value for name, value in new.items() if name != "before"}
        places = [place for place, other in enumerate(listed) if other["key"] == new.get("before")]
        listed.insert(places[0] if places else len(listed), row)
    return listed


def _tidy(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without false values, like the survey's rows."""
    return {name: value for name, value in row.items() if value is not False or name == "default"}
