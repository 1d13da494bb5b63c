"""The command line ``streamkap``. It needs the extra ``cli``: ``pip install 'streamkap-pulumi[cli]'``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

_EXTRA = {"cyclopts", "rich"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code, which `streamkap_pulumi.cli.app` documents."""
    try:
        # Late, so that a missing extra is told by how to get it and not by a traceback out of an import.
        run = import_module(f"{__name__}.app").run
        return int(run(arguments))
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        sys.stderr.write("The command line needs more packages: pip install 'streamkap-pulumi[cli]'\n")
        return 1
