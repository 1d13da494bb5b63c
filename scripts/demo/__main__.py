"""The command line."""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import NoReturn

from scripts.demo.commands import down, up
from scripts.demo.place import DemoError


def fail(error: DemoError) -> NoReturn:
    """Say what went wrong and leave."""
    # With the terminal closed nobody reads it.
    with contextlib.suppress(OSError):
        print(f"\ndemo: {error}", file=sys.stderr)
    sys.exit(error.code)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="The demo against an emulator of Streamkap on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="create or update the demo's sources")
    taken_down = commands.add_parser("down", help="destroy them, and stop the emulator")
    taken_down.add_argument("--force", action="store_true", help="do not destroy: only stop and remove")
    asked = parser.parse_args()
    try:
        if asked.command == "up":
            up()
        else:
            down(force=asked.force)
    except DemoError as error:
        fail(error)
    except KeyboardInterrupt:
        fail(DemoError("Interrupted.", 130))


if __name__ == "__main__":
    main()
