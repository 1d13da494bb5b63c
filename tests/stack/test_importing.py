"""What is in the way of an import is taken out of the state first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE
from streamkap_pulumi.stack.importing import Recording, record
from streamkap_pulumi.stack.program import StackError
from streamkap_pulumi.stack.state import Wanted
from tests.stack.pulumis import InMemory

URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"
NEW = Recording(Wanted(URN, {"config": {}, "__provider": "reference"}), "made", {"config": {}})
SEEN = {"urn": URN, "type": SOURCE_TYPE, "id": "made", "external": True}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `pulumi` was told to do, in order."""
    found: list[str] = []

    def import_file(_: InMemory, content: str, *, protect: bool) -> None:
        found.extend(f"import {each['id']} {protect}" for each in json.loads(content)["resources"])

    monkeypatch.setattr(InMemory, "forget", lambda _, urn: found.append(f"forget {urn}"))
    monkeypatch.setattr(InMemory, "import_file", import_file)
    return found


def stack(*resources: dict[str, Any]) -> InMemory:
    return InMemory(whole={"deployment": {"resources": list(resources)}})


def test_what_the_stack_only_looks_at_gives_way(done: list[str]) -> None:
    """`pulumi import` passes over a resource that is in the state with the same id, and refuses one with another."""
    record(stack(SEEN), [NEW])
    assert done == [f"forget {URN}", "import made False"]
    done.clear()
    record(stack({**SEEN, "urn": f"{URN}2"}), [NEW])
    record(stack({**SEEN, "external": False}), [NEW])
    assert done == ["import made False"] * 2


def test_what_others_stand_on_is_not_taken_out(done: list[str]) -> None:
    """`pulumi state delete` would refuse it, and tell of flags that lose more."""
    with pytest.raises(StackError, match=r"only looks at orders so far \(`Source.get` of made\).*another name"):
        record(stack(SEEN, {"urn": "other", "dependencies": [URN]}), [NEW])
    assert done == []
