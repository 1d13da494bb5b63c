"""What the routes of every kind of object share: which objects a caller sees, and the answers for the others."""

from __future__ import annotations

import secrets

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.calls import Call, Problem
from streamkap_pulumi.emulator.kinds import Kind
from streamkap_pulumi.emulator.store import Record, Store

KAFKA_CONNECT_TIMEOUT = "Kafka Connect API call failed with status code 500 and response Request timed out"
_WORDINGS = {"does not exist": "{noun} does not exist", "no such": "No such {noun}"}


class Stored:
    """The stored objects of one kind, as callers see them."""

    def __init__(self, kind: Kind, store: Store) -> None:
        self._kind = kind
        self._store = store

    def _visible(self, call: Call) -> list[Record]:
        now = clock.now()
        return [
            record
            for record in self._store.records(self._kind.plural, call.identity.tenant_id)
            if self._sees(call, record) and not record.orphan and not record.gone(now)
        ]

    def _readable(self, call: Call, object_id: str) -> Record | None:
        """The object with this id, if it exists and the caller may see it."""
        record = self._store.find(self._kind.plural, object_id)
        if record is None or record.orphan or record.gone(clock.now()):
            return None
        return record if self._sees(call, record) else None

    def _sees(self, call: Call, record: Record) -> bool:
        identity = call.identity
        here = self._kind.visible_in == "tenant" or record.service_id == identity.service_id
        return here and record.tenant_id == identity.tenant_id

    def _existing(self, call: Call) -> Record:
        record = self._readable(call, call.path_params["id"])
        if record is None:
            raise self._missing(call)
        return record

    def _missing(self, call: Call) -> Problem:
        """The answer to a write to an unknown id."""
        wording = str(call.fault("missing_write"))
        # Without the id: official clients search an error's text for digits such as 404.
        text = _WORDINGS.get(wording, "{noun} not found").format(
            noun=self._kind.noun if wording == "no such" else self._title
        )
        return Problem(400 if wording == "400" else 404, text)

    @property
    def _title(self) -> str:
        return self._kind.noun.capitalize()


def success(call: Call, switch: str, *, waits: bool = True) -> int:
    """The status of a write that succeeded, by the switch for it."""
    chosen = call.fault(switch)
    if chosen == "auto":
        return 200 if waits else 202
    return int(chosen)


def new_id() -> str:
    """An id like MongoDB's: the time, then random digits."""
    return f"{int(clock.now()):08x}{secrets.token_hex(8)}"
