"""What was observed in one cell, and what must hold whatever the fault is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.canaries import USER, Canary, Leak, leaks

MOST_REQUESTS = 90
HTML = re.compile(r"<html|<center|<h1|nginx|<!doctype", re.IGNORECASE)
_SAID_TO_BE_POSSIBLE = "may or may not have been created"


@dataclass(frozen=True)
class Outcome:
    """What happened to one object: the error (None: none), and what the stack records."""

    name: str
    error: str | None
    code: str = ""
    more: str = field(default="", repr=False)
    """Everything else that gRPC says about the error."""
    object_id: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    gone: bool = False
    """Whether a read found that it does not exist."""
    encrypted: tuple[str, ...] = ()
    """The properties that the engine encrypts."""

    def recorded(self) -> dict[str, Any]:
        """What is recorded, without the properties that the engine encrypts."""
        config = self.outputs.get("config")
        plain = {k: v for k, v in config.items() if k not in self.encrypted} if isinstance(config, Mapping) else config
        return {**self.outputs, "config": plain}


@dataclass(frozen=True)
class Observation:
    """What was observed under the fault, and in the run after it."""

    outcomes: tuple[Outcome, ...]
    after: tuple[Outcome, ...]
    """Those of the next run, once the fault is over; empty where there was none."""
    rests: bool | None
    """Whether the next preview shows nothing to do; None where none was run."""
    stdout: str
    stderr: str = field(repr=False)
    requests: tuple[Mapping[str, Any], ...] = field(repr=False)
    """Those of the run under the fault, without those for tokens."""
    logins: tuple[Mapping[str, Any], ...] = field(repr=False)
    """The requests for tokens of the run under the fault."""
    met: Mapping[str, int]
    """The switches that were set, each with the number of requests that got its value."""
    acted: bool
    """Whether somebody else acted meanwhile."""
    log: tuple[Mapping[str, Any], ...] = field(repr=False)
    """The emulator's whole log."""
    before: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The objects by id, as they were before the operation; secrets in clear."""
    start: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The same when the operation began, after what somebody else did."""
    then: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The same after it, before the next run."""
    last: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The same at the end."""
    canaries: tuple[Canary, ...]
    seconds: float = 0.0

    def leaks(self) -> list[Leak]:
        """Canaries in anything that a user, a log or a state file shows."""
        places: dict[str, Any] = {"standard output": self.stdout, "standard error, DEBUG logs included": self.stderr}
        for number, outcome in enumerate((*self.outcomes, *self.after)):
            places[f"the error's text ({number})"] = outcome.error or ""
            places[f"what gRPC says about the error ({number})"] = outcome.more
            places[f"what is recorded in clear ({number})"] = outcome.recorded()
        found = leaks(places, self.canaries)
        # A server cannot know what only a program marks: its log shows that secret as it was sent.
        known_to_a_server = [each for each in self.canaries if each != USER]
        return found + leaks({"the emulator's log of requests": list(self.log)}, known_to_a_server)

    def broken(self, *, most_requests: int = MOST_REQUESTS) -> list[str]:
        """What must always hold and does not hold here, each as a sentence."""
        found = [str(leak) for leak in self.leaks()]
        found += self._doubled() + self._forgotten()
        texts = {
            "the error": " ".join(outcome.error or "" for outcome in (*self.outcomes, *self.after)),
            "the output": self.stdout,
            "the state": repr([outcome.recorded() for outcome in (*self.outcomes, *self.after)]),
        }
        found += [f"{place} shows HTML" for place, text in texts.items() if HTML.search(text)]
        found += [f"{place} shows a traceback" for place, text in texts.items() if "Traceback" in text]
        if len(self.requests) > most_requests:
            found.append(f"{len(self.requests)} requests were sent, more than {most_requests}")
        return found

    def _doubled(self) -> list[str]:
        found = []
        for outcomes, objects in ((self.outcomes, self.then), (self.after or self.outcomes, self.last)):
            names = [each["name"] for each in objects.values() if alive(each)]
            found += [f"{names.count(name)} objects are called {name}" for name in set(names) if names.count(name) > 1]
            if len(created := self._created(objects)) > len(outcomes):
                found.append(f"{len(created)} objects were created for {len(outcomes)} resources")
        return found

    def _created(self, objects: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The ids of the objects that are new, whatever their names."""
        return [key for key, each in objects.items() if key not in self.before and alive(each)]

    def _forgotten(self) -> list[str]:
        """Objects that are new and neither recorded, nor named by id in an error, nor said to be possible."""
        found = []
        for outcomes, objects in ((self.outcomes, self.then), (self.after or self.outcomes, self.last)):
            recorded = {outcome.object_id for outcome in outcomes}
            errors = [outcome.error or "" for outcome in outcomes]
            lost = [new for new in self._created(objects) if new not in recorded and new not in " ".join(errors)]
            if len(lost) > sum(_SAID_TO_BE_POSSIBLE in error for error in errors):
                found += [f"neither the state nor an error mentions {each}, which exists" for each in lost]
        return found


def alive(stored: Mapping[str, Any]) -> bool:
    """Whether the object exists for those who may see it."""
    return not stored["deleted"] and not stored.get("orphan")
