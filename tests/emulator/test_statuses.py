"""How statuses change over time, by themselves and by actions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.samples import PASSWORD, Api, detail, source

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

DELAY = 0.5
"""Seconds that each status lasts: more than a busy machine takes between two reads."""
PATIENCE = 20
"""Seconds after which nothing more is expected."""


@pytest.fixture
def slow(emulator: Emulator) -> Emulator:
    """An emulator in which statuses take a moment."""
    emulator.faults(status_delay=DELAY)
    return emulator


def statuses_of(api: Api, source_id: str, expected: list[str]) -> list[str]:
    """The different statuses seen, in order, until they are as expected or cannot become so any more."""
    seen: list[str] = []
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and seen != expected and seen == expected[: len(seen)]:
        status = api.one(source_id)["connector_status"]
        if not seen or seen[-1] != status:
            seen.append(status)
        time.sleep(0.01)
    return seen


def test_a_new_source_is_pending_and_then_active(api: Api, slow: Emulator, later: Callable[[float], None]) -> None:
    """Only then does it have topics and tasks."""
    created = api.new()
    assert (created["connector_status"], created["desired_state"]) == ("Pending", "Active")
    assert (created["topics"], created["topic_ids"], created["topic_map"], created["tasks"]) == ([], [], {}, [])
    later(DELAY)
    settled = api.one(created["id"])
    assert settled["connector_status"] == "Active"
    assert settled["topics"] == ["public.orders", "public.customers"]


def test_a_call_that_waits_answers_when_the_status_is_final(api: Api, slow: Emulator) -> None:
    """Creates and updates wait by default."""
    started = time.monotonic()
    created = api.post("/sources", json=source()).json()
    assert created["connector_status"] == "Active"
    assert time.monotonic() - started >= DELAY
    started = time.monotonic()
    assert api.put(f"/sources/{created['id']}", json=source()).json()["connector_status"] == "Active"
    assert time.monotonic() - started >= DELAY


def test_a_put_shows_pending_update_for_a_while(api: Api, slow: Emulator) -> None:
    """The desired state stays what it was."""
    created = api.post("/sources", json=source()).json()
    answer = api.put(f"/sources/{created['id']}?wait=false", json=source()).json()
    assert (answer["connector_status"], answer["desired_state"]) == ("Pending Update", "Active")
    path = ["Pending Update", "Active"]
    assert statuses_of(api, created["id"], path) == path


def test_pending_after_put_off_changes_no_status(api: Api, slow: Emulator) -> None:
    """The status stays Active."""
    slow.faults(pending_after_put="off")
    created = api.post("/sources", json=source()).json()
    answer = api.put(f"/sources/{created['id']}?wait=false", json=source()).json()
    assert answer["connector_status"] == "Active"


def test_stale_after_put_shows_the_old_status_first(api: Api, slow: Emulator) -> None:
    """So the first Active after a PUT may be the old one."""
    created = api.post("/sources", json=source()).json()
    slow.faults(stale_after_put=DELAY)
    api.put(f"/sources/{created['id']}?wait=false", json=source())
    path = ["Active", "Pending Update", "Active"]
    assert statuses_of(api, created["id"], path) == path


@pytest.mark.parametrize("state", ["Pending Update", "Pending Delete"])
def test_a_create_with_a_transient_state_ends_in_the_state_that_it_means(api: Api, state: str) -> None:
    """No connector can stay in it."""
    created = api.new(desired_state=state)
    assert (api.one(created["id"])["connector_status"], created["desired_state"]) == ("Active", "Active")


def test_pending_after_put_takes_seconds(api: Api, emulator: Emulator, later: Callable[[float], None]) -> None:
    """Whatever `status_delay` is."""
    source_id = api.new()["id"]
    put = f"/sources/{source_id}?wait=false"
    emulator.faults(pending_after_put=0)
    assert api.put(put, json=source()).json()["connector_status"] == "Active"
    emulator.faults(pending_after_put=0.3)
    assert api.put(put, json=source()).json()["connector_status"] == "Pending Update"
    later(0.3)
    assert api.one(source_id)["connector_status"] == "Active"


def test_transient_desired_state_shows_it_as_the_desired_one(api: Api, slow: Emulator) -> None:
    """As the backend stores it."""
    slow.faults(transient_desired_state="on", async_delete_delay=1)
    created = api.post("/sources", json=source()).json()
    answer = api.put(f"/sources/{created['id']}?wait=false", json=source()).json()
    assert answer["desired_state"] == "Pending Update"
    api.delete(f"/sources/{created['id']}?wait=false")
    assert api.one(created["id"])["desired_state"] == "Pending Delete"


@pytest.mark.parametrize("state", ["Paused", "Stopped"])
def test_a_source_can_be_created_in_another_state(api: Api, emulator: Emulator, state: str) -> None:
    """It ends there, without topics."""
    created = api.new(desired_state=state)
    assert (created["connector_status"], created["desired_state"], created["topics"]) == (state, state, [])


def test_a_pending_source_stays_pending_until_it_is_deployed(
    both: Api, slow: Emulator, later: Callable[[float], None]
) -> None:
    """It refuses actions; after deploy it is Starting, and then Active."""
    created = both.post(both.root, json=both.body(desired_state="Pending")).json()
    assert created["connector_status"] == "Pending"
    url = f"{both.root}/{created['id']}"
    assert both.post(f"{url}/actions/pause").status_code == 400
    assert both.put(url, json=both.body()).json()["connector_status"] == "Pending"
    later(DELAY)
    assert both.one(created["id"])["connector_status"] == "Pending"
    answer = both.post(f"{url}/deploy")
    assert (answer.status_code, answer.json()["desired_state"]) == (200, "Active")
    path = ["Starting", "Active"]
    assert statuses_of(both, created["id"], path) == path
    assert both.post(f"{url}/deploy").json()["connector_status"] == "Active"


@pytest.mark.parametrize(
    ("action", "path", "task"),
    [
        ("pause", ["Active", "Paused"], "PAUSED"),
        ("stop", ["Active", "Stopped"], "STOPPED"),
        ("restart", ["Starting", "Active"], "RUNNING"),
        ("resume", ["Starting", "Active"], "RUNNING"),
        ("start", ["Starting", "Active"], "RUNNING"),
    ],
)
def test_an_action_moves_the_source_to_its_state(
    api: Api, slow: Emulator, action: str, path: list[str], task: str
) -> None:
    """The answer comes at once with the source; the status follows."""
    source_id = api.post("/sources", json=source()).json()["id"]
    answer = api.post(f"/sources/{source_id}/actions/{action}")
    assert (answer.status_code, answer.json()["desired_state"]) == (200, path[-1])
    assert statuses_of(api, source_id, path) == path
    assert api.one(source_id)["task_statuses"] == {"0": {"state": task}}


def test_an_action_can_be_waited_for(api: Api, slow: Emulator) -> None:
    """With `wait=true`, which is not the default here."""
    source_id = api.post("/sources", json=source()).json()["id"]
    assert api.post(f"/sources/{source_id}/actions/stop?wait=true").json()["connector_status"] == "Stopped"


def test_a_paused_source_stays_paused_through_an_update(both: Api, emulator: Emulator) -> None:
    """It goes back to its own desired state."""
    source_id = both.new()["id"]
    both.post(f"{both.root}/{source_id}/actions/pause")
    assert both.put(f"{both.root}/{source_id}", json=both.body()).json()["connector_status"] == "Paused"


def test_an_unknown_action_is_422(api: Api) -> None:
    """A value in the path is checked like one in a body."""
    answer = api.post(f"/sources/{api.new()['id']}/actions/explode")
    assert (answer.status_code, detail(answer)[0]["loc"]) == (422, ["path", "action"])


def test_end_status_broken_comes_with_a_trace(api: Api, emulator: Emulator) -> None:
    """The failed task says why, without secrets."""
    emulator.faults(end_status="Broken")
    created = api.new()
    assert (created["connector_status"], created["desired_state"]) == ("Broken", "Active")
    assert created["topics"] == []
    task = created["task_statuses"]["0"]
    assert task["state"] == "FAILED"
    assert "ConnectException" in task["trace"]
    assert PASSWORD not in task["trace"]


def test_task_trace_secret_puts_secrets_into_the_trace(api: Api, emulator: Emulator) -> None:
    """As databases' own error messages do."""
    emulator.faults(end_status="Broken", task_trace_secret="on")
    trace = api.new()["task_statuses"]["0"]["trace"]
    assert (PASSWORD in trace, "database.user=" in trace) == (True, False)
    emulator.faults(task_trace_secret="all")
    assert "database.user=streamkap" in api.new("others")["task_statuses"]["0"]["trace"]


def test_end_status_may_be_unknown_to_clients(api: Api, emulator: Emulator) -> None:
    """Clients must not fail on it."""
    emulator.faults(end_status="Hibernating")
    assert api.new()["connector_status"] == "Hibernating"


def test_status_path_is_followed(api: Api, slow: Emulator) -> None:
    """A source can be Broken and recover."""
    slow.faults(status_path="Starting, Broken, Active")
    source_id = api.new()["id"]
    path = ["Starting", "Broken", "Active"]
    assert statuses_of(api, source_id, path) == path
    assert api.one(source_id)["topics"]


def test_a_change_that_starts_while_stuck_never_ends(api: Api, slow: Emulator, later: Callable[[float], None]) -> None:
    """A call that waits for it gets the gateway's page."""
    slow.faults(stuck="on", wait_limit=0.3)
    source_id = api.new()["id"]
    later(DELAY)
    assert statuses_of(api, source_id, ["Pending"]) == ["Pending"]
    answer = api.put(f"/sources/{source_id}", json=source())
    assert (answer.status_code, answer.headers["content-type"]) == (504, "text/html")
    assert api.one(source_id)["connector_status"] == "Pending Update"


def test_a_delete_gets_stuck_only_when_the_scope_names_it(api: Api, emulator: Emulator) -> None:
    """So that a test can clean up after itself."""
    emulator.faults(stuck="on")
    source_id = api.new()["id"]
    assert api.delete(f"/sources/{source_id}").status_code == 200
    emulator.faults(stuck={"value": "on", "methods": ["DELETE"]}, wait_limit=0.2)
    source_id = api.new()["id"]
    assert api.delete(f"/sources/{source_id}").status_code == 504
    assert api.one(source_id)["connector_status"] == "Pending Delete"


def test_wait_limit_limits_every_wait(api: Api, emulator: Emulator) -> None:
    """The source still exists."""
    emulator.faults(status_delay=0.6, wait_limit=0.1)
    started = time.monotonic()
    assert api.post("/sources", json=source()).status_code == 504
    assert time.monotonic() - started < 0.5
    assert len(emulator.sources()) == 1


def test_a_snapshot_runs_for_a_while_and_only_once(
    api: Api, emulator: Emulator, later: Callable[[float], None]
) -> None:
    """A second one gets 409 until the first ends or is stopped."""
    emulator.faults(snapshot_duration=0.3)
    body = {"source_id": api.new()["id"], "topic_names": ["public.orders"]}
    assert api.post("/sources/snapshot", json=body).status_code == 200
    answer = api.post("/sources/snapshot", json=body)
    assert (answer.status_code, detail(answer)) == (409, "A snapshot is already running")
    later(0.3)
    assert api.post("/sources/snapshot", json={**body, "snapshot_type": "blocking"}).status_code == 200
    for stop in ("stop_incremental_snapshot", "stop_blocking_snapshot", "cancel_snapshot"):
        assert api.post(f"/sources/{stop}", json=body).status_code == 200
        assert api.post("/sources/snapshot", json=body).status_code == 200


def test_a_snapshot_of_a_missing_source_is_404(api: Api) -> None:
    """And one of an unknown type is 422."""
    assert api.post("/sources/snapshot", json={"source_id": "0" * 24}).status_code == 404
    body: dict[str, Any] = {"source_id": api.new()["id"], "snapshot_type": "full"}
    assert api.post("/sources/snapshot", json=body).status_code == 422


def test_the_config_sets_the_number_of_tasks(api: Api, emulator: Emulator) -> None:
    """If the connector has that property."""
    config = {"es.host": "h", "http.auth.user.defined": "None", "endpoint.include.list.user.defined": "logs"}
    created = api.new(connector="elasticsearch", config={**config, "datetime.field.name": "ts", "tasks.max": 3})
    assert created["tasks"] == [0, 1, 2]
    assert set(created["task_statuses"]) == {"0", "1", "2"}
