"""The surface: what is public, what it loads, what a type checker says of its use, and users' own tests with mocks."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import test as pulumi_test

import streamkap_pulumi as streamkap
from tests.checkers import mypy_cache


def python(program: str) -> str:
    """What a Python program of its own prints."""
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_public_names_are_there() -> None:
    """In the package and in the client's; unknown ones are an error that names the package."""
    for name in streamkap.__all__:
        assert getattr(streamkap, name).__name__ == name
        assert name in dir(streamkap)
    from streamkap_pulumi import api

    for name in api.__all__:
        assert hasattr(api, name)
    with pytest.raises(AttributeError, match="module 'streamkap_pulumi' has no attribute 'Sauce'"):
        _ = streamkap.Sauce  # type: ignore[attr-defined]


def test_no_public_name_vanishes() -> None:
    """Nor a parameter, a field or an output: the list that is kept of them is the one that the code gives."""
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "scripts.surface", "--check"]
    checked = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_a_program_does_not_load_what_only_the_provider_needs() -> None:
    """Neither the HTTP client nor pydantic, nor the emulator."""
    loaded = python(
        """
        import sys, streamkap_pulumi
        streamkap_pulumi.Source
        print([name for name in ("httpx", "pydantic", "starlette") if name in sys.modules])
        """
    )
    assert loaded == "[]"


GOOD = """
import pulumi
import streamkap_pulumi as streamkap
config = {"format": pulumi.Output.from_input("json"), "topic.include.list.user.defined": ["a"]}
s = streamkap.Source("a", connector="webhook", config=config, timeouts={"create": "5m"})
t: pulumi.Output[list[str]] = s.topics
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (GOOD, ""),
        (GOOD + 'streamkap.Source("b", conector="webhook", config={})', 'Unexpected keyword argument "conector"'),
        (GOOD + 'streamkap.Source("b", connector="webhook")', 'Missing named argument "config"'),
        (GOOD + 'streamkap.Source("b", connector="webhook", config={}, wait="yes")', 'incompatible type "str"'),
        (GOOD + "s.topic", 'has no attribute "topic"'),
    ],
)
def test_a_type_checker_knows_the_surface(program: str, said: str, tmp_path: Path) -> None:
    """Mypy in strict mode accepts a right program and refuses a wrong one."""
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", mypy_cache(), str(file)]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (checked.returncode == 0) == (said == ""), checked.stdout
    assert said in checked.stdout


class Mocks(pulumi.runtime.Mocks):
    """Users' unit tests run programs under such mocks."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        assert args.typ == "pulumi-python:dynamic/streamkap:Source"
        return "64a1", {**args.inputs, "status": "Active", "topics": ["public.orders"]}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pulumi_test  # type: ignore[untyped-decorator]
def test_a_program_runs_under_pulumis_mocks() -> pulumi.Output[None]:
    """With real keys, secrets marked, and a worked-out name, as the provider would get them."""
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev")
    source = streamkap.Source(
        "orders",
        connector="postgresql",
        config={"database.user.user.defined": "me", "database.password": "hunter2", "schema.include.list": ["a"]},
    )

    def check(values: list[Any]) -> None:
        config, status, source_id = values
        assert config == {"database.user": "me", "database.password": "hunter2", "schema.include.list": ["a"]}
        assert (status, source_id) == ("Active", "64a1")

    return pulumi.Output.all(source.config, source.status, source.id).apply(check)
