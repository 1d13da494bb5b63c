"""A part of the fault matrix on the real engine: a user of `pulumi` sees what the table says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.emulator.calls import Identity
from tests.engine.stack import Run, Stack
from tests.engine.traffic import only
from tests.faults.arranging import make_hundred, rules, setting_variable, take_name, unreachable
from tests.faults.canaries import CLIENT_SECRET, CONNECTION, OF_THE_RUN, PASSWORD, USER, leaks, token
from tests.faults.kinds import CHANGED_HOST
from tests.faults.observation import HTML
from tests.faults.stage import CLIENT_ID, DEBUG, QUICK
from tests.faults.table import Cell, cells

SOURCE = """
import os
orders = streamkap.Source(
    "orders",
    connector="postgresql",
    name="orders",
    timeouts=TIMEOUTS,
    desired_state=STATE,
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": 5432,
        "database.dbname": "shop",
        "database.user": pulumi.Output.secret(os.environ["CANARY_USER"]),
        "database.password": os.environ["CANARY_PASSWORD"],
        "schema.include.list": ["public"],
        "table.include.list.user.defined": ["public.orders", "public.customers"],
        "transforms.InsertStaticValue1.static.field": "from",
        "transforms.InsertStaticValue1.static.value": os.environ["CANARY_CONNECTION"],
    },
)
pulumi.export("config", orders.config)
pulumi.export("status", orders.status)
"""

ON_THE_ENGINE = [
    "connect-timeout-create", "reset-after-update", "reset-mid-body-create", "reset-before-delete",
    "504-after-create", "502-before-update", "503-after-delete", "504-for-good-update",
    "empty-200-create", "truncated-json-update", "wrong-shape-text-create", "login-page-delete",
    "429-seconds-create", "429-date-update", "429-token-delete", "401-mid-run-update", "401-for-good-delete",
    "403-update", "another-project-delete", "another-project-refresh", "clock-behind-create",
    "missing-empty-refresh", "missing-404-update", "missing-null-delete",
    "400-update", "422-list-create", "422-text-update", "500-delete", "name-taken-create", "name-taken-unseen-create",
    "put-not-applied-update", "delete-slow-delete", "delete-fails-delete",
    "broken-time-out-create", "broken-time-out-update", "stuck-create", "new-status-update",
    "kafka-busy-update", "orphan-create", "paging-removed-create", "504-after-deploy", "reset-before-pause",
    "secrets-null-refresh", "secrets-null-create", "secrets-null-update", "answers-changed-delete",
    "empty-200-delete", "kafka-busy-delete",
]  # fmt: skip
"""At least one of each kind of fault for create, update and delete, where it can affect them."""


def chosen() -> Iterator[Any]:
    found = {cell.id: cell for cell in cells()}
    for name in ON_THE_ENGINE:
        yield pytest.param(found[name], id=name, marks=pytest.mark.long)


class OnTheEngine:
    """A stack with one source, its emulator, and everything that was shown."""

    def __init__(self, cell: Cell, folder: Path, emulator: Emulator) -> None:
        self.cell, self.emulator = cell, emulator
        self._said = cell.fault.arranged
        self._tokens: set[str] = set()
        self.log = folder / "debug.log"
        emulator._running.authentication.add(
            Identity(CLIENT_ID, CLIENT_SECRET.value, "tenant-demo", "service-demo", "sub-demo")
        )
        self.runs: list[Run] = []
        self.stack = Stack(folder / "infra", folder / "backend", self._environment(good=True), project="infra")

    def _environment(self, *, good: bool) -> dict[str, str]:
        chosen = None if good else self._said.get("credentials")
        credentials = (f"{chosen}-client", f"{chosen}-secret") if chosen else (CLIENT_ID, CLIENT_SECRET.value)
        settings = {} if good else self._said.get("settings", {})
        return {
            "STREAMKAP_HOST": self.emulator.url,
            "STREAMKAP_CLIENT_ID": credentials[0],
            "STREAMKAP_SECRET": credentials[1],
            "CANARY_USER": USER.value,
            "CANARY_PASSWORD": PASSWORD.value,
            "CANARY_CONNECTION": CONNECTION.value,
            "PYTHONPATH": str(DEBUG),
            "DEBUG_LOG": str(self.log),
            **{setting_variable(key): str(value) for key, value in settings.items()},
        }

    def declare(self, *, changed: bool) -> None:
        states = {"pause": ("Active", "Paused"), "deploy": ("Pending", "Active")}
        state = states.get(self.cell.operation, (None, None))[changed]
        program = SOURCE.replace("TIMEOUTS", repr(dict(self._said.get("timeouts", {})) or None))
        program = program.replace("STATE", repr(state))
        if changed and self.cell.operation == "update":
            program = program.replace("db.example.com", CHANGED_HOST)
        self.stack.program(program)

    def run(self, operate: Callable[[], Run]) -> Run:
        run = operate()
        self.runs.append(run)
        self._tokens |= {row[0] for row in self.emulator._running.store._rows("SELECT token FROM tokens")}
        return run

    def operation(self) -> Run:
        operation = self.cell.operation
        return self.run({"refresh": self.stack.refresh, "delete": self.stack.destroy}.get(operation, self.stack.up))

    def leaks(self) -> list[Any]:
        canaries = [*OF_THE_RUN, *(token(each) for each in sorted(self._tokens))]
        places = {f"what run {number} shows": run.text for number, run in enumerate(self.runs)}
        places["the logs at DEBUG"] = self.log.read_text(encoding="utf-8")
        places["the state file"] = self.stack.state()
        places["the exported state"] = self.stack.pulumi("stack", "export").text
        places["the outputs"] = json.dumps(self.stack.outputs())
        return leaks(places, canaries)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("engine_cell", list(chosen()))
def test_the_engine_shows_what_the_table_says(engine_cell: Cell, tmp_path: Path) -> None:
    """In the same words; nothing is doubled or leaked, not even in the state file, and the next run puts all right."""
    cell, said = engine_cell, engine_cell.fault.arranged
    with Emulator(faults=dict(QUICK)) as emulator:
        there = OnTheEngine(cell, tmp_path, emulator)
        name = arranged_before(there)
        emulator._running.store._run("DELETE FROM tokens")
        there.declare(changed=True)
        there.stack.environment |= there._environment(good=False)
        emulator.faults(**rules(cell))
        with unreachable(accepting=True) if said.get("host") else nullcontext() as port:
            if port:
                there.stack.environment["STREAMKAP_HOST"] = f"http://127.0.0.1:{port}"
            run = there.operation()
        emulator.reset_faults()
        emulator.faults(**QUICK)
        assert (run.code != 0) == bool(cell.fails or cell.not_ready), run.text
        run.shows(*cell.fails, *cell.not_ready)
        alive = [each["name"] for each in emulator.sources() if not each["deleted"] and not each["orphan"]]
        assert len(alive) == len(set(alive))
        recorded = there.stack.sources()
        if cell.not_ready or (not cell.fails and cell.operation not in {"delete", "refresh"}):
            assert recorded["orders"]["id"] in {each["id"] for each in emulator.sources()}
        there.stack.environment |= there._environment(good=True)
        again = there.operation()
        if cell.again:
            again.failed().shows(*cell.again)
        elif not cell.not_ready and cell.finds != "gone":
            again.succeeded()
            if cell.operation != "delete":
                there.stack.rests()
            else:
                assert [each for each in emulator.sources() if each["name"] == name and not each["deleted"]] == []
        for each in there.runs:
            assert "Traceback" not in each.text
            assert not HTML.search(each.text)
        assert there.leaks() == []
        log = leaks({"the emulator's log": emulator.requests()}, [each for each in OF_THE_RUN if each != USER])
        assert log == []


def arranged_before(there: OnTheEngine) -> str:
    """Prepare what an earlier run left and what somebody did since; returns the source's name."""
    cell, emulator = there.cell, there.emulator
    before = cell.fault.arranged.get("before")
    there.declare(changed=False)
    if cell.operation != "create":
        there.run(there.stack.up).succeeded()
        name = str(only(emulator)["name"])
        if before == "deleted":
            emulator.change_source(only(emulator)["id"], deleted=True)
        return name
    name = "orders"
    if before in {"taken", "taken_elsewhere"}:
        take_name(emulator, "demo" if before == "taken" else "project", name)
    if before == "hundred":
        make_hundred(emulator, name)
    return name


def test_the_sample_has_every_part_for_each_of_create_update_and_delete() -> None:
    """Where the table has a test for it."""
    found = {cell.id: cell for cell in cells()}
    sample = {(found[name].fault.part, found[name].operation) for name in ON_THE_ENGINE}
    parts = {(cell.fault.part, cell.operation) for cell in cells() if cell.operation in {"create", "update", "delete"}}
    # Faults with somebody who acts meanwhile, and fifty sources at once, are tested on the provider only.
    left_out = {("Many at once", name) for name in ("create", "update", "delete")}
    assert parts - sample <= left_out | {("Sources that are not there", "create")}
