"""A service with one stack per tenant, as its README says."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.examples.conftest import MakeExample
from tests.examples.readmes import Example

PASSWORD = "a password for the example"


@pytest.fixture
def service(example: MakeExample) -> Example:
    """The service's folder, with what the README tells to export."""
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


def test_a_few_tenants_work_as_the_readme_says_and_a_failure_stops_no_other(
    service: Example, streamkap_emulator: Emulator
) -> None:
    """The failed one is told by name; mended, the same command goes on; and a project takes the stacks over."""
    table = "host: birch.db.example.com, tables: [public.orders, public.customers]"
    service.edit("tenants.yaml", table, table.replace("[public.orders, public.customers]", "[]"))
    shown = service.run("A few tenants").failed()
    shown.shows("[acme] + orders", "[acme] done", "[cedar] done", "[birch] failed:", "Not done: birch.").hides(PASSWORD)
    assert len(alive(streamkap_emulator)) == 2
    service.edit("tenants.yaml", table.replace("[public.orders, public.customers]", "[]"), table)
    service.run("A few tenants").succeeded().shows("[birch] + orders").hides("Not done", "[acme] +")
    states = recorded(service, "acme", "birch", "cedar")
    assert {source for sources in states.values() for source in sources} == alive(streamkap_emulator)

    title = "When one machine is not enough"
    for file, block in zip(("Pulumi.yaml", "__main__.py"), service.blocks(title, "yaml", "python"), strict=True):
        (service.folder / file).write_text(block, encoding="utf-8")
    service.shell("pulumi up --yes --stack acme --refresh --expect-no-changes").succeeded()

    service.run("Take them down").succeeded()
    assert alive(streamkap_emulator) == set()


def test_a_service_that_is_told_to_end_leaves_no_lock_and_nothing_half_recorded(
    service: Example, streamkap_emulator: Emulator
) -> None:
    """What is under way is recorded, what has not begun is left for the next run, and none is made twice."""
    streamkap_emulator.faults(status_delay=2)
    names = ["acme", "birch", "cedar", "delta"]
    running = subprocess.Popen(
        ["python", "service.py", "up", *names, "--parallel", "2"],
        cwd=service.folder,
        env=service.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 60
    while not streamkap_emulator.sources() and time.monotonic() < until:
        time.sleep(0.05)
    assert list((service.scratch / "backend" / ".pulumi" / "locks").rglob("*.json"))
    running.send_signal(signal.SIGTERM)
    text, _ = running.communicate(timeout=60)
    assert running.returncode == 130, text
    assert "Traceback" not in text
    assert "cancelled" in text
    made = alive(streamkap_emulator)
    assert 1 <= len(made) <= 2
    begun = [name for name in names if (service.scratch / f"backend/.pulumi/stacks/tenants/{name}.json").exists()]
    assert {source for sources in recorded(service, *begun).values() for source in sources} == made

    streamkap_emulator.faults(status_delay=0)
    service.shell(f"python service.py up {' '.join(names)}").succeeded()
    assert made < alive(streamkap_emulator)
    assert len(alive(streamkap_emulator)) == 4


@pytest.mark.long
def test_twenty_tenants_come_up_in_parallel(service: Example, streamkap_emulator: Emulator) -> None:
    """Each with its own stack; a second run makes nothing."""
    service.run("All tenants").succeeded().shows("(20 of 20)")
    assert len(alive(streamkap_emulator)) == 20
    service.run("All tenants").succeeded().hides("+ orders")
    assert len(alive(streamkap_emulator)) == 20
