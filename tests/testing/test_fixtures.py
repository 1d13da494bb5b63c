"""The fixtures in a user's own repository, with a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.engine.stack import ENGINE, ROOT

TESTS = """
def test_up_twice(streamkap_stack, streamkap_emulator):
    stack = streamkap_stack(PROJECT, name="prod", config={"tables": "public.orders"})
    stack.up().succeeded().hides("secret-of-dbPassword")
    assert stack.outputs() == {"topics": ["public.orders"]}
    (source,) = streamkap_emulator.sources(secrets=True)
    assert source["config"]["database.password"] == "secret-of-dbPassword"
    stack.rests()
    stack.edit("__main__.py", "5432", "5433").preview().shows("database.port", "1 to update")
    stack.destroy().succeeded()

def test_under_mocks(streamkap_mocks):
    declared = streamkap_mocks.run(PROJECT, stack="prod", config={"tables": "public.orders"})
    assert declared.sources["orders"].protect is False
    assert declared.outputs == {"topics": ["public.orders"]}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A platform team's: a project with a stack whose secrets are in a cloud's key service, and its tests."""
    infra = tmp_path / "infra"
    tests = infra / "tests"
    tests.mkdir(parents=True)
    program = (ROOT / "examples" / "quickstart" / "__main__.py").read_text(encoding="utf-8")
    program = program.replace('["public.orders", "public.customers"]', 'config.require("tables").split(",")')
    program = re.sub(r'pulumi.export\("(source_id|status)".*\n', "", program)
    (infra / "__main__.py").write_text(program, encoding="utf-8")
    (infra / "Pulumi.yaml").write_text(
        "name: shop\nbackend: {url: https://api.example.com}\n"
        "runtime: {name: python, options: {virtualenv: gone}}\n"
        "config: {streamkap:host: {value: https://api.streamkap.com}}\n",
        encoding="utf-8",
    )
    (infra / "Pulumi.prod.yaml").write_text(
        "secretsprovider: awskms://alias/x\nencryptedkey: AAAA\n"
        "config:\n  shop:dbPassword: {secure: v1:AAAA}\n  shop:tables: public.orders,public.customers\n"
        "  streamkap:secret: {secure: v1:AAAA}\n  streamkap:clientId: real\n",
        encoding="utf-8",
    )
    (tests / "conftest.py").write_text('pytest_plugins = ["streamkap_pulumi.testing"]\n', encoding="utf-8")
    head = "from pathlib import Path\nPROJECT = Path(__file__).parents[1]\n"
    (tests / "test_infra.py").write_text(head + TESTS, encoding="utf-8")
    return infra


def run_pytest(infra: Path, *arguments: str, path: str | None = None, before: str = "pass") -> tuple[int, str]:
    """In the environment of somebody who is logged in to the real Pulumi and Streamkap."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        "PATH": path or os.pathsep.join([str(ENGINE), os.environ["PATH"]]),
        "PULUMI_ACCESS_TOKEN": "pul-real",
        "PULUMI_BACKEND_URL": "https://api.pulumi.example.com",
        "PULUMI_CONFIG_PASSPHRASE": "real",
        "PULUMI_STACK": "prod",
        "STREAMKAP_HOST": "https://api.streamkap.example.com",
        "STREAMKAP_CLIENT_ID": "real",
        "STREAMKAP_SECRET": "real",
    }
    start = f"import sys; {before}; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    done = subprocess.run(command, cwd=infra, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.usefixtures("engine")
def test_a_teams_own_tests_run_on_the_real_engine_and_under_mocks(repository: Path) -> None:
    """The caller's logins are not used, and nothing is left in the repository."""
    before = {file: file.read_bytes() for file in repository.rglob("*") if file.is_file()}
    code, text = run_pytest(repository)
    assert code == 0, text
    assert "2 passed" in text
    after = {file: file.read_bytes() for file in repository.rglob("*") if file.is_file() and file.suffix != ".pyc"}
    assert after == before


def test_what_is_missing_is_reported_in_one_readable_line(repository: Path) -> None:
    """No engine on PATH, no emulator installed, no project: the next step, and no traceback."""
    empty = repository / "empty"
    empty.mkdir()
    code, text = run_pytest(repository, "-k", "up_twice", path=str(empty))
    assert code == 1
    assert "There is no `pulumi` on PATH" in text
    code, text = run_pytest(repository, "-k", "up_twice", before="sys.modules['uvicorn'] = None")
    assert code == 1
    assert "The emulator needs uvicorn: pip install" in text
    (repository / "tests" / "test_infra.py").write_text(
        textwrap.dedent("""
        def test_nowhere(streamkap_stack):
            streamkap_stack("elsewhere")
        """),
        encoding="utf-8",
    )
    code, output = run_pytest(repository)
    assert code == 1
    assert "elsewhere is not a Pulumi project: there is no Pulumi.yaml in it" in output
    assert "Traceback" not in text + output


def test_without_pytest_the_import_says_what_to_install() -> None:
    """In one sentence."""
    program = "import sys; sys.modules['pytest'] = None; import streamkap_pulumi.testing"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: streamkap_pulumi.testing needs pytest: pip install")
