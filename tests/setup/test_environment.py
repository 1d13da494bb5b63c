"""``python3 -m tools.engine.environment`` on a project that needs no package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "nothing"
version = "1"
"""
BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "nothing-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("nothing-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: nothing\\nVersion: 1\\n")
        wheel.writestr("nothing-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("nothing-1.dist-info/RECORD", "")
    return name
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project"
    (folder / "requirements").mkdir(parents=True)
    (folder / "requirements" / "dev.txt").write_text("# nothing\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    return folder


def setup(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.engine.environment", str(project)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("package_index")
def test_it_is_created_once_and_brought_up_to_date_when_something_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert "is ready in .venv" in setup(project).stdout
    assert "up to date" in setup(project).stdout
    marker = project / ".venv" / "marker"
    marker.touch()

    lock = project / "requirements" / "dev.txt"
    lock.write_text(f"nonesuch==1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    for _ in range(2):
        done = setup(project)
        assert done.returncode == 1
        assert "installing packages failed; everything it said is in" in done.stderr
        assert (project / ".engine" / "setup.log").is_file()

    lock.write_text("# nothing again\n", encoding="utf-8")
    assert "is ready in .venv" in setup(project).stdout
    assert marker.exists()


@pytest.mark.long
def test_it_is_created_again_where_it_was_moved(project: Path) -> None:
    setup(project)
    (project / ".venv" / "marker").touch()
    moved = project.rename(project.with_name("elsewhere"))
    assert "is ready in .venv" in setup(moved).stdout
    assert not (moved / ".venv" / "marker").exists()
