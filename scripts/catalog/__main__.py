"""Write the bundled catalogue, the typed classes and the reference documentation.

python -m scripts.catalog                            from the facts that are bundled
python -m scripts.catalog --survey path/to/file.json from a newer connector survey, of sources or of destinations
python -m scripts.catalog --check                    write nothing; fail when a file is stale
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.catalog import classes, data, newer, reference, survey, words
from scripts.catalog.families import FAMILIES, Family
from scripts.catalog.written import Folder
from streamkap_pulumi.config.catalogue import Connector, read_connector

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "streamkap_pulumi" / "config" / "catalogue"
CLASSES = ROOT / "streamkap_pulumi" / "connectors"
REFERENCE = ROOT / "docs" / "connectors"


def main() -> int:
    """Write the files that are stale; with --check, only list them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", type=Path, help="the connector survey to take the facts from")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    arguments = parser.parse_args()
    surveyed = survey.from_survey(arguments.survey) if arguments.survey else None
    facts, problems = {}, []
    for family in FAMILIES:
        found = facts_of(family, surveyed)
        problems += edited(family, found) if surveyed is None else []
        facts[family] = newer.with_newer(family, found)
        problems += [f"scripts/catalog/{place}: not written yet" for place in words.missing(family, facts[family])]
    for problem in problems:
        print(problem)
    if problems:
        return 1
    described = {family: data.files(family, each) for family, each in facts.items()}
    connectors = {family: [read_connector(text) for text in files.values()] for family, files in described.items()}
    folders = [folder for family in FAMILIES for folder in folders_of(family, described[family], connectors[family])]
    folders.append(Folder(CLASSES, "*.py", classes.index(connectors), by_hand=("base.py",)))
    stale = [path for folder in folders for path in folder.stale()]
    if arguments.check:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)}; run `make catalog`", file=sys.stderr)
        return 1 if stale else 0
    for folder in folders:
        folder.write()
    print(f"{sum(map(len, facts.values()))} connectors, {len(stale)} files written")
    return 0


def facts_of(family: Family, surveyed: survey.Survey | None) -> dict[str, survey.Facts]:
    """The family's facts: from the survey if it is one of this family, otherwise those that are bundled."""
    if surveyed and surveyed.family == family:
        return surveyed.facts
    return survey.from_bundle(DATA / family.plural, words.MERGED)


def edited(family: Family, facts: Mapping[str, survey.Facts]) -> list[str]:
    """The bundled files whose facts were changed by hand."""
    return [
        f"{path.relative_to(ROOT)}: its facts were changed by hand, but they come from a survey (SURVEY=file)"
        for path in survey.changed_by_hand(DATA / family.plural, facts)
    ]


def folders_of(family: Family, described: dict[str, str], connectors: list[Connector]) -> list[Folder]:
    """The folders with the family's files."""
    return [
        Folder(DATA / family.plural, "*.json", described),
        Folder(CLASSES / family.plural, "*.py", classes.files(family, connectors)),
        Folder(REFERENCE / family.pages, "*.md", reference.files(family, connectors)),
    ]


if __name__ == "__main__":
    sys.exit(main())
