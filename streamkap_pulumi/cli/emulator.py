"""``streamkap emulator``: the command of `streamkap_pulumi.emulator`, under a shorter name."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

from cyclopts import Parameter

from streamkap_pulumi.cli.exit_codes import FailedError
from streamkap_pulumi.cli.output import Page
from streamkap_pulumi.emulator import missing

_EXTRA = {"starlette", "uvicorn"}


def emulator(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> Page:
    """Run a local Streamkap API, to try things out and to test against."""
    try:
        main = import_module("streamkap_pulumi.emulator.command").main
    except ModuleNotFoundError as error:
        if (error.name or "") not in _EXTRA:
            raise
        raise FailedError(f"{missing(error.name or '')}.") from None
    try:
        return Page(code=main(list(arguments), program="streamkap emulator"))
    except SystemExit as ended:  # Its help, or wrong arguments, which it has reported already.
        return Page(code=ended.code if isinstance(ended.code, int) else 1)
