"""A stack in the hands of hypothesis: changed, updated, killed, tampered with, in any order, under any fault.

It holds sources, destinations and tags. After each step no object is forgotten, no resource has two, nobody else's is
taken, and no secret is found anywhere; no tag was to be deleted before what has it. Once the faults are over, `refresh`
and `up` put everything right, and `destroy` leaves nothing.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.cli.exit_codes import Exit
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import BY_TYPE, KINDS
from streamkap_pulumi.pulumi_cli.words import resource_name
from tests.engine.commands import streamkap, whole_again
from tests.engine.declarations import DECLARED, Connector, Declared, written
from tests.engine.processes import providers, until
from tests.engine.stack import Run, Stack

QUICK = {"status_delay": 0.2, "async_delete_delay": 0.3}
RESOURCES = ("s0", "s1", "s2", "d0", "d1", "t0", "t1")
"""The letter says the kind."""
PLURALS = {kind.noun[0]: kind.plural for kind in KINDS}
"""How the emulator calls the kinds, by their letters."""
LONG_AGO = -3600
"""Seconds by which what somebody else creates is older than any run."""
NAME = re.compile(r"(?:(named|other)-)?([sdt]\d)(?:-[0-9a-f]{7})?")
"""What a program names an object, or has worked out: the name that it gives itself, and the resource."""
LEFT = re.compile(r"^Left alone: ([sdt]\d), (\w{24}), (.*)$", re.MULTILINE)
"""What `streamkap recover` says of what it leaves alone: the resource, the object, and why."""

WRITTEN = f"^/({'|'.join(PLURALS.values())})"
"""The routes of all kinds."""
WHEN_WRITING: list[dict[str, Any]] = [
    {"gateway_after_commit": 504},
    {"gateway_before_commit": 502},
    {"connection_drop": "after_commit"},
    {"connection_drop": "mid_body"},
    {"empty_200": "on"},
    {"truncated_json": "on"},
    {"wrong_shape": "list"},
    {"kc_rebalance": "on"},
    {"api_error": 500},
    {"api_error": 403},
    {"unauthorized": "on"},
    {"rate_limit": 0},
]
"""Faults that meet one request each: a create, an update or a delete."""
OF_THE_WORLD: list[dict[str, Any]] = [
    {"end_status": "Broken", "task_trace_secret": "on"},
    {"error_echoes_secrets": "on", "api_error": {"value": 400, "times": 1, "method": "PUT,POST", "path": WRITTEN}},
    {"ignore_put": {"value": "on", "times": 1}},
    {"delete_fails": {"value": "on", "times": 1}},
    {"status_path": "Starting,Broken,Active"},
    {"stale_after_put": 0.5},
    {"token_ttl": 1},
]

FAULTS = st.one_of(
    st.just({}),
    st.builds(
        lambda fault, method, path: {
            name: {"value": value, "times": 1, "method": method, "path": path} for name, value in fault.items()
        },
        st.sampled_from(WHEN_WRITING),
        st.sampled_from(["POST", "PUT", "DELETE"]),
        st.sampled_from([WRITTEN, *(f"/{plural}" for plural in PLURALS.values())]),
    ),
    st.sampled_from(OF_THE_WORLD),
)


DECLARATIONS = st.sampled_from(RESOURCES).flatmap(lambda name: st.tuples(st.just(name), DECLARED[name[0]]))
PROGRAMS = st.lists(DECLARATIONS, min_size=1, max_size=len(RESOURCES), unique_by=lambda each: each[0]).map(dict)
OBJECTS = st.integers(0, len(RESOURCES) - 1)

STEPS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "change_a_declaration": {"changed": DECLARATIONS},
    "up": {"program": st.none() | PROGRAMS, "fault": FAULTS, "refresh": st.booleans()},
    "preview": {},
    "refresh": {},
    "destroy": {"fault": FAULTS},
    "kill": {
        "program": PROGRAMS,
        "command": st.sampled_from(["up", "up", "up", "destroy"]),
        "requests": st.integers(0, 12),
        "slow": st.sampled_from([{}, {"latency_before_commit": 0.5}, {"latency_after_commit": 0.5}]),
    },
    "recover": {},
    "somebody_changes_a_property": {"number": OBJECTS, "declared": st.booleans()},
    "somebody_deletes": {"number": OBJECTS},
    "reality_changes_a_status": {
        "number": OBJECTS,
        "status": st.sampled_from(["Broken", "Active", "Unassigned", "Dreaming"]),
    },
    "somebody_takes_a_name": {"resource": st.sampled_from(RESOURCES)},
    "all_is_well_again": {},
}
"""What can happen, and what it takes."""
CHOICE = [*STEPS, *["up"] * 4, *["kill"] * 2]
"""To choose from: the last ones are the most worth."""


@dataclass
class World:
    """An emulator, a stack, and what was seen of them."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="state-machine-")))

    def __post_init__(self) -> None:
        self.emulator = Emulator(self.folder / "emulator.sqlite", QUICK)
        self.emulator.start()
        environment = {
            "STREAMKAP_HOST": self.emulator.url,
            "STREAMKAP_CLIENT_ID": self.emulator.client_id,
            "STREAMKAP_SECRET": self.emulator.secret,
            "STREAMKAP_MAX_RETRIES": "2",
        }
        self.stack = Stack(self.folder / "infra", self.folder / "backend", environment)
        self.said = ""
        """What the last run has shown."""
        self.canaries = {Emulator.secret}

    def end(self) -> None:
        """Stop the emulator and remove everything."""
        self.emulator.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def alive(self) -> list[dict[str, Any]]:
        """The objects that exist, as they are stored, each with its kind's `plural`."""
        return [
            {**each, "plural": plural}
            for plural in PLURALS.values()
            for each in self.emulator.objects(plural, secrets=True)
            if not (each["deleted"] or each.get("deleting"))
        ]

    def change(self, live: Mapping[str, Any], **changes: Any) -> None:
        """Change an object behind the stack's back."""
        self.emulator.change(live["plural"], live["id"], **changes)

    def deployment(self) -> dict[str, Any]:
        """The stack's state."""
        return dict(json.loads(self.stack.state())["checkpoint"].get("latest") or {})

    def seen(self, run: Run) -> Run:
        """Note what `run` has shown; a failure has to be one in words, and no run shows a secret."""
        note(f"exit code {run.code}: {run.text[-3000:]}")
        self.said = run.text
        assert "Traceback" not in run.text, run.text
        self.search({"the output": run.text})
        return run

    def search(self, texts: Mapping[str, str]) -> None:
        """No secret is in any of them."""
        for where, text in texts.items():
            for canary in self.canaries:
                assert canary not in text, f"{canary} is in {where}"


class StackMachine(RuleBasedStateMachine):
    """One stack, from its first `up` to its `destroy`."""

    steps: ClassVar[Counter[str]] = Counter()
    """How often each kind of step was taken, and what came of them in Streamkap, in all examples."""

    def __init__(self) -> None:
        super().__init__()
        self.declared: dict[str, Declared] = {}
        self.others: dict[str, dict[str, Any]] = {}
        """By their ids: objects that somebody else has created."""
        self.tampered: set[str] = set()
        """Ids of objects of which somebody has changed a declared property."""
        self.troubled = False
        """Something happened that `up` alone may not be able to put right."""
        self._world: World | None = None

    @property
    def world(self) -> World:
        assert self._world is not None
        return self._world

    # --- The program ---

    @initialize(number=st.integers(0, 1_000_000), program=PROGRAMS)
    def begin(self, number: int, program: dict[str, Declared]) -> None:
        """The simplest example of all, which hypothesis tries first, is omitted: it is one step again and again."""
        if number:
            self._world = World()
            self.up(program=program, fault={}, refresh=False)

    @rule(kind=st.sampled_from(CHOICE), data=st.data())
    def step(self, kind: str, data: st.DataObject) -> None:
        """One of the methods below. Only one rule: hypothesis leaves some of several out of a whole history."""
        if self._world is None:
            return
        arguments = {name: data.draw(strategy, name) for name, strategy in STEPS[kind].items()}
        note(f"{kind} {arguments}")
        getattr(self, kind)(**arguments)

    def change_a_declaration(self, changed: tuple[str, Declared]) -> None:
        self.declared |= dict([changed])
        self._took("change")

    # --- The engine ---

    def up(self, program: dict[str, Declared] | None, fault: dict[str, Any], *, refresh: bool) -> None:
        self._took("up under a fault" if fault else "up")
        self._declare(program)
        self._under(fault)
        with self._in_order():
            run = self.world.seen(self.world.stack.up(*(["--refresh"] if refresh else [])))
        if not (fault or self.troubled):
            run.succeeded()
            self.world.seen(self.world.stack.pulumi("preview", "--expect-no-changes")).succeeded()
        self._under({})
        self.troubled = self.troubled or fault.get("end_status") == "Broken"

    def preview(self) -> None:
        self._took("preview")
        self._declare()
        self.world.emulator.forget_requests()
        self.world.seen(self.world.stack.preview()).succeeded()
        assert self.world.emulator.requests() == []

    def refresh(self) -> None:
        self._took("refresh")
        self.world.seen(self.world.stack.refresh()).succeeded()

    def destroy(self, fault: dict[str, Any]) -> None:
        self._took("destroy")
        self._under(fault)
        held = self._held_by_what_is_in_no_state()
        with self._in_order():
            run = self.world.seen(self.world.stack.destroy())
        if held and not fault:
            run.failed().shows("Tag is used by")
            assert set(self._managed().values()) == held
        elif not fault:
            run.succeeded()
            assert self._managed() == {}

    def kill(self, program: dict[str, Declared], command: str, requests: int, slow: dict[str, Any]) -> None:
        """`kill -9` of the engine, once so many requests have come in; a request on its way may still be acted on."""
        self._took("kill")
        world = self.world
        self._declare(program)
        self._under({name: {"value": value, "path": WRITTEN} for name, value in slow.items()})
        world.emulator.forget_requests()
        with self._in_order(), world.stack.start(command, "--yes", "--skip-preview") as running:
            until(lambda: running.poll() is not None or len(world.emulator.requests()) >= requests)
            running.kill()
            text, _ = running.communicate()
        until(lambda: providers(world.emulator) == [])
        time.sleep(sum(slow.values()) + 0.2)
        world.emulator.reset_faults()
        world.emulator.faults(**QUICK)
        world.said = text
        world.search({"the output of what was killed": text})
        self.troubled = True
        whole_again(world.stack)
        world.stack.pulumi("cancel", "--yes")

    def recover(self) -> None:
        self._under({})
        self.bring_in_interrupted_creates()

    # --- Others ---

    def somebody_changes_a_property(self, number: int, *, declared: bool) -> None:
        """A tag's description, if the tag is in the state: `recover` does not even mention another of its name."""
        live = self._object(number)
        if live is None or (live["plural"] == "tags" and live["id"] not in self._managed().values()):
            return
        self._took("somebody else")
        keys = {"sources": "database.user", "destinations": "connection.username"}
        undeclared = {
            "sources": "binary.handling.mode",
            "destinations": "transforms.changeTopicName.match.regex.user.defined",
        }
        if live["plural"] == "tags":
            self.world.change(live, description=f"changed for the {StackMachine.steps.total()}th time")
        else:
            self.world.change(live, config={(keys if declared else undeclared)[live["plural"]]: "hex"})
        self.tampered |= {live["id"]} if declared else set()
        self.troubled = True

    def somebody_deletes(self, number: int) -> None:
        if live := self._object(number):
            self._took("somebody else")
            self.world.change(live, deleted=True)
            self.troubled = True

    def reality_changes_a_status(self, number: int, status: str) -> None:
        live = self._object(number)
        if live and live["plural"] != "tags":
            self._took("somebody else")
            self.world.change(live, connector_status=status)
            self.troubled = True

    def somebody_takes_a_name(self, resource: str) -> None:
        """By just what the program declares, where it declares one, but long before; a tag that only has the name."""
        name, plural = f"named-{resource}", PLURALS[resource[0]]
        if name in self._interrupted() or any(each["name"] == name for each in self.world.emulator.objects(plural)):
            return
        self._took("somebody else")
        emulator, declared = self.world.emulator, self.declared.get(resource)
        if isinstance(declared, Connector):
            inputs: dict[str, Any] = {"connector": declared.connector, "config": declared.config()}
        else:
            somebodys: dict[str, dict[str, Any]] = {
                "sources": {"connector": "webhook", "config": {"format": "json"}},
                "destinations": {"connector": "kafka", "config": {"kafka.sink.bootstrap": "kafka.example.com:9092"}},
                "tags": {"type": ["sources", "destinations"], "description": "of somebody else"},
            }
            inputs = somebodys[plural]
        emulator.faults(clock_skew=LONG_AGO)
        with Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
            made = getattr(streamkap, plural).create(name=name, **inputs)
        emulator.faults(clock_skew=None)
        self.others[made.id] = {"id": made.id, "plural": plural}
        self.troubled = True

    # --- The way out ---

    def all_is_well_again(self) -> None:
        """Faults are over, others withdraw, interrupted creates are brought in: then `refresh` and `up` do the rest."""
        self._took("all is in order")
        world = self.world
        self._declare()
        self._under({})
        for other in self.others.values():
            world.change(other, deleted=True)
        self.others.clear()
        for live in world.alive():
            if live["plural"] != "tags":
                world.change(live, connector_status=live["desired_state"])
        self.bring_in_interrupted_creates()
        world.seen(world.stack.refresh()).succeeded()
        with self._in_order():
            world.seen(world.stack.up()).succeeded()
        world.seen(world.stack.up("--refresh", "--expect-no-changes")).succeeded()
        self.troubled = False
        managed = self._managed()
        assert managed.keys() == self.declared.keys()
        alive = {live["id"]: live for live in world.alive()}
        assert set(alive) == set(managed.values())
        tags = {resource: object_id for resource, object_id in managed.items() if resource[0] == "t"}
        for resource, declared in self.declared.items():
            assert declared.is_held_by(alive[managed[resource]], tags), (declared, alive[managed[resource]])

    def bring_in_interrupted_creates(self) -> None:
        """`streamkap recover` brings in what the stack was creating; what it leaves alone is the user's to delete.

        It has to have a right to leave something alone.
        """
        world = self.world
        if not self._interrupted():
            return
        self._took("recover")
        run = world.seen(streamkap(world.stack, "recover", "--yes", "--cancel", STREAMKAP_READ_TIMEOUT="2"))
        assert run.code in {Exit.DONE, Exit.LEFT_ALONE}, run.text
        managed, left = self._managed(), self._interrupted()
        told = {object_id: (resource, why) for resource, object_id, why in LEFT.findall(run.text)}
        assert bool(left) == bool(told) == (run.code == Exit.LEFT_ALONE), run.text
        for object_id, (resource, why) in told.items():
            assert object_id in self.others or self._may_be_left_alone(object_id, managed.get(resource), why), run.text
        for live in world.alive():
            if live["name"] in left and live["id"] not in {*managed.values(), *self.others}:
                assert live["id"] in told
                world.change(live, deleted=True)
        if left:
            world.stack.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()

    def _may_be_left_alone(self, object_id: str, managed: str | None, why: str) -> bool:
        """One of this stack's own is: where another one has its place by now, or somebody has changed it."""
        if managed:
            return (
                managed != object_id
                and re.search("the resource is another (source|destination|tag) already", why) is not None
            )
        return object_id in self.tampered and "it holds other values than declared" in why

    # --- What always holds ---

    @invariant()
    def no_object_is_forgotten_and_none_is_there_twice(self) -> None:
        if self._world is None:
            return
        alive = [live for live in self.world.alive() if live["id"] not in self.others]
        # Of one name there never are two: so they are counted by what the program has called for. Several tags may have
        # one name, where a program that was killed asked for another type or description.
        meant = [(NAME.fullmatch(live["name"]), live) for live in alive]
        counted = Counter(
            (*found.groups(), live.get("description"), str(live.get("type"))) for found, live in meant if found
        )
        assert counted.total() == len(alive), f"nobody has asked for one of {alive}"
        assert max(counted.values(), default=1) == 1, f"twice: {counted}"
        ids = [resource["id"] for resource in self._resources()]
        assert len(ids) == len(set(ids)), f"managed twice: {ids}"
        managed, interrupted = set(ids), self._interrupted()
        assert not managed & self.others.keys(), "somebody else's was taken over"
        forgotten = [
            live
            for live in alive
            if not (live["id"] in managed or live["name"] in interrupted or live["id"] in self.world.said)
        ]
        assert not forgotten, f"forgotten: {forgotten}"
        untouched = {live["id"] for live in self.world.alive()}
        assert self.others.keys() <= untouched

    @invariant()
    def no_secret_is_to_be_seen(self) -> None:
        if self._world is None:
            return
        asked = self.world.emulator.requests()
        self.world.emulator.forget_requests()
        for each in asked:
            if each["status"] in {200, 201, 202, 204}:
                call = f"{each['method']} {each['path']}"
                StackMachine.steps.update(kind for kind, calls in WRITES.items() if re.fullmatch(calls, call))
        texts = {"the log": json.dumps(asked)}
        for file in (self.world.folder / "backend" / ".pulumi").rglob("*"):
            if file.is_file():
                texts[str(file)] = file.read_text(encoding="utf-8", errors="replace")
        self.world.search(texts)

    def teardown(self) -> None:
        """In the end everything can be put right and be destroyed."""
        if self._world is None:
            return
        try:
            if sys.exc_info()[0] is None:
                self.all_is_well_again()
                self.world.seen(self.world.stack.destroy()).succeeded()
                assert self.world.alive() == []
                assert self._managed() == {}
        finally:
            self.world.end()

    # --- How ---

    def _declare(self, program: dict[str, Declared] | None = None) -> None:
        """Write the program, a new one or the one of before."""
        self.declared = self.declared if program is None else dict(program)
        self._let_go_of_tags()
        self.world.canaries.update(secret for declared in self.declared.values() for secret in declared.secrets())
        self.world.stack.program(written(self.declared))

    def _let_go_of_tags(self) -> None:
        """What has a tag that the program no longer has does not keep it: `tags` that are omitted would."""
        alive = [(NAME.fullmatch(live["name"]), live) for live in self.world.alive() if live["id"] not in self.others]
        going = {
            live["id"] for found, live in alive if live["plural"] == "tags" and found and found[2] not in self.declared
        }
        for found, live in alive:
            declared = self.declared.get(found[2]) if found else None
            if found and isinstance(declared, Connector) and declared.tags is None and going & {*(live["tags"] or ())}:
                self.declared[found[2]] = replace(declared, tags=())

    def _took(self, kind: str) -> None:
        StackMachine.steps[kind] += 1

    def _under(self, fault: dict[str, Any]) -> None:
        self.world.emulator.reset_faults()
        self.world.emulator.faults(**QUICK)
        self.world.emulator.faults(**fault)

    def _object(self, number: int) -> dict[str, Any] | None:
        """One of the objects that this stack has created."""
        mine = [live for live in self.world.alive() if live["id"] not in self.others]
        return mine[number % len(mine)] if mine else None

    @contextmanager
    def _in_order(self) -> Iterator[None]:
        """Where the state knows what has each tag, no run meanwhile is refused the deletion of one."""
        world = self.world
        by_urn = {each["urn"]: each["id"] for each in self._resources()}
        known = {each["id"]: {by_urn.get(urn) for urn in each.get("dependencies") or ()} for each in self._resources()}
        tags = {live["id"] for live in world.alive() if live["plural"] == "tags"}
        all_known = all(tags & {*(live.get("tags") or ())} <= known.get(live["id"], set()) for live in world.alive())
        before = len(world.emulator.requests())
        yield
        calls = [(each["method"], each["path"], each["status"]) for each in world.emulator.requests()[before:]]
        refused = [path for method, path, status in calls if (method, status) == ("DELETE", 400) and "/tags/" in path]
        assert not (all_known and refused), f"tags were to be deleted before what has them: {refused}"

    def _held_by_what_is_in_no_state(self) -> set[str]:
        """The ids of the managed tags that cannot be deleted, since what a killed run has created has them."""
        managed = set(self._managed().values())
        return managed & {
            tag for live in self.world.alive() if live["id"] not in managed for tag in live.get("tags") or ()
        }

    def _managed(self) -> dict[str, str]:
        """The ids in the state, by resource."""
        return {resource_name(resource["urn"]): resource["id"] for resource in self._resources()}

    def _resources(self) -> list[dict[str, Any]]:
        """The objects in the state."""
        resources = self.world.deployment().get("resources") or []
        return [each for each in resources if each["type"] in BY_TYPE]

    def _interrupted(self) -> set[str]:
        """Names of objects whose creation the state still has as pending."""
        return {
            operation["resource"]["inputs"]["name"]
            for operation in self.world.deployment().get("pending_operations") or []
            if operation["type"] == "creating"
        }


WRITES = {
    f"{what} of {plural}": call
    for plural in PLURALS.values()
    for what, call in {
        "a create": rf"POST /{plural}",
        "an update": rf"PUT /{plural}/\w+",
        "a delete": rf"DELETE /{plural}/\w+",
    }.items()
}
"""What a step can come to in Streamkap, and the calls that do it."""

TAKEN = {"change", "up", "up under a fault", "preview", "refresh", "destroy", "kill", "recover", "somebody else"}
"""The kinds of steps that a long history has to have, besides those after which all is OK."""
ENOUGH_STEPS = 200
MOST_HISTORIES = 15
SHORT = 233
"""The seed of the short history: one in which much happens."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux the provider ends with its engine")
run_as_test: Callable[..., None] = run_state_machine_as_test
"""It has no types in the hypothesis that Python 3.10 gets."""

ENGINE = settings(
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@LINUX
def test_nothing_is_lost_doubled_or_leaked_in_a_short_history() -> None:
    """The same steps in each run."""
    few = settings(ENGINE, max_examples=2, stateful_step_count=6)
    run_as_test(seed(SHORT)(type("ShortMachine", (StackMachine,), {})), settings=few)


@LINUX
@pytest.mark.long
def test_nothing_is_lost_doubled_or_leaked_in_long_histories(request: pytest.FixtureRequest) -> None:
    """One history after the other, until there were steps enough, and each kind. `--hypothesis-seed` retries them."""
    StackMachine.steps.clear()
    # Of two, the first is the shortest that there is.
    one = settings(ENGINE, max_examples=2, stateful_step_count=48)
    first = int(request.config.getoption("--hypothesis-seed") or random.randrange(10**6))
    for number in range(MOST_HISTORIES):
        print(f"--hypothesis-seed={first}, history {number}")  # noqa: T201 - shown where one fails
        run_as_test(seed(first + number)(type("LongMachine", (StackMachine,), {})), settings=one)
        steps = StackMachine.steps
        if steps.total() - sum(steps[kind] for kind in WRITES) >= ENOUGH_STEPS and {*TAKEN, *WRITES} <= steps.keys():
            return
    pytest.fail(f"too few steps, or not of each kind: {StackMachine.steps}")
