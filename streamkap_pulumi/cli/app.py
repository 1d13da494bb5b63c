"""The commands, put together. What they end with is in `exit_codes`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from streamkap_pulumi.cli import adopt, compare, doctor, emulator, gate, recover, schema
from streamkap_pulumi.cli.exit_codes import Exit, in_help
from streamkap_pulumi.cli.output import Page, Screen, complain
from streamkap_pulumi.cli.problems import FailedError, UsageError
from streamkap_pulumi.cli.usage import wrong_usage

_EXAMPLES = """\
Examples:
  streamkap schema postgresql
  pulumi preview --json | streamkap gate
  streamkap recover
  streamkap adopt orders"""

_SETTINGS = """\
What asks the API takes STREAMKAP_CLIENT_ID, STREAMKAP_SECRET and, for another host than
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
"""What each command runs, and the texts below its help."""
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
        help="Streamkap's source connectors: what they can be configured with, and what becomes of a stack's sources.",
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
