"""The routes under ``/_emulator``: see what is stored, change it behind the clients' backs, set faults.

They need no token, no fault affects them, and they are not in the log.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable, Mapping
from typing import Any

from streamkap_pulumi.emulator import clock, statuses
from streamkap_pulumi.emulator.auth import Authentication
from streamkap_pulumi.emulator.calls import Answer, Call, Problem
from streamkap_pulumi.emulator.faults import Faults
from streamkap_pulumi.emulator.kinds import ConnectorKind, Kind
from streamkap_pulumi.emulator.masking import masked
from streamkap_pulumi.emulator.store import Record, Store
from streamkap_pulumi.emulator.validation import read_json

_PLAIN = ("name", "desired_state", "task_statuses")
_OF_CONNECTORS = ("desired_state", "task_statuses", "config", "connector_status", "freeze")


class Control:
    """The handlers of the control routes."""

    def __init__(self, store: Store, faults: Faults, authentication: Authentication) -> None:
        self._store = store
        self._faults = faults
        self._authentication = authentication

    def faults(self, _call: Call) -> Answer:
        """``GET /_emulator/faults``: every switch, described."""
        return Answer(self._faults.describe())

    def put_faults(self, call: Call) -> Answer:
        """``PUT /_emulator/faults``: set the named ones; null restores a default."""
        changes = _sent(call)
        if not isinstance(changes, dict):
            raise Problem(400, 'Send a JSON object of faults, such as {"status_delay": 0}.')
        try:
            self._faults.put(changes)
        except ValueError as error:
            raise Problem(400, str(error)) from error
        return Answer(self._faults.describe())

    def reset_faults(self, _call: Call) -> Answer:
        """``DELETE /_emulator/faults``: restore all defaults."""
        self._faults.reset()
        return Answer(self._faults.describe())

    def requests(self, _call: Call) -> Answer:
        """``GET /_emulator/requests``: the log, oldest first."""
        return Answer(self._store.requests())

    def forget_requests(self, _call: Call) -> Answer:
        """``DELETE /_emulator/requests``."""
        self._store.forget_requests()
        return Answer([])

    def credentials(self, _call: Call) -> Answer:
        """``GET /_emulator/credentials``: all, without their secrets."""
        names = ("client_id", "tenant_id", "service_id", "sub_id", "read_only", "admin")
        return Answer(
            [{name: getattr(identity, name) for name in names} for identity in self._authentication.identities()]
        )

    def put_credentials(self, call: Call) -> Answer:
        """``PUT /_emulator/credentials``: add or replace one, or a list of them."""
        given = _sent(call)
        try:
            entries = given if isinstance(given, list) else [given]
            identities = [self._authentication.new_identity(dict(entry)) for entry in entries]
        except (TypeError, ValueError) as error:
            raise Problem(400, str(error)) from error
        for identity in identities:
            self._authentication.add(identity)
        return self.credentials(call)

    def revoke_tokens(self, _call: Call) -> Answer:
        """``DELETE /_emulator/tokens``: invalidate every token."""
        self._store.forget_tokens()
        return Answer({"revoked": True})

    def grant(self, call: Call) -> Answer:
        """``POST /_emulator/grants``: a grant as the Connect sign-in issues it, `age` seconds ago."""
        given = _sent(call) if call.body else {}
        age = given.get("age", 0) if isinstance(given, dict) else None
        if isinstance(age, bool) or not isinstance(age, (int, float)):
            raise Problem(400, 'Send a JSON object such as {"age": 0}; `age` is in seconds.')
        return Answer({"id": self.new_grant(age)})

    def new_grant(self, age: float) -> str:
        """The id of a new grant, issued `age` seconds ago."""
        grant = f"grant-{randomness.token_hex(12)}"
        self._store.issue_grant(grant, clock.now() - age)
        return grant

    def stored(self, kind: Kind, *, secrets: bool) -> list[dict[str, Any]]:
        """All stored objects of a kind, including deleted ones and those that no list shows."""
        return [self._raw(kind, record, secrets=secrets) for record in self._store.records(kind.plural)]

    def list_handler(self, kind: Kind) -> Callable[[Call], Answer]:
        """``GET /_emulator/sources[?secrets=true]``."""
        return lambda call: Answer(self.stored(kind, secrets=call.query.get("secrets") == "true"))

    def patch_handler(self, kind: Kind) -> Callable[[Call], Answer]:
        """``PATCH /_emulator/sources/{id}``."""

        def patch(call: Call) -> Answer:
            changes = _sent(call)
            if not isinstance(changes, dict):
                raise Problem(400, "Send a JSON object with the changes.")
            try:
                return Answer(self.change(kind, call.path_params["id"], changes))
            except KeyError as error:
                raise Problem(404, str(error.args[0])) from error
            except ValueError as error:
                raise Problem(400, str(error)) from error

        return patch

    def change(self, kind: Kind, object_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change an object as somebody on the web page would, or as its status changes by itself."""
        sent = tuple(field.name for field in kind.sent_fields)
        known = ("name", *sent, "deleted", *_more_to_change(kind))
        if unknown := [name for name in changes if name not in known]:
            raise ValueError(f"There is no {', '.join(unknown)} to change; there are {', '.join(known)}.")
        with self._store.transaction():
            record = self._store.find(kind.plural, object_id)
            if record is None:
                raise KeyError(f"There is no {kind.noun} {object_id}.")
            record.body |= {name: changes[name] for name in sent if name in changes}
            _change(record, changes)
            self._store.save(record)
        return self._raw(kind, record, secrets=False)

    def _raw(self, kind: Kind, record: Record, *, secrets: bool) -> dict[str, Any]:
        now = clock.now()
        raw = {
            "id": record.id,
            "name": record.name,
            **(_of_a_connector(record, now) if isinstance(kind, ConnectorKind) else {}),
            **({"fed_by": record.fed_by} if "fed_by" in _more_to_change(kind) else {}),
            "tenant_id": record.tenant_id,
            "service_id": record.service_id,
            "sub_id": record.sub_id,
            "created_timestamp": clock.iso(record.created_at),
            "created_from": record.created_from,
            **{field.name: record.body[field.name] for field in kind.sent_fields},
            "deleted": record.gone(now),
        }
        return raw if secrets or "config" not in raw else {**raw, "config": masked(raw["config"], [kind])}


def _more_to_change(kind: Kind) -> tuple[str, ...]:
    if not isinstance(kind, ConnectorKind):
        return ()
    return (*_OF_CONNECTORS, "fed_by") if kind.fed else _OF_CONNECTORS


def _of_a_connector(record: Record, now: float) -> dict[str, Any]:
    return {
        "connector": record.connector,
        "config": record.config,
        "connector_status": statuses.status_of(record, now),
        "desired_state": record.desired_state,
        "task_statuses": record.task_statuses,
        "settled": statuses.settled(record, now),
        "deleting": record.deleting and not record.gone(now),
        "frozen": record.frozen is not None,
        "orphan": record.orphan,
        "snapshot_running": record.snapshot_until is not None and now < record.snapshot_until,
    }


def _change(record: Record, changes: Mapping[str, Any]) -> None:
    now = clock.now()
    for name in _PLAIN:
        if name in changes:
            setattr(record, name, changes[name])
    for key, value in dict(changes.get("config", {})).items():
        if value is None:
            record.config.pop(key, None)
        else:
            record.config[key] = value
    if "fed_by" in changes:
        record.fed_by = [str(code) for code in changes["fed_by"]]
        record.ever_fed_by = [*dict.fromkeys([*record.ever_fed_by, *record.fed_by])]
    if "connector_status" in changes:
        statuses.set_by_hand(record, str(changes["connector_status"]))
    if "freeze" in changes:
        present = statuses.status_of(record, now)
        record.frozen = present if changes["freeze"] else None
    if "deleted" in changes:
        record.deleting = False
        record.gone_at = now if changes["deleted"] else None


def _sent(call: Call) -> Any:
    """The body's JSON, whatever its media type: plain `curl -d` says that it sends a form."""
    try:
        return read_json(call.body)
    except ValueError as error:
        raise Problem(400, f"The body is not JSON: {error}") from error
