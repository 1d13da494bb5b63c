"""What every operation of the lifecycle works with, and which objects this run has created."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.lifecycle.declared import secrets_in
from streamkap_pulumi.lifecycle.live import config_of, connector_of
from streamkap_pulumi.lifecycle.replacing import Replacements

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import Whoami
    from streamkap_pulumi.api.redaction import Redaction
    from streamkap_pulumi.kinds.kind import Kind


class Claims:
    """The ids of the objects of one kind that this run has created; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: set[str] = set()
        self._creating: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def __contains__(self, object_id: str) -> bool:
        with self._lock:
            return object_id in self._ids

    def claim(self, object_id: str) -> bool:
        """Note that a resource has this object; False where another one has it already."""
        with self._lock:
            new = object_id not in self._ids
            self._ids.add(object_id)
            return new

    def creating(self, name: str) -> AbstractContextManager[object]:
        """Only one thread at a time creates an object of this name: a second could find what the first asked for."""
        with self._lock:
            return self._creating[name]


class Account:
    """Whose credentials a run uses, asked once (`GET /auth/whoami`); threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Whoami | None = None

    def of(self, api: Streamkap) -> Whoami:
        """The tenant and the project; raises what `api.whoami` does."""
        with self._lock:
            if self._known is None:
                self._known = api.whoami()
            return self._known


@dataclass(frozen=True)
class Context:
    """The kind of object, the API, a way to report progress, and the time. `sleep` takes seconds.

    `claims` knows the objects that this run has created, `replacements` those that it has checked before replacing, and
    `account` whose credentials it uses.
    """

    kind: Kind
    api: Streamkap
    report: Callable[[str], None] = lambda _: None
    claims: Claims = field(default_factory=Claims)
    replacements: Replacements = field(default_factory=Replacements)
    account: Account = field(default_factory=Account)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default=lambda: random.uniform(0.8, 1.2))  # noqa: S311 - no cryptography

    @property
    def objects(self) -> Any:
        """The routes of the kind."""
        return self.kind.client(self.api)

    @property
    def interrupted(self) -> bool:
        """The run is to end, as after Ctrl-C: no wait goes on, and what exists is recorded as it is."""
        return self.api.interruption.came

    @property
    def redaction(self) -> Redaction:
        """Knows every secret value of the run, those of other objects too: they may share a Kafka Connect cluster.

        The API's errors are cleared by it wherever they are quoted.
        """
        return self.api.redaction

    def fetch(self, object_id: str, *, once: bool = False) -> Any:
        """`GET` the object with its secrets, which nothing quotes from then on; `once` is for those who poll."""
        seen = self.objects.get(object_id, once=once)
        self.redaction.learn(secrets_in(self.kind, connector_of(seen), config_of(seen)))
        return seen

    def named(self, name: str, object_id: str) -> str:
        """What messages call an object, such as ``source 'orders' (64a1…)``."""
        return f"{self.kind.noun} {name!r} ({object_id})"
