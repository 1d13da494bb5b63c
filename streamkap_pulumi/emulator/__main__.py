"""Start the emulator: ``python -m streamkap_pulumi.emulator --port 8080 --state FILE``."""

import sys

from streamkap_pulumi.emulator import missing

try:
    from streamkap_pulumi.emulator.command import main
except ModuleNotFoundError as error:
    if error.name not in {"starlette", "uvicorn"}:
        raise
    sys.exit(missing(error.name))

if __name__ == "__main__":
    sys.exit(main())
