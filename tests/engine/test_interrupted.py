"""Ctrl-C, and SIGTERM: every wait ends, what exists is recorded, nothing more is sent, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.commands import only_pending, settle
from tests.engine.processes import until
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import ENGINE, Run, Stack

SECONDS = 30.0
"""For a run to end after one signal, on a busy machine; the waits would go on for 20 minutes."""

FIVE = """
for number in range(5):
    streamkap.Source(f"events-{number}", connector="webhook", config={"format": "json"})
after = streamkap.Source("after", connector="webhook", config={"format": "json"},
    opts=pulumi.ResourceOptions(depends_on=[orders]))
"""


def interrupted(stack: Stack, command: str, when: Callable[[], object], number: int = signal.SIGINT) -> Run:
    """`pulumi <command>`, whose process group is signalled once as by a terminal, as soon as `when` is true."""
    running = subprocess.Popen(
        [ENGINE / "pulumi", command, "--yes", "--skip-preview", "--non-interactive", "--parallel", "16"],
        cwd=stack.folder,
        env=stack.environment_of_commands() | {"PULUMI_SKIP_UPDATE_CHECK": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until(when)
        os.killpg(running.pid, number)
        text, _ = running.communicate(timeout=SECONDS)
    except BaseException:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        raise
    return Run(running.returncode, text)


def writes(emulator: Emulator) -> list[str]:
    """The requests that change something, in their order."""
    found = (f"{each['method']} {each['path']}" for each in emulator.requests() if each["method"] != "GET")
    return [each for each in found if not each.split()[1].startswith("/auth/")]


def test_ctrl_c_ends_the_waits_of_all_creates_and_what_exists_is_recorded(stack: Stack, emulator: Emulator) -> None:
    """No pending operation is left, dependents are not started, and the next `up` checks again and is clean."""
    emulator.faults(stuck="on")
    stack.program(ORDERS + FIVE)
    run = interrupted(stack, "up", lambda: len(emulator.sources()) == 6)
    run.failed().shows("was Pending, not Active, when the run was interrupted", "run `pulumi up`, which checks again")
    assert "Traceback" not in run.text
    assert run.code == 1
    assert only_pending(stack, ("creating", "updating", "deleting")) == []
    assert {source["id"] for source in stack.sources().values()} == {source["id"] for source in emulator.sources()}
    assert writes(emulator) == ["POST /sources"] * 6
    emulator.faults(stuck=None)
    settle(emulator)
    stack.up().succeeded().shows("+ 1 created", "~ 6 updated")
    assert writes(emulator) == ["POST /sources"] * 7
    stack.rests()


def test_ctrl_c_ends_the_waits_of_an_update_and_of_a_deletion(stack: Stack, emulator: Emulator) -> None:
    """The update is recorded, so that the next run sends no PUT; the deletion goes on by the next run."""
    stack.program(ORDERS).up().succeeded()
    stack.rests()
    emulator.faults(stuck="on")
    emulator.forget_requests()
    stack.program(changed(ORDERS, "db.example.com", "db2.example.com"))
    put = interrupted(stack, "up", lambda: writes(emulator), signal.SIGTERM)
    put.failed().shows("when the run was interrupted")
    source_id = emulator.sources()[0]["id"]
    assert writes(emulator) == [f"PUT /sources/{source_id}"]
    emulator.faults(stuck=None)
    settle(emulator)
    stack.up().succeeded().shows("~ 1 updated")
    assert writes(emulator) == [f"PUT /sources/{source_id}"]
    stack.rests()
    emulator.faults(async_delete_delay=8)
    emulator.forget_requests()
    deletion = interrupted(stack, "destroy", lambda: writes(emulator))
    deletion.failed().shows("still exists when the run was interrupted", "Run it again; it continues to wait")
    assert writes(emulator) == [f"DELETE /sources/{source_id}"]
    stack.destroy().succeeded()


@pytest.mark.long
def test_names_that_the_locale_lacks_break_no_operation(stack: Stack, emulator: Emulator) -> None:
    """What is reported while a source is created, changed and deleted is shown as it is."""
    stack.environment |= {"PYTHONIOENCODING": "ascii"}
    emulator.faults(status_delay=1, async_delete_delay=1)
    named = changed(ORDERS, "connector=", 'name="zähler 顧客", connector=')
    stack.program(named).up().succeeded().shows("source 'zähler 顧客'", "waiting for Active")
    stack.program(changed(named, "db.example.com", "db2.example.com")).up().succeeded().shows("waiting for Active")
    stack.rests()
    stack.destroy().succeeded().shows("waiting until it is gone").hides("Traceback")
