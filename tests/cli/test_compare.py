"""``streamkap compare``."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.cli import main
from streamkap_pulumi.emulator import Emulator
from tests.cli.runs import on_terminal, piped


def changed(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with a new property, a new default and a new connector."""
    other = copy.deepcopy(answer)
    config = other["MySQL"]["config"]
    config.append({"name": "brand.newKey", "user_defined": True, "required": True, "value": {"control": "password"}})
    next(row for row in config if row["name"] == "database.port.user.defined")["value"]["default"] = "3307"
    other["Neon"] = {"config": [{"name": "token", "value": {"control": "password"}}]}
    return other


@pytest.mark.parametrize("shape", ["objects", "arrays"])
def test_the_emulator_differs_in_nothing(emulator: Emulator, settings: dict[str, str], shape: str) -> None:
    """In neither documented shape of the answer."""
    emulator.faults(connectors_shape=shape)
    asking = f"Asking {emulator.url} for"
    run = piped("compare", **settings)
    assert (run.returncode, run.stdout, run.stderr) == (
        0,
        "No difference in 33 connectors.\n",
        f"{asking} its connectors …\n",
    )
    run = piped("compare", "StripeConfig", **settings)
    assert (run.returncode, run.stdout, run.stderr) == (
        0,
        "No difference in 1 connector.\n",
        f"{asking} the connector 'stripe' …\n",
    )
    run = piped("compare", "--destination", **settings)
    assert (run.returncode, run.stdout) == (0, "No difference in 24 connectors.\n")


def test_differences_are_reported_and_end_with_3(answer: dict[str, Any], tmp_path: Path) -> None:
    """One line for each, and a sum."""
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps(changed(answer)), encoding="utf-8")
    run = piped("compare", "--saved", str(saved))
    assert (run.returncode, run.stderr) == (3, "")
    head, *lines, empty, total = run.stdout.splitlines()
    assert head.split() == ["CHANGE", "CONNECTOR", "PROPERTY", "ASPECT", "CATALOGUE", "STREAMKAP"]
    assert [line.split() for line in lines] == [
        ["changed", "mysql", "database.port.user.defined", "default", "3306", "3307"],
        ["new", "mysql", "brand.newKey", "property", "-", "string,", "required,", "secret"],
        ["new", "neon", "-", "connector", "-", "Neon"],
    ]
    assert (empty, total) == ("", "3 differences in 2 connectors; 33 connectors compared.")


def test_a_saved_answer_can_come_from_standard_input(answer: dict[str, Any]) -> None:
    """One connector of it, if asked for; JSON, if asked for."""
    run = piped("compare", "mysql", "--saved", "-", "--json", stdin=json.dumps(changed(answer)))
    assert run.returncode == 3
    told = json.loads(run.stdout)
    assert (told["compared"], told["undecided"]) == (["mysql"], [])
    assert told["differences"][0] == {
        "change": "changed",
        "connector": "mysql",
        "key": "database.port.user.defined",
        "aspect": "default",
        "catalogue": "3306",
        "live": "3307",
        "note": "",
    }
    assert piped("compare", "mongodb", "--saved", "-", stdin=json.dumps(changed(answer))).returncode == 0


def test_an_answer_of_one_connector_is_compared_with_that_one(answer: dict[str, Any]) -> None:
    """The other 32 are not gone."""
    run = piped("compare", "--saved", "-", stdin=json.dumps({"Db2": answer["Db2"]}))
    assert (run.returncode, run.stdout) == (0, "No difference in 1 connector.\n")


def test_what_could_not_be_compared_is_said(answer: dict[str, Any]) -> None:
    """Two connectors are called Stripe, and an object has one entry of a name."""
    merged = {name: value for name, value in answer.items() if "Stripe" not in name}
    merged["Stripe"] = answer["Stripe (stripe_webhook)"]["config"]
    run = piped("compare", "--saved", "-", stdin=json.dumps(merged))
    assert run.returncode == 0
    assert run.stdout.splitlines() == [
        "stripe was not compared. The answer has only one entry for the two connectors called 'Stripe'.",
        "No difference in 32 connectors.",
    ]


def test_a_connector_that_streamkap_does_not_have_is_gone() -> None:
    """It answers with an empty object."""
    run = piped("compare", "mysql", "--saved", "-", stdin="{}")
    assert run.returncode == 3
    assert run.stdout.splitlines()[1].split() == ["gone", "mysql", "-", "connector", "MySQL", "-"]


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is not JSON"), ("{", "is not JSON"), ("[" * 100_000, "is not JSON"), ("[1]", "holds no connector")],
)
def test_a_file_that_holds_no_answer_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    """In one line."""
    saved = tmp_path / "answer.json"
    saved.write_text(content, encoding="utf-8")
    assert main(["compare", "--saved", str(saved)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, a folder, or not text."""
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\x00\xfe")
    for path, reason in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory"), (binary, "not UTF-8")):
        assert main(["compare", "--saved", str(path)]) == 1
        assert reason in capsys.readouterr().err


def test_on_a_terminal_the_changes_are_coloured(answer: dict[str, Any], tmp_path: Path) -> None:
    """And fit."""
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps(answer), encoding="utf-8")
    assert on_terminal("compare", "--saved", str(saved)).startswith("\x1b[32mNo difference")


def test_differences_fit_a_terminal(answer: dict[str, Any], tmp_path: Path) -> None:
    """Each under its connector's code."""
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps(changed(answer)), encoding="utf-8")
    shown = on_terminal("compare", "--saved", str(saved), width=100, code=3)
    assert "\x1b[32mnew" in shown
    assert "\x1b[33mchanged" in shown
    assert "database.port.user.defined" in shown
    assert "Neon" in shown
