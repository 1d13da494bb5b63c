"""The program of the fault matrix: one object of each kind, with a canary in each kind of secret, and its state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.keys import FOREIGN, SECRET_KEYS
from tests.faults.canaries import CONNECTION, PASSWORD, USER
from tests.faults.kinds import KINDS, Staged
from tests.provider_process import ProviderProcess

_PROGRAM = """
import json, sys, pulumi
import streamkap_pulumi as streamkap

registered = {}

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        registered[args.typ] = {key: value for key, value in args.inputs.items() if key != "__provider"}
        return "an id", args.inputs

    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev")
password, user, connection = json.load(sys.stdin)

@pulumi.runtime.test
def program():
    return [each.urn for each in DECLARED]

program()
print(json.dumps(registered))
"""
_SECRET = "4dabf18193072939515e22adb298388d"


def program_inputs(noun: str = "source") -> dict[str, Any]:
    """The inputs of an object, as Pulumi's SDK registers them, without the marks of secrets."""
    return _all_inputs()[KINDS[noun].kind.type_token]


@cache
def _all_inputs() -> dict[str, dict[str, Any]]:
    """Those of every kind, by type token: one process is enough for all."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "STREAMKAP_"))}
    secrets = json.dumps([PASSWORD.value, USER.value, CONNECTION.value])
    program = _PROGRAM.replace("DECLARED", "[" + ", ".join(staged.program for staged in KINDS.values()) + "]")
    run = subprocess.run(
        [sys.executable, "-c", program], input=secrets, env=kept, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise RuntimeError(f"the program of the fault matrix failed with {run.returncode}")
    # Mocks get the name as well; the engine gets it from the check.
    return {
        token: {key: value for key, value in _stripped(inputs).items() if key != "name"}
        for token, inputs in json.loads(run.stdout).items()
    }


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return _stripped(value["value"]) if _SECRET in value else {key: _stripped(item) for key, item in value.items()}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


@dataclass
class Deployed:
    """An object of the stack, as the engine keeps it between runs: what is declared and what is recorded."""

    staged: Staged
    declared: dict[str, Any] = field(repr=False)
    inputs: dict[str, Any] | None = field(default=None, repr=False)
    outputs: dict[str, Any] | None = field(default=None, repr=False)
    id: str | None = None

    @property
    def name(self) -> str:
        return str(self.declared["__name"])

    def up(self, process: ProviderProcess) -> None:
        """Check, and then Create or Update if needed."""
        checked = process.check(self.declared, self.inputs)
        assert not checked.failures, checked.failures
        if self.id is None:
            self.id, self.outputs = process.create(checked.inputs)
        else:
            assert self.inputs is not None
            assert self.outputs is not None
            if process.differs(self.id, self.outputs, self.inputs, checked.inputs):
                self.outputs = process.update(self.id, self.outputs, checked.inputs)
        self.inputs = checked.inputs

    def refresh(self, process: ProviderProcess) -> bool:
        """Read; returns False when it is gone."""
        assert self.id is not None
        found = process.read(self.id, self.inputs or {}, self.outputs or {})
        if not found.id:
            self.id = self.inputs = self.outputs = None
            return False
        self.inputs, self.outputs = found.inputs, found.outputs
        return True

    def get(self, process: ProviderProcess) -> dict[str, Any]:
        """What a `get` such as `Source.get` returns."""
        assert self.id is not None
        return process.read(self.id, {FOREIGN: True}).outputs

    def destroy(self, process: ProviderProcess) -> None:
        """Delete."""
        assert self.id is not None
        process.delete(self.id, self.outputs or {})
        self.id = self.inputs = self.outputs = None

    def create_before(self, context: Context) -> None:
        """Put it into the state that an earlier run leaves."""
        inputs, found = check(self.staged.kind, self.declared, {}, lambda _: False)
        assert not found, found
        marked = {**inputs, SECRET_KEYS: self.declared.get(SECRET_KEYS)}
        self.id, outputs = create(context, Declared.from_inputs(self.staged.kind, marked))
        self.inputs, self.outputs = inputs, json.loads(json.dumps(outputs))

    def rests(self) -> bool:
        """Whether the next preview shows nothing to do."""
        inputs, _ = check(self.staged.kind, self.declared, self.inputs or {}, lambda _: False)
        difference = diff(self.staged.kind, self.outputs or {}, inputs, lambda _: False)
        return difference.changes is False
