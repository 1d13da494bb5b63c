"""`SourceProvider`: Pulumi's calls, handed on to the lifecycle.

The path of this module and the name of the class are recorded in the state of every source: they must never change.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown
from pulumi.runtime.rpc import UNKNOWN

from streamkap_pulumi import api, lifecycle
from streamkap_pulumi.config.values import first_unknown, has_unknown
from streamkap_pulumi.patches import host
from streamkap_pulumi.pulumi_cli.words import SECRET

if TYPE_CHECKING:
    from streamkap_pulumi.config.spelling import Spelling

_making = threading.Lock()

_interruption = api.Interruption()
"""Comes when the engine cancels the run; it is the process's, since the host makes a provider of each class."""

FOREIGN = "__foreign"
"""Hidden property of a source that `Source.get` looks at and that this stack does not manage."""


class SourceProvider(ResourceProvider):
    """Runs in Pulumi's provider host, one for all sources of a run, from many threads."""

    serialize_as_secret_always = False

    _settings: api.Settings | None = None
    _settings_fault: api.SettingsError | None = None
    _context: lifecycle.Context | None = None
    _spellings: dict[str, Spelling] | None = None
    """By name of the source: how the program spells its config. Not recorded, since another spelling is no change."""
    _secret_keys: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - made anew in `configure`
    """By name of the source: the keys of its config whose values the program marks as secret."""
    _proposed_names: dict[str, str] = {}  # noqa: RUF012 - made anew in `configure`
    """By name of the source: the name that the program worked out, which tells the resource's name."""
    _new_grants: list[Any] = []  # noqa: RUF012 - made anew in `configure`
    """The grants of the sources that this run is to create."""
    _checked: lifecycle.CheckedSources | None = None
    """The sources that this run has checked."""
    _is_preview = True
    """Whether this run changes nothing. Until a check shows that it does, it counts as one."""
    _redaction = lifecycle.Redaction()  # made anew in `configure`
    """Every secret value that this run has come across."""

    def configure(self, req: ConfigureRequest) -> None:
        """Find the settings and tune the host; no network. A fault of the settings is reported by the next call."""
        host.tune(_interruption.interrupt)
        self._spellings = {}
        self._secret_keys = {}
        self._proposed_names = {}
        self._new_grants = []
        self._checked = lifecycle.CheckedSources()
        self._redaction = lifecycle.Redaction()
        try:
            self._settings = api.Settings.find(req.config.get)
            self._redaction.learn([self._settings.secret])
        except api.SettingsError as fault:
            self._settings_fault = fault

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what cannot work, in the preview already, and answer with canonical values."""
        exists = bool(os.environ.get(lifecycle.EXISTS))
        inputs, faults = lifecycle.check(news, _olds, _unknown, self._checked, exists=exists, urn=host.urn())
        # A preview leaves it unknown when the program asked. It must ask nothing over the network.
        self._is_preview = _unknown(news.get(lifecycle.ASKED, UNKNOWN))
        if self._is_preview and self._checked and (note := self._checked.note_on_kept_name(news)):
            host.report(note)
        marked = lifecycle.secret_keys_in(news)
        if self._settings_fault:
            faults.append(str(self._settings_fault))
        if self._spellings is not None:
            self._spellings[str(inputs.get("name"))] = lifecycle.spelling_of(news)
            self._secret_keys[str(inputs.get("name"))] = marked
            self._proposed_names[str(inputs.get("name"))] = str(news.get(lifecycle.PROPOSED_NAME) or "")
            if not _olds:
                self._new_grants += lifecycle.grants_in(inputs.get("connector"), inputs.get("config")).values()
        # A failure that names a property makes the engine print the property's value; the text names it instead.
        return CheckResult(lifecycle.sealed(inputs, marked, _secret), [CheckFailure("", fault) for fault in faults])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Tell whether to replace, to update or to look again; no network, unless a run is about to replace."""
        with self._readable("Comparing", _news, _olds):
            # Without a check in this run, as in a refresh, the program's marks are not known.
            marked = self._secret_keys.get(str(_news.get("name")))
            difference = lifecycle.diff(_olds, _news, _unknown, marked)
            notes = difference.notes(_news.get("name"))
            if difference.replaces and not self._is_preview:
                self._verify_replacement(_id, _olds, _news.get("name"), _news.get("connector"))
        for note in notes:
            host.report(note)
        return DiffResult(
            changes=difference.changes,
            replaces=list(difference.replaces),
            delete_before_replace=True,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the source and wait for it."""
        with self._readable("Creating", props):
            source_id, outputs = lifecycle.create(self._ready(), self._declared(props))
        if self._checked:
            self._checked.created(props.get("name"))
        return CreateResult(source_id, _sealed(outputs))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look at the source, for a refresh or for `Source.get`."""
        with self._readable("Reading", {"name": id_, **props}):
            if props.get(FOREIGN):
                looked_at = lifecycle.read_foreign(self._ready(), id_, props)
                return ReadResult(None, {}) if looked_at is None else ReadResult(id_, looked_at | {FOREIGN: True})
            found = lifecycle.read(self._ready(), id_, props)
        if found is None:
            return ReadResult(None, {})
        outputs, inputs = found
        marked, asked = lifecycle.secret_keys_in(outputs), host.recorded_input(lifecycle.ASKED)
        inputs = lifecycle.sealed(inputs, marked, _secret) | ({lifecycle.ASKED: asked} if asked else {})
        return ReadResult(id_, _sealed(outputs), inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Make the source what is declared, in place."""
        with self._readable("Updating", _news, _olds):
            return UpdateResult(_sealed(lifecycle.update(self._ready(), _id, _olds, self._declared(_news))))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the source and wait until it is gone."""
        with self._readable("Deleting", _props):
            # `--replace` and taint ask for no diff: what takes the source's place has been checked in this run.
            lifecycle.refuse_spent(_props, self._new_grants)
            new = self._checked.replacement_of(_props.get("name"), host.urn()) if self._checked else None
            if new:
                # A replacement that is asked for calls no diff, and what a transform leaves out may tell of a preview.
                self._verify_replacement(_id, _props, new.name, new.connector)
                if note := new.note_on_changed_name(str(_props.get("name"))):
                    host.report(note)
            lifecycle.delete(self._ready(), _id, {**_props, lifecycle.CUSTOM_TIMEOUT: host.timeout()})

    def _verify_replacement(self, source_id: str, recorded: Mapping[str, Any], name: Any, connector: Any) -> None:
        if isinstance(name, str) and isinstance(connector, str) and not (_unknown(name) or _unknown(connector)):
            context = self._ready()
            context.replacements.verify(context, source_id, recorded, name=name, connector=connector)

    def _declared(self, checked: Mapping[str, Any]) -> lifecycle.Declared:
        """The desired state, with the marks and the resource that the check of this run has seen."""
        name = str(checked.get("name"))
        marked, proposed = self._secret_keys.get(name, ()), self._proposed_names.get(name)
        seen = {lifecycle.SECRET_KEYS: marked, lifecycle.PROPOSED_NAME: proposed}
        return lifecycle.Declared.from_inputs({**checked, **seen, lifecycle.CUSTOM_TIMEOUT: host.timeout()})

    def _ready(self) -> lifecycle.Context:
        """What the lifecycle works with; made at the first need, since a preview needs none.

        Raises:
            InterruptedRunError: the run was interrupted before the operation was begun.
            SettingsError: the settings cannot be used.
        """
        if _interruption.came:
            raise api.InterruptedRunError("the run was interrupted before it was begun, so nothing was sent")
        if self._settings is None:
            raise self._settings_fault or api.SettingsError("the provider was not configured by Pulumi")
        with _making:
            if self._context is None:
                client = api.Streamkap.from_settings(
                    self._settings, report=host.report, redaction=self._redaction, interruption=_interruption
                )
                self._context = lifecycle.Context(client, report=host.report, sleep=_interruption.sleep)
        return self._context

    @contextmanager
    def _readable(self, doing: str, *properties: Mapping[str, Any]) -> Iterator[None]:
        """Turn an error of ours into one readable text: what was done, to which source, why not, what to do next."""
        try:
            yield
        except api.StreamkapError as error:
            name = properties[0].get("name")
            marked = self._secret_keys.get(str(name), ())
            redaction = self._redaction.learn(secret for each in properties for secret in _secrets(each, marked))
            spelling = (self._spellings or {}).get(str(name))
            told = lifecycle.in_users_spelling(error.told(redaction.text), properties[0].get("connector"), spelling)
            text = f"{doing} the source {name!r} failed: {told}"
            step = lifecycle.next_step(error, self._settings.host if self._settings else "the host")
            grant = lifecycle.after_a_try(error, properties[0], properties[-1] if len(properties) > 1 else {})
            raise host.ReadableError("\n".join(filter(None, (text, step, grant)))) from None


def _unknown(value: Any) -> bool:
    """A value that is not known in a preview: the SDK gives an object or, where it is older, a text of its own."""
    return isinstance(value, Unknown) or (isinstance(value, str) and value == UNKNOWN)


def _sealed(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """`outputs` with their secrets marked; they tell themselves which the program marks."""
    return lifecycle.sealed(outputs, lifecycle.secret_keys_in(outputs), _secret)


def _secret(value: Any) -> Any:
    """`value` as a secret of the engine, which keeps the mark though the host does not accept any.

    A secret of which a part is not known yet is unknown as a whole: the engine would show the rest of it in clear.
    """
    return first_unknown(value, _unknown) if has_unknown(value, _unknown) else {**SECRET, "value": value}


def _secrets(properties: Mapping[str, Any], marked: tuple[str, ...]) -> list[Any]:
    config = properties.get("config")
    keys = (*marked, *lifecycle.secret_keys_in(properties))
    code = str(properties.get("connector") or "")
    return lifecycle.secrets_in(code, config if isinstance(config, Mapping) else None, keys)
