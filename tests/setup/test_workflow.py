"""What holds for the workflow that runs the tests, which cannot be run here."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from tests.package import test_package
from tests.package.environments import PYTHONS

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / ".github" / "workflows" / "test.yml"
EXAMPLES = sorted((REPOSITORY / "examples").glob("*/.github/workflows/*.yml"))

yaml: Any = importlib.import_module("yaml")


def uses(file: Path) -> list[str]:
    """The lines that name an action."""
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]


def pythons() -> dict[str, Any]:
    """The job that has each Python."""
    job: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["jobs"]["pythons"]
    return job


def test_each_action_is_pinned_by_a_commit_that_the_examples_pin_alike() -> None:
    """A tag can be moved; the version stands beside the commit. No action is there with two commits."""
    assert uses(FILE)
    commits: dict[str, set[str]] = {}
    for line in [line for file in (FILE, *EXAMPLES) for line in uses(file)]:
        found = re.fullmatch(r"(?:- )?uses: ([\w-]+/[\w-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
        assert found, line
        commits.setdefault(found[1], set()).add(found[2])
    assert {action: pins for action, pins in commits.items() if len(pins) > 1} == {}


def test_the_matrix_has_every_python_that_the_package_is_for() -> None:
    """Those of `tests/package`, which the metadata names."""
    assert pythons()["strategy"]["matrix"] == {"python": list(PYTHONS)}


def test_the_matrix_runs_what_needs_no_engine_under_its_python() -> None:
    """Before the engine is there: a test that needs it and does not say so fails."""
    runs = [step.get("run") for step in pythons()["steps"]]
    assert runs.index("make quick PYTHON=python") < runs.index("make engine")


@pytest.mark.parametrize("version", PYTHONS)
def test_a_job_of_the_matrix_runs_its_python_and_no_other(version: str) -> None:
    """Each word after `-k` finds a test, and every test of the package is found by one or has a version."""
    run = pythons()["steps"][-1]["run"]
    words = re.findall(r'-k "(.+)"', run)[0].replace("${{ matrix.python }}", version).split(" or ")
    assert words[0] == version
    tests = {name: test for name, test in vars(test_package).items() if name.startswith("test_")}
    found = {name for name in tests if any(word in name for word in words[1:])}
    assert [word for word in words[1:] if not any(word in name for name in found)] == []
    # By a word, a test that has a version would run under all of them; a test without one is found by nothing else.
    assert found == {name for name, test in tests.items() if "version" not in inspect.signature(test).parameters}
