"""The state that each version has written is served by this one, as if this one had written it."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.keys import ASKED, CLIENT, NOT_READY, SECRET_KEYS
from streamkap_pulumi.resources.source import Source
from tests.engine.stack import ROOT, Stack
from tests.engine.states import PROJECT, KeptState, kept_states
from tests.engine.traffic import methods, traffic

STATES = kept_states()
HAPPENS = {"status", "topics", "topic_ids", "topic_map", "tasks", "task_statuses"}
"""Outputs that change by themselves."""
CANARIES = ("kept-canary", "marked-canary", "plain-canary")


@pytest.fixture(params=STATES, ids=lambda state: state.version)
def state(request: pytest.FixtureRequest) -> KeptState:
    kept: KeptState = request.param
    return kept


@pytest.fixture
def emulator(tmp_path: Path, state: KeptState) -> Iterator[Emulator]:
    """A Streamkap API with the sources of that time."""
    file = tmp_path / "emulator.sqlite"
    state.sources_into(file)
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
    sources = [each for each in state.deployment()["deployment"]["resources"] if "streamkap" in each["type"]]
    assert {*SOURCE.input_names, ASKED} <= {name for source in sources for name in source.get("inputs", {})}
    annotated = {name for name in Source.__annotations__ if name != "id"}
    found = {name for source in sources for name, value in source["outputs"].items() if value not in (None, [], {}, "")}
    assert annotated <= found
    assert {CLIENT, NOT_READY, SECRET_KEYS} <= found
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
    runs = [stack.refresh().succeeded().shows("~ 1 updated", "8 unchanged")]
    assert recorded(stack) == before_refresh

    unready = stack.sources()["unready"]["id"]
    emulator.change_source(unready, connector_status="Active")
    program = stack.folder / "__main__.py"
    assert "typed.example.com" in state.program
    program.write_text(state.program.replace("typed.example.com", "changed.example.com"), encoding="utf-8")
    hostname = 'config["database.hostname.user.defined"]'
    assert changes(stack) == {"unready": ("update", []), "typed": ("update", [hostname])}
    with traffic(emulator) as requests:
        runs.append(stack.up().succeeded().shows("~ 2 updated"))
    (put,) = (request for request in requests if request["method"] != "GET")
    typed = stack.sources()["typed"]["id"]
    assert (put["method"], put["path"]) == ("PUT", f"/sources/{typed}")
    before[typed]["config"]["database.hostname.user.defined"] = "changed.example.com"
    after = stored(emulator)
    # Its PUT carries along what was not declared, defaults that the API had filled in among it.
    after[typed]["config"] = {key: after[typed]["config"].get(key) for key in before[typed]["config"]}
    assert after == before
    stack.rests()

    with traffic(emulator) as requests:
        runs.append(stack.destroy().succeeded())
    assert set(methods(requests)) == {"DELETE", "GET"}
    assert [source["name"] for source in emulator.sources() if not source["deleted"]] == ["seen"]
    assert stack.sources() == {}
    for run in runs:
        run.hides(*CANARIES, "in clear")


def recorded(stack: Stack) -> dict[str, Any]:
    """What the state holds of each source, apart from what may have happened to it."""
    return {
        name: (source.get("inputs"), {key: value for key, value in source["outputs"].items() if key not in HAPPENS})
        for name, source in stack.sources().items()
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
    """What was set of each source, by somebody, by its id."""
    names = ("name", "connector", "config", "desired_state", "tags", "kc_cluster_id")
    return {source["id"]: {name: source[name] for name in names} for source in emulator.sources(secrets=True)}
