"""`make demo` as a new user runs it: a fresh clone, the real engine, the emulator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path, engine: Path) -> Iterator[Path]:
    """A copy of what git knows, or would know, in a folder with a space in its name."""
    folder = tmp_path / "a clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    yield folder
    if (folder / ".demo").exists():
        make(folder, "demo-down", "FORCE=1")


def make(folder: Path, *arguments: str) -> str:
    """Run make as from a terminal without any environment active; what it printed."""
    foreign = ("STREAMKAP_", "PULUMI_", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    finished = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def runs(pid: int) -> bool:
    """Whether the process is there; one that has ended and that nobody has asked after yet is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


def test_make_demo_creates_two_sources_and_make_demo_down_leaves_nothing(clone: Path) -> None:
    """It warns of nothing; a second run has nothing to do."""
    first = make(clone, "demo")
    assert "+ 3 created" in first
    assert '["public.orders","public.customers"]' in first
    assert '["shop.events","shop.visits"]' in first
    assert "pulumi stack output" in first
    assert "make demo-down" in first
    assert "Traceback" not in first
    assert "warning" not in first

    second = make(clone, "demo")
    assert "3 unchanged" in second
    assert not any(word in second for word in ("+ 1 created", "+ 2 created", "+ 3 created", "updated (", "replaced"))

    # Where there is no /proc, only the files are read.
    pid = json.loads((clone / ".demo" / "emulator.json").read_text(encoding="utf-8"))["pid"]
    down = make(clone, "demo-down")
    assert "- 3 deleted" in down
    assert not (clone / ".demo").exists()
    assert not (clone / "Pulumi.demo.yaml").exists()
    assert not runs(pid)
