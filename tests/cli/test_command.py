"""What is the same for all commands: help, version, exit codes, ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from streamkap_pulumi.cli import main
from streamkap_pulumi.cli.exit_codes import COMMANDS, MEANINGS, Exit, in_help, meaning
from tests.cli.runs import COMMAND, environment, on_terminal, piped

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def run_code(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )


def test_without_a_command_it_shows_its_help() -> None:
    """As with --help; it lists every exit code."""
    bare = piped()
    assert (bare.returncode, bare.stderr) == (0, "")
    assert bare.stdout == piped("--help").stdout
    assert "Usage: streamkap" in bare.stdout
    assert in_help() in bare.stdout


@pytest.mark.parametrize("command", ["schema", "compare", "gate", "recover", "adopt", "doctor"])
def test_each_command_s_help_has_examples_and_exit_codes(command: str) -> None:
    """The documentation shows it as it is."""
    shown = piped(command, "--help").stdout.strip("\n")
    assert re.search(rf"^Examples:\n  .*\bstreamkap {command} ", shown, re.MULTILINE)
    assert in_help(command) in shown
    ours = [int(code) for code in re.findall(r"^  (\d)  ", shown, re.MULTILINE)]
    assert ours == [0, 1, 2, *(code.value for code, commands in COMMANDS.items() if command in commands)]
    # Not every release of the library shows an option's type.
    assert re.sub(r" STR(\.\.\.)?:", ":", f"```text\n{shown}\n```") in re.sub(r" STR(\.\.\.)?:", ":", PAGE)
    assert max(len(line) for line in shown.splitlines()) <= 100


def test_the_documentation_has_the_exit_codes() -> None:
    """All of them and no other, in the same words, before what more there is to say of one."""
    assert set(MEANINGS) == set(Exit)
    section = PAGE.split("\n## Exit codes\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", section, re.MULTILINE))
    assert list(rows) == [str(code.value) for code in Exit]
    for code in Exit:
        assert re.match(re.escape(meaning(code)) + r"($|[,;])", rows[str(code.value)]), code


def test_no_exit_code_is_written_as_a_number_elsewhere() -> None:
    """Neither where a command ends with one, nor where a page is built."""
    folder = ROOT / "streamkap_pulumi" / "cli"
    number = re.compile(r"\bcode=\d|\breturn \d|SystemExit\(\d|^[A-Z_]+ = \d+$|else \d+\)?$", re.MULTILINE)
    files = [file for file in folder.glob("*.py") if file.name not in {"exit_codes.py", "emulator.py"}]
    assert len(files) > 5
    assert {file.name: found for file in files if (found := number.findall(file.read_text(encoding="utf-8")))} == {}


def test_the_documentation_names_every_key_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Of both commands."""
    main(["schema", "--json"])
    listed = capsys.readouterr().out
    main(["schema", "mysql", "--json"])
    outputs = [listed, capsys.readouterr().out, piped("compare", "mysql", "--saved", "-", "--json", stdin="{}").stdout]
    keys = set(re.findall(r'^ *"(\w+)": ', "".join(outputs), re.MULTILINE))
    assert {"connectors", "field", "operator", "differences", "aspect"} <= keys
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
    assert all(json.loads(output) for output in outputs)


def test_the_version_is_the_package_s() -> None:
    """With its name."""
    assert piped("--version").stdout == f"streamkap-pulumi {version('streamkap-pulumi')}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shema"], "There is no command 'shema'; did you mean schema? The commands are schema, compare, "),
        (["--nope"], "There is no option --nope without a command. The commands are schema, "),
        (["schema", "--sceret"], "`streamkap schema` has no option --sceret; did you mean --secret?"),
        (["schema", "-x"], "`streamkap schema` has no option -x."),
        (["schema", "mysql", "ssh"], "`streamkap schema` does not take 'ssh'."),
        (["adopt", "a", "b", "c d", "e"], "`streamkap adopt` does not take 'c d' 'e'."),
        (["adopt"], "`streamkap adopt` needs RESOURCE."),
        (["compare", "--saved"], "--saved needs a value."),
        (["gate", "--allow-delete"], "--allow-delete needs a value."),
        (["gate", "--stack", "a", "--stack", "b"], "--stack is given more than once: give it once."),
        (["doctor", "--json=5"], "--json does not take a value, here '5'."),
    ],
)
def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    """In one line, in our own words, that names the way to the command's own help."""
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert (streams.out, streams.err.count("\n")) == ("", 1)
    assert streams.err.startswith(f"streamkap: {said}")
    command = "" if arguments[0] in {"shema", "--nope"} else f"{arguments[0]} "
    assert streams.err.endswith(f" See `streamkap {command}--help`.\n")
    assert not re.search(r"Unused|oken|arameter|convert", streams.err)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "set STREAMKAP_CLIENT_ID and STREAMKAP_SECRET"),
        ({"STREAMKAP_CLIENT_ID": "demo-client"}, "set STREAMKAP_SECRET in"),
        ({"STREAMKAP_HOST": "nowhere"}, "STREAMKAP_HOST is not the URL"),
        (
            {
                "STREAMKAP_CLIENT_ID": "a",
                "STREAMKAP_SECRET": "canary",
                "STREAMKAP_HOST": "http://127.0.0.1:9",
                "STREAMKAP_MAX_RETRIES": "0",
            },
            "can be reached from here (STREAMKAP_HOST)",
        ),
        ({"STREAMKAP_HOST": "http://streamkap.example.com"}, "STREAMKAP_ALLOW_HTTP=true"),
        ({"STREAMKAP_MAX_RETRIES": "many"}, "STREAMKAP_MAX_RETRIES"),
    ],
)
def test_what_cannot_be_asked_ends_with_1(changes: dict[str, str], said: str) -> None:
    """In one line, without a secret in it."""
    for arguments in (["schema", "mysql", "--live"], ["compare"]):
        run = piped(*arguments, **changes)
        told = [line for line in run.stderr.splitlines() if not line.startswith("Asking ")]
        assert (run.returncode, run.stdout, len(told)) == (1, "", 1)
        assert said in told[0]
        assert "canary" not in run.stderr


def test_where_nobody_listens_it_says_what_it_does_and_ends_soon() -> None:
    """At once, on a terminal and in a pipe, and why not at the end; a variable can have it try for longer."""
    away = {"STREAMKAP_CLIENT_ID": "a", "STREAMKAP_SECRET": "canary", "STREAMKAP_HOST": "http://127.0.0.1:9"}
    began = time.monotonic()
    first, *_, last = on_terminal("schema", "mysql", "--live", code=1, width=300, **away).splitlines()
    assert time.monotonic() - began < 20
    assert first == "Asking http://127.0.0.1:9 for the connector 'mysql' …"
    assert re.search(
        r"no connection to http://127.0.0.1:9 \(nothing listens there: Connection refused\) "
        r"\(tried 3 times in \d+ s\)\. Check that http://127.0.0.1:9 can be reached from here \(STREAMKAP_HOST\)",
        last,
    )
    run = piped("compare", **away, STREAMKAP_MAX_RETRIES="1")
    first, last = run.stderr.splitlines()
    assert (first, "tried 2 times" in last) == ("Asking http://127.0.0.1:9 for its connectors …", True)


def test_refused_credentials_end_with_1(settings: dict[str, str]) -> None:
    """And the last line says which to check."""
    run = piped("compare", **{**settings, "STREAMKAP_SECRET": "canary"})
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 2)
    assert "answered 401" in run.stderr
    assert "check STREAMKAP_CLIENT_ID and STREAMKAP_SECRET and that they belong to http://" in run.stderr
    assert "canary" not in run.stderr


def test_a_reader_that_goes_away_is_not_an_error() -> None:
    """Such as head: nothing is said."""
    for arguments in (["schema", "postgresql"], ["--help"]):
        process = subprocess.Popen(
            [*COMMAND, *arguments], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device to write to")
def test_a_full_disk_is_reported() -> None:
    """And ends with 1."""
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [*COMMAND, "schema"], env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert run.returncode == 1
    assert run.stderr == "streamkap: Standard output cannot be written to: No space left on device.\n"


def test_ctrl_c_ends_with_130() -> None:
    """Without a traceback."""
    program = (
        "import sys, streamkap_pulumi.cli.app; from streamkap_pulumi.cli import main; print('up', flush=True)\n"
        "sys.exit(main(['compare', '--saved', '-']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)  # It reads what nobody writes.
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"")


def test_without_the_extra_it_says_how_to_get_it() -> None:
    """Instead of a traceback; any other module that is missing is still an error."""
    for module in ("cyclopts", "rich"):
        run = run_code(
            f"import sys; sys.modules[{module!r}] = None\nfrom streamkap_pulumi.cli import main; sys.exit(main([]))"
        )
        said = 'The command line needs more packages: pip install ".[cli]" in a clone of streamkap-pulumi\n'
        assert (run.returncode, run.stdout, run.stderr) == (1, "", said)
    run = run_code("import sys; sys.modules['json'] = None\nfrom streamkap_pulumi.cli import main; sys.exit(main([]))")
    assert "ModuleNotFoundError" in run.stderr


def test_the_bundled_schema_is_shown_without_pulumi_and_without_a_client() -> None:
    """They take long to load."""
    run = run_code(
        "import sys; from streamkap_pulumi.cli import main; main(['schema', 'mysql'])\n"
        "print(sorted({'pulumi', 'httpx', 'pydantic', 'grpc'} & sys.modules.keys()), file=sys.stderr)"
    )
    assert (run.returncode, run.stderr) == (0, "[]\n")


def test_the_package_does_not_load_its_command_line() -> None:
    """A Pulumi program pays nothing for it."""
    run = run_code(
        "import sys, streamkap_pulumi; streamkap_pulumi.Source\n"
        "print(sorted({'streamkap_pulumi.cli', 'cyclopts', 'rich'} & sys.modules.keys()))"
    )
    assert run.stdout == "[]\n"


def test_the_entry_point_is_the_command() -> None:
    """The script that pip makes calls it."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.scripts]\nstreamkap = "streamkap_pulumi.cli:main"\n' in pyproject
