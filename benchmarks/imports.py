"""How long importing the package takes, compared with `import pulumi`.

    .venv/bin/python -m benchmarks.imports [--runs 15]

Each step runs in a process of its own, and the steps take turns, so that a busy machine slows all of them. The figures
are medians. All modules are compiled beforehand, as an installer does. The typed classes that are loaded are listed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import streamkap_pulumi

ROOT = Path(streamkap_pulumi.__file__).resolve().parent.parent

STEPS = {
    "import streamkap_pulumi": "import streamkap_pulumi as s",
    "and one typed config": (
        "import streamkap_pulumi as s; s.PostgreSQLConfig(database_hostname='h', database_user='u', "
        "database_password='p', database_dbname='d', schema_include_list=['public'], table_include_list=['public.t'])"
    ),
    "and one of a destination": (
        "import streamkap_pulumi as s; s.PostgreSQLDestinationConfig(database_hostname='h', connection_username='u', "
        "connection_password='p', database_database='d', table_name_prefix='public')"
    ),
    "and Source": "import streamkap_pulumi as s; s.PostgreSQLConfig; s.Source",
}

TIMED = """
import sys, time
began = time.perf_counter()
import pulumi
between = time.perf_counter()
{step}
ended = time.perf_counter()
loaded = [name for name in sys.modules if name.startswith("streamkap_pulumi.connectors.")]
print(between - began, ended - between, ",".join(name.rpartition(".")[2] for name in loaded) or "none")
"""


def timed(step: str, compiled: str) -> tuple[float, float, str]:
    """Seconds for `import pulumi`, seconds for `step` after it, and the typed classes that are loaded."""
    # Each module is compiled once, when it is first imported.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": compiled, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", TIMED.format(step=step)]
    shown = subprocess.run(command, env=environment, cwd=compiled, check=True, capture_output=True, text=True).stdout
    pulumi, ours, loaded = shown.split()
    return float(pulumi), float(ours), loaded


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as compiled:
        taken: dict[str, list[tuple[float, float, str]]] = {name: [] for name in STEPS}
        for _ in range(1 + runs):
            for name, step in STEPS.items():
                taken[name].append(timed(step, compiled))
    for name, rows in taken.items():
        measured = rows[1:]  # The first run compiles.
        ratio = statistics.median(ours / pulumi for pulumi, ours, _ in measured)
        ours = statistics.median(row[1] for row in measured)
        pulumi = statistics.median(row[0] for row in measured)
        print(
            f"{name:26} {ours * 1000:6.1f} ms   import pulumi {pulumi * 1000:6.1f} ms   ratio {ratio:5.3f}   "
            f"typed classes loaded: {measured[0][2]}"
        )


if __name__ == "__main__":
    main()
