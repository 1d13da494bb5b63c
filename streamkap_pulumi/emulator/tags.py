"""The routes of tags.

A tag belongs to a tenant, and its object says neither which nor since when. Two system tags exist in every tenant. What
they hold beside their names is a guess, and so is how `tag_logic` joins filters: every value is a condition of its own,
and one of them is enough unless it is ``and``. The messages of 400 are invented, but for a duplicate and a tag in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.calls import Answer, Call, Problem
from streamkap_pulumi.emulator.kinds import Kind
from streamkap_pulumi.emulator.rendering import render
from streamkap_pulumi.emulator.store import Record, Store
from streamkap_pulumi.emulator.stored import KAFKA_CONNECT_TIMEOUT, Stored, new_id, success
from streamkap_pulumi.emulator.validation import (
    Create,
    Named,
    TagQuery,
    create_body,
    parse_body,
    parse_lists,
    parse_search,
    update_body,
)

SYSTEM_TAGS = {"670e5ca40afe1d3983ce0c22": "Development", "670e5bab0d119c0d1f8cda9d": "Production"}
"""The names of the tags that every tenant has, by their ids."""
_RESERVED = {"environment", "general"}


class Tags(Stored):
    """The handlers of tags."""

    def __init__(self, kind: Kind, store: Store, kinds: Iterable[Kind]) -> None:
        super().__init__(kind, store)
        self._tagged = tuple(other for other in kinds if other.has("tags"))

    def listed(self, call: Call) -> Answer:
        """``GET /tags``: all that match, on one page."""
        return self._list(call, TagQuery(**parse_lists(call, TagQuery)))

    def search(self, call: Call) -> Answer:
        """``POST /tags/search``: the list, with filters in the body."""
        return self._list(call, parse_search(call, TagQuery, parse_lists(call, TagQuery)))

    def _list(self, call: Call, query: TagQuery) -> Answer:
        shown = [self._shown(call, record) for record in self._visible(call) if _fits(record, query)]
        return Answer({"tags": shown})

    def create(self, call: Call) -> Answer:
        """``POST /tags``."""
        body = parse_body(call, create_body(call, self._kind, Create))
        if call.fault("tag_reserved_types") == "always":
            _refuse_reserved(body)
        content = _content(body)
        self._check_duplicate(call, body.name, content)
        identity = call.identity
        record = Record(
            id=new_id(),
            kind=self._kind.plural,
            name=body.name,
            tenant_id=identity.tenant_id,
            service_id=identity.service_id,
            sub_id=identity.sub_id,
            created_at=clock.now() + call.number("clock_skew"),
            created_from=body.created_from or "api",
            body={**content, "system": False, "custom": True},
        )
        self._store.save(record)
        return Answer(self._shown(call, record), success(call, "create_status"))

    def update(self, call: Call) -> Answer:
        """``PUT /tags/{id}``: replaces name, description and types."""
        body = parse_body(call, update_body(self._kind, Named))
        record = self._own(call, "changed")
        _refuse_reserved(body)
        content = _content(body)
        self._check_duplicate(call, body.name, content, but=record.id)
        record.name = body.name
        record.body |= content
        if not call.on("ignore_put"):
            self._store.save(record)
        return Answer(self._shown(call, record), success(call, "update_status"))

    def delete(self, call: Call) -> Answer:
        """``DELETE /tags/{id}``: at once, unless something has the tag."""
        record = self._own(call, "deleted")
        if call.on("delete_fails"):
            raise Problem(500, KAFKA_CONNECT_TIMEOUT)
        if call.fault("tag_in_use_delete") == "refuse":
            self._refuse_in_use(call, record)
        body = self._shown(call, record)
        record.gone_at = clock.now()
        self._store.save(record)
        style = call.fault("delete_body")
        deleted = {"deleted": True} if style == "deleted" else body if style == "object" else None
        return Answer(deleted, success(call, "delete_status"), empty=style == "empty")

    def unknown(self, call: Call, tag_ids: Iterable[str]) -> list[str]:
        """Those of the ids that no tag of the caller's tenant has."""
        return [tag_id for tag_id in tag_ids if self._readable(call, tag_id) is None]

    def _visible(self, call: Call) -> list[Record]:
        return [*(_system_tag(call, tag_id) for tag_id in SYSTEM_TAGS), *super()._visible(call)]

    def _readable(self, call: Call, object_id: str) -> Record | None:
        return _system_tag(call, object_id) if object_id in SYSTEM_TAGS else super()._readable(call, object_id)

    def _own(self, call: Call, verb: str) -> Record:
        record = self._existing(call)
        if record.body["system"]:
            raise Problem(400, f"System tags cannot be {verb}")
        return record

    def _check_duplicate(self, call: Call, name: str, content: Mapping[str, Any], but: str | None = None) -> None:
        for other in self._visible(call):
            if (other.name, _properties(other.body)) == (name, _properties(content)) and other.id != but:
                raise Problem(400, "A tag with identical properties already exists.")

    def _refuse_in_use(self, call: Call, tag: Record) -> None:
        now = clock.now()
        for kind in self._tagged:
            objects = self._store.records(kind.plural, call.identity.tenant_id)
            count = sum(tag.id in record.body["tags"] for record in objects if not record.gone(now))
            if count:
                raise Problem(400, f"Tag is used by {count} {kind.noun} entities and can't be deleted")

    def _shown(self, call: Call, record: Record) -> dict[str, Any]:
        return render(self._kind, record, call, secrets=False)


def _system_tag(call: Call, tag_id: str) -> Record:
    identity = call.identity
    body = {"description": "", "type": ["environment"], "system": True, "custom": False}
    return Record(
        tag_id, "tags", SYSTEM_TAGS[tag_id], identity.tenant_id, identity.service_id, identity.sub_id, 0.0, body
    )


def _content(body: Any) -> dict[str, Any]:
    return {"type": list(body.type), "description": body.description or ""}


def _properties(body: Mapping[str, Any]) -> tuple[set[str], str]:
    return set(body["type"]), body["description"]


def _refuse_reserved(body: Any) -> None:
    if reserved := sorted(_RESERVED & set(body.type)):
        raise Problem(400, f"Tag types reserved for system tags: {', '.join(reserved)}")


def _fits(record: Record, query: TagQuery) -> bool:
    found = [
        *(record.id == tag_id for tag_id in query.tag_ids or ()),
        *(record.name == name for name in query.tag_name or ()),
        *(tag_type in record.body["type"] for tag_type in query.tag_type or ()),
    ]
    return not found or (all(found) if query.tag_logic == "and" else any(found))
