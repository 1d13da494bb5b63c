"""``streamkap gate`` as a command; what it makes of previews is in tests/engine/test_gate.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.cli import main
from tests.cli.runs import piped
from tests.cli.test_command import run_code

SOURCE = "pulumi-python:dynamic/streamkap:Source"


def preview(*steps: dict[str, Any]) -> str:
    """A preview as the engine writes it, with what a step has here and no more."""
    root = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
    stack = {"op": "same", "urn": root, "newState": {"type": "pulumi:pulumi:Stack", "custom": False}}
    return json.dumps({"steps": [stack, *steps], "changeSummary": {"same": 1}})


def step(operation: str, name: str, inputs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    state = {"type": SOURCE, "custom": True, "id": "64a1", "inputs": inputs or {}}
    urn = f"urn:pulumi:dev::infra::{SOURCE}::{name}"
    return {"op": operation, "urn": urn, "oldState": state, "newState": state, "detailedDiff": None} | more


def test_standard_input_is_read_and_a_file_is_written(tmp_path: Path) -> None:
    """Then the verdict alone is printed, with a line for each problem."""
    note = tmp_path / "note.md"
    run = piped("gate", "--output", str(note), stdin=preview(step("delete", "a"), step("replace", "b")))
    assert (run.returncode, run.stderr) == (4, "")
    assert run.stdout.splitlines() == [
        "1 source would be deleted and 1 replaced, and that is not allowed by name.",
        "  a would be deleted. If that is meant, allow it by name: --allow-delete a",
        "  b would be replaced. If that is meant, allow it by name: --allow-replace b",
    ]
    assert note.read_text(encoding="utf-8").startswith("<!-- streamkap-gate: infra/dev -->\n")


def test_annotations_cannot_be_forged_by_a_name() -> None:
    """GitHub Actions reads them from standard error; what a name holds is text."""
    evil = "a%0A::set-env name=x::y\n::stop-commands::z\n##[add-mask]w"
    run = piped("gate", "--annotate", "--output", "/dev/null", stdin=preview(step("delete", evil)))
    assert run.returncode == 4
    (annotation,) = run.stderr.splitlines()
    assert annotation.startswith("::error title=Streamkap::a%250A: :set-env")
    assert not any(line.startswith("::") or "##[" in line for line in run.stdout.splitlines())


def test_what_the_engine_did_not_mark_as_a_secret_is_known_as_one() -> None:
    """By the catalogue, by its name, or because it is a URL with a password."""
    paths = ["database.password", "my.api.token", "url"]
    values = {"database.password": "canary-1", "my.api.token": "canary-2", "url": "https://me:canary-3@example.com"}
    changed = {path: f"{value.replace('1', '4')}" for path, value in values.items()}
    told = step("update", "a", {"connector": "postgresql", "config": values})
    told["newState"] = {**told["newState"], "inputs": {"connector": "postgresql", "config": changed}}
    told["detailedDiff"] = {f'config["{path}"]': {"kind": "update", "inputDiff": True} for path in paths}
    told["detailedDiff"]["config"] = {"kind": "update", "inputDiff": True}
    run = piped("gate", stdin=preview(told))
    assert (run.returncode, "canary" in run.stdout, run.stdout.count("secret, changed")) == (0, False, 4)


def test_values_are_left_out_on_demand() -> None:
    """For pull requests that anybody can read."""
    told = step("update", "a", {"name": "old-name"}, detailedDiff={"name": {"kind": "update", "inputDiff": True}})
    assert "old-name" in piped("gate", stdin=preview(told)).stdout
    hidden = piped("gate", "--hide-values", stdin=preview(told)).stdout
    assert "<code>name</code>: changed" in hidden
    assert "old-name" not in hidden


def test_a_comment_never_gets_too_long_for_github() -> None:
    """65,536 characters; what is left out is counted, and the verdict stands first."""
    steps = [
        step(kind, f"{kind}-{number}-{'|' * 90}") for kind in ("delete", "create", "update") for number in range(500)
    ]
    run = piped("gate", stdin=preview(*steps))
    assert run.returncode == 4
    assert "500 sources would be deleted" in run.stdout.splitlines()[1]
    assert len(run.stdout.encode()) < 65_000
    assert run.stdout.count("more: see the output of the preview.") == 3
    assert run.stdout.count("<details>") == run.stdout.count("</details>") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.json"], 1, "nowhere.json cannot be read: No such file or directory."),
        (["-", "--output", "/nowhere/note.md"], 1, "/nowhere/note.md cannot be written"),
        (["-", "--allow-file", "/nowhere"], 1, "/nowhere cannot be read"),
        (["-", "--allow-delete", ""], 2, "--allow-delete needs the name of a resource"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], code: int, said: str) -> None:
    """Apart from what the preview says."""
    run = piped("gate", *arguments, stdin=preview())
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (code, "", 1)
    assert said in run.stderr


def test_json_is_the_same_for_programs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without any value."""
    file = tmp_path / "preview.json"
    diff = {"name": {"kind": "update", "inputDiff": True}}
    file.write_text(preview(step("update", "a", {"name": "value"}, detailedDiff=diff)), encoding="utf-8")
    assert main(["gate", str(file), "--json", "--allow-delete", "b"]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown) == {
        "judgement": "passed",
        "stack": "infra/dev",
        "changes": [
            {
                "urn": f"urn:pulumi:dev::infra::{SOURCE}::a",
                "name": "a",
                "type": SOURCE,
                "operation": "update",
                "connector": None,
                "properties": [{"path": "name", "kind": "update", "secret": False}],
                "reasons": [],
                "blocked": False,
                "allowed": False,
            }
        ],
        "unused": ["delete b"],
    }


def test_it_starts_without_pulumi_and_without_a_client() -> None:
    """They take long to load, and a pull request has neither network nor credentials."""
    run = run_code(
        "import sys; from streamkap_pulumi.cli import main; main(['gate', '/dev/null'])\n"
        "print(sorted({'pulumi', 'httpx', 'pydantic', 'grpc'} & sys.modules.keys()), file=sys.stderr)"
    )
    assert run.stderr == "[]\n"
