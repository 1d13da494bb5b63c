"""What was to be seen of one cell, and what must hold whatever the fault was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.canaries import USER, Canary, Leak, leaks

SECRET_KEYS = ("database.password", "database.user", "transforms.InsertStaticValue1.static.value")
MOST_REQUESTS = 90
HTML = re.compile(r"<html|<center|<h1|nginx|<!doctype", re.IGNORECASE)
_TOLD_TO_BE_POSSIBLE = "not known whether"


@dataclass(frozen=True)
class Outcome:
    """What became of one source: the error's text (None: none), and what the stack records of it."""

    name: str
    error: str | None
    code: str = ""
    more: str = field(default="", repr=False)
    """All else that gRPC tells of the error."""
    source_id: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    gone: bool = False
    """A read found that there is no such source."""
    foreign: bool = False
    """It is a look-up's: nothing of it is encrypted, and what only another program marks is not known to it."""

    def recorded(self) -> dict[str, Any]:
        """What is recorded, without the properties that the engine encrypts."""
        config = self.outputs.get("config")
        hidden = ("database.user",) if self.foreign else SECRET_KEYS
        plain = {k: v for k, v in config.items() if k not in hidden} if isinstance(config, Mapping) else config
        return {**self.outputs, "config": plain}


@dataclass(frozen=True)
class Observation:
    """What was to be seen while the fault was in force, and of the run after it."""

    outcomes: tuple[Outcome, ...]
    after: tuple[Outcome, ...]
    """Of the next run, the fault being over; empty where there was none."""
    rests: bool | None
    """Whether the next preview shows nothing to do; None where that was not asked."""
    stdout: str
    stderr: str = field(repr=False)
    requests: tuple[Mapping[str, Any], ...] = field(repr=False)
    """Those of the run under the fault, without those for tokens."""
    logins: tuple[Mapping[str, Any], ...] = field(repr=False)
    """The requests for tokens of the run under the fault."""
    met: Mapping[str, int]
    """The switches that were set, by how many requests got the value that they stood at."""
    acted: bool
    """Whether somebody else acted meanwhile."""
    log: tuple[Mapping[str, Any], ...] = field(repr=False)
    """The emulator's whole log."""
    before: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The sources by id, as they were before the operation; secrets in clear."""
    start: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The same when it began, after what somebody else did."""
    then: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The same after it, before the next run."""
    last: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """The same in the end."""
    canaries: tuple[Canary, ...]
    seconds: float = 0.0

    def leaks(self) -> list[Leak]:
        """Canaries anywhere that a user, a log or a state file shows."""
        places: dict[str, Any] = {"standard output": self.stdout, "standard error, DEBUG logs included": self.stderr}
        for number, outcome in enumerate((*self.outcomes, *self.after)):
            places[f"the error's text ({number})"] = outcome.error or ""
            places[f"what gRPC tells of the error ({number})"] = outcome.more
            places[f"what is recorded in clear ({number})"] = outcome.recorded()
        found = leaks(places, self.canaries)
        # A server cannot know what only a program marks: its log shows that one as it was sent.
        known_to_a_server = [each for each in self.canaries if each != USER]
        return found + leaks({"the emulator's log of requests": list(self.log)}, known_to_a_server)

    def broken(self, *, most_requests: int = MOST_REQUESTS) -> list[str]:
        """What must hold after every fault and does not hold here, each as a sentence."""
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
        for outcomes, sources in ((self.outcomes, self.then), (self.after or self.outcomes, self.last)):
            names = [source["name"] for source in sources.values() if alive(source)]
            found += [f"{names.count(name)} sources are called {name}" for name in set(names) if names.count(name) > 1]
            if len(made := self._made(sources)) > len(outcomes):
                found.append(f"{len(made)} sources were made for {len(outcomes)} resources")
        return found

    def _made(self, sources: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The ids of those that exist and did not before, whatever they are called."""
        return [key for key, source in sources.items() if key not in self.before and alive(source)]

    def _forgotten(self) -> list[str]:
        """What exists and was not there before is recorded, told by its id, or told to be possible."""
        found = []
        for outcomes, sources in ((self.outcomes, self.then), (self.after or self.outcomes, self.last)):
            recorded = {outcome.source_id for outcome in outcomes}
            errors = [outcome.error or "" for outcome in outcomes]
            untold = [made for made in self._made(sources) if made not in recorded and made not in " ".join(errors)]
            if len(untold) > sum(_TOLD_TO_BE_POSSIBLE in error for error in errors):
                found += [f"neither the state nor an error tells of the source {each}, which exists" for each in untold]
        return found


def alive(source: Mapping[str, Any]) -> bool:
    """The source exists for whoever may see it."""
    return not source["deleted"] and not source["orphan"]
