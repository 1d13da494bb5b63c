"""What the emulator was asked, in a form that tests can compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamkap_pulumi.emulator import Emulator


@contextmanager
def traffic(emulator: Emulator) -> Iterator[list[dict[str, Any]]]:
    """The requests that come in meanwhile, without those for tokens."""
    emulator.forget_requests()
    seen: list[dict[str, Any]] = []
    yield seen
    seen += [request for request in emulator.requests() if not request["path"].startswith("/auth/")]


def methods(requests: list[dict[str, Any]]) -> list[str]:
    """The methods, with reads in a row counted once."""
    found: list[str] = []
    for request in requests:
        if request["method"] != "GET" or found[-1:] != ["GET"]:
            found.append(request["method"])
    return found


def only(emulator: Emulator) -> dict[str, Any]:
    """The one source that exists, as it is stored, secrets in clear."""
    alive = [source for source in emulator.sources(secrets=True) if not source["deleted"]]
    assert len(alive) == 1, f"{len(alive)} sources exist"
    return alive[0]
