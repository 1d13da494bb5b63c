"""The programs in docs/writing-configs.md run as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.docs.pages import blocks, commands, number_of_blocks
from tests.engine.conftest import MakeStack, emulator, make_stack  # noqa: F401 - fixtures
from tests.engine.stack import ENGINE

PAGE = "docs/writing-configs.md"


def test_there_are_no_other_blocks_on_the_page() -> None:
    """Each has a test below."""
    assert (len(blocks(PAGE, "bash")), len(blocks(PAGE, "python")), number_of_blocks(PAGE)) == (1, 1, 2)


@pytest.mark.usefixtures("engine")
def test_the_commands_work_as_they_are() -> None:
    """In a process of their own; the comparison and the doctor against the emulator."""
    with Emulator() as running:
        environment = {
            "STREAMKAP_HOST": running.url,
            "STREAMKAP_CLIENT_ID": running.client_id,
            "STREAMKAP_SECRET": running.secret,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(ENGINE)]),
        }
        shown = [
            subprocess.run(command.split(), env=environment, check=True, capture_output=True, text=True).stdout
            for command in commands(PAGE)
        ]
    assert "PostgreSQLConfig" in shown[0]
    assert "database_hostname" in shown[1]
    assert "No difference" in shown[2]
    assert re.search(r"^ok +token ", shown[3], re.MULTILINE)
    assert "fail " not in shown[3]


def test_mappings_and_newer_properties_work_as_they_are(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the secrets that the program reads."""
    stack = make_stack()
    (stack.folder / "__main__.py").write_text(blocks(PAGE, "python")[0], encoding="utf-8")
    stack.configure("mysqlPassword", "canary", secret=True)
    stack.configure("hubspotToken", "canary", secret=True)
    stack.up().succeeded().hides("canary", "warning")
    sources = {source["connector"]: source for source in emulator.sources(secrets=True)}
    assert sources["mysql"]["config"]["database.password"] == "canary"
    assert sources["hubspot"]["config"]["token"] == "canary"
    stack.rests()
