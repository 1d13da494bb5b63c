"""Tags: no status, no age, no tenant in their answers, and a name that several may have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi.api.errors import APIError
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.lifecycle.adopting import CannotAdoptError, adoption
from streamkap_pulumi.lifecycle.checked import CheckedObjects
from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.deleting import IN_USE_FOR, delete
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.errors import NameTakenError, UnknownOutcomeError, WrongTenantError, next_step
from streamkap_pulumi.lifecycle.reading import read
from streamkap_pulumi.lifecycle.recovering import PendingCreate, match
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.conftest import Clock

TYPES = "sources, destinations, pipelines, transforms, topics, services, users, tenant"
LOST_AFTER = [("connection_drop", "after_commit"), ("gateway_after_commit", 504), ("empty_200", "on")]


def declared(**inputs: Any) -> Declared:
    checked, faults = check(TAG, {"name": "team", "type": ["sources"], **inputs}, {}, lambda _: False)
    assert faults == []
    return Declared.from_inputs(TAG, checked)


TEAM = declared()


@pytest.fixture
def tags(context: Context) -> Context:
    """The context of tags."""
    return replace(context, kind=TAG)


def lose(emulator: Emulator, name: str, value: Any) -> None:
    emulator.faults(**{name: {"value": value, "times": 1, "method": "POST", "path": "/tags"}})


def posts(emulator: Emulator) -> int:
    return len([each for each in emulator.requests() if (each["method"], each["path"]) == ("POST", "/tags")])


@pytest.mark.parametrize(("name", "value"), LOST_AFTER)
def test_a_tag_whose_answer_was_lost_is_found_again(emulator: Emulator, tags: Context, name: str, value: Any) -> None:
    """It is the one that was not there before, though another has its name."""
    other = tags.api.tags.create(name="team", type=["topics"])
    lose(emulator, name, value)
    tag_id, outputs = create(tags, TEAM)
    assert {each.id for each in tags.api.tags.named("team")} == {other.id, tag_id}
    assert (outputs["type"], outputs["description"], posts(emulator)) == (["sources"], "", 2)


def test_a_tag_of_somebody_else_is_never_taken_over(emulator: Emulator, tags: Context) -> None:
    """Nor where it is just what is declared, and the answer to our own request was lost as well."""
    theirs = tags.api.tags.create(name="team", type=["sources"])
    with pytest.raises(NameTakenError, match=f"A tag named 'team' already exists: id {theirs.id}.*not touched"):
        create(tags, TEAM)
    lose(emulator, "gateway_before_commit", 502)
    with pytest.raises((NameTakenError, UnknownOutcomeError), match=f"{theirs.id}(.|\n)*not touched"):
        create(tags, TEAM)
    assert [each.id for each in tags.api.tags.named("team")] == [theirs.id]


def test_an_update_keeps_what_is_not_declared(tags: Context) -> None:
    """A PUT replaces the whole tag; a description that is removed from the program stays, and "" clears it."""
    tag_id, outputs = create(tags, TEAM)
    tags.api.tags.update(tag_id, name="team", type=["sources"], description="set in the web page")
    now = declared(type=["topics", "sources"])
    outputs = update(tags, tag_id, outputs, now)
    assert (outputs["description"], outputs["type"]) == ("set in the web page", ["topics", "sources"])
    assert diff(TAG, outputs, now.inputs(), lambda _: False).changes is False

    cleared = declared(type=["topics", "sources"], description="")
    assert update(tags, tag_id, outputs, cleared)["description"] == ""
    found = read(tags, tag_id, update(tags, tag_id, outputs, cleared))
    assert found is not None
    assert (found[1]["description"], found[1]["type"]) == ("", ["topics", "sources"])


def test_what_was_declared_and_changed_elsewhere_is_drift(tags: Context) -> None:
    """The order of its types, and what is not declared, make no difference."""
    tag_id, outputs = create(tags, declared(type=["topics", "sources"]))
    tags.api.tags.update(tag_id, name="renamed", type=["sources", "topics"], description="theirs")
    found = read(tags, tag_id, outputs)
    assert found is not None
    assert found[1] == {"name": "renamed", "type": ["topics", "sources"]}


def test_gone_is_believed_only_from_the_tenant_and_project_that_created_it(tags: Context) -> None:
    """A tag names neither, so the state records those of the credentials, and a refresh keeps them."""
    tag_id, outputs = create(tags, TEAM)
    found = read(tags, tag_id, outputs)
    assert found is not None
    tags.api.tags.delete(tag_id)
    for owner, thing in (("__tenant_id", "tenant"), ("__service_id", "project")):
        assert found[0][owner] == outputs[owner]
        for call in (read, delete):
            with pytest.raises(WrongTenantError, match=f"belong to the {thing} .*, the tag to the {thing} another"):
                call(tags, tag_id, outputs | {owner: "another"})
    assert read(tags, tag_id, outputs) is None
    delete(tags, tag_id, outputs)


def test_the_account_is_asked_for_once_in_a_run(emulator: Emulator, tags: Context) -> None:
    """Not for each tag; a create reads the name and sends a POST."""
    for name in ("a", "b", "c"):
        create(tags, declared(name=name))
    sent = [f"{each['method']} {each['path']}" for each in emulator.requests()]
    assert (sent.count("GET /auth/whoami"), sent.count("POST /tags"), sent.count("GET /tags")) == (1, 3, 3)


def test_two_tags_may_have_one_name_but_not_all_else(tags: Context) -> None:
    """In one program. What is omitted counts as empty, as it does for Streamkap."""
    seen = CheckedObjects(TAG.plural)

    def faults(resource: str, **inputs: Any) -> list[str]:
        given = {"name": "team", "type": ["sources"], **inputs, "__name": f"{resource}-0a1b2c3"}
        return check(TAG, given, {}, lambda _: False, seen)[1]

    assert faults("first", type=["sources", "topics"]) == []
    assert faults("second", type=["sources"]) == []
    assert faults("third", type=["sources"], description="x") == []
    (fault,) = faults("fourth", type=["topics", "sources"], description="")
    assert fault.startswith("name: the tag 'first' of this program also has the name 'team', the same type")


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"type": None}, "type: it is missing"),
        ({"type": "sources"}, 'type: it is a string; it must be a list such as ["sources"]'),
        ({"type": ["source"]}, f"type[0]: 'source' is not one of {TYPES}; did you mean 'sources'?"),
        ({"type": ["sources", "Environment"]}, f"type[1]: 'Environment' is reserved for Streamkap's own; use {TYPES}"),
        ({"type": []}, f"type: it is empty; name at least one of {TYPES}"),
        ({"tags": []}, "tags: a Tag has no such input. The inputs are name, type, description"),
    ],
)
def test_a_wrong_tag_is_refused_in_the_preview(inputs: dict[str, Any], fault: str) -> None:
    """With what was probably meant."""
    assert check(TAG, {"name": "team", "type": ["sources"], **inputs}, {}, lambda _: False)[1] == [fault]


def test_a_killed_create_is_recognised_only_by_all_that_it_asked_for(tags: Context) -> None:
    """Its age is unknown, so name, type and description have to be those of the create."""
    tags.api.tags.create(name="team", type=["sources"], description="theirs")
    (found,) = match(tags, [PendingCreate(TEAM, None)], set(), 0)
    assert found.found is None
    ours = tags.api.tags.create(name="team", type=["sources"])
    (found,) = match(tags, [PendingCreate(TEAM, None)], set(), 0)
    assert found.ours.id == ours.id


def test_a_tag_is_deleted_once_nothing_has_it(emulator: Emulator, tags: Context, shared_clock: Clock) -> None:
    """The run may be deleting what has it, even where the engine does not know that: it begins with all at once."""
    tag_id, outputs = create(tags, TEAM)
    sources = tags.api.sources
    source = sources.create(name="hook", connector="webhook", config={"format": "json"}, tags=[tag_id])
    with pytest.raises(APIError, match="Tag is used by 1 source entities and can't be deleted") as caught:
        delete(tags, tag_id, outputs)
    assert "Take it out of the `tags` of these objects" in next_step(caught.value, "host")
    assert IN_USE_FOR <= shared_clock.now < IN_USE_FOR + 1
    assert any("waiting until no object has it" in said for said in shared_clock.said)

    emulator.faults(async_delete_delay=20)
    sources.delete(source.id)
    delete(tags, tag_id, outputs)
    assert list(tags.api.tags.named("team")) == []


def test_adoption_by_a_name_that_several_have_lists_their_ids(tags: Context) -> None:
    """One id is adopted without a change."""
    ids = [tags.api.tags.create(name="team", type=[kind]).id for kind in ("sources", "topics")]
    with pytest.raises(CannotAdoptError, match=f"{ids[0]}, {ids[1]}"):
        adoption(tags, TEAM, None)
    found = adoption(tags, TEAM, ids[0])
    assert (found.differing, found.outputs["type"]) == ((), ["sources"])
