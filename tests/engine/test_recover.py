"""`streamkap recover`: what a killed `pulumi up` created comes into the stack, and nothing else does."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from tests.engine.commands import alive, kill_while_creating, only_pending, recorded, settle, start, streamkap
from tests.engine.conftest import MakeStack
from tests.engine.processes import until
from tests.engine.programs import ORDERS, TEAM_AND_WAREHOUSE, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic

CANARY = "canary-of-the-database"

TEAM = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Team", name)
        kept = pulumi.ResourceOptions(parent=self, protect=True)
        streamkap.Source("hook", connector="webhook", config={"format": "json"}, opts=kept)

Team("team")
"""
GONE = """
streamkap.Source("gone", connector="webhook", config={"format": "json"})
"""
WAREHOUSE_KEY = "canary-of-the-warehouse"
TAKEN = changed(ORDERS.split("pulumi.export")[0], '"orders"', '"taken"')
PATIENCE = {"STREAMKAP_READ_TIMEOUT": "2"}
"""For how long to search for what is not found."""


def by_resource(sources: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {str(source["name"]).rsplit("-", 1)[0]: source for source in sources}


def test_what_a_killed_run_created_comes_into_the_stack_and_nothing_else_does(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    """With parents, protection and secrets as the create would have recorded them; and no secret on disk or screen."""
    stack.program(ORDERS + TEAM + GONE + TAKEN)
    made = by_resource(kill_while_creating(stack, emulator, 4))
    emulator.change_source(str(made["gone"]["id"]), deleted=True)
    emulator.change_source(str(made["taken"]["id"]), config={"database.user": "somebody else"})

    streamkap(stack, "recover", "--yes", **PATIENCE).failed().shows("The stack is locked", "`pulumi cancel`")
    stack.pulumi("cancel", "--yes").succeeded()
    before = stack.state()
    asked = streamkap(stack, "recover", **PATIENCE).shows("bring in", "leave alone", "--yes", "Nothing was done")
    assert (asked.code, stack.state()) == (8, before)
    told = streamkap(stack, "recover", "--stack", "dev", "--cancel", "--json", **PATIENCE).hides(CANARY)
    document = json.loads(told.text[told.text.index("{") :])
    assert (told.code, stack.state(), document["done"]) == (8, before, False)
    steps = {step["urn"].rsplit("::", 1)[1]: step for step in document["steps"]}
    assert {name: step["do"] for name, step in steps.items()} == {
        "gone": "forget",
        "hook": "bring in",
        "orders": "bring in",
        "taken": "leave alone",
    }
    assert steps["taken"]["adopt"] == f"streamkap adopt taken {made['taken']['id']} --stack dev"

    log, wrapped = recorded(stack, tmp_path / "wrapper")
    with traffic(emulator) as requests:
        run = streamkap(stack, "recover", "--yes", **wrapped, **PATIENCE)
    assert run.code == 9, run.text
    run.shows(
        "it was not created: the next `pulumi up` creates it", "it holds other values than declared: database.user"
    )
    run.shows("pulumi preview: 2 to create, 4 unchanged", f"streamkap adopt taken {made['taken']['id']}").hides(
        CANARY, "api.key", "sk_"
    )
    assert methods(requests) == ["GET"]
    assert only_pending(stack) == ["taken"]
    assert {name: source["id"] for name, source in stack.sources().items()} == {
        "orders": made["orders"]["id"],
        "hook": made["hook"]["id"],
    }
    assert stack.sources()["hook"]["protect"] is True
    assert CANARY not in stack.state()
    calls = log.read_text(encoding="utf-8").splitlines()
    assert len([call for call in calls if "'import'" in call]) == 2
    assert [call for call in calls if CANARY in call or "tmp/" in call.split("] [")[1]] == []

    emulator.change_source(str(made["taken"]["id"]), deleted=True)
    streamkap(stack, "recover", "--yes", **PATIENCE).succeeded()
    stack.up().succeeded().shows("+ 2 created").hides(CANARY, "pending operations")
    stack.rests()


@pytest.mark.long
def test_a_destination_and_a_tag_that_a_killed_run_created_come_in_as_well(stack: Stack, emulator: Emulator) -> None:
    """The tag's age is unknown, which is shown before it is confirmed; a tag that differs is not mentioned."""
    emulator.faults(stuck="on", latency_after_commit={"value": 60, "methods": ["POST"], "path": "/tags"})
    running = stack.program(TEAM_AND_WAREHOUSE).start("up", "--yes", "--skip-preview")
    try:
        until(lambda: any(each["custom"] for each in emulator.tags()) and emulator.destinations() != [])
    finally:
        running.kill()
        running.communicate()
    emulator.reset_faults()
    (tag,), (warehouse,) = (each for each in emulator.tags() if each["custom"]), emulator.destinations()
    emulator.change_destination(warehouse["id"], connector_status="Active")
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
        somebody.tags.create(name=tag["name"], type=["pipelines"])
    stack.pulumi("cancel", "--yes").succeeded()
    asked = streamkap(stack, "recover", **PATIENCE).hides(WAREHOUSE_KEY, "leave alone")
    asked.shows("age unknown; its name, type and description are those of the interrupted create", "destination")
    assert asked.code == 8
    streamkap(stack, "recover", "--yes", **PATIENCE).succeeded().hides(WAREHOUSE_KEY)
    assert stack.destinations()["warehouse"]["id"] == warehouse["id"]
    assert stack.tags()["team"]["id"] == tag["id"]
    assert only_pending(stack) == []
    stack.up("--expect-no-changes").succeeded()
    stack.rests()
    stack.destroy().succeeded()


@pytest.mark.long
def test_a_request_that_is_carried_out_after_the_kill_is_waited_for(stack: Stack, emulator: Emulator) -> None:
    """It was under way when the engine died; the credentials come from the stack's configuration."""
    del stack.environment["STREAMKAP_SECRET"]
    stack.configure("streamkap:secret", emulator.secret, secret=True)
    emulator.faults(latency_before_commit={"value": 6, "methods": ["POST"], "path": "/sources"})
    running = stack.program(ORDERS).start("up", "--yes", "--skip-preview")
    until(lambda: '"creating"' in stack_state(stack))
    until(lambda: emulator.requests() != [])  # The token, right before the source.
    running.kill()
    running.communicate()
    assert alive(emulator) == []
    run = streamkap(stack, "recover", "--yes", "--cancel", STREAMKAP_READ_TIMEOUT="30").succeeded()
    run.shows("for which a request may be under way", "pulumi preview: 2 unchanged")
    stack.rests()


def stack_state(stack: Stack) -> str:
    try:
        return stack.state()
    except FileNotFoundError:
        return ""


@pytest.mark.long
def test_a_source_that_was_there_before_is_not_taken_over(stack: Stack, emulator: Emulator) -> None:
    """Though it has the name and holds the very same: it is older than the run, by the server's own clock."""
    named = changed(ORDERS, 'connector="', 'name="orders", connector="')
    made = kill_while_creating(stack.program(named), emulator, 1)[0]
    emulator.change_source(made["id"], deleted=True)
    for skew in (0, 86400):
        emulator.faults(clock_skew=skew - 60)
        with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as somebody:
            other = somebody.sources.create(name="orders", connector="postgresql", config=made["config"])
        emulator.faults(clock_skew=skew)
        run = streamkap(stack, "recover", "--yes", "--cancel", **PATIENCE).shows("it was created before that")
        assert (run.code, only_pending(stack), stack.sources()) == (9, ["orders"], {})
        emulator.change_source(other.id, deleted=True)


@pytest.mark.long
@pytest.mark.parametrize("command", ["refresh", "import"])
def test_a_pulumi_that_fails_loses_nothing(stack: Stack, emulator: Emulator, tmp_path: Path, command: str) -> None:
    """The next recovery goes on from there, and no file is left."""
    made = kill_while_creating(stack.program(ORDERS), emulator, 1)[0]
    _, wrapped = recorded(stack, tmp_path / "wrapper", fails=command)
    run = streamkap(stack, "recover", "--yes", "--cancel", **wrapped, **PATIENCE).failed()
    run.shows(f"`pulumi {command}` failed: the network is gone").hides(CANARY)
    assert run.code == 1
    assert list((tmp_path / "wrapper" / "tmp").iterdir()) == []
    assert only_pending(stack) == ["orders"]
    streamkap(stack, "recover", "--yes", **PATIENCE).succeeded()
    assert (stack.sources()["orders"]["id"], only_pending(stack)) == (made["id"], [])
    stack.rests()
    streamkap(stack, "recover").succeeded().shows("nothing to recover")


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_recovery_that_is_ended_leaves_no_secret_behind_and_can_be_retried(
    stack: Stack, emulator: Emulator, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Whatever ends it: what holds secrets only ever goes through a pipe."""
    kill_while_creating(stack.program(ORDERS), emulator, 1)
    log, wrapped = recorded(stack, tmp_path / "wrapper", hangs="import")
    running = start(stack, "recover", "--yes", "--cancel", **wrapped, **PATIENCE)
    until(lambda: log.exists() and "hangs" in log.read_text(encoding="utf-8"))
    running.send_signal(number)
    text, _ = running.communicate(timeout=30)
    assert running.returncode == code, text
    assert "Traceback" not in text
    assert CANARY not in text
    assert list((tmp_path / "wrapper" / "tmp").iterdir()) == []
    assert sorted(path.name for path in stack.folder.iterdir() if path.is_file()) == [
        "Pulumi.dev.yaml",
        "Pulumi.yaml",
        "__main__.py",
    ]
    streamkap(stack, "recover", "--yes", "--cancel", **PATIENCE).succeeded()
    stack.rests()


@pytest.mark.long
def test_a_replacement_that_was_killed_is_recovered(stack: Stack, emulator: Emulator) -> None:
    """The state still holds the old source, which is gone."""
    stack.program(changed(ORDERS, 'connector="', 'name="orders", connector="')).up().succeeded()
    old = only(emulator)["id"]
    stack.program('streamkap.Source("orders", name="orders", connector="webhook", config={"format": "json"})')
    emulator.faults(stuck={"value": "on", "methods": ["POST"]})
    running = stack.start("up", "--yes", "--skip-preview")
    until(lambda: [source["connector"] for source in alive(emulator)] == ["webhook"])
    running.kill()
    running.communicate()
    emulator.faults(stuck=None)
    emulator.change_source(only(emulator)["id"], connector_status="Active")
    streamkap(stack, "recover", "--yes", "--cancel", **PATIENCE).succeeded()
    assert stack.sources()["orders"]["id"] == only(emulator)["id"] != old
    stack.rests()


@pytest.mark.long
def test_a_killed_replacement_of_what_others_depend_on_is_recovered_in_its_place(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    """`pulumi state delete` refuses the old one. A `pulumi` that fails on the way loses nothing."""
    dependent = """
streamkap.Source("dependent", connector="webhook", config={"format": "json"},
                 opts=pulumi.ResourceOptions(depends_on=[orders]))
"""
    old = 'orders = streamkap.Source("orders", name="orders", connector="webhook", config={"format": "json"})\n'
    stack.program(old + dependent).up().succeeded()
    new = changed(ORDERS, 'connector="', 'name="orders", connector="')
    stack.program(new + dependent)
    emulator.faults(stuck={"value": "on", "methods": ["POST"]})
    running = stack.start("up", "--yes", "--skip-preview")
    until(lambda: "postgresql" in [source["connector"] for source in alive(emulator)])
    running.kill()
    running.communicate()
    emulator.faults(stuck=None)
    settle(emulator)
    (made,) = [source["id"] for source in alive(emulator) if source["connector"] == "postgresql"]

    stack.pulumi("cancel", "--yes").succeeded()
    streamkap(stack, "adopt", "orders", made, "--yes").failed().shows("in the middle of a replacement", "recover")
    _, wrapped = recorded(stack, tmp_path / "wrapper", fails="import")
    streamkap(stack, "recover", "--yes", **wrapped, **PATIENCE).failed().shows("`pulumi stack import` failed")
    assert only_pending(stack) == ["orders"]
    log, wrapped = recorded(stack, tmp_path / "wrapper")
    log.unlink()
    streamkap(stack, "recover", "--yes", **wrapped, **PATIENCE).succeeded().hides(CANARY)
    assert not [call for call in log.read_text(encoding="utf-8").splitlines() if CANARY in call or "'delete'" in call]
    assert (stack.sources()["orders"]["id"], only_pending(stack)) == (made, [])
    assert CANARY not in stack.state()
    stack.rests()


@pytest.mark.long
def test_what_was_being_created_is_recovered_after_a_destroy(stack: Stack, emulator: Emulator) -> None:
    """The state holds nothing by then, not even the stack; what a component of the program holds, `adopt` brings in."""
    stack.program("").up().succeeded()
    stack.program(ORDERS + TEAM + GONE)
    made = by_resource(kill_while_creating(stack, emulator, 3))
    emulator.change_source(str(made["gone"]["id"]), deleted=True)
    stack.pulumi("cancel", "--yes").succeeded()
    stack.destroy().succeeded()
    run = streamkap(stack, "recover", "--yes", **PATIENCE)
    assert run.code == 9, run.text
    run.shows(
        "The stack had been destroyed",
        "its parent team is not in the state",
        f"`streamkap adopt hook {made['hook']['id']}`",
    )
    assert (list(stack.sources()), only_pending(stack)) == (["orders"], ["hook"])
    streamkap(stack, "adopt", "hook", str(made["hook"]["id"]), "--yes", **PATIENCE).succeeded()
    assert only_pending(stack) == []
    stack.up().succeeded().shows("+ 1 created")
    stack.rests()


@pytest.mark.long
def test_a_stack_that_was_destroyed_forgets_what_was_not_created(stack: Stack, emulator: Emulator) -> None:
    """There is no stack in the state to read."""
    (made,) = kill_while_creating(stack.program(ORDERS), emulator, 1)
    stack.pulumi("cancel", "--yes").succeeded()
    stack.destroy().succeeded()
    emulator.change_source(made["id"], deleted=True)
    streamkap(stack, "recover", "--yes", **PATIENCE).succeeded().shows("it was not created")
    assert only_pending(stack) == []


@pytest.mark.long
def test_after_two_killed_runs_with_different_names_only_one_source_is_brought_in(
    stack: Stack, emulator: Emulator
) -> None:
    """The other one is named, and stays until somebody has decided."""
    first = changed(ORDERS, 'connector="', 'name="first", connector="')
    kill_while_creating(stack.program(first), emulator, 1)
    stack.pulumi("cancel", "--yes").succeeded()
    kill_while_creating(stack.program(changed(first, '"first"', '"second"')), emulator, 2)
    run = streamkap(stack, "recover", "--yes", "--cancel", **PATIENCE)
    left = next(source for source in alive(emulator) if source["name"] == "first")
    assert run.code == 9, run.text
    run.shows(f"{left['id']}, created by a killed run, but the resource is another source already")
    assert stack.sources()["orders"]["outputs"]["name"] == "second"
    emulator.change_source(left["id"], deleted=True)
    streamkap(stack, "recover", "--yes", **PATIENCE).succeeded()
    stack.rests()


def test_what_keeps_it_from_the_stack_is_reported_in_one_line(make_stack: MakeStack) -> None:
    """No stack of that name, no project, no engine, no credentials, a wrong passphrase."""
    stack = make_stack(credentials=False).program(ORDERS)
    for arguments, environment, said in (
        (["recover", "--stack", "nope"], {}, "no stack named 'nope'"),
        (["recover", "--cwd", "/"], {}, "Run it in the folder of the Pulumi project"),
        (["recover"], {"PATH": "/nowhere"}, "pulumi is not on the PATH"),
        (["adopt", "orders"], {}, "streamkap:clientId and streamkap:secret"),
    ):
        run = streamkap(stack, *arguments, **environment).failed().shows(said)
        assert (run.code, run.text.count("\n")) == (1, 1)
    stack.configure("any", "canary", secret=True)
    wrong = streamkap(stack, "adopt", "orders", PULUMI_CONFIG_PASSPHRASE="wrong").failed()
    wrong.shows("incorrect passphrase", "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.").hides("canary")
