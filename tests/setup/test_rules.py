"""What holds for the repository's own commands, its lock and its tests."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.engine.pins import ENGINE_MODULE, ENGINE_VERSION, LANGUAGE_HOST_MODULE, LANGUAGE_HOST_VERSION

REPOSITORY = Path(__file__).resolve().parent.parent.parent
LOCK = (REPOSITORY / "requirements" / "dev.txt").read_text(encoding="utf-8")
GO_LOCK = (REPOSITORY / "requirements" / "go.txt").read_text(encoding="utf-8")
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
PACKAGE = re.compile(
    r"""^([\w.-]+)==(\S+)[ ](?:;[ ].+[ ])?\\\n      # name, version, and where it is for some machines only
    ((?:[ ]{4}--hash=sha256:[0-9a-f]{64}(?:[ ]\\)?\n)+)
    ((?:[ ]{4}\#.*\n)*)                               # who asks for it
    """,
    re.MULTILINE | re.VERBOSE,
)


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)


def project() -> dict[str, Any]:
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    found: dict[str, Any] = toml.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return found


def demanded() -> list[Requirement]:
    """All that pyproject.toml asks for by itself."""
    found = project()
    groups = [*found["project"]["optional-dependencies"].values(), *found["dependency-groups"].values()]
    return [
        Requirement(text) for text in [*found["project"]["dependencies"], *(text for group in groups for text in group)]
    ]


@pytest.mark.parametrize("requirement", demanded(), ids=str)
def test_the_lock_holds_what_pyproject_demands(requirement: Requirement) -> None:
    versions = [found[2] for found in PACKAGE.finditer(LOCK) if found[1] == canonicalize_name(requirement.name)]
    assert versions, "run `make lock`"
    assert all(requirement.specifier.contains(version) for version in versions), "run `make lock`"


def test_the_lock_holds_nothing_for_which_pyproject_no_longer_asks() -> None:
    direct = {found[1] for found in PACKAGE.finditer(LOCK) if "(pyproject.toml" in found[4]}
    assert direct == {canonicalize_name(requirement.name) for requirement in demanded()}, "run `make lock`"


@pytest.mark.parametrize("lock", [LOCK, GO_LOCK], ids=["dev.txt", "go.txt"])
def test_every_locked_package_has_hashes_and_no_place_it_came_from(lock: str) -> None:
    assert len(PACKAGE.findall(lock)) == len(re.findall(r"^[^\s#-]", lock, re.MULTILINE)) > 0
    assert not re.search(r"https?://|file:|^-|@ ", lock, re.MULTILINE)


def test_the_go_modules_are_of_the_versions_that_are_pinned() -> None:
    engine = (ENGINE_MODULE / "go.mod").read_text(encoding="utf-8")
    host = (LANGUAGE_HOST_MODULE / "go.mod").read_text(encoding="utf-8")
    assert f"github.com/pulumi/pulumi/pkg/v3 v{ENGINE_VERSION} " in engine
    assert f"github.com/pulumi/pulumi/sdk/v3 v{ENGINE_VERSION} " in engine
    assert f"github.com/pulumi/pulumi/sdk/v3 v{LANGUAGE_HOST_VERSION} " in host
    assert "replace" not in engine + host
    assert "toolchain" not in engine + host


def test_make_alone_lists_every_target_with_a_line() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert targets
    listed = make().stdout
    for target in targets[1].split():
        assert re.search(rf"^  {target} +\S", listed, re.MULTILINE), target
    assert make("help").stdout == listed


def documents() -> list[Path]:
    found = [
        *REPOSITORY.glob("*.md"),
        *(file for top in ("docs", "examples", "tools") for file in (REPOSITORY / top).rglob("*.md")),
    ]
    return sorted(found)


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    commands = [block for _, block in re.findall(r"```(sh|bash|console)\n(.*?)```", text, re.DOTALL)]
    named = re.findall(r"^\s*(?:\$ )?make ([a-z-]+)", "\n".join(commands), re.MULTILINE)
    named += re.findall(r"`make ([a-z-]+)", text)
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert set(named) <= set(targets)


def test_a_python_that_is_named_and_is_none_is_refused(tmp_path: Path) -> None:
    done = make("environment", f"PYTHON={tmp_path / 'python'}")
    assert done.returncode != 0
    assert "Python 3.10 or newer is needed" in done.stderr


def test_ci_runs_make_test() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "\nset -euo pipefail\n" in script.read_text(encoding="utf-8")
    assert script.read_text(encoding="utf-8").endswith("\nmake test\n")


def test_a_skip_without_a_reason_fails_and_one_with_a_reason_does_not(tmp_path: Path) -> None:
    shutil.copyfile(REPOSITORY / "tests" / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_skips.py").write_text(
        """
import pytest
@pytest.mark.skip
def test_mark_without(): ...
def test_call_without(): pytest.skip()
@pytest.mark.xfail
def test_expected_without(): assert False
@pytest.mark.skip(reason="no such system here")
def test_mark_with(): ...
def test_call_with(): pytest.skip("no such system here")
@pytest.mark.xfail(reason="known, issue 1")
def test_expected_with(): assert False
""",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].startswith("2 failed, 2 skipped, 1 xfailed, 1 error")
    assert done.stdout.count("is skipped without a stated reason") >= 3
