"""The state that each version has written is served by this one, as if this one had written it."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamkap_pulumi
from scripts.state.__main__ import record
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import BY_TYPE, KINDS
from streamkap_pulumi.lifecycle.keys import ASKED, CLIENT, NOT_READY, OWNER, SECRET_KEYS
from streamkap_pulumi.pulumi_cli.words import resource_name
from tests.engine.stack import ROOT, Stack
from tests.engine.states import PROJECT, KeptState, kept_states
from tests.engine.traffic import methods, traffic

STATES = kept_states()
ONLY_SOURCES = {"0.1.0", "0.2.0"}
"""Versions that were recorded when there was no other kind of object."""
HAPPENS = {"status", "topics", "topic_ids", "topic_map", "tasks", "task_statuses"}
"""Outputs that change by themselves."""
OF_NO_OBJECT = {"destination": {"topics", "topic_ids", "topic_map", "webhook_url", "api_key"}}
"""Outputs that no object has: only a pipeline gives a destination topics, and no destination is a webhook."""
OF_SOURCES = {CLIENT, NOT_READY, SECRET_KEYS}
CHANGED = {
    "typed": ("typed.example.com", 'config["database.hostname.user.defined"]'),
    "warehouse": ("warehouse.example.com", 'config["snowflake.url.name"]'),
    "shared": ("shared.example.com", "description"),
}
"""By resource, what the test changes in the programs that have it: a host, and the property that holds it."""
CANARIES = ("kept-canary", "marked-canary", "plain-canary")


@pytest.fixture(scope="session")
def coming(tmp_path_factory: pytest.TempPathFactory) -> KeptState:
    """What `make state` would record now, for the next version."""
    folder = tmp_path_factory.mktemp("state")
    kept = KeptState("coming", folder / "kept")
    record(kept, folder)
    return kept


@pytest.fixture(
    params=[*STATES, pytest.param(None, marks=pytest.mark.long, id="coming")], ids=lambda state: state.version
)
def state(request: pytest.FixtureRequest) -> KeptState:
    kept: KeptState = request.param or request.getfixturevalue("coming")
    return kept


@pytest.fixture
def emulator(tmp_path: Path, state: KeptState) -> Iterator[Emulator]:
    """A Streamkap API with the objects of that time."""
    file = tmp_path / "emulator.sqlite"
    state.objects_into(file)
    with Emulator(file, {"status_delay": 0.3, "async_delete_delay": 0.5, "unknown_keys": "keep"}) as running:
        yield running


def version() -> str:
    """The version of this checkout."""
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return str(toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def test_this_version_has_a_kept_state() -> None:
    """Recorded with `make state`, as docs/releasing.md says."""
    assert version() in {state.version for state in STATES}, "run `make state` and commit what it writes"


def test_the_kept_state_of_this_version_has_every_input_and_every_output() -> None:
    """What is in no state is proven by none."""
    (state,) = (state for state in STATES if state.version == version())
    assert state.kinds == [kind for kind in KINDS if kind.noun == "source" or version() not in ONLY_SOURCES]
    has_everything(state)


@pytest.mark.long
def test_the_kept_state_of_the_next_version_will_have_every_kind(coming: KeptState) -> None:
    """With every input and every output of each."""
    assert coming.kinds == list(KINDS)
    has_everything(coming)


def has_everything(state: KeptState) -> None:
    """Every input and every output of its kinds, and no secret in clear."""
    resources = state.deployment()["deployment"]["resources"]
    for kind in state.kinds:
        its = [each for each in resources if each["type"] == kind.type_token]
        assert {*kind.input_names, ASKED} <= {name for each in its for name in each.get("inputs", {})}
        annotated = {name for name in getattr(streamkap_pulumi, kind.type_name).__annotations__ if name != "id"}
        found = {name for each in its for name, value in each["outputs"].items() if value not in (None, [], {}, "")}
        assert annotated - OF_NO_OBJECT.get(kind.noun, set()) <= found
        assert {OWNER.format(name) for name in kind.owner if name not in kind.by_name} <= found
        assert (OF_SOURCES if kind.noun == "source" else {CLIENT}) <= found
    assert not any(canary in json.dumps(state.deployment()) for canary in CANARIES)


def test_a_kept_state_is_previewed_refreshed_updated_and_destroyed(
    state: KeptState, tmp_path: Path, emulator: Emulator
) -> None:
    """Without changes, without changes, exactly the one change, and to the end. No canary is shown anywhere."""
    environment = {
        "STREAMKAP_HOST": emulator.url,
        "STREAMKAP_CLIENT_ID": emulator.client_id,
        "STREAMKAP_SECRET": emulator.secret,
    }
    stack = Stack(tmp_path / PROJECT, tmp_path / "backend", environment, project=PROJECT)
    state.put_into(stack)

    before = stored(emulator)
    # The one that did not become ready is read again; no property of it differs.
    assert changes(stack) == {"unready": ("update", [])}
    before_refresh = recorded(stack)
    resources = [
        each
        for each in json.loads(stack.state())["checkpoint"]["latest"]["resources"]
        if "::pulumi:providers:" not in each["urn"]
    ]
    runs = [stack.refresh().succeeded().shows("~ 1 updated", f"{len(resources) - 1} unchanged")]
    assert recorded(stack) == before_refresh

    ids = {name: each["id"] for name, each in objects(stack).items()}
    emulator.change_source(ids["unready"], connector_status="Active")
    changed = {resource: each for resource, each in CHANGED.items() if resource in ids}
    assert len(changed) == len(state.kinds)
    program = state.program
    for host, _ in changed.values():
        assert host in program
        program = program.replace(host, "changed.example.com")
    (stack.folder / "__main__.py").write_text(program, encoding="utf-8")
    shown = {resource: ("update", [key]) for resource, (_, key) in changed.items()}
    assert changes(stack) == {"unready": ("update", []), **shown}
    with traffic(emulator) as requests:
        runs.append(stack.up().succeeded().shows(f"~ {1 + len(changed)} updated"))
    writes = {
        (request["method"], request["path"].rsplit("/", 1)[1]) for request in requests if request["method"] != "GET"
    }
    assert writes == {("PUT", ids[resource]) for resource in changed}
    after = stored(emulator)
    for resource, (host, key) in changed.items():
        then, now = before[ids[resource]], after[ids[resource]]
        held = then.get("config", then)
        name = key.removeprefix('config["').removesuffix('"]')
        held[name] = held[name].replace(host, "changed.example.com")
        # A PUT carries along what was not declared, defaults that the API had filled in among it.
        if "config" in now:
            now["config"] = {key: now["config"].get(key) for key in then["config"]}
    assert after == before
    stack.rests()

    with traffic(emulator) as requests:
        runs.append(stack.destroy().succeeded())
    assert set(methods(requests)) == {"DELETE", "GET"}
    left = [each["name"] for kind in KINDS for each in emulator.objects(kind.plural) if not each["deleted"]]
    assert left == ["seen"] * len(state.kinds)
    assert objects(stack) == {}
    for run in runs:
        run.hides(*CANARIES, "in clear")


def objects(stack: Stack) -> dict[str, dict[str, Any]]:
    """The objects in the state, by resource name, secrets in clear."""
    resources = json.loads(stack.pulumi("stack", "export", "--show-secrets").succeeded().text)["deployment"]
    return {resource_name(each["urn"]): each for each in resources.get("resources", []) if each["type"] in BY_TYPE}


def recorded(stack: Stack) -> dict[str, Any]:
    """What the state holds of each object, apart from what may have happened to it."""
    return {
        name: (each.get("inputs"), {key: value for key, value in each["outputs"].items() if key not in HAPPENS})
        for name, each in objects(stack).items()
    }


def changes(stack: Stack) -> dict[str, tuple[str, list[str]]]:
    """What a preview shows: by resource the operation, and the properties that it names."""
    steps = stack.preview_json().succeeded().json["steps"]
    return {
        step["urn"].rsplit("::", 1)[1]: (step["op"], list(step.get("detailedDiff") or {}))
        for step in steps
        if step["op"] not in {"same", "read"}
    }


def stored(emulator: Emulator) -> dict[str, dict[str, Any]]:
    """What was set of each object, by somebody, by its id."""
    names = ("name", "connector", "config", "desired_state", "tags", "kc_cluster_id", "type", "description")
    every = [each for kind in KINDS for each in emulator.objects(kind.plural, secrets=True)]
    return {each["id"]: {name: each[name] for name in names if name in each} for each in every}
