"""What README and docs show is run as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.pins import ENGINE_VERSION
from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.config.catalogue import connector_codes, find_connector
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.engine import versions
from tests.engine.conftest import MakeStack, emulator, make_stack  # noqa: F401 - fixtures
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import ENGINE
from tests.engine.traffic import only
from tests.package.environments import PYTHONS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    """A new one has to be added here, and to a test."""
    commands = [line.split("#")[0].strip() for block in blocks("bash") for line in block.splitlines() if line.strip()]
    assert commands == [
        "make demo",  # tests/setup/test_demo_for_real.py
        "make test",  # this run
        "pip install .",  # test_the_package_installs_and_imports
        'pulumi config set streamkap:clientId "$STREAMKAP_CLIENT_ID"',  # test_the_credentials_in_the_stack_are_used
        'pulumi config set --secret streamkap:secret "$STREAMKAP_SECRET"',  # the same
        "pulumi preview --json | streamkap gate",  # test_the_gate_judges_a_preview_as_it_stands
        "streamkap schema",  # test_the_command_line_works_as_it_stands
        "streamkap schema postgresql --required",  # the same
        "streamkap compare postgresql",  # the same
        "streamkap doctor",  # the same
    ]


def test_the_command_line_works_as_it_stands() -> None:
    """As a program of its own; the comparison and the doctor against the emulator."""
    commands = [line.split("#")[0].split() for line in blocks("bash")[4].splitlines()]
    with Emulator() as running:
        environment = {
            "STREAMKAP_HOST": running.url,
            "STREAMKAP_CLIENT_ID": running.client_id,
            "STREAMKAP_SECRET": running.secret,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(ENGINE)]),
        }
        shown = [
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            for command in commands
        ]
    assert "PostgreSQLConfig" in shown[0]
    assert "database_hostname" in shown[1]
    assert "No difference" in shown[2]
    assert re.search(r"^ok +token ", shown[3], re.MULTILINE)
    assert "fail " not in shown[3]


def test_mappings_and_newer_properties_work_as_they_stand(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the secrets that the program asks for."""
    stack = make_stack()
    (stack.folder / "__main__.py").write_text(blocks("python")[3], encoding="utf-8")
    stack.configure("mysqlPassword", "canary", secret=True)
    stack.configure("hubspotToken", "canary", secret=True)
    stack.up().succeeded().hides("canary", "warning")
    sources = {source["connector"]: source for source in emulator.sources(secrets=True)}
    assert sources["mysql"]["config"]["database.password"] == "canary"
    assert sources["hubspot"]["config"]["token"] == "canary"
    stack.rests()


def test_the_first_program_works_as_it_stands(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the secret that it asks for."""
    stack = make_stack()
    (stack.folder / "__main__.py").write_text(blocks("python")[0], encoding="utf-8")
    stack.configure("dbPassword", "canary", secret=True)
    stack.up().succeeded().hides("canary")
    assert stack.outputs() == {
        "source_id": only(emulator)["id"],
        "status": "Active",
        "topics": ["public.orders", "public.customers"],
    }
    stack.rests()


def test_the_look_ups_work_as_they_stand(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the id of a source that exists."""
    make_stack("owner").program(changed(ORDERS, 'connector="', 'name="orders", connector="')).up().succeeded()
    program = changed(blocks("python")[2], "64a1b2c3d4e5f6a7b8c9d0e1", only(emulator)["id"])
    looker = make_stack("looker")
    (looker.folder / "__main__.py").write_text(program, encoding="utf-8")
    looker.up().succeeded()


def test_a_reader_of_the_first_programs_exports_works_as_it_stands(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the name that the owner has in a backend of files; it needs no credentials."""
    owner = make_stack("infra")
    (owner.folder / "__main__.py").write_text(blocks("python")[0], encoding="utf-8")
    owner.configure("dbPassword", "canary", secret=True)
    owner.up().succeeded()
    emulator.forget_requests()
    reader = make_stack("reader", credentials=False)
    program = changed(blocks("python")[1], "acme/infra/prod", f"organization/{owner.project}/{owner.name}")
    (reader.folder / "__main__.py").write_text(program, encoding="utf-8")
    reader.up().succeeded()
    assert reader.outputs() == {"topics": ["public.orders", "public.customers"]}
    assert emulator.requests() == []


def test_the_credentials_in_the_stack_are_used(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """Put there from the environment, as the README says; the secret is encrypted."""
    stack = make_stack(credentials=False).program(changed(ORDERS, 'connector="', 'name="orders", connector="'))
    account = {"STREAMKAP_CLIENT_ID": emulator.client_id, "STREAMKAP_SECRET": emulator.secret}
    done = stack.shell(blocks("bash")[2], **account)
    assert done.returncode == 0, done.stderr
    assert emulator.secret not in (stack.folder / f"Pulumi.{stack.name}.yaml").read_text(encoding="utf-8")
    stack.up().succeeded()
    assert only(emulator)["name"] == "orders"


def test_the_gate_judges_a_preview_as_it_stands(make_stack: MakeStack) -> None:  # noqa: F811
    """A create passes, a deletion ends with 4; neither asks Streamkap."""
    stack = make_stack().program(ORDERS)
    created = stack.shell(blocks("bash")[3])
    assert (created.returncode, "orders" in created.stdout) == (0, True), created.stderr
    stack.up().succeeded()
    stack.program("")
    away = {"STREAMKAP_HOST": "http://127.0.0.1:9", "STREAMKAP_CLIENT_ID": "", "STREAMKAP_SECRET": ""}
    deleted = stack.shell(blocks("bash")[3], **away)
    assert deleted.returncode == 4, deleted.stdout + deleted.stderr


def test_there_are_no_other_programs_in_the_readme() -> None:
    """Each has a test above."""
    assert len(blocks("python")) == 4
    assert README.count("```") == 2 * (len(blocks("python")) + len(blocks("bash")))


def test_the_example_of_the_client_lists_sources() -> None:
    """Without Pulumi, against the emulator; a refused secret is one readable line."""
    example = [sys.executable, str(ROOT / "examples" / "list_sources.py")]

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(example, env=environment, capture_output=True, text=True, check=False)

    with Emulator(faults={"status_delay": 0}) as running:
        with Streamkap(running.url, running.client_id, running.secret) as streamkap:
            made = streamkap.sources.create(name="hook", connector="webhook", config={"format": "json"})
        settings = {"STREAMKAP_HOST": running.url, "STREAMKAP_CLIENT_ID": running.client_id}
        listed = run(**settings, STREAMKAP_SECRET=running.secret)
        refused = run(**settings, STREAMKAP_SECRET="wrong")
    assert (listed.returncode, listed.stdout.split(), listed.stderr) == (0, [made.id, "Active", "webhook", "hook"], "")
    assert refused.returncode == 1
    assert "POST /auth/access-token answered 401" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_versions_and_counts_that_the_readme_names_are_true() -> None:
    """Of the engine, of Pulumi's SDK, of Python, and of the catalogue."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = " ".join(README.split())
    oldest, to_bring_in = map(versions.written, (versions.OLDEST, versions.OLDEST_TO_BRING_IN))
    assert f"{oldest} or newer, or {to_bring_in} for `streamkap recover` and `streamkap adopt`" in text
    assert f"the tests run {ENGINE_VERSION}" in text
    assert f"Pulumi's SDK comes along, {re.findall('pulumi>=([0-9.]+)', pyproject)[0]} or newer" in README
    assert f"Python {PYTHONS[0]} or newer ({PYTHONS[0]} to {PYTHONS[-1]} are tested)" in README
    known = [connector for connector in map(find_connector, connector_codes()) if connector]
    properties = sum(len(connector.properties) for connector in known)
    assert f"each of Streamkap's {len(known)} source connectors" in text
    assert f"one documented field for each of their {properties} properties" in text


@pytest.mark.long
def test_the_package_installs_and_imports(tmp_path: Path) -> None:
    """In an empty environment, with what it asks for and no more."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
    program = "import streamkap_pulumi as s, streamkap_pulumi.api as a; print(s.Source.__name__, a.Streamkap.__name__)"
    shown = subprocess.run([python, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert shown.stdout.split() == ["Source", "Streamkap"]
