"""``streamkap gate`` as a command; what it makes of previews is in tests/engine/test_gate.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.cli import main
from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.pulumi_cli.words import UNKNOWN
from tests.cli.runs import on_terminal, piped
from tests.cli.test_command import run_code

SOURCE = "pulumi-python:dynamic/streamkap:Source"


def preview(*steps: dict[str, Any]) -> str:
    """A preview as the engine writes it, with what a step has here and no more."""
    root = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
    stack = {"op": "same", "urn": root, "newState": {"type": "pulumi:pulumi:Stack", "custom": False}}
    return json.dumps({"steps": [stack, *steps], "changeSummary": {"same": 1}})


def step(
    operation: str, name: str, inputs: dict[str, Any] | None = None, of: str = SOURCE, **more: Any
) -> dict[str, Any]:
    state = {"type": of, "custom": True, "id": "64a1", "inputs": inputs or {}}
    urn = f"urn:pulumi:dev::infra::{of}::{name}"
    return {"op": operation, "urn": urn, "oldState": state, "newState": state, "detailedDiff": None} | more


def test_standard_input_is_read_and_a_file_is_written(tmp_path: Path) -> None:
    """Then the verdict alone is printed, with a line for each problem."""
    note = tmp_path / "note.md"
    run = piped("gate", "--output", str(note), stdin=preview(step("delete", "a"), step("replace", "b")))
    assert (run.returncode, run.stderr) == (4, "")
    assert run.stdout.splitlines() == [
        "1 source would be deleted and 1 replaced, and that is not allowed by name.",
        "  a would be deleted. If that is intended, allow it by name: --allow-delete a",
        "  b would be replaced. If that is intended, allow it by name: --allow-replace b",
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


def test_a_config_that_is_a_secret_as_a_whole_is_like_no_other() -> None:
    """What is not shown cannot be the same: two of them may lead to two databases."""
    for config, told in (({"port": "5432"}, True), ("[secret]", False)):
        inputs = {"connector": "postgresql", "config": config}
        run = piped("gate", stdin=preview(step("create", "b", inputs, oldState=None), step("delete", "a", inputs)))
        assert run.returncode == 4
        assert ("with the same configuration, as far as it is known" in run.stdout) is told


def test_a_replacement_that_is_reported_in_two_steps_is_shown_once() -> None:
    """As with `--show-replacement-steps`: where it is held back, and not again among the rest."""
    told = preview(step("delete-replaced", "a"), step("replace", "a"), step("create-replacement", "a"))
    shown = piped("gate", stdin=told).stdout
    assert "1 source would be replaced" in shown
    assert shown.count("<code>a</code>") == 1


def test_values_are_left_out_on_demand() -> None:
    """For pull requests that anybody can read."""
    told = step("update", "a", {"name": "old-name"}, detailedDiff={"name": {"kind": "update", "inputDiff": True}})
    assert "old-name" in piped("gate", stdin=preview(told)).stdout
    hidden = piped("gate", "--hide-values", stdin=preview(told)).stdout
    assert "<code>name</code>: changed" in hidden
    assert "old-name" not in hidden


def test_neither_a_name_nor_a_message_is_shown_when_values_are_hidden() -> None:
    """A message of the program, or of the engine, may quote a value."""
    made = json.loads(preview(step("create", "a", {"name": "the-name"}, oldState=None)))
    made["diagnostics"] = [{"severity": "warning", "message": "the-value is odd"}]
    shown = piped("gate", "--hide-values", stdin=json.dumps(made))
    assert ("the-name" in shown.stdout, "the-value" in shown.stdout) == (False, False)
    assert "| created |" in shown.stdout
    assert "1 warning: see the output of the preview." in shown.stdout
    made["diagnostics"][0]["severity"] = "error"
    failed = piped("gate", "--hide-values", "--annotate", stdin=json.dumps(made))
    assert (failed.returncode, "the-value" in failed.stdout + failed.stderr) == (5, False)
    assert "The preview failed. Its messages are hidden by --hide-values." in failed.stdout


def test_what_the_provider_notes_for_itself_is_never_shown() -> None:
    """Inputs that begin with two underscores: neither as a change nor as a reason, and they are not drift."""
    hidden = {"__asked": {"kind": "update", "inputDiff": True}, '["__notes"].x': {"kind": "add", "inputDiff": True}}
    told = step("update", "a", {"__asked": "hidden-value", "__notes": {"x": "hidden-value"}}, detailedDiff=hidden)
    shown = piped("gate", stdin=preview(told)).stdout
    assert "only what this provider records for itself changes" in shown
    both = {**told, "detailedDiff": {**hidden, "name": {"kind": "update", "inputDiff": True}}}
    again = {**both, "op": "replace", "replaceReasons": ["__asked"]}
    run = piped("gate", "--json", stdin=preview(both, again))
    shown += piped("gate", stdin=preview(both, again)).stdout + run.stdout
    assert not any(word in shown for word in ("__", "&#95;&#95;", "hidden-value"))
    looked = {"op": "refresh", "urn": told["urn"], "oldState": told["oldState"], "newState": told["newState"]}
    root = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
    stack = {"op": "refresh", "urn": root, "newState": {"type": "pulumi:pulumi:Stack", "custom": False}}
    refreshed = json.dumps({"steps": [stack, looked, told], "changeSummary": {}})
    assert piped("gate", "--drift", stdin=refreshed).returncode == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (UNKNOWN, "created under a name that is known after <code>pulumi up</code>"),
        (f"shop-{UNKNOWN}", "created under a name that is known after <code>pulumi up</code>"),
        ("[secret]", "created under a name that is a secret"),
        ("shop", "created as <code>shop</code>"),
    ],
)
def test_a_name_that_is_not_to_be_shown_is_reported_as_what_it_is(name: str, said: str) -> None:
    """The engine writes a string of its own in its place."""
    shown = piped("gate", stdin=preview(step("create", "a", {"name": name}, oldState=None))).stdout
    assert f"| {said} |" in shown
    assert UNKNOWN not in shown


def test_a_failed_comparison_says_that_drift_is_not_known() -> None:
    """It holds back nothing."""
    told = {"severity": "error", "message": "error: refused"}
    failed = json.dumps({"steps": [], "diagnostics": [told]})
    run = piped("gate", "--drift", "--stack", "dev", stdin=failed)
    assert run.returncode == 5
    assert run.stdout.startswith(
        "<!-- streamkap-drift: dev -->\n### ❌ Streamkap drift of <code>dev</code>: the comparison"
    )
    assert "Whether anything in Streamkap differs from what is declared is not known." in run.stdout
    assert "let through" not in run.stdout


LIMIT = 65_536
"""Characters that GitHub takes; of bytes there are never fewer."""


def test_a_comment_never_gets_too_long_for_github() -> None:
    """What is left out is counted, and all that is held back is named."""
    kinds = ("delete", "replace", "create", "update", "read", "discard", "import")
    steps = [step(kind, f"{kind}-{number}-{'|' * 90}") for kind in kinds for number in range(300)]
    others = [
        {**each, "urn": each["urn"] + "x", "oldState": {"type": "x:y:Z"}, "newState": {"type": "x:y:Z"}}
        for each in steps[:300]
    ]
    warned = json.loads(preview(*steps[600:], *steps[:150], *others))
    warned["diagnostics"] = [{"severity": "warning", "message": f"{number} {'é' * 3000}"} for number in range(50)]
    run = piped("gate", "--stack", "☃" * 500, "--allow-delete", "z" * 5000, stdin=json.dumps(warned))
    assert run.returncode == 4
    assert "150 sources would be deleted" in run.stdout.splitlines()[1]
    assert LIMIT / 2 < len(run.stdout.encode()) < LIMIT
    assert all(f"\ndelete delete-{number}-|" in run.stdout for number in range(150))
    assert all(f"{kind.capitalize()}: 300 sources" in run.stdout for kind in ("create", "update", "import"))
    assert run.stdout.count("<details>") == run.stdout.count("</details>")

    run = piped("gate", stdin=preview(*(step("delete", f"{number}-{'é' * 2000}") for number in range(300))))
    assert (run.returncode, len(run.stdout.encode()) < LIMIT) == (4, True)
    assert "300 sources would be deleted" in run.stdout.splitlines()[1]


def test_a_failure_with_many_long_messages_is_not_too_long_either() -> None:
    """As of a program with hundreds of bad sources."""
    errors = [{"severity": "error", "message": f"{number} {'é' * 5000}"} for number in range(100)]
    run = piped("gate", stdin=json.dumps({"steps": [], "diagnostics": errors}))
    assert (run.returncode, len(run.stdout.encode()) < LIMIT) == (5, True)
    assert "more: see the output of the preview." in run.stdout


def test_one_source_with_much_to_report_does_not_hide_the_others() -> None:
    """Of its properties some are left out, and counted."""
    much = {f"property.{number}": f"{number}-{'x' * 300}" for number in range(500)}
    diff = {f'config["{key}"]': {"kind": "update", "inputDiff": True} for key in much}
    long = step("update", "long", {"connector": "mysql", "config": much}, detailedDiff=diff)
    rest = [step("update", f"short-{number}") for number in range(5)]
    shown = piped("gate", stdin=preview(long, *rest)).stdout
    assert "<summary>500 properties</summary>" in shown
    assert re.search(r"<br>… and \d+ more</details> \|", shown)
    assert all(f"| <code>short-{number}</code> |" in shown for number in range(5))


@pytest.mark.parametrize(
    "name", ["a #b", "a*b", 'say "hi"', '"', " a ", "two\nlines", "#a", "urn:x", "a\u202eb", "?", "é"]
)
def test_what_the_comment_says_allows_just_that(name: str, tmp_path: Path) -> None:
    """Copied into the allow file, it is the name as it is and no wildcard."""
    told = preview(step("delete", name), step("delete", f"{name}x"))
    shown = piped("gate", stdin=told).stdout
    entries = re.search(r"```text\n(.*?)\n```", shown, re.DOTALL)
    assert entries
    allow = tmp_path / "allow.txt"
    allow.write_text(f'{entries[1].splitlines()[0]} # why "not"\n', encoding="utf-8")
    run = piped("gate", "--allow-file", str(allow), "--json", stdin=told)
    assert [change["allowed"] for change in json.loads(run.stdout)["changes"]] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.json"], 1, "nowhere.json cannot be read: No such file or directory."),
        (["-", "--output", "/nowhere/note.md"], 1, "/nowhere/note.md cannot be written"),
        (["-", "--allow-file", "/nowhere"], 1, "/nowhere cannot be read"),
        (["-", "--allow-delete", ""], 2, "--allow-delete needs the name of a resource"),
        (["-", "--allow-delete", '"a'], 2, "--allow-delete: a name in double quotes is a JSON string"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], code: int, said: str) -> None:
    """Apart from what the preview says."""
    run = piped("gate", *arguments, stdin=preview())
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (code, "", 1)
    assert said in run.stderr


@pytest.mark.parametrize("stack", [["--stack", "infra/dev"], []], ids=["named", "from the preview"])
def test_a_list_that_cannot_be_read_is_reported_in_the_comment_too(stack: list[str], tmp_path: Path) -> None:
    """Or that of an earlier commit, which was let through, would still stand there."""
    allow, comment = tmp_path / "allow.txt", tmp_path / "comment.md"
    allow.write_text("delete\n", encoding="utf-8")
    run = piped("gate", "--allow-file", str(allow), "--output", str(comment), *stack, stdin=preview())
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    lines = comment.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [
        "<!-- streamkap-gate: infra/dev -->",
        "### ❌ Streamkap gate of <code>infra/dev</code>: what is allowed cannot be read",
    ]
    assert "allow.txt, line 1" in lines[3]
    assert "nothing passes" in lines[-1]


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


REFUSED = (
    "error: PostgreSQLConfig cannot be used (/clone/infra/__main__.py, line 8):\n"
    "  database_user: it is missing; postgresql needs it\n"
    "  database_pasword: postgresql has no such property; did you mean 'database_password'?\n"
)
ENDED = "error: an unhandled error occurred: program exited with non-zero exit code: 1\n"


def failed(*messages: str) -> str:
    return json.dumps({"steps": [], "diagnostics": [{"severity": "error", "message": each} for each in messages]})


def test_the_verdict_holds_every_line_of_a_refusal_and_the_annotation_names_file_and_line() -> None:
    """What only says that the program ended is not shown again."""
    run = piped("gate", "--annotate", "--output", "/dev/null", stdin=failed(REFUSED, ENDED), GITHUB_WORKSPACE="/clone")
    assert run.returncode == 5
    (verdict,) = run.stdout.splitlines()
    place = "(/clone/infra/__main__.py, line 8)"
    assert verdict.startswith(f"The preview failed: PostgreSQLConfig cannot be used {place}: ")
    assert verdict.endswith(
        "database_user: it is missing; postgresql needs it; "
        "database_pasword: postgresql has no such property; did you mean 'database_password'?"
    )
    (annotation,) = run.stderr.splitlines()
    assert annotation == f"::error title=Streamkap,file=infra/__main__.py,line=8::{verdict}"
    assert "unhandled error" not in piped("gate", stdin=failed(REFUSED, ENDED)).stdout
    assert json.loads(piped("gate", "--json", stdin=failed(REFUSED, ENDED)).stdout)["reason"] == verdict


def test_each_error_of_a_failed_preview_is_a_problem_of_its_own() -> None:
    """As where several sources are refused: an annotation for each."""
    resource = "error: pulumi-python:dynamic/streamkap:Source resource '{}' has a problem: the port is {}"
    run = piped(
        "gate",
        "--annotate",
        "--output",
        "/dev/null",
        stdin=failed(resource.format("a", 1), resource.format("b", 2), "error: preview failed"),
    )
    first, second = run.stderr.splitlines()
    assert "resource 'a' has a problem: the port is 1" in first
    assert "resource 'b' has a problem: the port is 2" in second
    verdict, *problems = run.stdout.splitlines()
    assert verdict == "The preview failed with 2 errors:"
    assert [problem.startswith("  ") for problem in problems] == [True, True]


def test_a_traceback_is_annotated_where_the_program_raised() -> None:
    """At the last line that is not in an installed package."""
    traceback = (
        "error: Program failed with an unhandled exception:\n"
        "Traceback (most recent call last):\n"
        '  File "/clone/__main__.py", line 3, in <module>\n    import databases\n'
        '  File "/clone/databases.py", line 21, in <module>\n    json.loads(text)\n'
        '  File "/usr/lib/python3.11/site-packages/thing/decoder.py", line 355, in raw_decode\n    raise\n'
        "ValueError: no, 100% wrong\n"
    )
    run = piped("gate", "--annotate", "--output", "/dev/null", stdin=failed(traceback), GITHUB_WORKSPACE="/clone")
    assert run.stdout == "The preview failed: ValueError: no, 100% wrong (/clone/databases.py, line 21)\n"
    assert run.stderr == (
        "::error title=Streamkap,file=databases.py,line=21::The preview failed: "
        "ValueError: no, 100%25 wrong (/clone/databases.py, line 21)\n"
    )


def test_the_verdict_has_every_line_of_what_the_program_raised() -> None:
    """Of a chain of errors, those of the last."""
    traceback = (
        "error: Program failed with an unhandled exception:\n"
        "Traceback (most recent call last):\n"
        '  File "/clone/__main__.py", line 3, in <module>\n    databases["a"]\n    ~~~~~~~~~^^^^^\n'
        "KeyError: 'a'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/clone/__main__.py", line 5, in <module>\n    raise RuntimeError(told)\n'
        "RuntimeError: the database cannot be used:\n  its port is missing\nrun it again\n"
    )
    run = piped("gate", "--output", "/dev/null", stdin=failed(traceback))
    assert run.stdout == (
        "The preview failed: RuntimeError: the database cannot be used: its port is missing; run it again "
        "(/clone/__main__.py, line 5)\n"
    )


def test_a_file_name_cannot_forge_a_property_of_an_annotation() -> None:
    """A comma and a colon mean something there."""
    told = "error: MySQLConfig cannot be used (a,line=9::b.py, line 8):\n  port: it is missing"
    (annotation,) = piped("gate", "--annotate", "--output", "/dev/null", stdin=failed(told)).stderr.splitlines()
    assert annotation.startswith("::error title=Streamkap,file=a%2Cline=9%3A%3Ab.py,line=8::The preview failed: MySQL")


def test_text_behind_a_preview_is_read_past() -> None:
    """As with `2>&1`; an error in it is one of the preview, and a second preview is refused."""
    told = preview(step("update", "a"))
    run = piped("gate", stdin=f"{told}\nwarning: A new version of Pulumi is available.\n")
    assert (run.returncode, "**1** to update" in run.stdout) == (0, True)
    run = piped("gate", stdin=f"{told}\nerror: policy pack {{x}} refused\n")
    assert (run.returncode, "policy pack {x} refused" in run.stdout) == (5, True)
    run = piped("gate", "--output", "/dev/null", stdin=f"{told}\n{told}")
    assert (run.returncode, run.stdout) == (
        5,
        "It is JSON followed by more JSON. Give it the output of one `pulumi preview --json` at a time.\n",
    )


def test_a_replacement_says_a_connector_that_may_not_exist_and_a_name_that_changes() -> None:
    """Beside the reason for it, even if it was requested; nothing is said about what is known and stays."""
    before = step("replace", "orders", {"connector": "postgresql", "name": "orders-1111111"})["oldState"]
    lines = []
    for inputs, reason in (
        ({"connector": "teradata", "name": "orders-1111111"}, "connector"),
        ({"connector": "postgresql", "name": "orders-2222222"}, "id"),
        ({"connector": "mysql", "name": "orders-1111111"}, "connector"),
        ({"connector": UNKNOWN, "name": UNKNOWN}, "connector"),
    ):
        told = preview(step("replace", "orders", inputs, oldState=before, replaceReasons=[reason]))
        shown = piped("gate", stdin=told).stdout
        lines.append(next(line for line in shown.splitlines() if line.startswith("| <code>orders")))
    assert "does not know the connector <code>teradata</code>. <code>pulumi up</code> asks Streamkap" in lines[0]
    assert "changes: <code>orders-1111111</code> → <code>orders-2222222</code>" in lines[1]
    assert "Requested" in lines[1]
    assert ["know" in line for line in lines] == [True, False, False, "not known yet" in lines[3]]
    assert ["name in Streamkap" in line for line in lines] == [False, True, False, False]


def test_on_a_terminal_the_comment_has_no_markup(tmp_path: Path) -> None:
    """No entities, no marks of Markdown or HTML, no line that is wider than the terminal."""
    told = tmp_path / "preview.json"
    renamed = {"name": {"kind": "update", "inputDiff": True}}
    warned = json.loads(
        preview(
            step("replace", "orders|main", {"connector": "postgresql"}, replaceReasons=["connector"]),
            step("update", "shop", {"name": "old_*name*"}, detailedDiff=renamed),
            *(step("create", f"new-{number}", {"name": f"n&{number}"}, oldState=None) for number in range(13)),
        )
    )
    warned["diagnostics"] = [{"severity": "warning", "message": "the <b>port</b> is odd"}]
    told.write_text(json.dumps(warned), encoding="utf-8")
    shown = on_terminal("gate", str(told), width=80, code=4, NO_COLOR="1")
    assert not re.search(r"&#|<code>|<br>|<details>|<!--|\*\*[a-z0-9]|^#|^\||```", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.startswith("⛔ Streamkap gate of infra/dev: 1 source would be replaced\n")
    assert "\n  orders|main  source postgresql\n    replace: the source 64a1 is deleted first" in shown
    assert "\n  replace orders|main\n" in shown
    assert "old_*name*" in shown
    assert "n&12" in shown
    assert "the <b>port</b> is odd" in shown
    assert "&#124;" in piped("gate", str(told)).stdout


SNOWFLAKE = {"connector": "snowflake", "config": {}}
TEAM = {"name": "team", "type": ["sources"]}
TAG, DESTINATION = (f"pulumi-python:dynamic/streamkap:{name}" for name in ("Tag", "Destination"))


def test_losses_of_every_kind_are_held_back_and_counted_by_kind() -> None:
    """Each with its kind, and its connector if it has one."""
    told = preview(
        step("delete", "orders", {"connector": "mysql"}),
        step("delete", "warehouse", SNOWFLAKE, of=DESTINATION),
        step("delete", "team", TEAM, of=TAG),
        step("delete", "crew", {**TEAM, "name": "crew"}, of=TAG),
        step("replace", "lake", {"connector": UNKNOWN}, of=DESTINATION, replaceReasons=["connector"]),
        step("create", "again", TEAM, of=TAG, oldState=None),
    )
    run = piped("gate", stdin=told)
    assert run.returncode == 4
    counts = "1 source, 1 destination and 2 tags would be deleted, and 1 destination replaced"
    assert f": {counts}\n" in run.stdout
    assert "#### Create: 1 tag\n" in run.stdout
    rows = {
        name: line.split(" | ")
        for name in ("orders", "warehouse", "team", "crew", "lake")
        for line in run.stdout.splitlines()
        if line.startswith(f"| <code>{name}<")
    }
    assert {name: row[1] for name, row in rows.items()} == {
        "orders": "source <code>mysql</code>",
        "warehouse": "destination <code>snowflake</code>",
        "team": "tag",
        "crew": "tag",
        "lake": "destination, connector not known yet",
    }
    assert rows["warehouse"][2] == "**delete**: the destination <code>64a1</code> is deleted from Streamkap"
    assert ["declares <code>again</code>" in rows[name][3] for name in ("team", "crew")] == [True, False]


def test_of_two_objects_of_one_name_each_is_allowed_by_its_urn() -> None:
    """What the comment gives allows just one of them."""
    told = preview(step("delete", "orders"), step("delete", "orders", TEAM, of=TAG), step("delete", "events"))
    (entries,) = re.findall(r"```text\n(.*?)\n```", piped("gate", stdin=told).stdout, re.DOTALL)
    urns = [f"urn:pulumi:dev::infra::{each}::orders" for each in (SOURCE, TAG)]
    assert entries.splitlines() == [*(f'delete "{urn}"' for urn in urns), "delete events"]
    run = piped("gate", "--allow-delete", f'"{urns[1]}"', "--json", stdin=told)
    assert [change["allowed"] for change in json.loads(run.stdout)["changes"]] == [False, True, False]


def test_an_object_of_a_kind_that_this_version_does_not_know_is_held_back() -> None:
    """A newer version may have declared it."""
    newer = "pulumi-python:dynamic/streamkap:Newer"
    assert newer not in BY_TYPE
    run = piped("gate", stdin=preview(step("delete", "a", of=newer)))
    assert (run.returncode, "1 object would be deleted" in run.stdout) == (4, True)


@pytest.mark.parametrize("kind", BY_TYPE.values(), ids=lambda kind: kind.noun)
def test_what_somebody_changed_is_drift_whatever_its_kind(
    kind: Kind, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A declared property is; one that is only observed is not."""
    root = "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"
    stack = {"op": "refresh", "urn": root, "newState": {"type": "pulumi:pulumi:Stack", "custom": False}}
    read = step("refresh", "a", {"name": "declared"}, of=kind.type_token)
    for is_input, code in ((True, 6), (False, 0)):
        diff = {"name": {"kind": "update", "inputDiff": is_input}}
        steps = [stack, read, {**read, "op": "update", "detailedDiff": diff}]
        file = tmp_path / "preview.json"
        file.write_text(json.dumps({"steps": steps, "changeSummary": {}}), encoding="utf-8")
        assert main(["gate", "--drift", str(file)]) == code
        assert (f"1 {kind.noun} differs from what is declared" in capsys.readouterr().out) is is_input
