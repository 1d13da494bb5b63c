"""What is a difference where the values are the same: the marks of secrets."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.diffing import Difference, diff
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.keys import DECLARED, SECRET_KEYS
from tests.lifecycle.samples import ORDERS, but

SAME = Difference(changes=False)


def difference(recorded: list[str] | None, marked: tuple[str, ...] | None, **config: Any) -> Difference:
    declared = but(ORDERS, config={**ORDERS.config, **config})
    outputs = declared.inputs() | ({SECRET_KEYS: recorded} if recorded is not None else {})
    return diff(SOURCE, outputs, declared.inputs(), lambda _: False, marked)


def test_a_key_that_is_marked_later_is_a_difference_and_is_reported_by_name() -> None:
    """The engine would go on to show in clear what is recorded of it."""
    found = difference(None, ("database.user", "database.dbname"))
    assert found == Difference(changes=True, newly_secret=("database.dbname", "database.user"))
    (note,) = found.notes("orders")
    assert note.startswith("orders: config.database.dbname, config.database.user: marked as a secret now, and encrypt")
    assert difference(["database.user"], ("database.user", "database.dbname")).newly_secret == ("database.dbname",)


def test_a_config_that_is_marked_later_as_a_whole_is_a_difference() -> None:
    """None of its keys is reported."""
    found = difference(["database.user"], ("*",))
    assert found.changes
    assert "database" not in str(found.notes("orders"))
    everything = sorted(ORDERS.config)
    assert difference(everything, ("*",)) == SAME


@pytest.mark.parametrize(
    ("recorded", "marked"),
    [
        (None, ()),
        (None, None),  # a run without the program, which knows no marks
        (["database.user"], None),
        (["database.user"], ("database.user",)),
        (["database.user"], ()),  # taken away: it stays encrypted
        (["*"], ("*",)),
        (["*"], ("database.user",)),  # encrypted as a part of the whole
        (None, ("database.password",)),  # a secret by the catalogue, and so encrypted from the first
        (None, ("not.declared",)),
    ],
)
def test_what_is_encrypted_already_is_not_a_difference(
    recorded: list[str] | None, marked: tuple[str, ...] | None
) -> None:
    """Nor is a mark on what is not declared; no run without changes shows any."""
    found = difference(recorded, marked)
    assert found == SAME
    assert found.notes("orders") == []


@pytest.mark.parametrize(
    ("was", "now", "same"), [(True, 1, False), (0, False, False), (1, 1.0, True), (True, True, True)]
)
def test_a_truth_value_is_not_a_number(was: Any, now: Any, same: bool) -> None:
    """As in JSON, and not as in Python; the catalogue does not know the key."""
    recorded, inputs = (but(ORDERS, config={**ORDERS.config, "new": value}).inputs() for value in (was, now))
    assert (diff(SOURCE, recorded, inputs, lambda _: False) == SAME) is same


@pytest.mark.parametrize("state", ["Active", "Stopped", None])
def test_a_deployed_source_does_not_become_pending_again(state: str | None) -> None:
    """The preview says it; where nothing is known of its state, the update does."""
    recorded = ORDERS.inputs() | ({"desired_state": state} if state else {})
    pending = but(ORDERS, desired_state="Pending").inputs()
    if state is None:
        assert diff(SOURCE, recorded, pending, lambda _: False).changes is None
        return
    with pytest.raises(LifecycleError, match=f"'orders' is {state} already.*Use 'Stopped', or declare a new source"):
        diff(SOURCE, recorded, pending, lambda _: False)


def test_what_is_declared_no_more_is_reported_with_what_stays() -> None:
    """The inputs that are not managed if they are omitted; a new value of one is an update like any other."""
    was = but(ORDERS, desired_state="Paused", tags=("t1", "t2"), kc_cluster_id="c1", timeouts={"create": "1h"})
    recorded = was.inputs() | {DECLARED: ["desired_state", "tags", "kc_cluster_id", "timeouts"]}

    def notes(declared: Declared) -> list[str]:
        return diff(SOURCE, recorded, declared.inputs(), lambda value: value == "unknown").notes("orders")

    assert notes(was) == []
    assert notes(ORDERS) == [
        "orders: desired_state is no longer declared, so it is no longer managed: the source stays Paused",
        "orders: tags is no longer declared, so it is no longer managed: the source keeps t1, t2; [] clears them",
        "orders: kc_cluster_id is no longer declared, so it is no longer managed: the source stays on c1",
    ]
    assert notes(but(was, desired_state="Active", tags=(), kc_cluster_id="unknown", timeouts={})) == []
    assert notes(but(ORDERS, connector="mysql")) == []
