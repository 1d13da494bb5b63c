"""Which objects a list shows, and in what order.

Rests on the API reference of ``GET /sources``. Filters on metrics are accepted and do nothing: there is no traffic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.properties import split_list
from streamkap_pulumi.emulator.statuses import status_of
from streamkap_pulumi.emulator.store import Record
from streamkap_pulumi.emulator.validation import ListQuery


def chosen(records: list[Record], query: ListQuery) -> list[Record]:
    """The records that match the query, sorted, on all pages."""
    now = clock.now()
    keys: dict[str, Callable[[Record], Any]] = {
        "name": lambda record: record.name,
        "created_at": lambda record: record.created_at,
        "created_timestamp": lambda record: record.created_at,
        "connector_status": lambda record: status_of(record, now),
    }
    found = [record for record in records if _fits(record, query, now)]
    descending = query.sort_dir == "desc"
    # No record has any other field, so the order stays as the database returns it.
    key = keys.get(query.sort or "")
    if key is None:
        return found[::-1] if descending else found
    return sorted(found, key=key, reverse=descending)


def _fits(record: Record, query: ListQuery, now: float) -> bool:
    wanted = [
        (query.id, {record.id}),
        (query.connector, {record.connector}),
        (query.status, {status_of(record, now)}),
    ]
    if any(split_list(names) and not set(split_list(names)) & own for names, own in wanted):
        return False
    if query.partial_name and query.partial_name not in record.name:
        return False
    tags = split_list(query.tag_ids)
    enough = all if query.tag_filter_operation == "and" else any
    return not tags or enough(tag in record.body.get("tags", ()) for tag in tags)
