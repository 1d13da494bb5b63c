"""What an update has come to, and what of it nobody can know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.config.catalogue import DESTINATIONS
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.change import Change
from streamkap_pulumi.lifecycle.declared import Declared
from tests.lifecycle.samples import ORDERS, but

KEY = "auto.qa.dedupe.table.mapping"


def live(**other: Any) -> SourceConnector:
    shown = {"id": "1", "name": ORDERS.name, "connector": ORDERS.connector, "config": dict(ORDERS.config)}
    return SourceConnector.model_validate(shown | other)


@pytest.mark.parametrize(("name", "value", "shown"), [("tags", ("a",), ["a"]), ("kc_cluster_id", "two", "two")])
def test_what_changes_and_is_not_shown_is_not_known(name: str, value: Any, shown: Any) -> None:
    """Shown as asked for, it is; a source that shows none of it is not a proof."""
    declared = but(ORDERS, **{name: value})
    change = Change(live(), ORDERS, declared)
    assert change.unseen(live()) == [name]
    assert change.unseen(live(**{name: shown})) == []
    assert Change(live(**{name: shown}), declared, declared).unseen(live(**{name: shown})) == []


@pytest.mark.parametrize(
    ("was", "now", "sent"), [({}, {KEY: {}}, True), ({KEY: {}}, {KEY: {}}, False), ({}, {}, False)]
)
def test_an_empty_mapping_that_is_declared_for_the_first_time_is_sent(
    was: dict[str, Any], now: dict[str, Any], sent: bool
) -> None:
    """It clears what somebody else may have set; afterwards it is nothing new."""
    kind = replace(SOURCE, catalogue=DESTINATIONS)
    one, other = (
        Declared.from_inputs(kind, {"name": "w", "connector": "snowflake", "config": config}) for config in (was, now)
    )
    assert Change(None, one, other).is_sent is sent


STARS = "********"


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [(None, None, False), (STARS, STARS, False), (STARS, None, False), ("canary", None, True), (None, "canary", True)],
)
def test_a_hidden_secret_that_was_dropped_may_still_be_set(before: str | None, after: str | None, known: bool) -> None:
    """Where the API showed it before, its null says that it is cleared; what it shows afterwards is compared."""
    key = "database.password"
    declared = but(ORDERS, config={name: value for name, value in ORDERS.config.items() if name != key})
    change = Change(live(config={**ORDERS.config, key: before}), ORDERS, declared)
    assert change.unseen(live(config={**ORDERS.config, key: after})) == (
        [] if known else [f"{key} (no longer declared)"]
    )
