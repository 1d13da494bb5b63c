"""The page on testing is run as it stands, in the quickstart's folder, by a pytest of its own."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streamkap_pulumi.testing import Run, Stack
from tests.engine.stack import ENGINE, ROOT

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("public", [Stack, Run], ids=["Stack", "Run"])
def test_the_page_names_all_that_a_test_can_call(public: type) -> None:
    """Each public method."""
    methods = [name for name, _ in inspect.getmembers(public, inspect.isfunction) if not name.startswith("_")]
    assert len(methods) >= 4
    assert [name for name in methods if f"`{name}`" not in PAGE] == []


@pytest.mark.usefixtures("engine")
@pytest.mark.long
def test_the_tests_that_the_page_shows_pass(tmp_path: Path) -> None:
    """Each block is a file, named in its first line."""
    folder = tmp_path / "quickstart"
    shutil.copytree(ROOT / "examples" / "quickstart", folder)
    blocks = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == PAGE.count("```python") == 4
    for name, text in blocks:
        (folder / name).write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(ENGINE), os.environ["PATH"]])
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:xdist", "-p", "no:cacheprovider"],
        cwd=folder,
        env=kept | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout
