"""Write faults: what is refused, done by half, or not done although the answer says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.samples import POSTGRESQL, Api, client_of, detail, source

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

MISSING = "/sources/000000000000000000000000"


def test_a_missing_source_can_be_a_null_list_or_404(api: Api, emulator: Emulator) -> None:
    """The null list comes with zeros."""
    emulator.faults(missing_get="null")
    answer = api.get(MISSING)
    assert answer.json() == {"total": 0, "page_size": 0, "page": 0, "result": None}
    emulator.faults(missing_get="404")
    answer = api.get(MISSING)
    assert (answer.status_code, detail(answer)) == (404, "Source not found")


@pytest.mark.parametrize(
    ("value", "status", "text"),
    [
        ("not found", 404, "Source not found"),
        ("does_not_exist", 404, "Source does not exist"),
        ("no such", 404, "No such source"),
        ("400", 400, "Source not found"),
    ],
)
def test_a_write_to_a_missing_source_has_several_wordings(
    api: Api, emulator: Emulator, value: str, status: int, text: str
) -> None:
    """The API is not consistent across endpoints."""
    emulator.faults(missing_write=value)
    for answer in (api.delete(MISSING), api.put(MISSING, json=source())):
        assert (answer.status_code, detail(answer)) == (status, text)


@pytest.mark.parametrize("status", ["200", "201", "202"])
def test_a_create_can_answer_any_success(api: Api, emulator: Emulator, status: str) -> None:
    """Whether it waits or not."""
    emulator.faults(create_status=status)
    assert api.post("/sources", json=source("a")).status_code == int(status)
    assert api.post("/sources?wait=false", json=source("b")).status_code == int(status)


@pytest.mark.parametrize(
    ("words", "taken", "refused"),
    [
        ("newest", {"desired_state": "Pending Update", "created_from": "web"}, {"created_from": "ui"}),
        ("older", {"desired_state": "Paused"}, {"desired_state": "Pending Update"}),
        ("audit", {"created_from": "ui"}, {"created_from": "web"}),
    ],
)
def test_a_create_can_accept_the_words_of_each_document(
    api: Api, emulator: Emulator, words: str, taken: dict[str, Any], refused: dict[str, Any]
) -> None:
    """Other words get 422."""
    emulator.faults(create_words=words)
    assert api.post("/sources", json=source("taken", **taken)).status_code == 200
    answer = api.post("/sources", json=source("refused", **refused))
    assert (answer.status_code, detail(answer)[0]["loc"]) == (422, ["body", *refused])


def test_an_update_and_a_delete_can_answer_any_success(api: Api, emulator: Emulator) -> None:
    """Here the opposite of the usual ones."""
    url = f"/sources/{api.new()['id']}"
    emulator.faults(update_status=202, delete_status="202")
    assert api.put(url, json=source()).status_code == 202
    assert api.delete(url).status_code == 202


@pytest.mark.parametrize(("value", "body"), [("null", b"null"), ("empty", b""), ("deleted", b'{"deleted":true}')])
def test_a_delete_can_answer_null_or_nothing(api: Api, emulator: Emulator, value: str, body: bytes) -> None:
    """What the API really answers is undocumented."""
    emulator.faults(delete_body=value)
    assert api.delete(f"/sources/{api.new()['id']}").content == body


def test_a_delete_can_answer_the_object(api: Api, emulator: Emulator) -> None:
    """With its secrets masked, as usual."""
    emulator.faults(delete_body="object")
    source_id = api.new()["id"]
    answer = api.delete(f"/sources/{source_id}").json()
    assert (answer["id"], answer["config"]["database.password"]) == (source_id, "********")


def test_put_mode_merge_keeps_what_is_not_sent(api: Api, emulator: Emulator) -> None:
    """Null still unsets."""
    emulator.faults(put_mode="merge")
    source_id = api.new(config={**POSTGRESQL, "slot.name": "mine", "publication.name": "mine"})["id"]
    changes = {"database.dbname": "other", "publication.name": None}
    config = api.put(f"/sources/{source_id}?secret_returned=true", json=source(config=changes)).json()["config"]
    assert (config["slot.name"], config["database.dbname"]) == ("mine", "other")
    assert config["publication.name"] is None


def test_unknown_keys_can_be_refused_or_kept(api: Api, emulator: Emulator) -> None:
    """A refusal names them."""
    body = source(config={**POSTGRESQL, "slot.nam": "x"})
    emulator.faults(unknown_keys="reject")
    answer = api.post("/sources", json=body)
    assert (answer.status_code, detail(answer)) == (400, "Unknown configuration properties: slot.nam")
    emulator.faults(unknown_keys="keep")
    assert api.post("/sources", json=body).json()["config"]["slot.nam"] == "x"


def test_names_can_be_unique_in_the_service_and_duplicates_409(api: Api, emulator: Emulator) -> None:
    """Then another service may use the name as well."""
    emulator.faults(dup_scope="service", dup_status=409)
    api.new("orders")
    answer = api.post("/sources", json=source("orders"))
    assert (answer.status_code, detail(answer)) == (409, "Entity with this name already exists")
    with client_of(emulator) as elsewhere:
        elsewhere.login("project-client", "project-secret")
        assert elsewhere.post("/sources", json=source("orders")).status_code == 200


def test_put_while_pending_is_500_until_the_source_is_deployed(api: Api, emulator: Emulator) -> None:
    """With the message for a connector that Kafka Connect does not know."""
    emulator.faults(put_while_pending="on")
    source_id = api.new(desired_state="Pending")["id"]
    answer = api.put(f"/sources/{source_id}", json=source())
    assert answer.status_code == 500
    assert "status code 404" in detail(answer)
    api.post(f"/sources/{source_id}/deploy")
    assert api.put(f"/sources/{source_id}", json=source()).status_code == 200


def test_set_once_refuses_to_change_the_slot(api: Api, emulator: Emulator) -> None:
    """And accepts the same one."""
    emulator.faults(set_once="on")
    config = {**POSTGRESQL, "slot.name": "mine"}
    source_id = api.new(config=config)["id"]
    assert api.put(f"/sources/{source_id}", json=source(config=config)).status_code == 200
    answer = api.put(f"/sources/{source_id}", json=source(config={**config, "slot.name": "other"}))
    assert (answer.status_code, "'slot.name'" in detail(answer)) == (400, True)


def test_slot_conflicts_refuse_a_second_source_on_the_same_slot(api: Api, emulator: Emulator) -> None:
    """With a message that is easily mistaken for the one for a taken name."""
    emulator.faults(slot_conflicts="on")
    api.new("one")
    answer = api.post("/sources", json=source("two"))
    assert (answer.status_code, "already exist" in detail(answer)) == (400, True)
    assert api.post("/sources", json=source("two", {**POSTGRESQL, "slot.name": "other"})).status_code == 200
    api.kind = "destinations"
    assert api.new("one")["id"] != api.new("two")["id"], "only what has a slot conflicts"


def test_ignore_put_answers_as_if_it_succeeded_and_stores_nothing(api: Api, emulator: Emulator) -> None:
    """The next read shows the old values."""
    source_id = api.new()["id"]
    emulator.faults(ignore_put="on")
    changed = api.put(f"/sources/{source_id}", json=source(config={**POSTGRESQL, "database.dbname": "other"}))
    assert changed.json()["config"]["database.dbname"] == "other"
    assert api.one(source_id)["config"]["database.dbname"] == "shop"


def test_delete_fails_with_500_and_deletes_nothing(api: Api, emulator: Emulator) -> None:
    """With Kafka Connect's message."""
    source_id = api.new()["id"]
    emulator.faults(delete_fails={"value": "on", "times": 1})
    answer = api.delete(f"/sources/{source_id}")
    assert answer.status_code == 500
    assert detail(answer).startswith("Kafka Connect API call failed")
    assert api.one(source_id)["connector_status"] == "Active"
    assert api.delete(f"/sources/{source_id}").status_code == 200


def test_kc_rebalance_is_500_with_409_in_the_message_and_stores_nothing(api: Api, emulator: Emulator) -> None:
    """Reading still works."""
    source_id = api.new()["id"]
    emulator.faults(kc_rebalance="on")
    for answer in (
        api.post("/sources", json=source("more")),
        api.put(f"/sources/{source_id}", json=source(config={**POSTGRESQL, "database.dbname": "other"})),
        api.delete(f"/sources/{source_id}"),
    ):
        assert answer.status_code == 500
        assert "status code 409" in detail(answer)
        assert "rebalance is expected" in detail(answer)
    assert api.one(source_id)["config"]["database.dbname"] == "shop"
    assert len(emulator.sources()) == 1


def test_an_orphan_holds_its_name_and_is_in_no_list(api: Api, emulator: Emulator) -> None:
    """As when a create fails after its placeholder was stored."""
    emulator.faults(orphan_on_create_failure={"value": "on", "times": 1})
    assert api.post("/sources", json=source()).status_code == 500
    assert api.get("/sources").json()["result"] == []
    (orphan,) = emulator.sources()
    assert orphan["orphan"] is True
    assert api.get(f"/sources/{orphan['id']}").json()["result"] == []
    answer = api.post("/sources", json=source())
    assert (answer.status_code, "already exists" in detail(answer)) == (422, True)


def test_a_write_fault_does_not_affect_reading(api: Api, emulator: Emulator) -> None:
    """A search is a read, although it is a POST."""
    emulator.faults(gateway_before_commit=502)
    answers: list[Any] = [api.get("/sources"), api.post("/sources/search", json={})]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert api.post("/sources", json=source()).status_code == 502
