"""Lists: pages, filters, order, and wrong answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.samples import HUBSPOT, Api

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

CLICKHOUSE: dict[str, Any] = {
    "hostname": "ch.example.com",
    "connection.username": "streamkap",
    "connection.password": "x",
    "database": "shop",
}
OTHERS: dict[str, Any] = {"sources": ("hubspot", HUBSPOT), "destinations": ("clickhouse", CLICKHOUSE)}


def names(api: Api, query: str) -> list[str]:
    """The names on a page."""
    return [entry["name"] for entry in api.get(f"{api.root}{query}").raise_for_status().json()["result"]]


@pytest.fixture
def twelve(both: Api) -> Api:
    """An emulator with twelve sources or destinations, s00 to s11."""
    for number in range(12):
        both.new(f"s{number:02}", tags=["even"] if number % 2 == 0 else ["odd", "prime"])
    return both


def test_a_page_has_ten_entries_by_default(twelve: Api) -> None:
    """The envelope counts all of them and says whether there are more."""
    first = twelve.get(twelve.root).json()
    assert set(first) == {"total", "page_size", "page", "result", "has_next"}
    assert (first["total"], first["page_size"], first["page"], first["has_next"]) == (12, 10, 1, True)
    second = twelve.get(f"{twelve.root}?page=2").json()
    assert ([entry["name"] for entry in second["result"]], second["has_next"]) == (["s10", "s11"], False)
    beyond = twelve.get(f"{twelve.root}?page=9&page_size=100").json()
    assert (beyond["result"], beyond["total"], beyond["has_next"]) == ([], 12, False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?partial_name=s0&page_size=3", ["s00", "s01", "s02"]),
        ("?partial_name=S0", []),
        ("?connector=hubspot,clickhouse", ["crm"]),
        ("?status=Paused", ["s05"]),
        ("?status=Paused,Broken&connector=postgresql,snowflake", ["s05"]),
        ("?sort=name&sort_dir=desc&page_size=2", ["s11", "s10"]),
        ("?sort=created_at&sort_dir=desc&page_size=1", ["crm"]),
        ("?sort=name&page_size=1", ["crm"]),
        ("?tag_ids=prime&page_size=2", ["s01", "s03"]),
        ("?tag_ids=even,prime&tag_filter_operation=and", []),
        ("?tag_ids=odd,prime&tag_filter_operation=and&page_size=1", ["s01"]),
    ],
)
def test_a_list_is_filtered_and_sorted(twelve: Api, query: str, expected: list[str]) -> None:
    """Filters combine; there is none for the exact name."""
    connector, config = OTHERS[twelve.kind]
    twelve.new("crm", config, connector=connector)
    (paused,) = twelve.get(f"{twelve.root}?partial_name=s05").json()["result"]
    twelve.post(f"{twelve.root}/{paused['id']}/actions/pause")
    assert names(twelve, query) == expected


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("", {"connector": ["postgresql", "snowflake"], "partial_name": "s0", "page_size": 2}, ["s00", "s01"]),
        ("", {"tag_ids": "prime", "page": 2, "page_size": 5}, ["s11"]),
        ("?partial_name=s1&page_size=1", {"partial_name": "s0"}, ["s00"]),
        ("?page_size=1", None, ["s00"]),
    ],
)
def test_a_search_takes_its_filters_from_the_body(twelve: Api, query: str, body: Any, expected: list[str]) -> None:
    """As arrays or comma-joined strings; the body wins over the query."""
    answer = (
        twelve.post(f"{twelve.root}/search{query}", json=body) if body else twelve.post(f"{twelve.root}/search{query}")
    )
    assert [entry["name"] for entry in answer.json()["result"]] == expected


def test_a_search_with_a_body_of_the_wrong_shape_is_422(api: Api) -> None:
    """The filters are an object, and the page is a number."""
    assert api.post("/sources/search", json=["a"]).status_code == 422
    assert api.post("/sources/search", json={"page": "x"}).status_code == 422


def test_lists_total_lies_says_zero(twelve: Api, emulator: Emulator) -> None:
    """The result is still there."""
    emulator.faults(lists_total_lies="on")
    page = twelve.get(twelve.root).json()
    assert (page["total"], len(page["result"])) == (0, 10)


def test_has_next_lies_says_the_opposite(twelve: Api, emulator: Emulator) -> None:
    """On the first page and on the last."""
    emulator.faults(has_next_lies="on")
    assert twelve.get(twelve.root).json()["has_next"] is False
    assert twelve.get(f"{twelve.root}?page=2").json()["has_next"] is True


def test_omit_has_next_leaves_it_out(twelve: Api, emulator: Emulator) -> None:
    """As older servers do."""
    emulator.faults(omit_has_next="on")
    assert "has_next" not in twelve.get(twelve.root).json()


def test_lists_page_limit_makes_every_page_short(twelve: Api, emulator: Emulator) -> None:
    """Whatever was requested; no entry is missing, and no page is longer than without it."""
    emulator.faults(lists_page_limit=5)
    pages = [twelve.get(f"{twelve.root}?page={page}&page_size=100").json() for page in (1, 2, 3)]
    assert [len(page["result"]) for page in pages] == [5, 5, 2]
    assert [page["has_next"] for page in pages] == [True, True, False]
    assert (pages[0]["page_size"], pages[0]["total"]) == (5, 12)
    assert len({entry["id"] for page in pages for entry in page["result"]}) == 12
    assert names(twelve, "?page_size=2") == ["s00", "s01"]


@pytest.mark.parametrize(
    ("shift", "second"), [("removed", ["s06", "s07", "s08", "s09"]), ("added", ["s04", "s05", "s06", "s07", "s08"])]
)
def test_lists_shift_moves_the_entries_after_the_first_page(
    twelve: Api, emulator: Emulator, shift: str, second: list[str]
) -> None:
    """An entry is on neither page, or on both."""
    emulator.faults(lists_shift=shift)
    assert names(twelve, "?page_size=5") == ["s00", "s01", "s02", "s03", "s04"]
    assert names(twelve, "?page_size=5&page=2")[: len(second)] == second


def test_brief_is_a_bare_array(twelve: Api) -> None:
    """With all of them, without pages."""
    entries = twelve.get(f"{twelve.root}/brief").json()
    assert len(entries) == 12
    assert set(entries[0]) == {"id", "name", "connector", "connector_status"}


def test_metrics_exist_for_all_sources_and_for_one(api: Api) -> None:
    """There is little in them without traffic."""
    source_id = api.new()["id"]
    assert set(api.get("/sources/metrics").json()) == {source_id}
    assert set(api.post("/sources/metrics").json()) == {source_id}
    assert api.get(f"/sources/{source_id}/metrics").json()["data"]["recordsLag"][0]["value"] == 0
    assert api.get("/sources/nobody/metrics").status_code == 404


def test_connectors_are_keyed_by_display_name(api: Api) -> None:
    """Each is an object whose `config` is the array of properties."""
    definitions = api.get("/sources/connectors").json()
    config = {entry["name"]: entry for entry in definitions["PostgreSQL"]["config"]}
    password = config["database.password"]
    assert (password["user_defined"], password["required"], password["encrypt"]) == (True, True, True)
    assert password["value"]["control"] == "password"
    assert config["database.port.user.defined"]["value"]["default"] == "5432"
    assert config["database.sslmode"]["value"]["raw_values"] == ["require", "disable"]
    assert config["ssh.host"]["conditions"] == [{"operator": "EQ", "config": "ssh.enabled", "value": True}]
    slider = config["streamkap.snapshot.parallelism"]["value"]
    assert (slider["control"], slider["min"], slider["max"]) == ("slider", 1, 10)
    twin = config["database.hostname"]
    assert (twin["user_defined"], twin["value"]["dependencies"]) == (False, ["database.hostname.user.defined"])
    assert "post.processors" not in config


def test_one_connector_can_be_requested_by_its_code(api: Api) -> None:
    """Two of them share a display name, so the code follows it."""
    assert list(api.get("/sources/connectors?connector_code=mysql").json()) == ["MySQL"]
    assert list(api.get("/sources/connectors?connector_code=stripe").json()) == ["Stripe (stripe)"]
    assert "Stripe (stripe_webhook)" in api.get("/sources/connectors").json()
    assert api.get("/sources/connectors?connector_code=nothing").json() == {}


@pytest.mark.parametrize(("answer", "status", "shown"), [("400", 400, None), ("422", 422, None), ("all", 200, 33)])
def test_the_answer_for_an_unknown_connector_can_be_set(
    api: Api, emulator: Emulator, answer: str, status: int, shown: int | None
) -> None:
    """It is undocumented; known connectors are answered as usual."""
    emulator.faults(unknown_connector=answer)
    found = api.get("/sources/connectors?connector_code=nothing")
    assert found.status_code == status
    assert shown is None or len(found.json()) == shown
    assert list(api.get("/sources/connectors?connector_code=mysql").json()) == ["MySQL"]


def test_connectors_shape_arrays_leaves_out_the_object(api: Api, emulator: Emulator) -> None:
    """The documents on the shape contradict each other."""
    emulator.faults(connectors_shape="arrays")
    definitions = api.get("/sources/connectors?connector_code=mysql").json()
    assert definitions["MySQL"][0]["name"] == "database.hostname.user.defined"
