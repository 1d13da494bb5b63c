"""A kind without connector, status and actions: create, read, update and delete need none of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.models import ApiObject, Page
from streamkap_pulumi.api.objects import Objects
from streamkap_pulumi.kinds.kind import Change, Default, Field, Kind
from streamkap_pulumi.kinds.types import Choice, Flag, Ids, Name, Text
from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.reading import read
from streamkap_pulumi.lifecycle.updating import update


def _body(values: dict[str, Any]) -> dict[str, Any]:
    return {"label": values.pop("name"), **values}


LABEL = Kind(
    noun="label",
    type_name="Label",
    summary="A label.",
    doc="",
    body=_body,
    fields=(
        Field("name", Name(), "Its name.", Change.SEND, Default.NAMED),
        Field("level", Choice(allowed=("Low", "High")), "Its level.", Change.REPLACE, Default.REQUIRED),
        Field("note", Text(), "What it is for.", Change.SEND_ALONE, wire="description", unmanaged="keeps {}"),
        Field("tags", Ids(empty=list), "Ids of tags.", Change.SEND_ALONE, unmanaged="keeps {}"),
        Field("loud", Flag(), "Whether it stands out.", Change.SEND_ALONE),
    ),
)


class Server:
    """Keeps labels in memory."""

    def __init__(self) -> None:
        self.labels: dict[str, dict[str, Any]] = {}
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, label_id = request.url.path, request.url.path.rpartition("/")[2]
        if path == "/auth/access-token":
            return httpx.Response(200, json={"accessToken": "a-token", "expiresIn": 3600})
        if path == "/auth/whoami":
            return httpx.Response(200, json={"tenant_id": "t", "service_id": "s"})
        if request.method in {"POST", "PUT"}:
            body = json.loads(request.content)
            self.bodies.append(dict(body))
            label_id = "64a1" if request.method == "POST" else label_id
            stored = {"id": label_id, "name": body.pop("label"), "tenant_id": "t", "service_id": "s", **body}
            self.labels[label_id] = {**self.labels.get(label_id, {}), **stored}
            return httpx.Response(200, json=self.labels[label_id])
        if request.method == "DELETE":
            del self.labels[label_id]
            return httpx.Response(200)
        found = self.labels.get(label_id)
        return httpx.Response(200, json={"result": [found] if found else []})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def context(server: Server) -> Iterator[Context]:
    with api.Streamkap("https://api.test", "me", "secret", http=httpx.MockTransport(server)) as streamkap:
        labels = Objects(streamkap._transport, noun="label", path="/labels", model=ApiObject, page=Page[ApiObject])
        streamkap.labels = labels  # type: ignore[attr-defined]
        yield Context(LABEL, streamkap, sleep=lambda _: None)


def declared(**inputs: Any) -> Declared:
    checked, faults = check(LABEL, {"name": "gold", "level": "high", **inputs}, {}, lambda _: False)
    assert faults == []
    return Declared.from_inputs(LABEL, checked)


def test_it_is_created_read_updated_and_deleted(server: Server, context: Context) -> None:
    """Its hook makes the body; an input that did not change and is sent alone is omitted."""
    label_id, outputs = create(context, declared(note="ours", tags=["b", "a"]))
    assert server.bodies == [{"label": "gold", "level": "High", "description": "ours", "tags": ["b", "a"]}]
    assert (outputs["note"], outputs["tags"], outputs["level"]) == ("ours", ["b", "a"], "High")
    assert diff(LABEL, outputs, declared(note="ours", tags=["b", "a"]).inputs(), lambda _: False).changes is False

    updated = update(context, label_id, outputs, declared(note="another", tags=["a", "b"]))
    assert server.bodies[1:] == [{"label": "gold", "level": "High", "description": "another"}]

    server.labels[label_id]["description"] = "theirs"
    found = read(context, label_id, updated)
    assert found is not None
    assert found[1]["note"] == "theirs"
    delete(context, label_id, found[0])
    assert server.labels == {}
    assert read(context, label_id, found[0]) is None


def test_what_can_be_set_once_replaces_it() -> None:
    """As the field says."""
    recorded = {**declared(level="Low").inputs(), "__declared": []}
    assert diff(LABEL, recorded, declared().inputs(), lambda _: False).replaces == ("level",)


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"level": None}, "level: it is missing"),
        ({"level": "Middle"}, "level: 'Middle' is not one of Low, High."),
        (
            {"connector": "postgresql"},
            "connector: a Label has no such input. The inputs are name, level, note, tags, loud",
        ),
        ({"tags": "a"}, "tags: it is a string; it must be a list of tag ids"),
        ({"name": "a\x07b"}, "name: it has a control character (U+0007) in it; remove it"),
        ({"loud": "yes"}, "loud: it is a string; it must be True or False"),
    ],
)
def test_its_inputs_are_checked_by_their_types(inputs: dict[str, Any], fault: str) -> None:
    """There is not a connector to ask for."""
    assert check(LABEL, {"name": "gold", "level": "Low", **inputs}, {}, lambda _: False)[1] == [fault]


BADGE = replace(
    LABEL,
    fields=(
        *(each for each in LABEL.fields if each.name != "note"),
        Field("colour", Text(), "Its colour.", Change.REPLACE, unmanaged="stays {}"),
        Field("pin", Text(), "Opens it.", Change.SEND_ALONE, secret=True, unmanaged="keeps {}"),
    ),
)


def test_an_optional_input_that_replaces_does_so_only_where_it_is_declared_otherwise() -> None:
    """Removed it stays as it is; declared for the first time it is compared with what the API has shown."""
    recorded = {"name": "gold", "level": "Low", "colour": "red", "__declared": []}
    for declared_before, colour, replaces in (
        (["colour"], "blue", ("colour",)),
        (["colour"], None, ()),
        ([], "red", ()),
        ([], "blue", ("colour",)),
    ):
        now = {"name": "gold", "level": "Low"} | ({"colour": colour} if colour else {})
        found = diff(BADGE, recorded | {"__declared": declared_before}, now, lambda _: False)
        assert found.replaces == replaces


def test_a_secret_input_is_known_as_one_and_is_not_quoted() -> None:
    """Nor where it is no longer declared."""
    recorded = {"name": "gold", "level": "Low", "pin": "hush", "__declared": ["pin"]}
    assert Declared.from_recorded(BADGE, recorded).secrets() == ["hush"]
    (note,) = diff(BADGE, recorded, {"name": "gold", "level": "Low"}, lambda _: False).unmanaged
    assert note.endswith("the label keeps a secret value")
