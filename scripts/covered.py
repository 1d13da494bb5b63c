"""Tell how much of the parts that guarantee something the tests have run, lines and branches each, and fail below 95 %.

python -m scripts.covered "lifecycle/*" "api/*" provider.py     after `coverage combine`
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coverage import Coverage

LEAST = 95.0
"""Percent, of the lines and of the branches."""
MEASURES = {"lines": ("covered_lines", "num_statements"), "branches": ("covered_branches", "num_branches")}


def shares(totals: Mapping[str, Any]) -> dict[str, float]:
    """Percent by measure, of the totals of one of coverage's reports; what has no branches has all of them run."""
    return {
        measure: 100 * totals[run] / totals[there] if totals[there] else 100.0
        for measure, (run, there) in MEASURES.items()
    }


def report(part: str, package: str = "streamkap_pulumi") -> dict[str, Any]:
    """Coverage's own report of a part of the package, from the data file in this folder."""
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        measured.json_report(include=[f"{package}/{part}"], outfile=str(file))
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return told


def missing(files: Mapping[str, Any]) -> list[str]:
    """Each file with something that no test has run: its lines, and its branches as from->to."""
    told = []
    for name, file in sorted(files.items()):
        branches = [f"{start}->{'exit' if end <= 0 else end}" for start, end in file.get("missing_branches", ())]
        places = [*map(str, file["missing_lines"]), *branches]
        if places:
            told.append(f"  {name}: {', '.join(places)}")
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each part, then what is missing in it; 1 when one is below `LEAST`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="+", help="globs below the package")
    failed = False
    for part in parser.parse_args(arguments).parts:
        told = report(part)
        found = shares(told["totals"])
        low = [measure for measure, share in found.items() if share < LEAST]
        failed = failed or bool(low)
        figures = ", ".join(f"{share:.1f} % of its {measure}" for measure, share in found.items())
        verdict = f": below {LEAST:.0f} %" if low else ""
        sys.stdout.write("\n".join([f"{part}: {figures}{verdict}", *missing(told["files"]), ""]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
