"""A service with one stack per tenant, as its README says."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import threading
import time
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import ENGINE, ROOT, TIMEOUT
from tests.examples.conftest import MakeExample
from tests.examples.readmes import Example

PASSWORD = "a password for the example"
NAMES = ["acme", "birch", "cedar"]


@pytest.fixture
def service(example: MakeExample) -> Example:
    """The service's folder, with what the README says to export."""
    made = example("automation-api")
    made.settings["TENANTS_DB_PASSWORD"] = PASSWORD
    (made.scratch / "backend").mkdir(exist_ok=True)
    return made


def recorded(service: Example, *names: str) -> dict[str, list[str]]:
    """The ids of the sources in each tenant's state, and no lock or interrupted operation beside them."""
    kept = service.scratch / "backend" / ".pulumi"
    assert list((kept / "locks").rglob("*.json")) == []
    found = {}
    for name in names:
        file = kept / "stacks" / "tenants" / f"{name}.json"
        latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {}
        assert not latest.get("pending_operations")
        found[name] = [each["id"] for each in latest.get("resources", []) if each["type"].endswith("streamkap:Source")]
        assert PASSWORD not in file.read_text(encoding="utf-8")
    return found


def alive(emulator: Emulator) -> set[str]:
    return {source["id"] for source in emulator.sources() if not source["deleted"]}


def started(service: Example, command: list[str]) -> subprocess.Popen[str]:
    """A run in a session of its own, as in a terminal of its own."""
    return subprocess.Popen(
        command,
        cwd=service.folder,
        env=service.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for_sources(emulator: Emulator, count: int, running: subprocess.Popen[str]) -> None:
    """Until so many exist, the run is over, or nothing came of it."""
    until = time.monotonic() + TIMEOUT / 2
    while len(emulator.sources()) < count and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


def ended(service: Example, emulator: Emulator, command: list[str], sources: int, *signals: int) -> str:
    """What a run says that gets signals, as from a terminal, once so many sources exist; its exit code is 130."""
    running = started(service, command)
    wait_for_sources(emulator, sources, running)
    assert list((service.scratch / "backend" / ".pulumi" / "locks").rglob("*.json"))
    for number in signals:
        os.killpg(running.pid, number)
        time.sleep(0.5)
    text, _ = running.communicate(timeout=60)
    assert running.returncode == 130, text
    assert "Traceback" not in text
    return text


@pytest.mark.long
def test_a_few_tenants_work_as_the_readme_says_and_a_failure_stops_no_other(
    service: Example, streamkap_emulator: Emulator
) -> None:
    """The failed one is reported by name; fixed, the same command goes on; and a project takes the stacks over."""
    table = "host: birch.db.example.com, tables: [public.orders, public.customers]"
    service.edit("tenants.yaml", table, table.replace("[public.orders, public.customers]", "[]"))
    shown = service.run("Some tenants, and all").failed()
    assert shown.code == 1
    shown.shows("[acme] + orders", "[acme] done", "[cedar] done", "[birch] failed:", "Not done: birch.").hides(PASSWORD)
    assert len(alive(streamkap_emulator)) == 2
    service.edit("tenants.yaml", table.replace("[public.orders, public.customers]", "[]"), table)
    service.run("Some tenants, and all").succeeded().shows("[birch] + orders").hides("Not done", "[acme] +")
    states = recorded(service, *NAMES)
    assert {source for sources in states.values() for source in sources} == alive(streamkap_emulator)
    service.run("When one machine is not enough").succeeded().shows("2 unchanged")
    service.run("Take them down").succeeded()
    assert alive(streamkap_emulator) == set()


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGINT, id="ctrl-c"), pytest.param(signal.SIGTERM, id="sigterm", marks=pytest.mark.long)],
)
def test_a_service_that_is_reported_to_end_leaves_no_lock_and_nothing_half_recorded(
    service: Example, streamkap_emulator: Emulator, number: int
) -> None:
    """What is under way is recorded, what has not begun is left for the next run, and none is created twice."""
    streamkap_emulator.faults(status_delay=2)
    names = [*NAMES, "delta"]
    text = ended(service, streamkap_emulator, ["python", "service.py", "up", *names, "--parallel", "2"], 1, number)
    assert "cancelled" in text
    assert "cut off" not in text
    made = alive(streamkap_emulator)
    assert 1 <= len(made) <= 2
    begun = [name for name in names if (service.scratch / f"backend/.pulumi/stacks/tenants/{name}.json").exists()]
    assert {source for sources in recorded(service, *begun).values() for source in sources} == made

    streamkap_emulator.faults(status_delay=0)
    service.shell(f"python service.py up {' '.join(names)}").succeeded()
    assert made < alive(streamkap_emulator)
    assert len(alive(streamkap_emulator)) == 4


@pytest.mark.long
def test_what_a_second_ctrl_c_has_cut_off_is_brought_in_as_the_readme_says(
    service: Example, streamkap_emulator: Emulator
) -> None:
    """The run says the command of each tenant; none of the sources is lost, and none is created twice."""
    # The first Ctrl-C ends every wait but that for the answer to a request, which the second one cuts off.
    streamkap_emulator.faults(latency_after_commit={"value": 30, "methods": ["POST"], "path": "/sources"})
    command = service.commands("Some tenants, and all").split()
    text = ended(service, streamkap_emulator, command, len(NAMES), signal.SIGINT, signal.SIGINT)
    streamkap_emulator.faults(latency_after_commit=None)
    for name in NAMES:
        assert f"[{name}] cut off; before it is run again: streamkap recover --cwd project --stack {name}" in text
    made = alive(streamkap_emulator)
    service.run("After a second Ctrl-C").succeeded().shows("created by the killed run").hides(PASSWORD, "[acme] +")
    assert {source for sources in recorded(service, *NAMES).values() for source in sources} == made
    assert alive(streamkap_emulator) == made


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("up acmee cedar", "there is no tenant acmee; there are acme, birch, cedar,"),
        ("up --parallel 0", "argument --parallel: must be 1 or more"),
        ("up --file none.yaml", "none.yaml cannot be read: [Errno 2] No such file or directory"),
        ("up --file broken.yaml", "broken.yaml cannot be read: while parsing a flow mapping"),
        ("up --file row.yaml", "row.yaml, row 2 (birch): tables: Input should be a valid list"),
        ("up --file twice.yaml", "twice.yaml: more than one tenant is called acme"),
    ],
)
def test_a_mistake_is_reported_before_anything_is_begun(service: Example, command: str, said: str) -> None:
    """In plain words, with the code of wrong usage; no tenant's stack is created."""
    acme = "- {name: acme, host: db.example.com, tables: []}\n"
    birch = "- {name: birch, host: db.example.com, tables: x}\n"
    for name, text in (("broken", "- {name: a\n- {"), ("row", acme + birch), ("twice", acme + acme)):
        (service.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    shown = service.shell(f"python service.py {command}").failed().shows(said)
    assert shown.code == 2
    assert not (service.scratch / "backend" / ".pulumi").exists()


def test_a_missing_password_or_program_is_reported_before_anything_is_begun(service: Example) -> None:
    """With what to do about it."""
    without = {"TENANTS_DB_PASSWORD": "export the password", "PATH": "there is no `pulumi` on PATH: https://"}
    for variable, said in without.items():
        shown = (
            service.shell(f'python=$(command -v python); env {variable}= "$python" service.py up').failed().shows(said)
        )
        assert shown.code == 2


@pytest.mark.long
def test_twenty_tenants_come_up_in_parallel(service: Example, streamkap_emulator: Emulator) -> None:
    """Each with its own stack: the last source is asked for before the first is ready; a second run makes nothing."""
    command = "python service.py up"
    assert f"`{command}` is for all" in service.readme
    streamkap_emulator.faults(stuck=True)  # None is ready, so none makes room for another, until it is asked to be.
    running = started(service, command.split())
    try:
        wait_for_sources(streamkap_emulator, 20, running)
        asked_for = len(streamkap_emulator.sources())
    finally:
        streamkap_emulator.faults(stuck=False)
        for source in streamkap_emulator.sources():
            streamkap_emulator.change_source(source["id"], connector_status="Active")
        text, _ = running.communicate(timeout=TIMEOUT)
    assert asked_for == 20, text
    assert running.returncode == 0, text
    assert "(20 of 20)" in text
    assert len(alive(streamkap_emulator)) == 20
    service.shell(command).succeeded().hides("+ orders")
    assert len(alive(streamkap_emulator)) == 20


@pytest.mark.usefixtures("engine")
def test_an_engine_that_is_just_being_started_is_reported_to_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second signal would cut it off: what is under way would not be recorded."""
    monkeypatch.setenv("PATH", str(ENGINE), prepend=os.pathsep)
    spec = importlib.util.spec_from_file_location("example_engine", ROOT / "examples" / "automation-api" / "engine.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    engine = module.Engine()
    ctrl_c = threading.Thread(target=engine.cancel)

    class Noticed(set[Any]):
        """As if Ctrl-C came at the moment the engine is noted as running."""

        def add(self, process: Any) -> None:
            super().add(process)
            ctrl_c.start()
            ctrl_c.join(0.5)

    class Process:
        returncode = 0
        signals: list[int] = []  # noqa: RUF012 - there is one process

        def send_signal(self, number: int) -> None:
            self.signals.append(number)

        def communicate(self) -> tuple[str, str]:
            ctrl_c.join()
            return "", ""

    monkeypatch.setattr(engine, "_running", Noticed())
    monkeypatch.setattr(module.subprocess, "Popen", lambda *_, **__: Process())
    engine.run(["up"], "/", {})
    assert Process.signals == [signal.SIGINT]
