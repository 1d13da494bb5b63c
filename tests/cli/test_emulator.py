"""``streamkap emulator`` is ``python -m streamkap_pulumi.emulator``."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.cli.runs import COMMAND, environment, piped
from tests.cli.test_command import run_code


def test_it_serves_until_it_is_asked_to_end() -> None:
    """Its first line says where."""
    process = subprocess.Popen(
        [*COMMAND, "emulator", "--port", "0"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert line.startswith("Streamkap emulator on http://127.0.0.1:")
    assert (process.returncode, said) == (0, "")


@pytest.mark.parametrize("arguments", [["--help"], ["--list-faults"], ["--port", "x"], ["--fault", "nonsense=1"]])
def test_its_options_and_exit_codes_are_the_same(arguments: list[str]) -> None:
    """But for the name of the command."""
    ours = piped("emulator", *arguments)
    theirs = subprocess.run(
        [sys.executable, "-m", "streamkap_pulumi.emulator", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ours.returncode == theirs.returncode

    def flat(text: str) -> str:
        return " ".join(text.replace("python -m streamkap_pulumi.emulator", "streamkap emulator").split())

    assert (flat(ours.stdout), flat(ours.stderr)) == (flat(theirs.stdout), flat(theirs.stderr))


def test_without_its_extra_it_says_how_to_get_it() -> None:
    """In one line."""
    run = run_code(
        "import sys; sys.modules['uvicorn'] = None\n"
        "from streamkap_pulumi.cli import main; sys.exit(main(['emulator', '--port', '0']))"
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert 'The emulator needs uvicorn: pip install ".[emulator]"' in run.stderr
