"""The facts of the catalogue, from a connector survey or from the bundled files.

A survey is a large JSON file with every reading of every connector of one family. Facts are the part of it that the
provider, the emulator and the documentation need: one row per property, without names that are empty, false or the
default.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.catalog.families import FAMILIES, Family

Facts = dict[str, Any]
"""One connector: its code, display name, family, origin, properties and later properties."""

BASELINE = "Terraform provider v3.0.0-beta.24"
OLDER = "Terraform provider v2.2"

# Streamkap's backend does not mark some credentials as such; its later provider marks these names too. Nobody says that
# the salt of a mask is one, but whoever knows it can find out what was masked.
CREDENTIAL_NAME = re.compile(
    r"(^|[._])(api[._]key|access[._]key[._]id|secret[._]access[._]key|secret[._]key|mask[._]salt)$", re.IGNORECASE
)

CONDITION_ORIGINS: Mapping[str, str] = {
    "backend 2026-01-22": "B: audit of the backend's files, 2026-01-22",
    "generated APIConditions": f"A: {BASELINE}",
    "inferred from the 15 other ssh families": "C: inferred from the other connectors with an SSH tunnel",
}


@dataclass(frozen=True)
class Survey:
    """What a survey says about the connectors of one family."""

    family: Family
    facts: dict[str, Facts]
    """By the connector's code."""


def from_survey(path: Path) -> Survey:
    """The facts of every connector in the survey, which names the Terraform resources of its family."""
    surveys = json.loads(path.read_text(encoding="utf-8"))
    named = {survey["tf_resource"].split("_")[1] for survey in surveys.values()}
    (family,) = (family for family in FAMILIES if named == {family.kind.noun})
    return Survey(family, {code: _connector(code, survey) for code, survey in sorted(surveys.items())})


def digest(connector: Mapping[str, Any]) -> str:
    """A digest of a connector's facts, to find edits by hand: only a survey may change them."""
    facts = {name: connector.get(name) for name in ("code", "display_name", "family", "origin", "properties", "later")}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def changed_by_hand(folder: Path, facts: Mapping[str, Facts]) -> list[Path]:
    """The bundled files with other facts than they were written with."""
    marks = {path: json.loads(path.read_text(encoding="utf-8")).get("facts") for path in sorted(folder.glob("*.json"))}
    return [path for path, mark in marks.items() if path.stem in facts and mark != digest(facts[path.stem])]


def from_bundle(folder: Path, words: tuple[str, ...]) -> dict[str, Facts]:
    """The facts in the bundled files, without the names that are merged into them (`words`)."""
    facts: dict[str, Facts] = {}
    for path in sorted(folder.glob("*.json")):
        bundled = json.loads(path.read_text(encoding="utf-8"))
        kept = {name: value for name, value in bundled.items() if name not in words}
        for part in ("properties", "later"):
            kept[part] = [
                {name: value for name, value in row.items() if name not in words} for row in bundled.get(part, ())
            ]
        facts[path.stem] = kept
    return facts


def _connector(code: str, survey: Mapping[str, Any]) -> Facts:
    origin = (
        survey["provenance"].replace("internal/generated/", "Terraform provider, ")
        if "provenance" in survey
        else BASELINE
    )
    return {
        "code": code,
        "display_name": survey["display_name"],
        "family": survey["family"],
        "origin": origin,
        "properties": [_property(entry, newer="provenance" in survey) for entry in survey["properties"]],
        "later": [_later(entry) for entry in survey.get("later_properties", ())],
    }


def _property(entry: Mapping[str, Any], *, newer: bool) -> dict[str, Any]:
    later = entry.get("later", {})
    row: dict[str, Any] = {
        "key": entry["key"],
        "field": entry["tf_attribute"],
        "type": entry["type"],
        "wire": entry["wire"],
        "required": entry["required"] and later.get("required", True),
        # If there is a default, the server uses it, and nobody has to set the property.
        "required_if_shown": entry.get("required_if_shown", False) and entry["default"] is None,
        "secret": entry["sensitive"] or later.get("sensitive", False) or bool(CREDENTIAL_NAME.search(entry["key"])),
        "default": _default(entry),
        "enum": entry["enum"],
        "min": entry["min"],
        "max": entry["max"],
        "min_items": entry.get("min_items"),
        "conditions": entry.get("conditions"),
        "conditions_origin": CONDITION_ORIGINS[entry["conditional_source"]] if entry.get("conditions") else None,
        "requires": entry.get("requires"),
        "server_assigned": entry.get("server_assigned", False) or entry.get("readonly", False),
        "placeholder": entry.get("placeholder_default"),
        "set_once": entry.get("requires_replace", False),
        "write_only": entry.get("write_only", False),
        "control": entry.get("control"),
        "common": entry.get("common", False),
        "deprecated_fields": _deprecated_fields(entry),
        "removed_in": later.get("in") if later.get("removed") else None,
        "origin": None if newer or entry["v3"] else OLDER,
    }
    return {
        name: value for name, value in row.items() if value is not None and (value is not False or name == "default")
    }


def _default(entry: Mapping[str, Any]) -> Any:
    """The newest known default, in the wire's type."""
    default = entry.get("wire_default", entry["default"])
    newer = entry.get("later", {}).get("default")
    return default if newer is None else type(default)(newer)


def _deprecated_fields(entry: Mapping[str, Any]) -> list[str] | None:
    """The attribute's other names: those that version 3 still accepts, and the name in version 2."""
    names = [*entry.get("deprecated_aliases", ()), entry.get("tf_attribute_v2")]
    others = [name for name in dict.fromkeys(names) if name and name != entry["tf_attribute"]]
    return others or None


def _later(entry: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "key": entry["key"] or entry["key_inferred"],
        "field": entry["tf_attribute"],
        "type": entry["type"],
        "secret": entry.get("sensitive", False) or bool(CREDENTIAL_NAME.search(entry["key"] or entry["key_inferred"])),
        "since": entry["since"],
        "grade": "B" if entry["key"] else "C",
        "default": entry["default"] if entry.get("default_known") else None,
        "enum": entry.get("enum"),
    }
    return {
        name: value for name, value in row.items() if value is not None and (value is not False or name == "default")
    }
