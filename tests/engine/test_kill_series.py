"""The engine, or its provider alone, is killed at any moment: nothing is doubled, nothing is orphaned."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import time
from collections.abc import Callable

import pytest

from streamkap_pulumi.cli.exit_codes import Exit
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import BY_TYPE
from tests.engine.commands import alive, kill_while_creating, only_pending, streamkap, whole_again
from tests.engine.processes import providers, until
from tests.engine.stack import Run, Stack

CANARY = "canary-of-the-database"

TEN = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Team", name)

team = Team("team")

def within(number):
    return pulumi.ResourceOptions(parent=team if number % 2 else None)

tags = [
    streamkap.Tag(f"t{number}", type=["sources", "destinations"], description="HOST", opts=within(number)).id
    for number in range(2)
]
for number in range(4):
    streamkap.Source(
        f"s{number}",
        connector="postgresql",
        config={
            "database.hostname.user.defined": "HOST",
            "database.dbname": "shop",
            "database.user": "streamkap",
            "database.password": "canary-of-the-database",
            "schema.include.list": ["public"],
            "table.include.list.user.defined": [f"public.t{number}"],
        },
        tags=tags[:number],
        opts=within(number),
    )
    streamkap.Destination(
        f"d{number}",
        connector="clickhouse",
        config={
            "hostname": "HOST",
            "database": f"shop{number}",
            "connection.username": "streamkap",
            "connection.password": "canary-of-the-database",
        },
        tags=tags[3 - number :],
        opts=within(number),
    )
"""
"""Four sources, four destinations, and two tags that some of these have."""
HELD_BY_ALL = ("database.hostname.user.defined", "hostname", "description")
"""Where the host of the program ends up."""
PATIENCE = {"STREAMKAP_READ_TIMEOUT": "3"}
"""For how long to search for what is not found; a request that hangs here takes half a second."""
LONGEST_PAUSE = 1.2
"""Seconds after the first sign of work within which the kill comes; such a run takes longer."""


class Series:
    """One stack of ten objects, and the chance that says when to kill, and whom."""

    def __init__(self, stack: Stack, emulator: Emulator, seed: int) -> None:
        self.stack, self.emulator = stack, emulator
        self.chance = random.Random(seed)
        slow = {"value": 0.25, "methods": ["POST", "PUT", "DELETE"], "path": "^/(sources|destinations|tags)"}
        emulator.faults(latency_before_commit=slow, latency_after_commit=slow)

    def kill(self, *arguments: str) -> bool:
        """Start a run, and kill its engine or its provider when chance says so; whether it was still at work."""
        whom, parallel = self.chance.choice(["engine", "provider"]), self.chance.choice(["3", "10"])
        pause = self.chance.uniform(0, LONGEST_PAUSE)
        self.emulator.forget_requests()
        running = self.stack.start(*arguments, "--yes", "--skip-preview", "--parallel", parallel)
        try:
            until(lambda: self.emulator.requests() or running.poll() is not None)
            time.sleep(pause)
            hit = running.poll() is None
            for victim in [running.pid] if whom == "engine" else providers(self.emulator):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
        finally:
            if whom == "engine":
                running.kill()
            text, _ = running.communicate(timeout=120)
        assert CANARY not in text
        until(lambda: providers(self.emulator) == [])
        self.never_doubled()
        whole_again(self.stack)
        if whom == "engine":
            self.stack.pulumi("cancel", "--yes")
        return hit

    def never_doubled(self) -> None:
        """No two objects of one name, by what the emulator itself holds."""
        names = [each["name"] for each in alive(self.emulator)]
        assert len(names) == len(set(names)), sorted(names)

    def carry_on(self, run: Callable[[], Run]) -> None:
        """Run it again; where it fails, do what its errors name, until it succeeds."""
        for _ in range(4):
            done = run().hides(CANARY)
            self.never_doubled()
            if done.code == 0:
                return
            done.failed()
            assert self.follows(done), done.text
        raise AssertionError(f"it does not come to an end:\n{done.text}")

    def follows(self, failed: Run) -> bool:
        """Whether the errors name a command that goes on from there; it is run."""
        taken = set(re.findall(r"named '([sdt]\d)-\w{7}' already exists: id (\w+)", failed.text))
        if not taken or "`streamkap recover`" not in failed.text:
            return False
        interrupted = only_pending(self.stack)
        recovered = streamkap(self.stack, "recover", "--yes", **PATIENCE).hides(CANARY)
        left = set(re.findall(r"it was created before that, .*: `streamkap adopt ([sdt]\d) (\w+)`", recovered.text))
        assert recovered.code == (Exit.LEFT_ALONE if left else Exit.DONE), recovered.text
        managed = self.managed()
        for resource, object_id in sorted(taken | left):
            if object_id not in managed:
                # A provider that dies alone leaves no interrupted create: the engine has seen it fail. What the next
                # run, killed as well, was about to make is older than that.
                assert (resource in interrupted) == ((resource, object_id) in left)
                streamkap(self.stack, "adopt", resource, object_id, "--yes").succeeded().hides(CANARY)
        return True

    def all_is_managed(self) -> None:
        """What exists is in state, once; nothing is pending; nothing is left to do."""
        if only_pending(self.stack):
            # Interrupted before anything was sent, and made since: only the mark is left.
            streamkap(self.stack, "recover", "--yes", **PATIENCE).succeeded().hides(CANARY)
        assert only_pending(self.stack) == []
        managed = self.managed()
        assert len(managed) == len(set(managed)) == 10
        assert set(managed) == {each["id"] for each in alive(self.emulator)}
        self.stack.rests()

    def managed(self) -> list[str]:
        """The ids of the objects in state."""
        return [
            each["id"]
            for each in json.loads(self.stack.state())["checkpoint"]["latest"].get("resources", [])
            if each["type"] in BY_TYPE
        ]


def kills_while_making(series: Series, kills: int) -> None:
    """The first hits a run that makes all ten; a later one a run that also meets what the first has left."""
    series.stack.program(TEN.replace("HOST", "db.example.com"))
    assert series.kill("up")
    for _ in range(kills - 1):
        series.kill("up")
    series.carry_on(series.stack.up)
    series.all_is_managed()


def kill_while_changing(series: Series) -> None:
    """Once a run is hit; one that chance lets end is followed by another."""
    made = {each["id"] for each in alive(series.emulator)}
    for number in range(10):
        host = f"db{number}.example.com"
        series.stack.program(TEN.replace("HOST", host))
        hit = series.kill("up")
        series.carry_on(series.stack.up)
        series.all_is_managed()
        assert {each["id"] for each in alive(series.emulator)} == made
        held = [{**each, **each.get("config", {})} for each in alive(series.emulator)]
        assert {each[name] for each in held for name in HELD_BY_ALL if name in each} == {host}
        if hit:
            return
    raise AssertionError("no run could be hit")


def kill_while_deleting(series: Series) -> None:
    """And then nothing is left."""
    assert series.kill("destroy")
    series.carry_on(series.stack.destroy)
    assert (alive(series.emulator), series.managed(), only_pending(series.stack)) == ([], [], [])


@pytest.mark.parametrize("seed", [1])
def test_a_kill_while_ten_objects_are_created_doubles_and_orphans_nothing(
    stack: Stack, emulator: Emulator, seed: int
) -> None:
    """What the errors name brings everything under management again."""
    kills_while_making(Series(stack, emulator, seed), 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 8))
def test_kills_at_any_moment_of_creating_changing_and_deleting_double_and_orphan_nothing(
    stack: Stack, emulator: Emulator, seed: int
) -> None:
    """Two in a row while they are created, one while they are changed, one while they are deleted.

    These are 20 kills in all; at least 15 of them hit a run at work.
    """
    series = Series(stack, emulator, seed)
    kills_while_making(series, 2)
    kill_while_changing(series)
    kill_while_deleting(series)


@pytest.mark.long
@pytest.mark.parametrize("older", [False, True], ids=["attributes", "state"])
def test_a_state_that_a_kill_has_cut_off_is_fixed_by_hand(stack: Stack, emulator: Emulator, *, older: bool) -> None:
    """By what is reported; also by the backup, though the state of one write before knows less of the killed run."""
    series = Series(stack, emulator, 0)
    kill_while_creating(stack.program(TEN.replace("HOST", "db.example.com")), emulator, 4)
    state = stack.backend / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
    if older:
        state.write_text("", encoding="utf-8")
        stack.pulumi("stack", "export").failed()
        state.write_bytes(state.with_name(f"{state.name}.bak").read_bytes())
    else:
        state.with_name(f"{state.name}.attrs").write_text("", encoding="utf-8")
        told = streamkap(stack, "recover", "--yes").failed()
        told.shows("failed to load checkpoint: EOF", f"{state.name}.attrs".replace(stack.name, "<stack>"))
        assert whole_again(stack)
    stack.pulumi("cancel", "--yes").succeeded()
    series.carry_on(stack.up)
    series.all_is_managed()
