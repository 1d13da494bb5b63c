"""Snapshots of a source's tables.

Rests on the API reference of ``POST /sources/snapshot`` and of the routes that stop one; their answers are
undocumented.
"""

from __future__ import annotations

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.calls import Answer, Call, Problem
from streamkap_pulumi.emulator.objects import Objects
from streamkap_pulumi.emulator.records import Record
from streamkap_pulumi.emulator.store import Store
from streamkap_pulumi.emulator.validation import Snapshot, parse_body


class Snapshots:
    """The handlers of the snapshot routes."""

    def __init__(self, objects: Objects, store: Store) -> None:
        self._objects = objects
        self._store = store

    def start(self, call: Call) -> Answer:
        """``POST /sources/snapshot``: 409 while one is running."""
        body = parse_body(call, Snapshot)
        record = self._source(call, body.source_id)
        now = clock.now()
        if record.snapshot_until is not None and now < record.snapshot_until:
            raise Problem(409, "A snapshot is already running")
        record.snapshot_until = now + call.number("snapshot_duration")
        self._store.save(record)
        return Answer({"source_id": record.id, "snapshot_type": body.snapshot_type, "status": "running"})

    def stop(self, call: Call) -> Answer:
        """``POST /sources/stop_incremental_snapshot`` and its like: fine, too, when none is running."""
        record = self._source(call, parse_body(call, Snapshot).source_id)
        record.snapshot_until = None
        self._store.save(record)
        return Answer({"source_id": record.id, "status": "cancelled"})

    def _source(self, call: Call, object_id: str) -> Record:
        record = self._objects.readable(call, object_id)
        if record is None:
            raise self._objects.missing(call)
        return record
