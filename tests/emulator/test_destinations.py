"""Destinations: what differs from sources. What is the same is tested with both, in the modules about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from streamkap_pulumi.config.catalogue import DESTINATIONS
from tests.emulator.samples import PASSWORD, POSTGRESQL_DESTINATION, SNOWFLAKE, Api, detail
from tests.emulator.test_sources import FIELDS

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

OPTIONAL = "transforms.MarkColumnsAsOptional.fields.include.list"
MAPPING = "auto.qa.dedupe.table.mapping"
APPEND = {**SNOWFLAKE, "ingestion.mode": "append"}
BUCKET: dict[str, Any] = {
    "aws.access.key.id": "AKIAEXAMPLE",
    "aws.secret.access.key": PASSWORD,
    "aws.s3.region": "eu-west-1",
    "aws.s3.bucket.name": "exports",
}
ICEBERG: dict[str, Any] = {
    "iceberg.catalog.type": "rest",
    "table.name.prefix": "lake",
    "iceberg.catalog.uri": "https://catalog.example.com",
    "iceberg.catalog.s3.access-key-id": "AKIAEXAMPLE",
    "iceberg.catalog.s3.secret-access-key": PASSWORD,
    "iceberg.catalog.warehouse": "s3://warehouse",
    "iceberg.catalog.client.region.user.defined": "eu-west-1",
}


@pytest.fixture
def api(api: Api) -> Api:
    """A client for destinations."""
    api.kind = "destinations"
    return api


def test_a_create_answers_with_the_bare_destination_in_all_its_fields(api: Api) -> None:
    """Without a project, and without topics until a pipeline feeds it."""
    created = api.post("/destinations", json=api.body()).json()
    assert set(created) == FIELDS - {"service_id"}
    assert created["connector_display_name"] == "Snowflake"
    assert (created["connector_status"], created["tasks"]) == ("Active", [0])
    assert (created["topics"], created["topic_ids"], created["topic_map"]) == ([], [], {})
    assert created["tags"] is None


def test_a_source_and_a_destination_may_have_the_same_name(api: Api) -> None:
    """Names are taken for each kind of object by itself."""
    api.new("orders")
    api.kind = "sources"
    assert api.new("orders")["service_id"] == "service-demo"


def test_every_connector_can_be_created_with_what_it_requires(api: Api, emulator: Emulator) -> None:
    """The refusal of an empty config names the required properties."""
    for code in DESTINATIONS.codes:
        config: dict[str, Any] = {}
        for _ in range(4):
            answer = api.post("/destinations?wait=false", json=api.body(code, config, connector=code))
            if answer.status_code == 202:
                break
            config |= dict.fromkeys(detail(answer).partition(": ")[2].split(", "), "1")
        assert answer.status_code == 202, (code, answer.text)
    assert len(emulator.destinations()) == len(DESTINATIONS.codes)


@pytest.mark.parametrize(
    ("code", "config", "key", "value", "wrong"),
    [
        ("s3", BUCKET, "format.output.fields.user.defined", ["key", "value"], {"a": 1}),
        ("snowflake", APPEND, MAPPING, {"a": {"b": [1]}}, [1]),
        ("snowflake", SNOWFLAKE, "sfwarehouse", "WH", {"a": 1}),
        ("snowflake", SNOWFLAKE, "hard.delete", True, ["true"]),
    ],
)
def test_a_value_may_be_a_list_or_a_map(
    api: Api, code: str, config: dict[str, Any], key: str, *, value: Any, wrong: Any
) -> None:
    """Where the property is one; elsewhere the refusal names the property. No value is a fraction."""
    assert api.new(config={**config, key: value}, connector=code)["config"][key] == value
    refused = api.post("/destinations", json=api.body("x", {**config, key: wrong}, connector=code))
    assert (refused.status_code, detail(refused).partition(":")[0]) == (400, f"Invalid value for '{key}'")
    fraction = api.post("/destinations", json=api.body("x", {**config, key: 1.5}, connector=code))
    assert (fraction.status_code, detail(fraction)[0]["loc"][:3]) == (422, ["body", "config", key])


LEFT_OUT = "left out"


def mapping_after(api: Api, put: Any) -> Any:
    """The map of a destination that had two keys in it, after a PUT with `put`."""
    created = api.new(config={**APPEND, MAPPING: {"raw": "dedupe", "other": "x"}})
    body = api.body(config=APPEND if put == LEFT_OUT else {**APPEND, MAPPING: put})
    return api.put(f"/destinations/{created['id']}", json=body).json()["config"].get(MAPPING, LEFT_OUT)


@pytest.mark.parametrize(
    ("put", "after"),
    [
        ({}, {}),
        (None, {"raw": "dedupe", "other": "x"}),
        (LEFT_OUT, LEFT_OUT),
        ({"raw": "new"}, {"raw": "new"}),
        ({"raw": None}, {}),
        ("raw:dedupe,other:x", "raw:dedupe,other:x"),
    ],
)
def test_an_empty_map_clears_and_null_leaves_it(api: Api, put: Any, after: Any) -> None:
    """A map or a key that is left out is gone, and so is a key that is null; old clients send a string."""
    assert mapping_after(api, put) == after


def test_null_for_a_map_can_clear_it(api: Api, emulator: Emulator) -> None:
    """Nobody knows yet."""
    emulator.faults(map_null="clear")
    assert mapping_after(api, None) is None


@pytest.mark.parametrize(
    ("put", "after"),
    [
        ({"raw": "new"}, {"raw": "new", "other": "x"}),
        ({"raw": None}, {"other": "x"}),
        ({}, {}),
        (LEFT_OUT, {"raw": "dedupe", "other": "x"}),
    ],
)
def test_what_is_left_out_can_stay(api: Api, emulator: Emulator, put: Any, after: Any) -> None:
    """An empty map still clears it."""
    emulator.faults(map_keys_left_out="kept")
    assert mapping_after(api, put) == after


def test_a_null_in_a_map_can_stay(api: Api, emulator: Emulator) -> None:
    """As a null."""
    emulator.faults(map_null_values="kept")
    assert mapping_after(api, {"raw": None}) == {"raw": None}


def test_text_with_a_map_in_it_comes_back_as_it_was_sent(api: Api) -> None:
    """ClickHouse's settings of topics: a string of JSON in which each value is a string of JSON again."""
    text = json.dumps({"orders": json.dumps({"delete.sql.execute": "DELETE"})})
    config = {"hostname": "ch", "connection.username": "me", "connection.password": PASSWORD, "database": "shop"}
    created = api.new(config={**config, "topics.config.map": text}, connector="clickhouse")
    assert created["config"]["topics.config.map"] == text


@pytest.mark.parametrize(
    ("code", "config", "extension"),
    [
        ("s3", {}, ".json.gz"),
        ("s3", {"format.user.defined": "Parquet", "file.compression.type": "none"}, ".parquet"),
        ("s3", {"file.name.template": "{{topic}}-{{start_offset}}.json.gz"}, ""),
        ("gcs", {"gcs.bucket.name": "exports"}, ".csv.gz"),
        ("azblob", {"azblob.connection.string.user.defined": "x"}, ".json"),
    ],
)
def test_a_file_name_gets_its_extension(
    api: Api, emulator: Emulator, code: str, config: dict[str, Any], extension: str
) -> None:
    """Unless it has one, or the switch is off; sent back as it came, it stays."""
    template = "{{topic}}-{{start_offset}}"
    sent = {"file.name.template": template, **(BUCKET if code == "s3" else {}), **config}
    created = api.new(config=sent, connector=code)
    assert created["config"]["file.name.template"] == sent["file.name.template"] + extension
    again = api.body(config={**sent, "file.name.template": created["config"]["file.name.template"]}, connector=code)
    put = api.put(f"/destinations/{created['id']}", json=again).json()
    assert put["config"]["file.name.template"] == created["config"]["file.name.template"]
    emulator.faults(append_file_extension="off")
    assert api.new("plain", sent, connector=code)["config"]["file.name.template"] == sent["file.name.template"]


def test_defaults_are_strings_but_what_was_sent_keeps_its_type(api: Api) -> None:
    """As in sources; the SSH key is assigned by the server."""
    config = api.config({**POSTGRESQL_DESTINATION, "tasks.max": 5}, connector="postgresql")
    assert (config["tasks.max"], config["quote.identifiers"], config["database.port.user.defined"]) == (5, "true", 5432)
    assert config["ssh.public.key.user.displayed"].startswith("ssh-ed25519 AAAA")


def test_a_secret_that_is_absent_or_has_no_use_comes_back_null(api: Api) -> None:
    """Snowflake's passphrase beside a key that has none, even if it was sent."""
    key = "snowflake.private.key.passphrase"
    assert api.config(SNOWFLAKE)[key] is None
    assert api.config({**SNOWFLAKE, key: PASSWORD})[key] is None
    secured = {**SNOWFLAKE, "snowflake.private.key.passphrase.secured": True, key: PASSWORD}
    assert api.config(secured)[key] == PASSWORD


def test_a_secret_that_came_later_is_one_as_well(api: Api, emulator: Emulator) -> None:
    """The salt of masked fields: in answers and in the log."""
    key = "transforms.MaskField.mask.salt"
    created = api.new(config={**SNOWFLAKE, key: PASSWORD})
    assert created["config"][key] == PASSWORD
    assert api.one(created["id"], "")["config"][key] == "********"
    assert PASSWORD not in json.dumps(emulator.requests())
    assert PASSWORD not in json.dumps(emulator.destinations())


@pytest.mark.parametrize(
    ("value", "mode", "scope", "hard_delete"),
    [
        ("known", "oauth2", "ALL", True),
        ("known", "none", None, True),
        ("all", "none", None, None),
        ("off", "none", "ALL", True),
    ],
)
def test_of_hidden_properties_only_the_scope_of_icebergs_catalog_is_null(
    api: Api, emulator: Emulator, value: str, mode: str, *, scope: str | None, hard_delete: bool | None
) -> None:
    """By default: official clients send others, such as `hard.delete`, and want them back."""
    emulator.faults(null_hidden_conditionals=value)
    sent = {**ICEBERG, "iceberg.catalog.auth.mode": mode, "iceberg.catalog.scope": "ALL"}
    if mode == "oauth2":
        sent["iceberg.catalog.credential"] = PASSWORD
    assert api.config(sent, connector="iceberg")["iceberg.catalog.scope"] == scope
    assert api.config({**APPEND, "hard.delete": True})["hard.delete"] == hard_delete


@pytest.mark.parametrize(
    ("code", "config", "key", "value"),
    [
        ("snowflake", SNOWFLAKE, "ingestion.mode", "append"),
        ("snowflake", SNOWFLAKE, "ingestion.mode", None),
        ("iceberg", ICEBERG, "iceberg.catalog.type", "hive"),
    ],
)
def test_what_can_be_set_once_cannot_be_changed(
    api: Api, emulator: Emulator, code: str, config: dict[str, Any], *, key: str, value: Any
) -> None:
    """Leaving it out is a change where the default is another; off: it is changed."""
    created = api.new(config=config, connector=code)
    url = f"/destinations/{created['id']}?secret_returned=true"
    body = api.body(config={**config, key: value}, connector=code)
    answer = api.put(url, json=body)
    assert (answer.status_code, detail(answer)) == (400, f"'{key}' cannot be changed once the destination exists")
    assert api.put(url, json=api.body("renamed", config, connector=code)).status_code == 200
    emulator.faults(set_once="off")
    assert api.put(url, json=body).json()["config"][key] == value


def test_the_default_of_what_can_be_set_once_may_be_left_out(api: Api) -> None:
    """It is the same value."""
    created = api.new(config=APPEND)
    bare = {key: value for key, value in APPEND.items() if key != "ingestion.mode"}
    assert api.put(f"/destinations/{created['id']}", json=api.body(config=bare)).status_code == 200


@pytest.mark.parametrize(("value", "key_id"), [("on", "********"), ("encrypted", "AKIAEXAMPLE")])
def test_the_id_of_a_key_is_masked_or_not(api: Api, emulator: Emulator, value: str, key_id: str) -> None:
    """The API does not mark it for encryption; the key itself is masked in any case."""
    emulator.faults(mask_without_secret_returned=value)
    seen = api.one(api.new(config=BUCKET, connector="s3")["id"], "")["config"]
    assert (seen["aws.access.key.id"], seen["aws.secret.access.key"]) == (key_id, "********")


@pytest.mark.parametrize(
    ("code", "config", "fed_by", "columns"),
    [
        ("snowflake", {}, [], None),
        ("snowflake", {}, ["postgresql"], None),
        ("snowflake", {}, ["postgresql", "dynamodb"], "*"),
        ("snowflake", {OPTIONAL: None}, ["mongodb"], "*"),
        ("snowflake", {OPTIONAL: "orders.id"}, ["documentdb"], "orders.id"),
        ("postgresql", {}, ["kafkadirect"], "*"),
        ("s3", {}, ["dynamodb"], None),
    ],
)
def test_what_feeds_a_destination_changes_its_config(
    api: Api, emulator: Emulator, code: str, config: dict[str, Any], *, fed_by: list[str], columns: str | None
) -> None:
    """All columns become optional for a source without fixed ones, unless the user said which."""
    base = {"snowflake": SNOWFLAKE, "postgresql": POSTGRESQL_DESTINATION, "s3": BUCKET}[code]
    created = api.new(config={**base, **config}, connector=code)
    assert emulator.change_destination(created["id"], fed_by=fed_by)["fed_by"] == fed_by
    assert api.one(created["id"])["config"].get(OPTIONAL) == columns
    emulator.faults(destination_backfill="off")
    assert api.one(created["id"])["config"].get(OPTIONAL) == config.get(OPTIONAL)


@pytest.mark.parametrize(("value", "columns"), [("stays", "*"), ("goes", None)])
def test_what_fed_a_destination_may_leave_its_trace(
    api: Api, emulator: Emulator, value: str, columns: str | None
) -> None:
    """Also through an update, and until the user says otherwise."""
    emulator.faults(backfill_after_pipeline=value)
    url = f"/destinations/{(created := api.new())['id']}"
    emulator.change_destination(created["id"], fed_by=["dynamodb"])
    emulator.change_destination(created["id"], fed_by=[])
    assert api.put(url, json=api.body()).json()["config"].get(OPTIONAL) == columns
    mine = api.body(config={**SNOWFLAKE, OPTIONAL: "orders.id"})
    assert api.put(url, json=mine).json()["config"][OPTIONAL] == "orders.id"


def test_a_source_is_not_fed(api: Api, emulator: Emulator) -> None:
    """The control route says what there is to change."""
    api.kind = "sources"
    with pytest.raises(ValueError, match="no fed_by to change"):
        emulator.change_source(api.new()["id"], fed_by=["dynamodb"])


def test_lists_have_filters_of_their_own(api: Api) -> None:
    """The lag instead of the latency and of snapshots; there is no traffic, so that they change nothing."""
    api.new()
    assert api.get("/destinations?lag=gt:1000&unwind_topics=perhaps").json()["total"] == 1
    assert api.post("/destinations/search", json={"lag": ["gt:1000"]}).json()["total"] == 1
    assert api.post("/destinations/search", json={"lag": 1000}).status_code == 422
    assert api.post("/destinations/snapshot", json={}).status_code == 405
    assert api.get("/destinations/nobody/smt-chain").status_code == 404


def test_the_definitions_say_what_can_be_set_once(api: Api) -> None:
    """In the backend's own form."""
    config = api.get("/destinations/connectors?connector_code=snowflake").json()["Snowflake"]["config"]
    assert [entry["name"] for entry in config if entry.get("set_once")] == ["ingestion.mode"]


def test_other_names_of_switches(emulator: Emulator) -> None:
    """As the notes on the API call them."""
    emulator.faults(tags_empty_echo="[]", created_status="201", name_scope="service")
    now = emulator.faults()
    assert (now["empty_tags"], now["create_status"], now["dup_scope"]) == ("list", "201", "service")
