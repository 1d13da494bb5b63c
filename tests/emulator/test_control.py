"""The control routes: what is stored, changes behind the clients' backs, and faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from streamkap_pulumi.emulator.switches import SWITCHES
from tests.emulator.conftest import Held
from tests.emulator.samples import MONGODB, PASSWORD, POSTGRESQL, Api, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamkap_pulumi.emulator import Emulator


@pytest.fixture
def control(emulator: Emulator) -> Iterator[httpx.Client]:
    """A client of the control routes, which need no token."""
    with httpx.Client(base_url=emulator.control_url, verify=False) as client:
        yield client


def test_faults_are_described_and_set_over_http(control: httpx.Client) -> None:
    """PUT merges, null restores one default, DELETE restores all."""
    described = control.get("/faults").json()
    assert set(described) == set(SWITCHES)
    assert set(described["missing_get"]) == {"values", "default", "current", "rules", "doc"}
    changed = control.put("/faults", json={"missing_get": "404", "html_5xx": {"value": 502, "times": 1}}).json()
    assert (changed["missing_get"]["current"], changed["html_5xx"]["rules"][0]["times"]) == ("404", 1)
    changed = control.put("/faults", json={"missing_get": None}).json()
    assert (changed["missing_get"]["current"], changed["html_5xx"]["current"]) == ("empty", "502")
    assert control.delete("/faults").json()["html_5xx"]["current"] == "off"


def test_control_bodies_need_no_media_type(control: httpx.Client) -> None:
    """Plain `curl -d` says that it sends a form."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    changed = control.put("/faults", content='{"missing_get": "404"}', headers=form)
    assert (changed.status_code, changed.json()["missing_get"]["current"]) == (200, "404")
    assert control.put("/faults", content="missing_get=404", headers=form).status_code == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"missing_gte": "404"}, "Did you mean missing_get?"),
        ({"missing_get": "500"}, "It takes: empty, null, 404."),
        ([], "Send a JSON object"),
    ],
)
def test_wrong_faults_are_400_with_a_hint(control: httpx.Client, body: Any, text: str) -> None:
    """Then nothing changes."""
    answer = control.put("/faults", json=body)
    assert answer.status_code == 400
    assert text in answer.json()["detail"]


def test_the_log_shows_the_requests_without_secrets(api: Api, emulator: Emulator, control: httpx.Client) -> None:
    """No tokens and no passwords, even in bodies that were refused."""
    control.delete("/requests")
    api.login()
    created = api.post("/sources?secret_returned=true&wait=false", json=source(), headers={"X-Request-Id": "r-1"})
    api.post("/sources", json={"config": {"camel.password": PASSWORD, "url": f"http://me:{PASSWORD}@host/"}})
    api.post("/sources", json=source("m", MONGODB, connector="mongodb"))
    api.get(f"/sources?token={PASSWORD}")
    api.post("/sources", content=b"{" + PASSWORD.encode())
    text = control.get("/requests").text
    assert PASSWORD not in text
    assert "demo-secret" not in text
    assert api.headers["Authorization"].split()[1] not in text
    login, create, *_ = control.get("/requests").json()
    assert (login["path"], login["client_id"]) == ("/auth/access-token", None)
    assert login["body"] == {"client_id": "demo-client", "secret": "********"}
    assert (create["method"], create["path"], create["status"]) == ("POST", "/sources", created.status_code)
    assert create["query"] == {"secret_returned": "true", "wait": "false"}
    assert (create["request_id"], create["client_id"]) == ("r-1", "demo-client")
    assert create["body"]["config"]["database.user"] == "streamkap"
    assert create["body"]["config"]["database.password"] == "********"
    assert [entry["seq"] for entry in emulator.requests()] == sorted(entry["seq"] for entry in emulator.requests())
    assert control.delete("/requests").json() == []
    assert control.get("/requests").json() == []


@pytest.mark.parametrize("wrapped", [{"value": PASSWORD}, [{"value": PASSWORD}], [PASSWORD], 12345678])
def test_a_secret_is_masked_in_whatever_it_is_wrapped(api: Api, emulator: Emulator, wrapped: Any) -> None:
    """Even if the body has the wrong shape."""
    body = source(config={**POSTGRESQL, "database.password": wrapped})
    assert api.post("/sources", json=body).status_code == (200 if wrapped == 12345678 else 422)
    logged = emulator.requests()[-1]["body"]["config"]
    assert (logged["database.password"], logged["database.user"]) == ("********", "streamkap")


def test_the_log_is_in_order_of_arrival(api: Api, emulator: Emulator, held: Held) -> None:
    """Even when the first is answered last."""
    emulator.faults(latency_before_commit={"value": 0.4, "path": "/sources/slow"})
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(api.get, "/sources/slow")
        assert held.begun.wait(30)
        api.get("/sources/fast")
        held.ended.set()
        slow.result()
    assert [entry["path"] for entry in emulator.requests()][-2:] == ["/sources/slow", "/sources/fast"]


def test_control_requests_are_not_logged_and_not_disturbed(emulator: Emulator, control: httpx.Client) -> None:
    """Otherwise a fault could not be switched off."""
    emulator.faults(html_5xx={"value": 502, "path": "/"}, connection_drop="before_commit", clock_skew=9999)
    assert control.get("/faults").status_code == 200
    emulator.forget_requests()
    assert emulator.requests() == []


def test_stored_sources_are_shown_raw_and_masked(api: Api, emulator: Emulator, control: httpx.Client) -> None:
    """With the secrets only on request."""
    api.new()
    (entry,) = control.get("/sources").json()
    assert set(entry["config"]) == set(POSTGRESQL)
    assert entry["config"]["database.password"] == "********"
    assert (entry["deleted"], entry["orphan"], entry["settled"]) == (False, False, True)
    (entry,) = control.get("/sources?secrets=true").json()
    assert entry["config"]["database.password"] == PASSWORD
    assert emulator.sources(secrets=True)[0]["config"]["database.password"] == PASSWORD


def test_a_source_can_be_changed_behind_the_clients_backs(api: Api, control: httpx.Client) -> None:
    """As people do on the web page; the config is merged, null removes a key."""
    source_id = api.new(config={**POSTGRESQL, "slot.name": "mine"})["id"]
    changes = {
        "config": {"database.dbname": "other", "slot.name": None, "database.sslmode": "disable"},
        "name": "renamed",
        "connector_status": "Broken",
        "desired_state": "Paused",
        "task_statuses": {"0": {"state": "FAILED", "trace": "boom"}},
        "tags": ["web"],
    }
    assert control.patch(f"/sources/{source_id}", json=changes).status_code == 200
    seen = api.one(source_id)
    assert (seen["name"], seen["connector_status"], seen["desired_state"]) == ("renamed", "Broken", "Paused")
    assert (seen["task_statuses"]["0"]["trace"], seen["tags"]) == ("boom", ["web"])
    assert (seen["config"]["database.dbname"], seen["config"]["slot.name"]) == ("other", "streamkap_pgoutput_slot")


def test_an_object_can_be_deleted_and_restored(both: Api, emulator: Emulator) -> None:
    """As when somebody deletes it on the web page."""
    source_id = both.new()["id"]
    emulator.change(both.kind, source_id, deleted=True)
    assert both.get(f"{both.root}/{source_id}").json()["result"] == []
    assert both.get(both.root).json()["total"] == 0
    emulator.change(both.kind, source_id, deleted=False)
    assert both.one(source_id)["name"] == "orders"


def test_a_frozen_status_no_longer_advances(both: Api, emulator: Emulator) -> None:
    """Until it is unfrozen, or set by hand."""
    emulator.faults(wait_limit=0.1)
    source_id = both.new()["id"]
    emulator.change(both.kind, source_id, freeze=True)
    assert both.put(f"{both.root}/{source_id}?wait=false", json=both.body()).json()["connector_status"] == "Active"
    both.post(f"{both.root}/{source_id}/actions/pause")
    assert both.one(source_id)["connector_status"] == "Active"
    emulator.change(both.kind, source_id, connector_status="Unassigned")
    assert both.one(source_id)["connector_status"] == "Unassigned"
    emulator.change(both.kind, source_id, freeze=False)
    assert both.one(source_id)["connector_status"] == "Unassigned"
    assert both.post(f"{both.root}/{source_id}/actions/pause?wait=true").json()["connector_status"] == "Paused"


def test_a_stuck_source_is_released_by_hand(api: Api, emulator: Emulator) -> None:
    """Then it has its topics."""
    emulator.faults(stuck="on")
    source_id = api.new()["id"]
    emulator.change_source(source_id, connector_status="Active")
    assert (api.one(source_id)["connector_status"], len(api.one(source_id)["topics"])) == ("Active", 2)


def test_wrong_changes_are_refused(control: httpx.Client, api: Api) -> None:
    """Unknown fields, unknown ids, and bodies that are not objects."""
    source_id = api.new()["id"]
    assert control.patch(f"/sources/{source_id}", json={"status": "Active"}).status_code == 400
    assert control.patch("/sources/nobody", json={"name": "x"}).status_code == 404
    assert control.patch(f"/sources/{source_id}", json=[]).status_code == 400
    assert control.patch(f"/sources/{source_id}", json={"config": "x"}).status_code == 400
    assert control.get("/nothing").status_code == 404


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(emulator: Emulator) -> None:
    """In the method that takes it as a word."""
    with pytest.raises(ValueError, match="no kind 'source'; there are sources, destinations, tags"):
        emulator.objects("source")


def test_credentials_can_be_added_and_their_secrets_are_not_shown(control: httpx.Client, stranger: Api) -> None:
    """The rest is as for demo-client."""
    body = [{"client_id": "mine", "secret": "my-secret-1", "tenant_id": "tenant-mine"}]
    answer = control.put("/credentials", json=body)
    assert "my-secret-1" not in answer.text
    assert "demo-secret" not in answer.text
    added = next(entry for entry in answer.json() if entry["client_id"] == "mine")
    assert (added["tenant_id"], added["service_id"], added["read_only"]) == ("tenant-mine", "service-demo", False)
    assert stranger.login("mine", "my-secret-1").get("/auth/whoami").json()["tenant_id"] == "tenant-mine"
    assert {entry["client_id"] for entry in control.get("/credentials").json()} >= {"demo-client", "reader-client"}


@pytest.mark.parametrize("body", [{"client_id": "x"}, {"client_id": "x", "secret": "s", "tenant": "t"}, ["x"], 5])
def test_wrong_credentials_are_400(control: httpx.Client, body: Any) -> None:
    """With the fields of a credential."""
    assert control.put("/credentials", json=body).status_code == 400


def test_tokens_can_be_revoked_over_http(control: httpx.Client, api: Api) -> None:
    """All of them."""
    assert control.delete("/tokens").status_code == 200
    assert api.get("/sources").status_code == 401


def test_reset_forgets_all_but_the_credentials(control: httpx.Client, api: Api, emulator: Emulator) -> None:
    """So that tests can share one emulator."""
    api.new()
    emulator.faults(missing_get="404")
    control.post("/reset")
    assert (emulator.sources(), emulator.requests(), emulator.faults()["missing_get"]) == ([], [], "empty")
    assert api.get("/sources").status_code == 401
    assert api.login().get("/sources").json()["total"] == 0
