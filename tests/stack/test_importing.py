"""How objects come into the state: by an import, or in the place of those that they replace; and cleared marks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.stack.commands import StackError
from streamkap_pulumi.stack.importing import Recording, forget_creates, record, take_place
from streamkap_pulumi.stack.secret_marks import is_secret, secret
from streamkap_pulumi.stack.state import Goal
from tests.stack.fake_pulumi import SOURCE_TYPE, InMemory

STACK = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"
NEW = Recording(Goal(URN, {"config": {}, "__provider": "reference"}), "made", {"config": {}})
SEEN = {"urn": URN, "type": SOURCE_TYPE, "id": "made", "external": True}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `pulumi` did, in order."""
    found: list[str] = []

    def import_file(_: InMemory, content: str, *, protect: bool) -> None:
        found.extend(f"import {each['id']} {protect}" for each in json.loads(content)["resources"])

    monkeypatch.setattr(InMemory, "forget", lambda _, urn: found.append(f"forget {urn}"))
    monkeypatch.setattr(InMemory, "import_file", import_file)
    return found


def stack(*resources: dict[str, Any]) -> InMemory:
    return InMemory(whole={"deployment": {"resources": list(resources)}})


def test_what_the_stack_only_reads_gives_way(done: list[str]) -> None:
    """`pulumi import` skips a resource that is in the state with the same id, and refuses one with another."""
    record(stack(SEEN), [NEW])
    assert done == [f"forget {URN}", "import made False"]
    done.clear()
    record(stack({**SEEN, "urn": f"{URN}2"}), [NEW])
    record(stack({**SEEN, "external": False}), [NEW])
    assert done == ["import made False"] * 2


def test_what_others_depend_on_is_not_taken_out(done: list[str]) -> None:
    """`pulumi state delete` would refuse it, and name flags that lose more."""
    with pytest.raises(StackError, match=r"So far the stack only reads orders \(`Source.get` of made\).*another name"):
        record(stack(SEEN, {"urn": "other", "dependencies": [URN]}), [NEW])
    assert done == []


BUCKET = "urn:pulumi:dev::infra::aws:s3/bucket:Bucket::logs"
OLD = {
    "urn": URN,
    "type": SOURCE_TYPE,
    "custom": True,
    "id": "old",
    "importID": "old",
    "pendingReplacement": True,
    "protect": True,
    "parent": STACK,
    "provider": "old provider",
    "dependencies": [STACK],
    "inputs": {"config": {"password": secret("old")}},
    "outputs": {"status": "Active"},
}
GOAL = Goal(URN, {"config": {"password": secret("p")}, "__provider": "reference"}, STACK, "provider")
SUCCESSOR = Recording(GOAL, "new", {"config": {"password": "p"}, "status": "Active"})


def creating(urn: str, source_type: str = SOURCE_TYPE) -> dict[str, Any]:
    return {"type": "creating", "resource": {"urn": urn, "type": source_type}}


def replacing(*pending: dict[str, Any]) -> InMemory:
    resources = [{"urn": STACK, "type": "pulumi:pulumi:Stack"}, OLD, {"urn": "last", "type": "t"}]
    deployment = {"resources": resources, "pending_operations": list(pending), "metadata": {"kept": True}}
    return InMemory(whole={"version": 4, "features": ["hooks"], "deployment": deployment})


def test_the_new_source_takes_the_place_of_the_old_one() -> None:
    """With its dependencies, and without its other properties; everything around it stays."""
    pulumi = replacing(creating(URN))
    take_place(pulumi, [SUCCESSOR])
    assert (pulumi.whole["version"], pulumi.whole["features"]) == (4, ["hooks"])
    deployment = pulumi.whole["deployment"]
    assert deployment["metadata"] == {"kept": True}
    before, new, after = deployment["resources"]
    assert (before["urn"], after["urn"]) == (STACK, "last")
    assert new["id"] == "new"
    assert (new["provider"], new["parent"], new["dependencies"]) == ("provider", STACK, [STACK])
    assert not {"pendingReplacement", "importID", "protect"} & new.keys()
    assert is_secret(new["inputs"]["config"]["password"])
    assert is_secret(new["outputs"]["config"]["password"])
    assert new["outputs"]["__provider"] == "reference"


@pytest.mark.parametrize("other", [creating(BUCKET, "aws:s3/bucket:Bucket"), creating(f"{URN}2")])
def test_nothing_is_imported_if_another_create_would_be_forgotten(other: dict[str, Any]) -> None:
    """Whichever provider it belongs to."""
    pulumi = replacing(creating(URN), other)
    with pytest.raises(StackError, match="Another create was interrupted meanwhile"):
        take_place(pulumi, [SUCCESSOR])
    assert pulumi.whole["deployment"]["resources"][1] == OLD


def test_an_import_does_not_overwrite_what_another_run_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import replaces the whole state, and no lock keeps other runs away between export and import."""
    pulumi = InMemory(Path("infra"), "prod", whole=replacing(creating(URN)).whole)
    exported, exports = pulumi.exported, 0

    def changed_before_the_second() -> dict[str, Any]:
        nonlocal exports
        exports += 1
        if exports == 2:
            pulumi.whole["deployment"]["resources"].append({"urn": "another", "type": "t"})
        return exported()

    monkeypatch.setattr(InMemory, "exported", lambda _: changed_before_the_second())
    message = "The stack was changed meanwhile. Run `streamkap recover --stack prod --cwd infra` again."
    with pytest.raises(StackError, match=f"^{re.escape(message)}$"):
        take_place(pulumi, [SUCCESSOR])
    assert [each["urn"] for each in pulumi.whole["deployment"]["resources"]] == [STACK, URN, "last", "another"]
    assert pulumi.whole["deployment"]["resources"][1] == OLD


def test_nothing_is_imported_where_the_place_is_gone() -> None:
    """Another run replaced the source itself: the mark stays, for the next recovery."""
    pulumi = replacing(creating(URN))
    pulumi.whole["deployment"]["resources"][1] = {**OLD, "id": "newer", "pendingReplacement": False}
    with pytest.raises(StackError, match="The stack was changed meanwhile"):
        take_place(pulumi, [SUCCESSOR])
    assert pulumi.whole["deployment"]["pending_operations"] == [creating(URN)]


def test_all_marks_of_a_resource_are_cleared_and_no_other() -> None:
    """The engine clears one mark of a URN at a time. After a destroy there is no stack to target."""
    pulumi = replacing(creating(URN), creating(BUCKET, "aws:s3/bucket:Bucket"), creating(URN))
    forget_creates(pulumi, [URN])
    assert [each["resource"]["urn"] for each in pulumi.whole["deployment"]["pending_operations"]] == [BUCKET]
    assert pulumi.cleared == [([URN], STACK)] * 2
    destroyed = InMemory(whole={"deployment": {"pending_operations": [creating(URN)]}})
    forget_creates(destroyed, [URN])
    assert destroyed.cleared == [([URN], "")]
