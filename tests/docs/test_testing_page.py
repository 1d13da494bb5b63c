"""The tests that docs/testing.md shows are run as they stand, in a copy of the quickstart."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.engine.stack import ENGINE, ROOT


def test_the_tests_of_the_page_pass_in_a_copy_of_the_quickstart(tmp_path: Path) -> None:
    """With a pytest of their own."""
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    conftest, tests = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    project = tmp_path / "quickstart"
    shutil.copytree(ROOT / "examples" / "quickstart", project)
    (project / "tests").mkdir()
    (project / "tests" / "conftest.py").write_text(conftest, encoding="utf-8")
    (project / "tests" / "test_quickstart.py").write_text(tests, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    path = os.pathsep.join([str(ENGINE), os.environ["PATH"]])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        command, cwd=project, env=environment | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests.count('def test_')} passed" in done.stdout
