"""How long `pulumi up` and `pulumi preview` take with one source, compared with a program without resources.

    .venv/bin/python -m benchmarks.lifecycle [--runs 5]

The two take turns, so that a busy machine slows both. The figures are medians of wall-clock seconds and of the ratio of
each pair. Then the requests of each operation are counted. The emulator's sources are ready at once, so this measures
the provider and the engine, not Streamkap.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Run, Stack

_ID = re.compile(r"[0-9a-f]{24}")

EMPTY = "pulumi.export('nothing', 1)\n"


def timed(call: Callable[[], Run]) -> float:
    """Wall-clock seconds of a command, which must succeed."""
    began = time.perf_counter()
    call().succeeded()
    return time.perf_counter() - began


def pair(name: str, runs: int, with_source: Callable[[], Run], without: Callable[[], Run]) -> None:
    """Time two commands that take turns, and print a line."""
    ones, others = [], []
    for _ in range(runs):
        ones.append(timed(with_source))
        others.append(timed(without))
    ratio = statistics.median(one / other for one, other in zip(ones, others, strict=True))
    print(
        f"{name:28} one source {statistics.median(ones):5.2f} s   no resource {statistics.median(others):5.2f} s   "
        f"ratio {ratio:4.2f}   ({min(ones):.2f}-{max(ones):.2f} s, {min(others):.2f}-{max(others):.2f} s)"
    )


def counted(emulator: Emulator, name: str, call: Callable[[], Run]) -> None:
    """Run a command and print its requests."""
    emulator.forget_requests()
    call().succeeded()
    requests = [f"{request['method']} {_ID.sub('{id}', request['path'])}" for request in emulator.requests()]
    by_kind = ", ".join(f"{requests.count(kind)} x {kind}" for kind in dict.fromkeys(requests)) or "none"
    print(f"{name:28} {len(requests)} requests: {by_kind}")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(faults={"status_delay": 0, "async_delete_delay": 0}) as emulator,
    ):
        environment = {
            "STREAMKAP_HOST": emulator.url,
            "STREAMKAP_CLIENT_ID": emulator.client_id,
            "STREAMKAP_SECRET": emulator.secret,
        }
        one = Stack(Path(folder, "one"), Path(folder, "state"), environment, project="one").program(ORDERS)
        none = Stack(Path(folder, "none"), Path(folder, "state"), environment, project="none").program(EMPTY)
        pair("preview of a new stack", runs, one.preview, none.preview)
        counted(emulator, "create", one.up)
        none.up().succeeded()
        pair("up without changes", runs, one.up, none.up)
        pair("preview without changes", runs, one.preview, none.preview)
        counted(emulator, "up without changes", one.up)
        counted(emulator, "refresh", one.refresh)
        one.program(changed(ORDERS, "db.example.com", "db2.example.com"))
        counted(emulator, "update", one.up)
        counted(emulator, "delete", one.destroy)


if __name__ == "__main__":
    main()
