"""The commands, put together, and errors about the command line itself. Exit codes are in `exit_codes`."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cyclopts import App, exceptions
from cyclopts.exceptions import CycloptsError

from streamkap_pulumi.cli import adopt, compare, doctor, emulator, gate, recover, schema
from streamkap_pulumi.cli.exit_codes import Exit, FailedError, UsageError, in_help
from streamkap_pulumi.cli.output import Page, Screen, complain

_EXAMPLES = """\
Examples:
  streamkap schema postgresql
  pulumi preview --json | streamkap gate
  streamkap recover
  streamkap adopt orders"""

_SETTINGS = """\
Commands that call the API take STREAMKAP_CLIENT_ID, STREAMKAP_SECRET and, for another host than
https://api.streamkap.com, STREAMKAP_HOST from the environment."""

_SETTINGS_OF_STACK = """\
Settings are those of the stack's own runs: its configuration first (streamkap:clientId,
streamkap:secret, streamkap:host), the environment second (STREAMKAP_CLIENT_ID, …)."""


_COMMANDS: dict[str, tuple[Any, ...]] = {
    "schema": (schema.schema, schema.EXAMPLES, _SETTINGS),
    "compare": (compare.compare, compare.EXAMPLES, _SETTINGS),
    "gate": (gate.gate, gate.EXAMPLES),
    "recover": (recover.recover, recover.EXAMPLES, _SETTINGS_OF_STACK),
    "adopt": (adopt.adopt, adopt.EXAMPLES, _SETTINGS_OF_STACK),
    "doctor": (doctor.doctor, doctor.EXAMPLES),
}
"""What each command runs, and what follows its help."""
_NAMES = [*_COMMANDS, "emulator"]


def _version() -> str:
    try:
        return f"streamkap-pulumi {version('streamkap-pulumi')}"
    except PackageNotFoundError:
        return "streamkap-pulumi, not installed"


def commands(screen: Screen) -> App:
    """The command line, which prints its help on `screen`."""
    app = App(
        name="streamkap",
        help="Inspect Streamkap's connectors, check previews, and bring existing objects into a stack.",
        help_epilogue=f"{_EXAMPLES}\n\n{_SETTINGS}\n\n{in_help()}",
        help_format="plaintext",
        help_formatter="default" if screen.on_terminal else "plain",
        version=_version,
        console=screen.console,
        suppress_keyboard_interrupt=False,
    )
    for name, (command, *texts) in _COMMANDS.items():
        app.command(command, name=name, help_epilogue="\n\n".join((*texts, in_help(name))))
    # Its own options, --help among them, are its own parser's.
    app.command(emulator.emulator, name="emulator", help_flags=(), version_flags=())
    return app


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is one of `exit_codes`."""
    screen = Screen()
    app = commands(screen)
    try:
        page: Any = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        if isinstance(page, Page):  # Help and version have been written already.
            screen.show(page)
        screen.flush()
    except CycloptsError as error:
        complain(wrong_usage(error, _NAMES))
        return Exit.USAGE
    except UsageError as error:
        complain(str(error))
        return Exit.USAGE
    except FailedError as error:
        complain(str(error), error.choices)
        return Exit.FAILED
    return page.code if isinstance(page, Page) else Exit.DONE


PROGRAM = "streamkap"


def wrong_usage(error: exceptions.CycloptsError, commands: list[str]) -> str:
    """`error` in a sentence or two; `commands` are those that there are."""
    chain = [each for each in error.command_chain or () if each in commands]
    command = " ".join((PROGRAM, *chain))
    return f"{_sentence(error, command, commands)} See `{command} --help`."


def _sentence(error: exceptions.CycloptsError, command: str, commands: list[str]) -> str:
    if isinstance(error, exceptions.UnknownCommandError):
        return _unknown((error.unused_tokens or [""])[0], commands)
    if isinstance(error, exceptions.UnusedCliTokensError):
        words = error.unused_tokens or []
        return f"`{command}` does not take {' '.join(map(repr, words))}."
    if isinstance(error, exceptions.UnknownOptionError):
        option = error.token.keyword or error.token.value
        names = [name for argument in error.argument_collection for name in argument.names]
        return f"`{command}` has no option {option}{_near(option, names)}"
    if isinstance(error, exceptions.RepeatArgumentError):
        return f"{error.token.keyword} is given more than once: give it once."
    return _about_value(error, command) or " ".join(str(error).split())


def _about_value(error: exceptions.CycloptsError, command: str) -> str:
    """What is wrong with the value of one argument; empty where it is something else."""
    name = error.argument.names[0] if error.argument and error.argument.names else ""
    if not name:
        return ""
    if isinstance(error, exceptions.MissingArgumentError):
        return f"{name} needs a value." if name.startswith("-") else f"`{command}` needs {name}."
    if isinstance(error, exceptions.CoercionError):
        value = error.token.value if error.token else ""
        is_flag = error.target_type is bool
        return f"{name} does not take a value, here {value!r}." if is_flag else f"{name} cannot be {value!r}."
    return ""


def _unknown(word: str, commands: list[str]) -> str:
    if word.startswith("-"):
        return f"There is no option {word} without a command. The commands are {', '.join(commands)}."
    return f"There is no command {word!r}{_near(word, commands)} The commands are {', '.join(commands)}."


def _near(word: str, names: list[str]) -> str:
    near = get_close_matches(word, names, n=1)
    return f"; did you mean {near[0]}?" if near else "."
