"""The measure of what the tests cover: lines and branches each have to reach it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = """\
def sign(number):
    text = "plus"
    if number < 0:
        text = "minus"
    return text
"""


@pytest.mark.parametrize(
    ("runs", "code", "told"),
    [
        ("sign(1); sign(-1)", 0, ["sign.py: 100.0 % of its lines, 100.0 % of its branches"]),
        (
            "sign(-1)",
            1,
            ["sign.py: 100.0 % of its lines, 50.0 % of its branches: below 95 %", "  streamkap_pulumi/sign.py: 3->5"],
        ),
        (
            "sign(1)",
            1,
            ["sign.py: 80.0 % of its lines, 50.0 % of its branches: below 95 %", "  streamkap_pulumi/sign.py: 4, 3->4"],
        ),
    ],
)
def test_branches_are_held_to_it_as_well_as_lines(tmp_path: Path, runs: str, code: int, told: list[str]) -> None:
    """What is missing is reported by line and by branch."""
    package = tmp_path / "streamkap_pulumi"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "sign.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "run.py").write_text(f"from streamkap_pulumi.sign import sign\n{runs}\n", encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE", "COV_"))}
    measure = [sys.executable, "-m", "coverage", "run", "--branch", "--source", "streamkap_pulumi", "run.py"]
    subprocess.run(measure, cwd=tmp_path, env=kept, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "covered.py"), "sign.py"],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (code, told, "")
