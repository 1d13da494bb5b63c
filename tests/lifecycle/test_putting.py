"""Updates and deletions whose answers get lost, and updates that the API accepts and does not apply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.errors import NotAppliedError, UnknownOutcomeError
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.conftest import Clock
from tests.lifecycle.test_making import LOST_AFTER
from tests.lifecycle.test_operations import ORDERS, PASSWORD, changed

OTHER = changed(ORDERS, database__user="other")


def fault(emulator: Emulator, method: str, **faults: Any) -> None:
    emulator.faults(**{name: {"value": value, "times": 1, "method": method} for name, value in faults.items()})


def stored(emulator: Emulator, source_id: str) -> dict[str, Any]:
    return next(source for source in emulator.sources(secrets=True) if source["id"] == source_id)


@pytest.mark.parametrize(("name", "value"), LOST_AFTER)
@pytest.mark.parametrize("wait", [True, False])
def test_an_update_whose_answer_was_lost_is_read_back(
    emulator: Emulator,
    context: Context,
    name: str,
    value: Any,
    wait: bool,
) -> None:
    """It counts, since Streamkap shows all of what was asked for."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", **{name: value})
    outputs = update(context, source_id, outputs, replace(OTHER, wait=wait))
    assert outputs["config"]["database.user"] == stored(emulator, source_id)["config"]["database.user"] == "other"


@pytest.mark.parametrize("faults", [{"gateway_before_commit": 502}, {"connection_drop": "before_commit"}], ids=str)
def test_an_update_that_cannot_be_seen_is_no_success(
    emulator: Emulator,
    context: Context,
    faults: dict[str, Any],
) -> None:
    """The error names what is not as asked for, and no value; the next run sends it again."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(**{name: {"value": value, "times": 99, "method": "PUT"} for name, value in faults.items()})
    with pytest.raises(UnknownOutcomeError, match=r"does not show what was asked for: database\.user\."):
        update(context, source_id, outputs, OTHER)
    emulator.faults(**dict.fromkeys(faults, "off"))
    assert update(context, source_id, outputs, OTHER)["config"]["database.user"] == "other"


@pytest.mark.parametrize("wait", [True, False])
def test_an_update_that_is_accepted_and_not_applied_is_an_error(
    emulator: Emulator,
    context: Context,
    wait: bool,
) -> None:
    """Whatever the answer to it shows."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", ignore_put="on")
    wanted = replace(changed(OTHER, database__password="canary-of-another"), name="renamed", wait=wait)
    with pytest.raises(NotAppliedError, match=r"not apply it: database\.user, database\.password, name did") as error:
        update(context, source_id, outputs, wanted)
    assert "canary" not in str(error.value)
    assert stored(emulator, source_id)["config"]["database.password"] == PASSWORD


@pytest.mark.parametrize(("name", "value"), LOST_AFTER)
def test_a_deletion_whose_answer_was_lost_is_believed_once_the_source_is_gone(
    emulator: Emulator,
    context: Context,
    clock: Clock,
    name: str,
    value: Any,
) -> None:
    """And not before."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "DELETE", **{name: value})
    delete(context, source_id, outputs)
    assert [source for source in emulator.sources() if not source["deleted"]] == []


def test_a_deletion_that_did_not_happen_is_an_error(emulator: Emulator, context: Context) -> None:
    """The source stays in state, and the next run deletes it."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(gateway_before_commit={"value": 503, "times": 99, "method": "DELETE"})
    with pytest.raises(Exception, match=r"DELETE /sources/.* answered 503"):
        delete(context, source_id, outputs)
    emulator.faults(gateway_before_commit="off")
    delete(context, source_id, outputs)
    assert [source for source in emulator.sources() if not source["deleted"]] == []
