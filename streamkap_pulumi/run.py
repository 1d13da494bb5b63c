"""What one run shares among all kinds of objects: clients, secrets, and what is known of each object.

In the provider host there is one run per process, in a program one per connection to the engine. A run may have several
tenants; what belongs to one is kept by its settings, and what belongs to a kind of object by the kind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from streamkap_pulumi import api
from streamkap_pulumi.config.spelling import Spelling
from streamkap_pulumi.lifecycle.checked import CheckedObjects
from streamkap_pulumi.lifecycle.context import Account, Claims, Context
from streamkap_pulumi.lifecycle.replacing import Replacements

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind

Report = Callable[[str], None]


@dataclass(frozen=True)
class Writing:
    """How the program writes one object. Only `check` sees it, and it is not recorded as such."""

    spelling: Spelling = field(default_factory=Spelling)
    secret_keys: tuple[str, ...] = ()
    """The keys of the config whose values the program marks as secret."""
    default_name: str = ""


class Notes:
    """What a run knows of one tenant's objects of one kind; threads share it."""

    def __init__(self, kind: Kind) -> None:
        self.checked = CheckedObjects(kind.plural)
        self.claims = Claims()
        self.replacements = Replacements()
        self.new_grants: list[Any] = []
        """The grants of the objects that this run is to create."""
        self._writings: dict[str, Writing] = {}

    def note(self, name: Any, writing: Writing) -> None:
        """Note how the program writes the object of this name."""
        self._writings[str(name)] = writing

    def writing(self, name: Any) -> Writing | None:
        """How the program writes the object of this name; None where no check has seen it, as in a refresh."""
        return self._writings.get(str(name))


class Tenant:
    """One tenant's part of a run."""

    def __init__(self, run: Run, settings: api.Settings | None, fault: api.SettingsError | None = None) -> None:
        self.run = run
        """The run that it is a part of."""
        self.settings = settings
        self.fault = fault
        """What is wrong with the settings; then the API is never called."""
        self._lock = threading.Lock()
        self._account = Account()
        self._notes: dict[str, Notes] = {}

    @property
    def host(self) -> str:
        """The API's address, for messages."""
        return self.settings.host if self.settings else "the host"

    def notes(self, kind: Kind) -> Notes:
        """What is known of its objects of this kind."""
        with self._lock:
            return self._notes.setdefault(kind.type_name, Notes(kind))

    @cached_property
    def _client(self) -> api.Streamkap:
        if self.settings is None:
            raise self.fault or api.SettingsError("the provider was not configured by Pulumi")
        run = self.run
        return api.Streamkap.from_settings(
            self.settings, report=run.report, redaction=run.redaction, interruption=run.interruption
        )

    def client(self) -> api.Streamkap:
        """Its client, created when it is first needed: a preview needs none.

        Raises:
            InterruptedRunError: the run was interrupted before.
            SettingsError: the settings cannot be used.
        """
        if self.run.interruption.came:
            raise api.InterruptedRunError("the run was interrupted before this operation started, so nothing was sent")
        with self._lock:
            return self._client

    def context(self, kind: Kind) -> Context:
        """What the lifecycle of its objects of this kind works with; raises what `client` does."""
        client, notes, run = self.client(), self.notes(kind), self.run
        return Context(
            kind,
            client,
            run.report,
            notes.claims,
            notes.replacements,
            self._account,
            sleep=run.interruption.sleep,
        )


class Run:
    """One run, as of `pulumi up`."""

    def __init__(self, report: Report, interruption: api.Interruption | None = None) -> None:
        self.report = report
        self.interruption = interruption or api.Interruption()
        """Comes when the engine cancels the run."""
        self.redaction = api.Redaction()
        """Every secret that the run has come across, whatever object or tenant it belongs to."""
        self.is_preview = True
        """The run changes nothing. Until a check shows that it does, it counts as a preview."""
        self._lock = threading.Lock()
        self._tenants: dict[api.Settings, Tenant] = {}

    def tenant(self, find: Callable[[str], str | None]) -> Tenant:
        """The tenant of the settings that `find` and the environment hold; the same one for the same settings.

        Args:
            find: the value of a key of the stack configuration, such as ``streamkap:host``.
        """
        try:
            settings = api.Settings.find(find)
        except api.SettingsError as fault:
            return Tenant(self, None, fault)
        self.redaction.learn([settings.secret])
        with self._lock:
            return self._tenants.setdefault(settings, Tenant(self, settings))


_runs: WeakKeyDictionary[object, Run] = WeakKeyDictionary()
_lock = threading.Lock()


def run_of(owner: object, report: Report) -> Run:
    """The run that belongs to `owner`, such as a program's connection to the engine; ends with it."""
    with _lock:
        if owner not in _runs:
            _runs[owner] = Run(report)
        return _runs[owner]
