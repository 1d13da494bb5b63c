"""Write the bundled catalogue, the typed classes and the reference documentation.

python -m scripts.catalog                            from the facts that are bundled
python -m scripts.catalog --survey path/to/file.json from a newer connector survey
python -m scripts.catalog --check                    write nothing; fail when a file is stale
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.catalog import classes, data, newer, reference, survey, words
from scripts.catalog.written import Folder
from streamkap_pulumi.config.catalogue import read_connector

ROOT = Path(__file__).resolve().parents[2]
KIND = "sources"
DATA = ROOT / "streamkap_pulumi" / "config" / "catalogue" / KIND
CLASSES = ROOT / "streamkap_pulumi" / "connectors"
REFERENCE = ROOT / "docs" / "connectors"


def main() -> int:
    """Write the files that are stale; with --check, only list them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", type=Path, help="the connector survey to take the facts from")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    arguments = parser.parse_args()
    facts = survey.from_survey(arguments.survey) if arguments.survey else survey.from_bundle(DATA, words.MERGED)
    edited = [] if arguments.survey else survey.changed_by_hand(DATA, facts)
    for path in edited:
        print(f"{path.relative_to(ROOT)}: its facts were changed by hand, but they come from a survey (SURVEY=file)")
    facts = newer.with_newer(facts)
    unwritten = words.missing(facts)
    for place in unwritten:
        print(f"scripts/catalog/{place}: not written yet")
    if edited or unwritten:
        return 1
    described = data.files(facts)
    connectors = [read_connector(text) for text in described.values()]
    folders = [
        Folder(DATA, "*.json", described),
        Folder(CLASSES, "*.py", classes.index({KIND: connectors}), by_hand=("base.py",)),
        Folder(CLASSES / KIND, "*.py", classes.files(KIND, connectors)),
        Folder(REFERENCE, "*.md", reference.files(connectors)),
    ]
    stale = [path for folder in folders for path in folder.stale()]
    if arguments.check:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)}; run `make catalog`", file=sys.stderr)
        return 1 if stale else 0
    for folder in folders:
        folder.write()
    print(f"{len(facts)} connectors, {len(stale)} files written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
