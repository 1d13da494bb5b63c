"""List a project's sources with the API client alone, without Pulumi.

export STREAMKAP_CLIENT_ID=… STREAMKAP_SECRET=…
python examples/list_sources.py [connector]
"""

import sys

from streamkap_pulumi.api import Settings, Streamkap, StreamkapError


def main() -> int:
    """Print a line per source: id, status, connector, name."""
    connector = sys.argv[1] if len(sys.argv) > 1 else None
    try:
        with Streamkap.from_settings(Settings.find()) as streamkap:
            for source in streamkap.sources.iterate(connector=connector):
                print(source.id, source.connector_status, source.connector, source.name, sep="\t")
    except StreamkapError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
