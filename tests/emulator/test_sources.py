"""Create, get, update and delete, and the rules of each."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from streamkap_pulumi.config.catalogue import SOURCES
from tests.emulator.samples import HUBSPOT, PASSWORD, POSTGRESQL, Api, client_of, detail, source

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

NO_TAGS: dict[str, Any] = {"sources": [], "destinations": None}
FIELDS = {
    "id",
    "name",
    "connector",
    "connector_display_name",
    "created_timestamp",
    "sub_id",
    "tenant_id",
    "service_id",
    "config",
    "topic_ids",
    "topic_map",
    "topics",
    "tasks",
    "connector_status",
    "desired_state",
    "kc_cluster_id",
    "task_statuses",
    "tags",
}


def test_a_create_answers_with_the_bare_source_in_all_its_fields(api: Api) -> None:
    """Not in an envelope; the id is an ObjectId: 24 hexadecimal digits."""
    created = api.post("/sources", json=source()).json()
    assert set(created) == FIELDS
    assert re.fullmatch("[0-9a-f]{24}", created["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created["created_timestamp"])
    assert (created["connector_status"], created["desired_state"]) == ("Active", "Active")
    assert created["connector_display_name"] == "PostgreSQL"
    assert created["kc_cluster_id"] is None
    topic_id = f"source_{created['id']}.public.orders"
    assert created["topic_ids"][0] == topic_id
    assert created["topic_map"][topic_id] == []
    assert created["topics"] == ["public.orders", "public.customers"]
    assert created["tasks"] == [0]
    assert created["task_statuses"] == {"0": {"state": "RUNNING"}}


def test_get_one_is_an_envelope(both: Api) -> None:
    """With the one source in `result`."""
    created = both.new()
    answer = both.get(f"{both.root}/{created['id']}?secret_returned=true").json()
    assert (answer["total"], answer["page"], answer["has_next"]) == (1, 1, False)
    assert answer["result"][0]["config"] == created["config"]


def test_unknown_body_keys_and_query_parameters_are_ignored(both: Api) -> None:
    """Official clients send an empty `id` along."""
    answer = both.post(f"{both.root}?whatever=1", json=both.body(id="", connector_status="x"))
    assert answer.status_code == 200
    assert len(answer.json()["id"]) == 24


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({"connector": "postgresql", "config": {}}, ["body", "name"], "missing"),
        ({"name": "x", "config": {}}, ["body", "connector"], "missing"),
        ({"name": "x", "connector": "postgresql"}, ["body", "config"], "missing"),
        ({"name": 5, "connector": "postgresql", "config": {}}, ["body", "name"], "string_type"),
        ({"name": "x", "connector": "postgresql", "config": []}, ["body", "config"], "dict_type"),
        (source(created_from="ui"), ["body", "created_from"], "literal_error"),
        (source(desired_state="Running"), ["body", "desired_state"], "literal_error"),
        (source(tags="a"), ["body", "tags"], "list_type"),
        ([], ["body"], "model_attributes_type"),
        ("text", ["body"], "model_attributes_type"),
        (source(config={"batch": [1]}), ["body", "config", "batch", "str"], "string_type"),
        (source(config={"batch": {"a": 1}}), ["body", "config", "batch", "str"], "string_type"),
        (source(config={"batch": 1.5}), ["body", "config", "batch", "str"], "string_type"),
    ],
)
def test_a_body_of_the_wrong_shape_is_422_with_a_list(api: Api, body: Any, loc: list[str], kind: str) -> None:
    """Each entry has the place, the message, the type and the input."""
    answer = api.post("/sources", json=body)
    assert answer.status_code == 422
    entry = detail(answer)[0]
    assert (entry["loc"], entry["type"]) == (loc, kind)
    assert {"msg", "input"} <= set(entry)


@pytest.mark.parametrize("content", [b"{", b"nonsense", b"\xff\xfe"])
def test_a_body_that_is_not_json_is_422(api: Api, content: bytes) -> None:
    """In the framework's words."""
    answer = api.post("/sources", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, detail(answer)[0]["type"]) == (422, "json_invalid")


def test_a_missing_body_or_another_content_type_is_422(api: Api) -> None:
    """JSON with another content type counts as a string, not as an object."""
    assert detail(api.post("/sources"))[0]["type"] == "missing"
    answer = api.post("/sources", content=b"{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, detail(answer)[0]["type"]) == (422, "model_attributes_type")


def test_a_body_without_a_content_type_is_json(api: Api) -> None:
    """If the header is missing or has no value."""
    body = json.dumps(source()).encode()
    assert api.post("/sources", content=body).status_code == 200
    assert detail(api.post("/sources", content=body, headers={"content-type": ""})).endswith("already exists")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/sources?page=0", "page"),
        ("/sources?page=x", "page"),
        ("/sources?page_size=101", "page_size"),
        ("/sources?page_size=0", "page_size"),
        ("/sources?secret_returned=perhaps", "secret_returned"),
        ("/sources?sort_dir=up", "sort_dir"),
        ("/sources?unwind_topics=perhaps", "unwind_topics"),
    ],
)
def test_a_query_of_the_wrong_type_is_422_with_a_list(api: Api, path: str, name: str) -> None:
    """The place says query."""
    answer = api.get(path)
    assert (answer.status_code, detail(answer)[0]["loc"]) == (422, ["query", name])


def test_an_unknown_connector_is_400_with_a_message(api: Api) -> None:
    """The code does not belong to the request's shape."""
    answer = api.post("/sources", json=source(connector="postgres"))
    assert (answer.status_code, detail(answer)) == (400, "Connector 'postgres' is not supported")


def test_missing_required_properties_are_400_and_named(api: Api) -> None:
    """All of them at once; null and the empty string count as missing."""
    config = {**POSTGRESQL, "database.password": None, "database.user": ""}
    del config["database.dbname"]
    answer = api.post("/sources", json=source(config=config))
    assert answer.status_code == 400
    assert detail(answer).endswith(": database.user, database.password, database.dbname")


def test_a_conditional_property_is_required_only_while_its_conditions_hold(api: Api) -> None:
    """A property that a condition names and that is not sent has the server's default."""
    api.new("plain")
    answer = api.post("/sources", json=source(config={**POSTGRESQL, "ssh.enabled": True}))
    assert (answer.status_code, detail(answer)) == (400, "Missing required configuration properties: ssh.host")
    answer = api.post("/sources", json=source(config={**POSTGRESQL, "snapshot.read.only.user.defined": "No"}))
    assert "signal.data.collection.schema.or.database" in detail(answer)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("database.sslmode", "maybe"),
        ("streamkap.snapshot.parallelism", 0),
        ("streamkap.snapshot.parallelism", "51"),
        ("streamkap.snapshot.parallelism", "many"),
        ("database.port.user.defined", "many"),
        ("heartbeat.enabled", "Yes"),
    ],
)
def test_a_value_out_of_range_or_enumeration_is_400_and_named(api: Api, key: str, value: Any) -> None:
    """With a message, not with a list."""
    answer = api.post("/sources", json=source(config={**POSTGRESQL, key: value}))
    assert answer.status_code == 400
    assert f"'{key}'" in detail(answer)


EXAMPLE: dict[str, Any] = {
    "database.hostname.user.defined": "db.example.com",
    "database.port.user.defined": "5432",
    "database.dbname.user.defined": "mydb",
    "database.user.user.defined": "streamkap_user",
    "database.password.user.defined": "secret",
    "schema.include.list": "public",
    "table.include.list": "public.orders,public.customers",
}


def test_the_references_own_example_creates_a_source(api: Api, emulator: Emulator) -> None:
    """Stored and shown under the real keys; a real key wins if both are sent."""
    created = api.new("My PostgreSQL Source", EXAMPLE)
    assert created["config"]["database.user"] == "streamkap_user"
    assert created["config"]["table.include.list.user.defined"] == "public.orders,public.customers"
    assert set(emulator.sources()[0]["config"]) == set(POSTGRESQL)
    one = f"/sources/{created['id']}?secret_returned=true"
    both = {**EXAMPLE, "database.user": "real"}
    for body in (both, dict(reversed(both.items()))):
        answer = api.put(one, json=source("My PostgreSQL Source", body))
        assert answer.json()["config"]["database.user"] == "real"


@pytest.mark.parametrize("unknown_keys", ["drop", "keep", "reject"])
def test_the_keys_of_the_references_example_do_not_count_as_unknown(
    api: Api, emulator: Emulator, unknown_keys: str
) -> None:
    """Nothing is refused, and nothing is stored under them: they would show a secret in clear."""
    emulator.faults(unknown_keys=unknown_keys)
    api.new(config=EXAMPLE)
    assert set(emulator.sources()[0]["config"]) == set(POSTGRESQL)


def test_the_spellings_of_the_references_example_can_be_unknown_keys(api: Api, emulator: Emulator) -> None:
    """Then `database.user.user.defined`, as its page has it, is dropped, and so missing."""
    emulator.faults(reference_spellings="off")
    wrong = {**POSTGRESQL, "database.user.user.defined": "x", "table.include.list": "public.orders"}
    del wrong["database.user"], wrong["table.include.list.user.defined"]
    answer = api.post("/sources", json=source(config=wrong))
    assert detail(answer).endswith(": database.user, table.include.list.user.defined")


def test_unknown_config_keys_are_silently_dropped(api: Api, emulator: Emulator) -> None:
    """They are neither stored nor shown."""
    created = api.new(config={**POSTGRESQL, "slot.nam": "x"})
    assert "slot.nam" not in created["config"]
    assert "slot.nam" not in emulator.sources()[0]["config"]


def test_properties_that_came_later_are_kept_as_they_were_sent(api: Api) -> None:
    """Only their names are known; an empty string comes back as null, as usual."""
    later = {
        "streamkap.snapshot.max.split.size.bytes": 1024,
        "post.processors.reselect.enabled": True,
        "reselector.reselect.error.handling.mode": "",
    }
    config = api.config({**POSTGRESQL, **later})
    assert {key: config[key] for key in later} == {**later, "reselector.reselect.error.handling.mode": None}


def test_a_key_that_official_clients_send_and_the_api_does_not_have_is_unknown(api: Api, emulator: Emulator) -> None:
    """Silently dropped, or treated as `unknown_keys` says."""
    key = "streamkap.snapshot.custom.table.config.user.defined"
    config: dict[str, Any] = {**POSTGRESQL, "database.names": "shop", key: '{"dbo.orders":4}'}
    assert key not in api.new(config=config, connector="sqlserveraws")["config"]
    emulator.faults(unknown_keys="keep")
    assert api.new("kept", config, connector="sqlserveraws")["config"][key] == '{"dbo.orders":4}'
    emulator.faults(unknown_keys="reject")
    assert key in detail(api.post("/sources", json=source("refused", config, connector="sqlserveraws")))


def test_a_name_is_taken_for_the_whole_tenant_but_not_for_others(both: Api, emulator: Emulator) -> None:
    """So the source that has it may be invisible to the client."""
    both.new("orders")
    answer = both.post(both.root, json=both.body("orders"))
    assert (answer.status_code, detail(answer)) == (422, f"A {both.kind[:-1]} with name 'orders' already exists")
    with client_of(emulator) as elsewhere:
        elsewhere.login("project-client", "project-secret")
        assert elsewhere.get(f"{both.root}?partial_name=orders").json()["result"] == []
        assert elsewhere.post(both.root, json=both.body("orders")).status_code == 422
        elsewhere.login("other-client", "other-secret")
        assert elsewhere.post(both.root, json=both.body("orders")).status_code == 200


def test_a_rename_to_a_taken_name_is_refused_and_to_its_own_is_not(both: Api) -> None:
    """A PUT may keep the name."""
    both.new("taken")
    source_id = both.new("mine")["id"]
    assert both.put(f"{both.root}/{source_id}", json=both.body("taken")).status_code == 422
    assert both.put(f"{both.root}/{source_id}", json=both.body("mine")).status_code == 200
    assert both.put(f"{both.root}/{source_id}", json=both.body("renamed")).json()["name"] == "renamed"


def test_a_put_replaces_the_whole_config_and_nothing_else(api: Api) -> None:
    """Ids, time, origin and tags stay; a missing key has its default again."""
    created = api.new(config={**POSTGRESQL, "slot.name": "mine"}, tags=["a"], created_from="terraform")
    changed = api.put(f"/sources/{created['id']}?secret_returned=true", json=source("orders")).json()
    assert changed["config"]["slot.name"] == "streamkap_pgoutput_slot"
    for name in ("id", "created_timestamp", "tenant_id", "sub_id", "tags"):
        assert changed[name] == created[name]


def test_tags_are_kept_by_null_cleared_by_an_empty_list_and_replaced_by_others(both: Api) -> None:
    """And the cluster is kept unless another is given."""
    source_id = both.new(tags=["a", "b"], kc_cluster_id="kc-2")["id"]
    assert both.put(f"{both.root}/{source_id}", json=both.body(tags=None)).json()["tags"] == ["a", "b"]
    assert both.put(f"{both.root}/{source_id}", json=both.body(tags=["c"])).json()["tags"] == ["c"]
    assert both.put(f"{both.root}/{source_id}", json=both.body(tags=[])).json()["tags"] == NO_TAGS[both.kind]
    assert both.one(source_id)["kc_cluster_id"] == "kc-2"


def test_the_connector_cannot_be_changed(api: Api) -> None:
    """A PUT with another one gets 400."""
    source_id = api.new()["id"]
    answer = api.put(f"/sources/{source_id}", json=source(connector="hubspot", config=HUBSPOT))
    assert (answer.status_code, detail(answer)) == (400, "The connector of a source cannot be changed")


def test_a_missing_object_is_an_empty_list_to_get_and_404_to_put_and_delete(both: Api) -> None:
    """The defaults, where the sources on the API contradict each other."""
    missing = f"{both.root}/000000000000000000000000"
    answer = both.get(missing)
    assert (answer.status_code, answer.json()["result"]) == (200, [])
    for refused in (both.put(missing, json=both.body()), both.delete(missing), both.post(f"{missing}/deploy")):
        assert (refused.status_code, detail(refused)) == (404, f"{both.kind[:-1].capitalize()} not found")


def test_a_call_that_waits_is_200_and_one_that_does_not_is_202(both: Api) -> None:
    """For create, update and delete alike."""
    assert both.post(f"{both.root}?wait=true", json=both.body("a")).status_code == 200
    answer = both.post(f"{both.root}?wait=false", json=both.body("b"))
    assert answer.status_code == 202
    url = f"{both.root}/{answer.json()['id']}"
    assert both.put(f"{url}?wait=false", json=both.body("b")).status_code == 202
    assert both.put(url, json=both.body("b")).status_code == 200
    assert both.delete(f"{url}?wait=false").status_code == 202


def test_a_delete_leaves_the_object_readable_for_a_while_and_its_name_taken(
    both: Api, emulator: Emulator, later: Callable[[float], None]
) -> None:
    """Its status says so; then it is gone, and the name is free."""
    emulator.faults(async_delete_delay=0.4)
    source_id = both.new()["id"]
    answer = both.delete(f"{both.root}/{source_id}?wait=false")
    assert answer.json() == {"deleted": True}
    assert both.one(source_id)["connector_status"] == "Pending Delete"
    assert both.put(f"{both.root}/{source_id}", json=both.body()).status_code == 409
    assert both.post(both.root, json=both.body()).status_code == 422
    assert both.delete(f"{both.root}/{source_id}?wait=false").status_code == 202
    later(0.4)
    assert both.get(f"{both.root}/{source_id}").json()["result"] == []
    assert both.delete(f"{both.root}/{source_id}").status_code == 404
    assert both.post(both.root, json=both.body()).status_code == 200
    assert emulator.objects(both.kind)[0]["deleted"] is True


def test_a_delete_that_waits_answers_when_the_source_is_gone(api: Api, emulator: Emulator) -> None:
    """And not before."""
    emulator.faults(async_delete_delay=0.3)
    source_id = api.new()["id"]
    started = time.monotonic()
    assert api.delete(f"/sources/{source_id}").status_code == 200
    assert time.monotonic() - started >= 0.3
    assert api.get(f"/sources/{source_id}").json()["result"] == []


def test_an_api_source_answers_in_strings_and_leaves_out_unset_properties(api: Api) -> None:
    """Arrays are joined by commas, booleans and numbers are strings, and the server chooses the cluster."""
    created = api.new(connector="hubspot", config=HUBSPOT)
    assert created["config"] == {"token": PASSWORD, "resources": "contacts,deals", "sync_all_properties": "true"}
    assert created["kc_cluster_id"] == "api-cluster"
    assert created["topics"] == ["contacts", "deals"]


def test_a_property_that_requires_another_is_refused_without_it(api: Api) -> None:
    """As `app_id` requires `app_secret`."""
    config = {"access_token": "t", "resources": ["ads"], "account_id": "1", "app_id": "2"}
    answer = api.post("/sources", json=source(connector="facebook_ads", config=config))
    assert (answer.status_code, detail(answer)) == (400, "'app_id' also requires: app_secret")


def test_a_server_assigned_property_is_ignored_when_sent(api: Api) -> None:
    """The server sets the key."""
    config = {**POSTGRESQL, "ssh.public.key.user.displayed": "mine"}
    assert api.new(config=config)["config"]["ssh.public.key.user.displayed"].startswith("ssh-ed25519 AAAA")


def test_every_answer_has_a_date_and_a_request_id(api: Api) -> None:
    """The client's own id comes back; ours has no digits, which official clients would take for a status."""
    for answer in (api.get("/sources"), api.get("/nowhere"), api.post("/sources", json={})):
        assert re.fullmatch("[a-z]{20}", answer.headers["x-request-id"])
        assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 3
    assert api.get("/sources", headers={"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_query_and_body_are_refused_in_one_list(api: Api, method: str) -> None:
    """As the API's framework does; a body that is not JSON is reported alone."""
    path = f"/sources{'/x' if method == 'PUT' else ''}?wait=perhaps"
    answer = api.request(method, path, json={"name": 1, "config": {}})
    places = [entry["loc"] for entry in detail(answer)]
    assert (answer.status_code, places) == (422, [["query", "wait"], ["body", "name"], ["body", "connector"]])
    assert [entry["loc"] for entry in detail(api.request(method, path, json=source()))] == [["query", "wait"]]
    assert [entry["type"] for entry in detail(api.request(method, path))] == ["bool_parsing", "missing"]
    torn = api.request(method, path, content=b"{", headers={"content-type": "application/json"})
    assert [entry["type"] for entry in detail(torn)] == ["json_invalid"]


def test_paths_are_exact(api: Api) -> None:
    """No redirect for an extra slash; 404 for unknown paths and 405 for wrong methods, in the API's own shape."""
    slash, unknown, method = api.get("/sources/"), api.get("/api/sources"), api.patch("/sources")
    assert (slash.status_code, slash.json()) == (404, {"detail": "Not Found"})
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})
    assert (method.status_code, method.json()) == (405, {"detail": "Method Not Allowed"})
    assert method.headers["allow"] == "GET, POST"
    assert api.patch("/sources/x").headers["allow"] == "DELETE, GET, PUT"
    head = api.head("/sources")
    assert (head.status_code, head.headers["allow"]) == (405, "GET, POST")


def test_the_real_keys_of_the_references_example_create_a_source(api: Api) -> None:
    """With its port as a string, which comes back as a string."""
    config = {**POSTGRESQL, "database.port.user.defined": "5432"}
    assert api.new(config=config)["config"]["database.port.user.defined"] == "5432"


def test_every_connector_can_be_created_with_what_it_requires(api: Api, emulator: Emulator) -> None:
    """The refusal of an empty config names the required properties."""
    for code in SOURCES.codes:
        config: dict[str, Any] = {}
        for _ in range(4):
            answer = api.post("/sources?wait=false", json=source(code, config, connector=code))
            if answer.status_code == 202:
                break
            if answer.status_code == 403:
                config["oauth_grant_id"] = emulator.grant()
            for key in detail(answer).partition(": ")[2].split(", ") if answer.status_code == 400 else ():
                config[key] = _value(api, code, key)
        assert answer.status_code == 202, (code, answer.text)
        assert answer.json()["topics"], code
    assert len(emulator.sources()) == len(SOURCES.codes)


def _value(api: Api, code: str, key: str) -> Any:
    (definition,) = api.get("/sources/connectors", params={"connector_code": code}).json().values()
    (known,) = [entry["value"] for entry in definition["config"] if entry["name"] == key]
    if "raw_values" in known:
        return known["raw_values"][0]
    return ["a"] if known["control"] == "multi-select" else "a"


def test_fifty_creates_at_once_of_one_name_leave_one_object(both: Api, emulator: Emulator) -> None:
    """Checking the name and taking it are one step."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: both.post(f"{both.root}?wait=false", json=both.body("one")), range(50)))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 49
    assert len(emulator.objects(both.kind)) == 1


def test_fifty_different_requests_at_once_are_all_answered(api: Api, emulator: Emulator) -> None:
    """Including those that wait."""
    from concurrent.futures import ThreadPoolExecutor

    emulator.faults(status_delay=0.2)
    started = time.monotonic()
    with httpx.Client(base_url=emulator.url, headers=api.headers, timeout=20) as client, ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda n: client.post("/sources", json=source(f"s{n}")), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 50
    assert time.monotonic() - started < 8
