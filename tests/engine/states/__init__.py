"""States that versions of this package have written, each in a folder with the version's name.

Each folder holds the program, the stack's configuration, the exported stack, and the objects as the emulator stored
them, in a file per kind; 0.1.0 and 0.2.0 were recorded when there were only sources. `make state` records one; nothing
changes them afterwards.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.emulator.store import Record
from streamkap_pulumi.emulator.store import Store
from streamkap_pulumi.kinds import KINDS
from streamkap_pulumi.kinds.kind import Kind
from tests.engine.stack import Stack

FOLDER = Path(__file__).parent
PROJECT = "kept"
HOST = "http://emulator.invalid"
"""Stands for the emulator's address, which is another one in each run."""


@dataclass(frozen=True)
class KeptState:
    """The state that one version has written."""

    version: str
    parent: Path = FOLDER

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.parent / self.version

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of objects that the version recorded."""
        return [kind for kind in KINDS if self._objects(kind).exists()]

    @property
    def program(self) -> str:
        """The program that made it."""
        return (self.folder / "program.py").read_text(encoding="utf-8")

    def deployment(self) -> dict[str, Any]:
        """The exported stack."""
        return dict(json.loads((self.folder / "stack.json").read_text(encoding="utf-8")))

    def put_into(self, stack: Stack) -> None:
        """Give an empty stack this state, with its program and its configuration."""
        (stack.folder / "__main__.py").write_text(self.program, encoding="utf-8")
        settings = (self.folder / "settings.yaml").read_text(encoding="utf-8")
        (stack.folder / f"Pulumi.{stack.name}.yaml").write_text(settings, encoding="utf-8")
        host = stack.environment["STREAMKAP_HOST"]
        here = (self.folder / "stack.json").read_text(encoding="utf-8").replace(HOST, host)
        (stack.folder / "stack.json").write_text(here, encoding="utf-8")
        stack.pulumi("stack", "import", "--file", "stack.json").succeeded()

    def objects_into(self, file: Path) -> None:
        """Write the objects into a new state file of the emulator."""
        store = Store(file)
        for kind in self.kinds:
            for row in json.loads(self._objects(kind).read_text(encoding="utf-8")):
                store.save(Record.load(json.dumps(row)))
        store.close()

    def record(self, stack: Stack, emulator: Emulator, file: Path) -> None:
        """Keep `stack` as it is, and the objects out of `file`, the state of the emulator, which is stopped for it."""
        self.folder.mkdir(parents=True)
        exported = stack.pulumi("stack", "export").succeeded().text.replace(emulator.url, HOST)
        state = json.loads(exported)
        for resource in state["deployment"]["resources"]:
            for told_of_the_machine in ("sourcePosition", "stackTrace"):
                resource.pop(told_of_the_machine, None)
        emulator.stop()
        store = Store(file)
        for kind in KINDS:
            rows = [json.loads(record.dump()) for record in store.records(kind.plural)]
            self._objects(kind).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        store.close()
        for name, text in {
            "stack.json": json.dumps(state, indent=1) + "\n",
            "program.py": (stack.folder / "__main__.py").read_text(encoding="utf-8"),
            "settings.yaml": (stack.folder / f"Pulumi.{stack.name}.yaml").read_text(encoding="utf-8"),
        }.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def _objects(self, kind: Kind) -> Path:
        return self.folder / f"{kind.plural}.json"


def kept_states() -> list[KeptState]:
    """All of them, oldest first."""
    return [KeptState(folder.name) for folder in sorted(FOLDER.iterdir(), key=_age) if (folder / "stack.json").exists()]


def _age(folder: Path) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in folder.name.split(".")]
