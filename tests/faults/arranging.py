"""How the faults of the table are arranged: rules of the emulator, and what somebody else does."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from tests.faults.kinds import KINDS, Staged
from tests.faults.table import Cell

ECHOES = {"error_echoes_secrets": "all", "task_trace_secret": "all"}
"""Faults in every cell: errors and traces echo everything that was sent."""


def is_request(logged: Mapping[str, Any], method: str, path: str) -> bool:
    """Whether an entry of the emulator's log is such a request."""
    return bool(logged["method"] == method and re.search(path, logged["path"]))


def rules(cell: Cell) -> dict[str, Any]:
    """The emulator's faults that arrange the cell's, and those of every cell."""
    said = cell.fault.arranged
    method, path = cell.staged.requests()[cell.operation]
    scopes: dict[str, dict[str, Any]] = {
        "request": {"methods": [method], "path": path},
        "anything": {},
        "token": {"methods": ["POST"], "path": "/auth/access-token"},
        "gets": {"methods": ["GET"], "path": f"/{cell.staged.kind.plural}"},
    }
    limits = {key: said[key] for key in ("times", "after") if key in said}
    found: dict[str, Any] = dict(ECHOES)
    for scope, where in scopes.items():
        for name, value in said.get(scope, {}).items():
            found[name] = {"value": value, **where, **limits}
    return found | dict(said.get("plain", {}))


def to_be_met(cell: Cell) -> dict[str, int]:
    """The cell's own faults, each with the number of requests that must meet it: its limit, or one."""
    own = {name: rule for name, rule in rules(cell).items() if name not in ECHOES and name not in cell.unmet}
    return {name: rule.get("times", 1) if isinstance(rule, Mapping) else 1 for name, rule in own.items()}


def setting_variable(key: str) -> str:
    """The environment variable of a setting: ``maxRetries`` is ``STREAMKAP_MAX_RETRIES``."""
    return "STREAMKAP_" + re.sub("([A-Z])", r"_\1", key).upper()


def take_name(emulator: Emulator, client: str, name: str, staged: Staged = KINDS["source"]) -> None:
    """Create another object of the kind with the name."""
    with api.Streamkap(emulator.url, f"{client}-client", f"{client}-secret") as other:
        staged.kind.client(other).create(name=name, **staged.others)


def make_hundred(emulator: Emulator, name: str) -> None:
    """Create a hundred sources with names that contain this one, so that a source with the name is on page 2."""
    for number in range(100):
        take_name(emulator, "demo", f"{name}-{number}")
    emulator.forget_requests()


@contextmanager
def unreachable(*, accepting: bool) -> Iterator[int]:
    """A port that nothing listens on, or one with a full queue, which accepts no connection."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        if accepting:
            listener.listen(0)
            for _ in range(4):
                filler = opened.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            time.sleep(0.05)
        yield port
