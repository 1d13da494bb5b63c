"""A stack of a hundred PostgreSQL sources, with an API that takes 300 ms per call: seconds, requests, memory.

    .venv/bin/python -m benchmarks.scale [--sources 100] [--latency 0.3] [--parallel 64]

Each operation is one `pulumi` command without a preview. The engine's own time grows with the stack, so each command is
also run on a stack with as many resources of a provider that does nothing: the difference is what our provider adds.
Memory is the peak of the provider process, as the system counts it (Linux).
"""

from __future__ import annotations

import argparse
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import Run, Stack

_ID = re.compile(r"[0-9a-f]{24}")

SOURCES = """
for number in range({count}):
    streamkap.Source(
        f"orders-{{number}}",
        config=streamkap.PostgreSQLConfig(
            database_hostname="{host}",
            database_dbname=f"shop{{number}}",
            database_user="streamkap",
            database_password="a password",
            schema_include_list=["public"],
            table_include_list=["public.orders"],
        ),
    )
"""

NOTHING = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

class Nothing(ResourceProvider):
    def create(self, props):
        return CreateResult("id", props)

    def update(self, _id, _olds, news):
        return UpdateResult(news)

class Bare(Resource, module="benchmark", name="Bare"):
    pass

for number in range({count}):
    Bare(Nothing(), f"nothing-{{number}}", {{"host": "{host}"}})
"""


class Peak:
    """The peak memory of any provider process, in MiB."""

    def __init__(self) -> None:
        self.mib = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Check the processes of this machine four times a second."""
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(done,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(0.25):
            self.mib = max([self.mib, *map(_provider_mib, Path("/proc").glob("[0-9]*"))])


def _provider_mib(process: Path) -> float:
    """The peak memory of a provider process; 0 for any other process, and for one that has ended."""
    try:
        if b"pulumi.dynamic" not in (process / "cmdline").read_bytes():
            return 0.0
        peak = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text(encoding="utf-8"))
    except OSError:
        return 0.0
    return int(peak[1]) / 1024 if peak else 0.0


def timed(call: Callable[[], Run]) -> float:
    """Wall-clock seconds of a command, which must succeed."""
    began = time.perf_counter()
    call().succeeded()
    return time.perf_counter() - began


def counted(emulator: Emulator) -> str:
    """The requests since the last count, by kind."""
    kinds = Counter(f"{request['method']} {_ID.sub('{id}', request['path'])}" for request in emulator.requests())
    emulator.forget_requests()
    return f"{sum(kinds.values())} requests: " + ", ".join(f"{count} x {kind}" for kind, count in kinds.items())


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds that the API takes per call")
    parser.add_argument("--parallel", type=int, default=64)
    options = parser.parse_args()
    faults = {"status_delay": 0, "async_delete_delay": 0, "latency_before_commit": options.latency}
    with tempfile.TemporaryDirectory() as folder, Emulator(faults=faults) as emulator:
        environment = {
            "STREAMKAP_HOST": emulator.url,
            "STREAMKAP_CLIENT_ID": emulator.client_id,
            "STREAMKAP_SECRET": emulator.secret,
        }
        ours = Stack(Path(folder, "ours"), Path(folder, "state"), environment, project="ours")
        bare = Stack(Path(folder, "bare"), Path(folder, "state"), environment, project="bare")
        parallel = ("--parallel", str(options.parallel))

        def declare(host: str) -> None:
            ours.program(SOURCES.format(count=options.sources, host=host))
            bare.program(NOTHING.format(count=options.sources, host=host))

        operations: tuple[tuple[str, Callable[[Stack], Run], str], ...] = (
            ("create", lambda stack: stack.up(*parallel), "db.example.com"),
            ("up without changes", lambda stack: stack.up(*parallel), "db.example.com"),
            ("update all", lambda stack: stack.up(*parallel), "db2.example.com"),
            ("refresh", lambda stack: stack.refresh(*parallel), "db2.example.com"),
            ("destroy", lambda stack: stack.pulumi("destroy", "--yes", "--skip-preview", *parallel), "db2.example.com"),
        )
        peak = Peak()
        for name, operate, host in operations:
            declare(host)
            emulator.forget_requests()
            with peak.watched():
                seconds = timed(lambda operate=operate: operate(ours))  # type: ignore[misc]
            requests = counted(emulator)
            without = timed(lambda operate=operate: operate(bare))  # type: ignore[misc]
            print(f"{name:20} {seconds:6.1f} s   engine alone {without:6.1f} s   {requests}", flush=True)
        print(f"peak memory of the provider process: {peak.mib:.0f} MiB")


if __name__ == "__main__":
    main()
