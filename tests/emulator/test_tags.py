"""Tags: a kind of object without a connector, that belongs to a whole tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.samples import USUAL, Api, client_of, detail

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

DEVELOPMENT = "670e5ca40afe1d3983ce0c22"
PRODUCTION = "670e5bab0d119c0d1f8cda9d"
TYPES = ["sources", "pipelines"]


def tag(name: str = "team-data", **more: Any) -> dict[str, Any]:
    """The body of a create or update."""
    return {"name": name, "type": TYPES, **more}


def new(api: Api, name: str = "team-data", **more: Any) -> dict[str, Any]:
    """A new tag."""
    created: dict[str, Any] = api.post("/tags", json=tag(name, **more)).raise_for_status().json()
    return created


def names(api: Api, query: str = "") -> list[str]:
    """The names of the listed tags, but for the system's own."""
    listed = api.get(f"/tags{query}").raise_for_status().json()
    assert set(listed) == {"tags"}
    return [entry["name"] for entry in listed["tags"] if not entry["system"]]


def test_a_create_answers_with_the_bare_tag_in_all_its_fields(api: Api) -> None:
    """Its types are sorted; it has no time and no tenant."""
    created = api.post("/tags?secret_returned=true", json=tag(description="Ours", created_from="terraform"))
    assert created.status_code == 200
    body = created.json()
    assert len(body.pop("id")) == 24
    assert body == {
        "name": "team-data",
        "description": "Ours",
        "type": ["pipelines", "sources"],
        "system": False,
        "custom": True,
    }


@pytest.mark.parametrize("sent", [{}, {"description": ""}, {"description": None}])
def test_no_description_is_an_empty_one(api: Api, sent: dict[str, Any]) -> None:
    """However it was left out, in a create and in an update."""
    created = new(api, **sent)
    assert created["description"] == ""
    url = f"/tags/{created['id']}"
    assert api.put(url, json=tag(description="now")).json()["description"] == "now"
    assert api.put(url, json=tag(**sent)).json()["description"] == ""


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"type": TYPES}, ["body", "name"]),
        ({"name": "x"}, ["body", "type"]),
        (tag(type="sources"), ["body", "type"]),
        (tag(type=["source"]), ["body", "type", 0]),
        (tag(system=None), ["body", "system"]),
        (tag(custom=None), ["body", "custom"]),
        (tag(created_from="ui"), ["body", "created_from"]),
    ],
)
def test_a_tag_of_the_wrong_shape_is_422(api: Api, body: Any, loc: list[Any]) -> None:
    """`system` and `custom` may be left out, but are not null."""
    answer = api.post("/tags", json=body)
    assert (answer.status_code, detail(answer)[0]["loc"]) == (422, loc)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a", "b", "c"]),
        ("?tag_name=a&tag_name=c", ["a", "c"]),
        ("?tag_name=a,c", []),
        ("?tag_type=topics", ["b"]),
        ("?tag_type=topics&tag_name=a", ["a", "b"]),
        ("?tag_type=topics&tag_name=b&tag_logic=and", ["b"]),
        ("?tag_type=topics&tag_name=a&tag_logic=and", []),
        ("?tag_ids=67f0000000000000000000000", []),
    ],
)
def test_a_list_is_filtered_by_parameters_that_may_occur_twice(api: Api, query: str, expected: list[str]) -> None:
    """Without pages; one match is enough, unless `tag_logic` is and."""
    for name in ("a", "b", "c"):
        new(api, name, type=["topics" if name == "b" else "users"])
    assert names(api, query) == expected
    assert api.get("/tags?tag_logic=xor").status_code == 422


def test_tags_are_found_by_their_ids_also_in_a_search(api: Api) -> None:
    """The body has the ids, the query the rest."""
    ids = [new(api, name)["id"] for name in ("a", "b", "c")]
    assert names(api, f"?tag_ids={ids[0]}&tag_ids={ids[2]}") == ["a", "c"]
    found = api.post("/tags/search?tag_name=c", json={"tag_ids": ids[:1]}).json()["tags"]
    assert [entry["name"] for entry in found] == ["a", "c"]
    assert api.post("/tags/search", json={"tag_ids": ids[0]}).status_code == 422


def test_the_tags_of_the_system_are_everywhere_and_stay_as_they_are(emulator: Emulator) -> None:
    """In every tenant, under the same ids."""
    for client in ("demo", "other"):
        with client_of(emulator) as api:
            api.login(f"{client}-client", f"{client}-secret")
            listed = api.get(f"/tags?tag_ids={DEVELOPMENT}&tag_ids={PRODUCTION}").json()["tags"]
            assert [(entry["name"], entry["system"], entry["custom"]) for entry in listed] == [
                ("Development", True, False),
                ("Production", True, False),
            ]
            assert api.put(f"/tags/{PRODUCTION}", json=tag()).status_code == 400
            assert api.delete(f"/tags/{PRODUCTION}").status_code == 400
    assert emulator.tags() == []


def test_a_tag_belongs_to_its_tenant(emulator: Emulator, api: Api) -> None:
    """Another project of the tenant sees it, another tenant does not."""
    tag_id = new(api)["id"]
    with client_of(emulator) as project, client_of(emulator) as other:
        assert names(project.login("project-client", "project-secret")) == ["team-data"]
        assert names(other.login("other-client", "other-secret")) == []
        assert other.delete(f"/tags/{tag_id}").status_code == 404
        assert new(other)["name"] == "team-data"


def test_a_second_tag_with_identical_properties_is_400(api: Api) -> None:
    """In a create and in an update, in whatever order its types are; one that differs in any of them is another tag."""
    new(api)
    text = "A tag with identical properties already exists."
    answer = api.post("/tags", json=tag(type=TYPES[::-1]))
    assert (answer.status_code, detail(answer)) == (400, text)
    others = [new(api, description="Ours"), new(api, type=["topics"]), new(api, "team-sales")]
    for other in others:
        assert detail(api.put(f"/tags/{other['id']}", json=tag())) == text
        same = {key: other[key] for key in ("name", "description", "type")}
        assert api.put(f"/tags/{other['id']}", json=same).json() == other


@pytest.mark.parametrize("reserved", ["environment", "general"])
def test_a_reserved_type_is_400_in_an_update(api: Api, emulator: Emulator, reserved: str) -> None:
    """In a create only where the switch says so; types for later are accepted."""
    tag_id = new(api, type=[reserved])["id"]
    assert api.put(f"/tags/{tag_id}", json=tag(type=[reserved])).status_code == 400
    assert api.put(f"/tags/{tag_id}", json=tag(type=["services", "users", "tenant"])).status_code == 200
    emulator.faults(tag_reserved_types="always")
    assert reserved in detail(api.post("/tags", json=tag("other", type=[reserved])))


@pytest.mark.parametrize("kind", USUAL)
def test_a_tag_in_use_cannot_be_deleted(api: Api, emulator: Emulator, kind: str) -> None:
    """Whatever the project of the object that has it, until the object is gone."""
    tag_id = new(api)["id"]
    with client_of(emulator) as project:
        project.login("project-client", "project-secret").kind = kind
        object_ids = [project.new(name, tags=[tag_id])["id"] for name in ("a", "b")]
        answer = api.delete(f"/tags/{tag_id}")
        assert (answer.status_code, detail(answer)) == (
            400,
            f"Tag is used by 2 {kind[:-1]} entities and can't be deleted",
        )
        for object_id in object_ids:
            project.delete(f"/{kind}/{object_id}")
    assert api.delete(f"/tags/{tag_id}").json() == {"deleted": True}
    assert names(api) == []
    assert [entry["deleted"] for entry in emulator.tags()] == [True]


def test_a_tag_in_use_can_be_deleted_where_the_switch_allows_it(api: Api, emulator: Emulator) -> None:
    """Its id stays in the source."""
    tag_id = new(api)["id"]
    source_id = api.new(tags=[tag_id])["id"]
    emulator.faults(tag_in_use_delete="allow", delete_body="object")
    assert api.delete(f"/tags/{tag_id}").json()["name"] == "team-data"
    assert api.one(source_id)["tags"] == [tag_id]


def test_unknown_tags_can_be_refused(api: Api, emulator: Emulator) -> None:
    """By default any id is accepted."""
    source_id = api.new(tags=["nobody"])["id"]
    emulator.faults(unknown_tags="refuse")
    body = {"name": "orders", "connector": "postgresql", "config": api.one(source_id)["config"]}
    answer = api.put(f"/sources/{source_id}", json={**body, "tags": ["nobody", PRODUCTION]})
    assert (answer.status_code, detail(answer)) == (400, "Tags not found: nobody")
    assert api.put(f"/sources/{source_id}", json={**body, "tags": [new(api)["id"], PRODUCTION]}).status_code == 200


def test_writes_to_an_unknown_tag_are_404(api: Api, emulator: Emulator) -> None:
    """A read just lists nothing; there is no route for one tag."""
    assert detail(api.put("/tags/nobody", json=tag())) == "Tag not found"
    emulator.faults(missing_write="no such")
    assert detail(api.delete("/tags/nobody")) == "No such tag"
    assert api.get("/tags?tag_ids=nobody").json() == {"tags": []}
    assert api.get("/tags/nobody").status_code == 405


def test_a_tag_is_changed_behind_the_clients_backs(api: Api, emulator: Emulator) -> None:
    """It has no config and no status to change."""
    tag_id = new(api)["id"]
    assert emulator.change_tag(tag_id, name="renamed", type=["topics"])["type"] == ["topics"]
    (seen,) = api.get(f"/tags?tag_ids={tag_id}").json()["tags"]
    assert (seen["name"], seen["type"]) == ("renamed", ["topics"])
    with pytest.raises(ValueError, match="no connector_status to change"):
        emulator.change_tag(tag_id, connector_status="Broken")
    emulator.change_tag(tag_id, deleted=True)
    assert names(api) == []
    assert [entry["name"] for entry in api.get("/_emulator/tags").json()] == ["renamed"]


@pytest.mark.parametrize(
    ("fault", "method"), [({"ignore_put": "on"}, "PUT"), ({"delete_fails": "on"}, "DELETE")], ids=["put", "delete"]
)
def test_a_write_that_does_nothing(api: Api, emulator: Emulator, fault: dict[str, Any], method: str) -> None:
    """Whether its answer says so or not."""
    tag_id = new(api)["id"]
    emulator.faults(**fault)
    body = tag("renamed") if method == "PUT" else None
    assert api.request(method, f"/tags/{tag_id}", json=body).status_code == (200 if method == "PUT" else 500)
    assert names(api) == ["team-data"]


def test_answers_with_tags_are_damaged_like_all_others(api: Api, emulator: Emulator) -> None:
    """Extra keys, fields left out, and no ids."""
    tag_id = new(api)["id"]
    emulator.faults(extra_keys="on", absent_fields="custom")
    (seen,) = api.get(f"/tags?tag_ids={tag_id}").json()["tags"]
    assert set(seen) == {"id", "name", "description", "type", "system", "revision"}
    emulator.faults(wrong_shape="no_id")
    assert "id" not in api.get(f"/tags?tag_ids={tag_id}").json()["tags"][0]


def test_types_and_tags_can_come_back_in_another_order(api: Api, emulator: Emulator) -> None:
    """Their order means nothing."""
    emulator.faults(reorder_lists="reverse")
    assert new(api)["type"] == ["sources", "pipelines"]
    assert api.new(tags=[DEVELOPMENT, PRODUCTION])["tags"] == [PRODUCTION, DEVELOPMENT]


def test_tags_survive_a_restart(tmp_path: Any) -> None:
    """In the state file, as sources do."""
    from streamkap_pulumi.emulator import Emulator

    emulator = Emulator(tmp_path / "state.db")
    with emulator, client_of(emulator) as api:
        kept = new(api.login())
    with emulator, client_of(emulator) as api:
        assert api.login().get(f"/tags?tag_ids={kept['id']}").json()["tags"] == [kept]
