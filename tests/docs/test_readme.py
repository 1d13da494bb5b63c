"""What README and docs show is run as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import MakeStack, emulator, make_stack  # noqa: F401 - fixtures
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import ENGINE
from tests.engine.traffic import only

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("examples/*/README.md")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    """A new one has to be added here, and to a test."""
    commands = [line.split("#")[0].strip() for block in blocks("bash") for line in block.splitlines() if line.strip()]
    assert commands == [
        "make demo",  # tests/setup/test_demo_for_real.py
        "make test",  # this run
        "pip install .",  # test_the_package_installs_and_imports
        "streamkap schema",  # test_the_command_line_works_as_it_stands
        "streamkap schema postgresql --required",  # the same
        "streamkap compare postgresql",  # the same
        "streamkap doctor",  # the same
    ]


def test_the_command_line_works_as_it_stands() -> None:
    """As a program of its own; the comparison and the doctor against the emulator."""
    commands = [line.split("#")[0].split() for line in blocks("bash")[2].splitlines()]
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
    (stack.folder / "__main__.py").write_text(blocks("python")[2], encoding="utf-8")
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
    program = changed(blocks("python")[1], "64a1b2c3d4e5f6a7b8c9d0e1", only(emulator)["id"])
    looker = make_stack("looker")
    (looker.folder / "__main__.py").write_text(program, encoding="utf-8")
    looker.up().succeeded()


def test_there_are_no_other_programs_in_the_readme() -> None:
    """Each has a test above."""
    assert len(blocks("python")) == 3


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To files of the repository; addresses elsewhere are not asked."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_the_tests_that_the_readme_names_exist() -> None:
    """In the file that the link leads to."""
    named = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", README)
    assert len(named) > 5
    assert [name for name, file in named if f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8")] == []


@pytest.mark.long
def test_the_package_installs_and_imports(tmp_path: Path) -> None:
    """In an empty environment, with what it asks for and no more."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
    program = "import streamkap_pulumi as s, streamkap_pulumi.api as a; print(s.Source.__name__, a.Streamkap.__name__)"
    shown = subprocess.run([python, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert shown.stdout.split() == ["Source", "Streamkap"]
