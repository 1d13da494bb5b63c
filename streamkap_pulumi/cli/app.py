"""The commands, and what they end with.

Exit codes of every command:

0. It is done.
1. It could not be done: settings, network, API or a file. One line on standard error tells why.
2. Wrong usage. One line on standard error tells what is wrong.
3. ``compare`` found differences.
4. ``gate`` held a preview back: a source would be deleted or replaced, and that is not allowed by name.
5. ``gate`` was given a preview that failed, or that is none.
6. ``gate --drift`` found a declared property that differs in Streamkap.
7. ``doctor`` found something that fails.
8. ``recover`` and ``adopt``: it was not confirmed, and nothing was done.
9. ``recover`` left something alone: a name is taken by a source that the stack was not making.

130 follows Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from streamkap_pulumi.cli import adopt, compare, doctor, emulator, gate, recover, schema
from streamkap_pulumi.cli.output import Page, Screen, complain
from streamkap_pulumi.cli.problems import FailedError, UsageError

EXIT_CODES = """\
Exit codes:
  0  done
  1  could not be done (settings, network, API, a file)
  2  wrong usage
  3  differences found (compare)
  4  a source would be deleted or replaced (gate)
  5  the preview failed or is none (gate)
  6  a declared property differs in Streamkap (gate --drift)
  7  something fails (doctor)
  8  not confirmed, nothing was done (recover, adopt)
  9  a source that the stack was not making was left alone (recover)"""

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
        help_epilogue=f"{_EXAMPLES}\n\n{_SETTINGS}\n\n{EXIT_CODES}",
        help_format="plaintext",
        help_formatter="default" if screen.on_terminal else "plain",
        version=_version,
        console=screen.console,
        suppress_keyboard_interrupt=False,
    )
    for command, name, texts in (
        (schema.schema, "schema", (schema.EXAMPLES, _SETTINGS)),
        (compare.compare, "compare", (compare.EXAMPLES, _SETTINGS)),
        (gate.gate, "gate", (gate.EXAMPLES,)),
        (recover.recover, "recover", (recover.EXAMPLES, _SETTINGS_OF_STACK)),
        (adopt.adopt, "adopt", (adopt.EXAMPLES, _SETTINGS_OF_STACK)),
        (doctor.doctor, "doctor", (doctor.EXAMPLES,)),
    ):
        app.command(command, name=name, help_epilogue="\n\n".join((*texts, EXIT_CODES)))
    # Its own options, --help among them, are its own parser's.
    app.command(emulator.emulator, name="emulator", help_flags=(), version_flags=())
    return app


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is one of those above."""
    screen = Screen()
    app = commands(screen)
    try:
        page: Any = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        if isinstance(page, Page):  # Help and version have been written already.
            screen.show(page)
        screen.flush()
    except CycloptsError as error:
        complain(f"{error} See `streamkap --help`.")
        return 2
    except UsageError as error:
        complain(str(error))
        return 2
    except FailedError as error:
        complain(str(error))
        return 1
    return page.code if isinstance(page, Page) else 0
