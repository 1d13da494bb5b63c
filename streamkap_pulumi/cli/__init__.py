"""The command line ``streamkap``. It needs the extra ``cli``: ``pip install ".[cli]"`` in a clone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from streamkap_pulumi.cli.exit_codes import Exit
from streamkap_pulumi.streams import write

_EXTRA = {"cyclopts", "rich"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code, one of `exit_codes`."""
    try:
        # Late, so that a missing extra is an error that says how to get it, and not a traceback of an import.
        run = import_module(f"{__name__}.app").run
        return int(run(arguments))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        write(sys.stderr, 'The command line needs more packages: pip install ".[cli]" in a clone of streamkap-pulumi\n')
        return Exit.FAILED
