"""What follows from a kind's fields."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.kinds import PAGE, resource_module, with_tables
from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.kinds.kind import Change
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.lifecycle.change import Change as Update
from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.keys import DECLARED
from streamkap_pulumi.lifecycle.reading import drifted
from streamkap_pulumi.lifecycle.recorded import outputs

ROOT = Path(__file__).resolve().parents[2]

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FIELDS = ROOT / "streamkap_pulumi" / "kinds" / "connectors.py"
DIFF = CONTRIBUTING.split("```diff\n")[1].split("```")[0].splitlines()
BEFORE = "\n".join(line[1:] for line in DIFF if line.startswith(" "))
WITH_THE_LINE = FIELDS.read_text(encoding="utf-8").replace(BEFORE, "\n".join(line[1:] for line in DIFF))
"""The module of the fields after the change that CONTRIBUTING shows."""
CHANGED: dict[str, Any] = {}
exec(compile(WITH_THE_LINE, FIELDS, "exec"), CHANGED)
NOTE = next(
    each for each in CHANGED["connector_fields"]("source", config_class="", code="", topics="") if each.name == "note"
)
WITH_NOTE = replace(SOURCE, fields=(*(each for each in SOURCE.fields if each.name != "note"), NOTE))
INPUTS = {"name": "orders", "connector": "webhook", "config": {"format": "json"}, "note": "ours"}


def test_the_generated_modules_are_fresh() -> None:
    """`make kinds` writes them."""
    found = subprocess.run(
        [sys.executable, "-m", "scripts.kinds", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_the_line_of_contributing_passes_the_linter_at_its_place() -> None:
    """It fits, and needs no import that the module does not have."""
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check"]):
        found = subprocess.run(
            [*ruff, *command, "--no-cache", "--stdin-filename", str(FIELDS), "-"],
            cwd=ROOT,
            input=WITH_THE_LINE,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (found.returncode, found.stdout + found.stderr) == (0, found.stdout + found.stderr)


def test_contributing_says_when_to_choose_each_change() -> None:
    """In the order of the class."""
    table = CONTRIBUTING.split("| `Change` |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [change.name for change in Change]


def test_a_field_is_added_by_one_line() -> None:
    """It is checked, sent, recorded, compared and read, and programs declare it and look it up."""
    (fault,) = check(WITH_NOTE, INPUTS | {"note": 5}, {}, _is_unknown)[1]
    assert fault == "note: it is a number; it must be a string"
    checked, faults = check(WITH_NOTE, INPUTS, {}, _is_unknown)
    assert (checked["note"], faults) == ("ours", [])

    was, now = (Declared.from_inputs(WITH_NOTE, checked | {"note": note}) for note in ("before", "ours"))
    live = SourceConnector.model_validate({"id": "1", **checked, "note": "before"})
    update = Update(live, was, now)
    assert WITH_NOTE.body_of(update.values(live)) == {"name": "orders", "connector": "webhook", "note": "ours"}
    assert (update.is_sent, update.missing(live)) == (True, ["note"])

    recorded = outputs(was, live, seen_from={}, redaction=Redaction())
    assert (recorded["note"], recorded[DECLARED]) == ("before", ["note"])
    changed = live.model_copy(update={"note": "theirs"})
    assert drifted(was, changed).get("note") == "theirs"
    assert diff(WITH_NOTE, recorded, checked, _is_unknown).changes is None
    (unmanaged,) = diff(WITH_NOTE, recorded, {**checked, "note": None}, _is_unknown).unmanaged
    assert unmanaged == "note is no longer declared, so it is no longer managed: the source keeps the note before"

    module = resource_module(WITH_NOTE)
    assert "    note: pulumi.Output[str | None]\n" in module
    assert "        note: pulumi.Input[str] | None = None,\n" in module
    assert "        note: The team's note. Default: not managed.\n" in module
    assert "    note: str | None\n" in module

    page = with_tables(PAGE.read_text(encoding="utf-8"), [WITH_NOTE, TAG])
    assert "| `note` | The team's note. Default: not managed |\n" in page
    assert "| `note` | string or none | The team's note |\n" in page
    assert "wait=True, timeouts=None, note=None, opts=None)`" in page


def _is_unknown(_: Any) -> bool:
    return False
