"""Writing to a standard stream never breaks anything, whatever the stream is."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamkap_pulumi.emulator.command import main as emulator
from streamkap_pulumi.streams import write
from tests.cli.runs import COMMAND, environment

TEXT = "zähler 顧客 🐘"
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no full device to write to")

LOCALES = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"LC_ALL": "POSIX", "PYTHONIOENCODING": "utf-16"},
]


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", TEXT),
        ("latin-1", r"zähler \u9867\u5ba2 \ud83d\udc18"),
        ("ascii", r"z\u00e4hler \u9867\u5ba2 \ud83d\udc18"),
    ],
)
def test_characters_that_the_encoding_lacks_are_escaped_as_in_json(encoding: str, written: str) -> None:
    """The rest stays readable."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    assert write(stream, TEXT) is None
    assert raw.getvalue().decode(encoding) == written
    assert json.loads(f'"{written}"') == TEXT


def test_a_missing_or_closed_stream_is_not_an_error(tmp_path: Path) -> None:
    """A process may have no standard output."""
    with (tmp_path / "out").open("w", encoding="utf-8") as closed:
        pass
    assert write(None, TEXT) is None
    assert write(closed, TEXT) is None


def test_text_that_is_not_unicode_is_written_too() -> None:
    """A file's name may be such text."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    assert write(stream, "a\udc80") is None
    assert raw.getvalue() == rb"a\udc80"


REPORTS = f"""
import sys, threading
from streamkap_pulumi.patches import host
for _ in range(3):
    host.report({TEXT!a})
sys.stderr.buffer.write(b"through\\n")
"""


def run(program: str, stdout: int, **changes: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment(**changes),
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_the_provider_reports_in_utf_8_whatever_its_locale(locale: dict[str, str]) -> None:
    """The engine reads nothing but UTF-8."""
    done = run(REPORTS, subprocess.PIPE, **locale)
    assert (done.stdout.decode("utf-8"), done.stderr) == (f"{TEXT}\n" * 3, b"through\n")


@needs_full
def test_the_provider_goes_on_when_nothing_can_be_written() -> None:
    """A full disk, and a reader that has gone away."""
    with FULL.open("wb") as full:
        done = run(REPORTS, full.fileno())
    assert (done.returncode, done.stderr) == (0, b"through\n")
    theirs, ours = os.pipe()
    os.close(theirs)
    done = run(REPORTS, ours)
    os.close(ours)
    assert (done.returncode, done.stderr) == (0, b"through\n")


COMMANDS = [
    ["schema", "postgresql", "--json"],
    ["gate", "preview.json"],
    ["emulator", "--list-faults"],
    ["recover", "--cwd", "zähler"],
    *(
        pytest.param(each, marks=pytest.mark.long)
        for each in (
            ["--help"],
            ["schema", "mysql"],
            ["emulator", "--help"],
            ["doctor", "--offline"],
            ["compare", "zähler"],
        )
    ),
]


@needs_full
@pytest.mark.parametrize("arguments", COMMANDS, ids=str)
def test_no_command_shows_a_traceback_whatever_its_streams_are(arguments: list[str], tmp_path: Path) -> None:
    """An encoding that lacks letters, a full disk, a reader that has gone away, no stream at all: a plain exit code."""
    (tmp_path / "preview.json").write_text(json.dumps({"steps": [], "x": TEXT}), encoding="utf-8")
    command = f'"{COMMAND[0]}" -m streamkap_pulumi.cli "$@"'
    scripts = {
        "encoding": f"PYTHONIOENCODING=ascii {command} 2>&1",
        "full": f"{command} 2>&1 >/dev/full",
        "both full": f"{command} >/dev/full 2>/dev/full",
        "head": f"{command} 2>&1 | head -1; exit ${{PIPESTATUS[0]}}",
        "closed": f"{command} 2>&1 >&-",
        "both closed": f"{command} >&- 2>&-",
    }
    for name, script in scripts.items():
        done = subprocess.run(
            ["bash", "-c", script, "bash", *arguments],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
        said = done.stdout + done.stderr
        assert b"Traceback" not in said, (name, said)
        assert b"Exception ignored" not in said, (name, said)
        assert done.returncode in {0, 1, 2, 5, 7}, (name, done.returncode, said)
        if name == "full" and arguments[-1] != "zähler":
            assert (done.returncode, said.count(b"cannot be written to")) == (1, 1), said


@needs_full
def test_the_emulator_serves_even_if_it_cannot_print_its_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only its first line is lost. Its own command prints help and errors in the same way."""
    for arguments, code in (["--help"], 1), (["--list-faults"], 1), (["--port", "zähler"], 2):
        with FULL.open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "streamkap_pulumi.emulator", *arguments],
                env=environment(PYTHONIOENCODING="ascii"),
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                timeout=60,
            )
        assert (done.returncode, b"Traceback" in done.stderr, b"Exception" in done.stderr) == (code, False, False)
    assert emulator(["--fault", "zähler=1"]) == 2
    assert "zähler" in capsys.readouterr().err
