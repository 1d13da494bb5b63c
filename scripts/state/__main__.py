"""Record the state that this version writes, for the tests of all later versions.

python -m scripts.state            what `make state` does; says what to do when this version has one
python -m scripts.state --again    again, for a version that is not released yet
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import ENGINE, ROOT, Stack
from tests.engine.states import PROJECT, KeptState

PROGRAM = Path(__file__).with_name("program.py")
FAULTS = {"status_delay": 0.3, "async_delete_delay": 0.5, "unknown_keys": "keep"}
ACTIVE_BEFORE_UNREADY = 4
"""Sources of the program that become Active before the one that does not is created."""
PASSWORD = "kept-canary"
ELSEWHERE = """
seen = [
    streamkap.Source("seen", config=streamkap.WebhookConfig(format="json"), name="seen"),
    streamkap.Destination(
        "seen-destination",
        config=streamkap.KafkaDestinationConfig(kafka_sink_bootstrap="kafka.example.com:9092"),
        name="seen",
    ),
    streamkap.Tag("seen-tag", name="seen", type=["sources"]),
]
for number, key in enumerate(["seen", "seen-destination", "seen-tag"]):
    pulumi.export(key, seen[number].id)
"""
"""What the recorded stack only reads: another stack manages it."""


def main() -> int:
    """Record the state, unless this version has one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="replace what this version has")
    arguments = parser.parse_args()
    kept = KeptState(version("streamkap-pulumi"))
    if kept.folder.exists() and not arguments.again:
        print(f"{kept.version} has a state already. Raise the version in pyproject.toml first, and run `make setup`.")
        return 1
    if not (ENGINE / "pulumi").exists():
        print("There is no engine: run `make setup`.")
        return 1
    shutil.rmtree(kept.folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        record(kept, Path(folder))
    print(f"The state of {kept.version} is in {kept.folder.relative_to(ROOT)}: commit it.")
    return 0


def record(kept: KeptState, folder: Path) -> None:
    """Run the program on a new stack against a new emulator, and keep what comes of it."""
    file = folder / "emulator.sqlite"
    emulator = Emulator(file, FAULTS)
    emulator.start()
    try:
        environment = {
            "STREAMKAP_HOST": emulator.url,
            "STREAMKAP_CLIENT_ID": emulator.client_id,
            "STREAMKAP_SECRET": emulator.secret,
        }
        elsewhere = Stack(folder / "elsewhere", folder / "backend", environment, project="elsewhere")
        elsewhere.program(ELSEWHERE).up().succeeded()
        stack = Stack(folder / PROJECT, folder / "backend", environment, project=PROJECT)
        stack.configure_all(elsewhere.outputs(), {"password": PASSWORD})
        (stack.folder / "__main__.py").write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
        broken = {"value": "Broken", "after": ACTIVE_BEFORE_UNREADY, "method": "POST", "path": "^/sources$"}
        emulator.faults(end_status=broken)
        stack.up().failed().shows("source 'unready-", "is still Broken after 1 s")
        kept.record(stack, emulator, file)
    finally:
        emulator.stop()


if __name__ == "__main__":
    sys.exit(main())
