"""Pulumi's calls, handed on to the lifecycle."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

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

from streamkap_pulumi import api, run
from streamkap_pulumi.config.values import first_unknown, has_unknown
from streamkap_pulumi.lifecycle.checking import check, spelling_of
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared, sealed, secret_keys_in, secrets_in
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.errors import in_users_spelling, next_step
from streamkap_pulumi.lifecycle.grants import after_a_try, grants_in, refuse_spent
from streamkap_pulumi.lifecycle.keys import ASKED, CUSTOM_TIMEOUT, EXISTS, FOREIGN, PROPOSED_NAME, SECRET_KEYS
from streamkap_pulumi.lifecycle.reading import read, read_foreign
from streamkap_pulumi.lifecycle.updating import update
from streamkap_pulumi.patches import host
from streamkap_pulumi.pulumi_cli.words import SECRET

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind
    from streamkap_pulumi.lifecycle.context import Context


class Provider(ResourceProvider):
    """Runs in Pulumi's provider host, one of each kind for all objects of a run, from many threads."""

    serialize_as_secret_always = False
    kind: ClassVar[Kind]

    _tenant: run.Tenant | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Find the settings and tune the host; no network. A fault of the settings is reported by the next call."""
        this_run = run.run_of(host, host.report)
        host.tune(this_run.interruption.interrupt)
        self._tenant = this_run.tenant(req.config.get)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse what cannot work, in the preview already, and return canonical values."""
        tenant, marked = self._tenant, secret_keys_in(news)
        notes = tenant.notes(self.kind) if tenant else None
        checked = notes.checked if notes else None
        exists = bool(os.environ.get(EXISTS))
        inputs, faults = check(self.kind, news, _olds, _unknown, checked, exists=exists, urn=host.urn())
        if tenant and notes:
            # A preview leaves it unknown when the program asked. It must send nothing.
            tenant.run.is_preview = tenant.run.is_preview and _unknown(news.get(ASKED, UNKNOWN))
            if tenant.run.is_preview and (note := notes.checked.note_on_kept_name(news)):
                host.report(note)
            if tenant.fault:
                faults.append(str(tenant.fault))
            writing = run.Writing(spelling_of(news), marked, str(news.get(PROPOSED_NAME) or ""))
            notes.note(inputs.get("name"), writing)
            if not _olds:
                connector = self.kind.connector(inputs.get("connector"))
                notes.new_grants += grants_in(connector, inputs.get("config")).values()
        # A failure that names a property makes the engine print the property's value; the text names it instead.
        return CheckResult(sealed(self.kind, inputs, marked, _secret), [CheckFailure("", fault) for fault in faults])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Decide whether to replace, to update or to check again; no network, unless a run is about to replace."""
        with self._readable("Comparing", _news, _olds):
            # Without a check in this run, as in a refresh, the program's marks are not known.
            writing = self._writing(_news)
            difference = diff(self.kind, _olds, _news, _unknown, writing.secret_keys if writing else None)
            notes = difference.notes(_news.get("name"))
            if difference.replaces and self._tenant and not self._tenant.run.is_preview:
                self._check_replacement(_id, _olds, _news.get("name"), _news.get("connector"))
        for note in notes:
            host.report(note)
        return DiffResult(
            changes=difference.changes,
            replaces=list(difference.replaces),
            delete_before_replace=True,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the object and wait until it is ready."""
        with self._readable("Creating", props):
            object_id, outputs = create(self._context(), self._declared(props))
        self._notes().checked.created(props.get("name"))
        return CreateResult(object_id, self._sealed(outputs))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the object, for a refresh or for `Source.get`."""
        with self._readable("Reading", {"name": id_, **props}):
            if props.get(FOREIGN):
                foreign = read_foreign(self._context(), id_, props)
                return ReadResult(None, {}) if foreign is None else ReadResult(id_, foreign | {FOREIGN: True})
            found = read(self._context(), id_, props)
        if found is None:
            return ReadResult(None, {})
        outputs, inputs = found
        marked, asked = secret_keys_in(outputs), host.recorded_input(ASKED)
        inputs = sealed(self.kind, inputs, marked, _secret) | ({ASKED: asked} if asked else {})
        return ReadResult(id_, self._sealed(outputs), inputs)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Make the object what is declared, in place."""
        doing = "Updating"
        with self._readable(doing, _news, _olds):
            outputs = update(
                self._context(),
                _id,
                _olds,
                self._declared(_news),
                explain=lambda error: self._explained(doing, error, _news, _olds),
            )
            return UpdateResult(self._sealed(outputs))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the object and wait until it is gone."""
        with self._readable("Deleting", _props):
            # For `--replace` and taint there is no diff: what takes the object's place was checked in this run.
            notes = self._notes()
            refuse_spent(self.kind, _props, notes.new_grants)
            if new := notes.checked.replacement_of(_props.get("name"), host.urn()):
                # A transform that removes hidden inputs may also remove what marks a preview.
                self._check_replacement(_id, _props, new.name, new.connector)
                if note := new.note_on_changed_name(str(_props.get("name"))):
                    host.report(note)
            delete(self._context(), _id, {**_props, CUSTOM_TIMEOUT: host.timeout()})

    def _check_replacement(self, object_id: str, recorded: Mapping[str, Any], name: Any, connector: Any) -> None:
        if isinstance(name, str) and isinstance(connector, str) and not (_unknown(name) or _unknown(connector)):
            context = self._context()
            context.replacements.check(context, object_id, recorded, name=name, connector=connector)

    def _writing(self, properties: Mapping[str, Any]) -> run.Writing | None:
        return self._tenant.notes(self.kind).writing(properties.get("name")) if self._tenant else None

    def _declared(self, checked: Mapping[str, Any]) -> Declared:
        """The desired state, with the marks and the resource that the check of this run has seen."""
        writing = self._writing(checked) or run.Writing()
        hidden = {SECRET_KEYS: writing.secret_keys, PROPOSED_NAME: writing.default_name}
        return Declared.from_inputs(self.kind, {**checked, **hidden, CUSTOM_TIMEOUT: host.timeout()})

    def _context(self) -> Context:
        return self._configured().context(self.kind)

    def _notes(self) -> run.Notes:
        return self._configured().notes(self.kind)

    def _configured(self) -> run.Tenant:
        if self._tenant is None:
            raise api.SettingsError("the provider was not configured by Pulumi")
        return self._tenant

    def _sealed(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """`outputs` with their secrets marked; they hold which ones the program marks."""
        return sealed(self.kind, outputs, secret_keys_in(outputs), _secret)

    @contextmanager
    def _readable(self, doing: str, *properties: Mapping[str, Any]) -> Iterator[None]:
        """Turn an error of ours into one readable text: the operation, the object, the reason and the next step."""
        try:
            yield
        except api.StreamkapError as error:
            raise host.ReadableError(self._explained(doing, error, *properties)) from None

    def _explained(self, doing: str, error: api.StreamkapError, *properties: Mapping[str, Any]) -> str:
        inputs = properties[0]
        name, writing = inputs.get("name"), self._writing(inputs) or run.Writing()
        if self._tenant:
            self._tenant.run.redaction.learn(
                secret for each in properties for secret in self._secrets(each, writing.secret_keys)
            )
        connector = self.kind.connector(inputs.get("connector"))
        reason = in_users_spelling(error.message, connector, writing.spelling)
        step = next_step(error, self._tenant.host if self._tenant else "the host")
        grant = after_a_try(self.kind, error, inputs, properties[-1] if len(properties) > 1 else {})
        text = f"{doing} the {self.kind.noun} {name!r} failed: {reason}"
        return "\n".join(filter(None, (text, step, grant)))

    def _secrets(self, properties: Mapping[str, Any], marked: tuple[str, ...]) -> list[Any]:
        config, own = properties.get("config"), [properties.get(name) for name in self.kind.secret_outputs]
        keys = (*marked, *secret_keys_in(properties))
        config = config if isinstance(config, Mapping) else None
        return own + secrets_in(self.kind, properties.get("connector"), config, keys)


def _unknown(value: Any) -> bool:
    """A value that is not known in a preview: the SDK gives an object or, in older versions, a string of its own."""
    return isinstance(value, Unknown) or (isinstance(value, str) and value == UNKNOWN)


def _secret(value: Any) -> Any:
    """`value` as a secret of the engine, which keeps the mark though the host does not accept any.

    A secret of which a part is not known yet is unknown as a whole: the engine would show the rest of it in clear.
    """
    return first_unknown(value, _unknown) if has_unknown(value, _unknown) else {**SECRET, "value": value}
