"""A source takes the place of the one that it replaces; and marks of killed runs are cleared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE
from streamkap_pulumi.stack.clearing import forget_creates
from streamkap_pulumi.stack.importing import Recording
from streamkap_pulumi.stack.program import StackError
from streamkap_pulumi.stack.replacing import take_place
from streamkap_pulumi.stack.secrecy import is_secret, secret
from streamkap_pulumi.stack.state import Wanted
from tests.stack.pulumis import InMemory

STACK = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"
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
WANTED = Wanted(URN, {"config": {"password": secret("p")}, "__provider": "reference"}, STACK, "provider")
NEW = Recording(WANTED, "new", {"config": {"password": "p"}, "status": "Active"})


def creating(urn: str, source_type: str = SOURCE_TYPE) -> dict[str, Any]:
    return {"type": "creating", "resource": {"urn": urn, "type": source_type}}


def stack(*pending: dict[str, Any]) -> InMemory:
    resources = [{"urn": STACK, "type": "pulumi:pulumi:Stack"}, OLD, {"urn": "last", "type": "t"}]
    deployment = {"resources": resources, "pending_operations": list(pending), "metadata": {"kept": True}}
    return InMemory(whole={"version": 4, "features": ["hooks"], "deployment": deployment})


def test_the_new_source_stands_where_the_old_one_stood() -> None:
    """With what it stands on, and nothing of what was known of the old one; all around it is as it was."""
    pulumi = stack(creating(URN))
    take_place(pulumi, [NEW])
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
def test_nothing_is_imported_that_makes_another_create_forgotten(other: dict[str, Any]) -> None:
    """Of whatever provider it is."""
    pulumi = stack(creating(URN), other)
    with pytest.raises(StackError, match="Another create was interrupted meanwhile"):
        take_place(pulumi, [NEW])
    assert pulumi.whole["deployment"]["resources"][1] == OLD


def test_what_another_run_has_recorded_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import takes the whole state, and no lock keeps other runs away between the two commands."""
    pulumi = InMemory(Path("infra"), "prod", whole=stack(creating(URN)).whole)
    exported, exports = pulumi.exported, 0

    def changed_before_the_second() -> dict[str, Any]:
        nonlocal exports
        exports += 1
        if exports == 2:
            pulumi.whole["deployment"]["resources"].append({"urn": "another", "type": "t"})
        return exported()

    monkeypatch.setattr(InMemory, "exported", lambda _: changed_before_the_second())
    told = "The stack was changed meanwhile. Run `streamkap recover --stack prod --cwd infra` again."
    with pytest.raises(StackError, match=f"^{re.escape(told)}$"):
        take_place(pulumi, [NEW])
    assert [each["urn"] for each in pulumi.whole["deployment"]["resources"]] == [STACK, URN, "last", "another"]
    assert pulumi.whole["deployment"]["resources"][1] == OLD


def test_nothing_is_imported_where_the_place_is_gone() -> None:
    """Another run has replaced the source itself: the mark stays, and tells the next recovery what was made."""
    pulumi = stack(creating(URN))
    pulumi.whole["deployment"]["resources"][1] = {**OLD, "id": "newer", "pendingReplacement": False}
    with pytest.raises(StackError, match="The stack was changed meanwhile"):
        take_place(pulumi, [NEW])
    assert pulumi.whole["deployment"]["pending_operations"] == [creating(URN)]


def test_all_marks_of_a_resource_are_cleared_and_no_other() -> None:
    """The engine clears one of a URN at a time. After a destroy there is no stack to look at."""
    pulumi = stack(creating(URN), creating(BUCKET, "aws:s3/bucket:Bucket"), creating(URN))
    forget_creates(pulumi, [URN])
    assert [each["resource"]["urn"] for each in pulumi.whole["deployment"]["pending_operations"]] == [BUCKET]
    assert pulumi.cleared == [([URN], STACK)] * 2
    destroyed = InMemory(whole={"deployment": {"pending_operations": [creating(URN)]}})
    forget_creates(destroyed, [URN])
    assert destroyed.cleared == [([URN], "")]
