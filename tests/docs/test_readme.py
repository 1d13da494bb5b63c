"""The front page is short and true, and what it shows is run as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.pulumi_cli import versions
from tests.docs.pages import ROOT, blocks, commands, number_of_blocks, text_of
from tests.engine.conftest import MakeStack, emulator, make_stack  # noqa: F401 - fixtures
from tests.engine.programs import ORDERS, changed
from tests.engine.traffic import only
from tests.package.environments import PYTHONS
from tools.engine.pins import ENGINE_VERSION

PAGE = "README.md"
README = text_of(PAGE)


def test_the_readme_is_a_front_page() -> None:
    """What is longer has a page of its own in docs/."""
    assert len(README.splitlines()) <= 150


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    """A new one has to be added here, and to a test."""
    assert commands(PAGE) == [
        "make demo",  # tests/setup/test_demo_for_real.py
        "make test",  # this run
        "pip install .",  # test_the_package_installs_and_imports
        'pulumi config set streamkap:clientId "$STREAMKAP_CLIENT_ID"',  # test_the_credentials_in_the_stack_are_used
        'pulumi config set --secret streamkap:secret "$STREAMKAP_SECRET"',  # the same
        "pulumi preview --json | streamkap gate",  # test_the_gate_judges_a_preview_as_it_stands
    ]


def test_there_are_no_other_programs_in_the_readme() -> None:
    """Each has a test."""
    assert (len(blocks(PAGE, "python")), len(blocks(PAGE, "bash")), number_of_blocks(PAGE)) == (1, 4, 5)


def test_the_first_program_works_as_it_stands(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the secret that it asks for."""
    stack = make_stack()
    (stack.folder / "__main__.py").write_text(blocks(PAGE, "python")[0], encoding="utf-8")
    stack.configure("dbPassword", "canary", secret=True)
    stack.up().succeeded().hides("canary")
    assert stack.outputs() == {
        "source_id": only(emulator)["id"],
        "status": "Active",
        "topics": ["public.orders", "public.customers"],
    }
    stack.rests()


def test_the_credentials_in_the_stack_are_used(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """Put there from the environment, as the README says; the secret is encrypted."""
    stack = make_stack(credentials=False).program(changed(ORDERS, 'connector="', 'name="orders", connector="'))
    account = {"STREAMKAP_CLIENT_ID": emulator.client_id, "STREAMKAP_SECRET": emulator.secret}
    done = stack.shell(blocks(PAGE, "bash")[2], **account)
    assert done.returncode == 0, done.stderr
    assert emulator.secret not in (stack.folder / f"Pulumi.{stack.name}.yaml").read_text(encoding="utf-8")
    stack.up().succeeded()
    assert only(emulator)["name"] == "orders"


def test_the_gate_judges_a_preview_as_it_stands(make_stack: MakeStack) -> None:  # noqa: F811
    """A create passes, a deletion exits with 4; neither calls Streamkap."""
    stack = make_stack().program(ORDERS)
    created = stack.shell(blocks(PAGE, "bash")[3])
    assert (created.returncode, "orders" in created.stdout) == (0, True), created.stderr
    stack.up().succeeded()
    stack.program("")
    away = {"STREAMKAP_HOST": "http://127.0.0.1:9", "STREAMKAP_CLIENT_ID": "", "STREAMKAP_SECRET": ""}
    deleted = stack.shell(blocks(PAGE, "bash")[3], **away)
    assert deleted.returncode == 4, deleted.stdout + deleted.stderr


def test_the_versions_and_counts_that_the_readme_names_are_true() -> None:
    """Of the engine, of Pulumi's SDK, of Python, and of the catalogue."""
    pyproject = text_of("pyproject.toml")
    text = " ".join(README.split())
    oldest, to_bring_in = map(versions.written, (versions.OLDEST, versions.OLDEST_TO_BRING_IN))
    assert f"{oldest} or newer, or {to_bring_in} for `streamkap recover` and `streamkap adopt`" in text
    assert f"the tests run {ENGINE_VERSION}" in text
    assert f"Pulumi's SDK for Python, {re.findall('pulumi>=([0-9.]+)', pyproject)[0]} or newer" in text
    assert f"Python {PYTHONS[0]} or newer ({PYTHONS[0]} to {PYTHONS[-1]} are tested)" in text
    sources, destinations = len(list(SOURCES)), len(list(DESTINATIONS))
    assert f"each of Streamkap's {sources} source and {destinations} destination connectors" in text


@pytest.mark.usefixtures("package_index")
@pytest.mark.long
def test_the_package_installs_and_imports(tmp_path: Path) -> None:
    """In an empty environment, with what it asks for and no more."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
    program = "import streamkap_pulumi as s, streamkap_pulumi.api as a; print(s.Source.__name__, a.Streamkap.__name__)"
    shown = subprocess.run([python, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert shown.stdout.split() == ["Source", "Streamkap"]
