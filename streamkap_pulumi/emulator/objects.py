"""The routes of a kind of object that runs a connector: list, get, create, update, delete, deploy, actions, snapshots.

Written once for all such kinds; what differs between them is data in `kinds`. A handler runs in one transaction,
so that what it checked still holds when it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator import api_sources, clock, listing, statuses
from streamkap_pulumi.emulator.calls import Answer, Call, PendingAnswer, Problem
from streamkap_pulumi.emulator.kinds import ConnectorKind, Field
from streamkap_pulumi.emulator.maps import stored_maps
from streamkap_pulumi.emulator.properties import default_of, unset
from streamkap_pulumi.emulator.rendering import brief, render
from streamkap_pulumi.emulator.store import Record, Store
from streamkap_pulumi.emulator.stored import KAFKA_CONNECT_TIMEOUT, Stored, new_id, success
from streamkap_pulumi.emulator.tags import Tags
from streamkap_pulumi.emulator.validation import (
    ActionQuery,
    ConnectorCreate,
    ListQuery,
    SecretQuery,
    Snapshot,
    Write,
    WriteQuery,
    accepted,
    also,
    check_config,
    create_body,
    known_connector,
    list_query,
    parse_body,
    parse_query,
    parse_query_and_write,
    parse_search,
    real_keys,
    refused,
    update_body,
)

_SET_ONCE = ("slot.name", "publication.name", "database.server.id")
_NOT_DEPLOYED = (
    'Kafka Connect API call failed with status code 404 and response {"error_code":404,"message":"Connector not found"}'
)
_REBALANCE = (
    "Kafka Connect API call failed with status code 409 and response "
    '{"error_code":409,"message":"Cannot complete request momentarily due to stale configuration '
    '(typically caused by a concurrent config change); rebalance is expected"}'
)


class Objects(Stored):
    """The handlers of one kind of object."""

    def __init__(self, kind: ConnectorKind, store: Store, tags: Tags) -> None:
        super().__init__(kind, store)
        self.kind = kind
        self._tags = tags

    # Reading.

    def listed(self, call: Call) -> Answer:
        """``GET /sources``."""
        return self._page(call, parse_query(call, list_query(self.kind)))

    def search(self, call: Call) -> Answer:
        """``POST /sources/search``: the list, with filters in the body."""
        return self._page(call, parse_search(call, list_query(self.kind), call.query))

    def _page(self, call: Call, query: ListQuery) -> Answer:
        records = listing.chosen(self._visible(call), query)
        size = _page_size(call, query)
        start = (query.page - 1) * size
        if query.page > 1:
            start += {"removed": 1, "added": -1}.get(str(call.fault("lists_shift")), 0)
        shown = records[start : start + size]
        has_next = start + size < len(records)
        body = {
            "total": 0 if call.on("lists_total_lies") else len(records),
            "page_size": size,
            "page": query.page,
            "result": [render(self.kind, record, call, secrets=query.secret_returned) for record in shown],
        }
        if not call.on("omit_has_next"):
            body["has_next"] = has_next is not call.on("has_next_lies")
        return Answer(body)

    def brief(self, call: Call) -> Answer:
        """``GET /sources/brief``: a bare array."""
        return Answer([brief(self.kind, record, call) for record in self._visible(call)])

    def get(self, call: Call) -> Answer:
        """``GET /sources/{id}``: the list's envelope with one object or none."""
        query = parse_query(call, SecretQuery)
        record = self._readable(call, call.path_params["id"])
        if record is not None:
            result = [render(self.kind, record, call, secrets=query.secret_returned)]
            return Answer({"total": 1, "page_size": 10, "page": 1, "result": result, "has_next": False})
        style = call.fault("missing_get")
        if style == "404":
            raise Problem(404, f"{self._title} not found")
        if style == "null":
            return Answer({"total": 0, "page_size": 0, "page": 0, "result": None})
        return Answer({"total": 0, "page_size": 10, "page": 1, "result": [], "has_next": False})

    def metrics(self, call: Call) -> Answer:
        """``GET /sources/metrics`` and ``POST /sources/metrics``."""
        return Answer({record.id: {"latency": None, "recordsLag": None} for record in self._visible(call)})

    def metrics_of_one(self, call: Call) -> Answer:
        """``GET /sources/{id}/metrics``."""
        self._existing(call)
        moment = clock.iso(clock.now())
        data = {name: [{"timestamp": moment, "value": 0}] for name in ("latency", "recordsLag")}
        return Answer({"data": data, "metadata": {}})

    # Writing.

    def create(self, call: Call) -> Answer:
        """``POST /sources``."""
        model = create_body(call, self.kind, ConnectorCreate)
        query, body = parse_query_and_write(call, WriteQuery, model, self.kind)
        connector = known_connector(self.kind, body.connector)
        sent = real_keys(call, connector, body.config)
        config = accepted(call, connector, sent)
        is_api = api_sources.is_api(connector)
        if is_api:
            api_sources.refuse_strange_secrets(connector, config)
        check_config(connector, config, refused(call, connector, sent))
        identity = call.identity
        self._check_tags(call, body)
        self._check_name(call, body.name)
        self._check_slot(call, connector, config)
        warning = api_sources.warning(call, connector, config) if is_api else None
        signed_in = is_api and api_sources.sign_in(call, self._store, connector, config, None)
        self._fail_in_kafka_connect(call)
        record = Record(
            id=new_id(),
            kind=self.kind.plural,
            name=body.name,
            tenant_id=identity.tenant_id,
            service_id=identity.service_id,
            sub_id=identity.sub_id,
            created_at=clock.now() + call.number("clock_skew"),
            desired_state=body.desired_state or statuses.ACTIVE,
            created_from=body.created_from or "api",
            body={
                "connector": body.connector,
                "config": _without_nulls(config) if is_api else config,
                **{field.name: _stored(field, body, is_api) for field in self.kind.sent_fields},
            },
            orphan=call.on("orphan_on_create_failure"),
            signed_in=signed_in,
        )
        statuses.begin(call, record, None if record.desired_state == statuses.PENDING else statuses.PENDING)
        self._store.save(record)
        if record.orphan:
            raise Problem(500, KAFKA_CONNECT_TIMEOUT)
        more = {"connection_warning": warning} if warning else {}
        return self._written(call, query, record, success(call, "create_status", waits=query.wait), more)

    def update(self, call: Call) -> Answer:
        """``PUT /sources/{id}``: replaces name, config, tags and cluster; all else stays."""
        query, body = parse_query_and_write(call, WriteQuery, update_body(self.kind, Write), self.kind)
        record = self._changeable(call)
        if body.connector != record.connector:
            raise Problem(400, f"The connector of a {self.kind.noun} cannot be changed")
        connector = known_connector(self.kind, record.connector)
        sent = real_keys(call, connector, body.config)
        config = accepted(call, connector, sent)
        is_api = api_sources.is_api(connector)
        if call.fault("put_mode") == "merge":
            stored = api_sources.without_secrets(connector, record.config) if is_api else record.config
            config = {**stored, **config}
        config |= stored_maps(call, connector, config, record.config)
        if is_api:
            api_sources.refuse_strange_secrets(connector, config)
            config = {**api_sources.kept_secrets(connector, record, config), **config}
        check_config(connector, config, refused(call, connector, sent))
        self._check_set_once(call, connector, record, config)
        self._check_tags(call, body)
        self._check_name(call, body.name, but=record.id)
        before = statuses.status_of(record, clock.now())
        if before == statuses.PENDING and call.on("put_while_pending"):
            raise Problem(500, _NOT_DEPLOYED)
        if is_api:
            record.signed_in = api_sources.sign_in(call, self._store, connector, config, record)
        self._fail_in_kafka_connect(call)
        record.name = body.name
        record.body["config"] = _without_nulls(config) if is_api else config
        for field in self.kind.sent_fields:
            fixed = is_api and field.of_api_sources is not None
            if not fixed and not unset(getattr(body, field.name)):
                record.body[field.name] = _stored(field, body, is_api)
        if record.desired_state != statuses.PENDING:
            self._begin_update(call, record, before)
        if not call.on("ignore_put"):
            self._store.save(record)
        return self._written(call, query, record, success(call, "update_status", waits=query.wait))

    @staticmethod
    def _begin_update(call: Call, record: Record, before: str) -> None:
        pending = call.fault("pending_after_put")
        seconds = None if pending in {"on", "off"} else float(pending)
        meanwhile = None if pending == "off" or seconds == 0 else statuses.UPDATING
        statuses.begin(
            call, record, meanwhile, seconds=seconds, first=call.number("stale_after_put"), first_status=before
        )

    def delete(self, call: Call) -> Answer:
        """``DELETE /sources/{id}``: the object is readable for a while, then it is gone."""
        query = parse_query(call, WriteQuery)
        record = self._existing(call)
        if call.on("delete_fails"):
            raise Problem(500, KAFKA_CONNECT_TIMEOUT)
        self._fail_in_kafka_connect(call)
        if not record.deleting:
            record.deleting = True
            record.gone_at = None if call.on("stuck") else clock.now() + call.number("async_delete_delay")
            self._store.save(record)
        return self._after_the_wait(call, query, record, lambda: self._deleted(call, query, record))

    def _deleted(self, call: Call, query: WriteQuery, record: Record) -> Answer:
        status = success(call, "delete_status", waits=query.wait)
        style = call.fault("delete_body")
        if style == "object":
            return Answer(render(self.kind, record, call, secrets=query.secret_returned), status)
        return Answer({"deleted": True} if style == "deleted" else None, status, empty=style == "empty")

    def deploy(self, call: Call) -> Answer:
        """``POST /sources/{id}/deploy``: starts a Pending object; any other stays as it is."""
        query = parse_query(call, ActionQuery)
        record = self._changeable(call)
        if api_sources.is_api(known_connector(self.kind, record.connector)):
            api_sources.refuse_deployment(call)
        self._fail_in_kafka_connect(call)
        if record.desired_state == statuses.PENDING:
            record.desired_state = statuses.ACTIVE
            statuses.begin(call, record, statuses.STARTING)
            self._store.save(record)
        return self._written(call, query, record, 200)

    def act(self, call: Call) -> Answer:
        """``POST /sources/{id}/actions/{action}``: pause, resume (or start), restart, stop."""
        action = call.path_params["action"]
        if action not in statuses.ACTIONS:
            *names, last = (f"'{name}'" for name in statuses.ACTIONS)
            expected = f"{', '.join(names)} or {last}"
            entry = {"type": "enum", "loc": ["path", "action"], "msg": f"Input should be {expected}"}
            unknown = Problem(422, [{**entry, "input": action, "ctx": {"expected": expected}}])
            raise also(unknown, lambda: parse_query(call, ActionQuery))
        query = parse_query(call, ActionQuery)
        record = self._changeable(call)
        if record.desired_state == statuses.PENDING:
            raise Problem(400, f"The {self.kind.noun} is not deployed yet")
        self._fail_in_kafka_connect(call)
        meanwhile, wanted = statuses.ACTIONS[action]
        before = statuses.status_of(record, clock.now())
        record.desired_state = wanted or record.desired_state
        statuses.begin(call, record, meanwhile or before)
        self._store.save(record)
        return self._written(call, query, record, 200)

    # Snapshots. The answers of their routes are undocumented.

    def start_snapshot(self, call: Call) -> Answer:
        """``POST /sources/snapshot``: 409 while one is running."""
        body = parse_body(call, Snapshot)
        record = self._snapshot_source(call, body)
        now = clock.now()
        if record.snapshot_until is not None and now < record.snapshot_until:
            raise Problem(409, "A snapshot is already running")
        record.snapshot_until = now + call.number("snapshot_duration")
        self._store.save(record)
        return Answer({"source_id": record.id, "snapshot_type": body.snapshot_type, "status": "running"})

    def stop_snapshot(self, call: Call) -> Answer:
        """``POST /sources/stop_incremental_snapshot`` and its like: also succeeds when none is running."""
        record = self._snapshot_source(call, parse_body(call, Snapshot))
        record.snapshot_until = None
        self._store.save(record)
        return Answer({"source_id": record.id, "status": "cancelled"})

    def _snapshot_source(self, call: Call, body: Snapshot) -> Record:
        record = self._readable(call, body.source_id)
        if record is None:
            raise self._missing(call)
        return record

    # Shared by the handlers.

    def _changeable(self, call: Call) -> Record:
        record = self._existing(call)
        if record.deleting:
            raise Problem(409, f"The {self.kind.noun} is being deleted")
        return record

    def _check_tags(self, call: Call, body: Write) -> None:
        if call.fault("unknown_tags") == "accept":
            return
        if unknown := self._tags.unknown(call, getattr(body, "tags", None) or ()):
            raise Problem(400, f"Tags not found: {', '.join(unknown)}")

    def _check_name(self, call: Call, name: str, but: str | None = None) -> None:
        scope = call.fault("dup_scope")
        scope = self.kind.unique_scope if scope == "auto" else scope
        identity, now = call.identity, clock.now()
        for other in self._store.named(self.kind.plural, identity.tenant_id, name):
            in_scope = scope == "tenant" or other.service_id == identity.service_id
            if other.id != but and in_scope and not other.gone(now):
                status = call.fault("dup_status")
                if status == "409":
                    raise Problem(409, "Entity with this name already exists")
                raise Problem(
                    self.kind.duplicate_status if status == "auto" else int(status),
                    f"A {self.kind.noun} with name '{name}' already exists",
                )

    def _check_set_once(self, call: Call, connector: Connector, record: Record, config: dict[str, Any]) -> None:
        strict = call.fault("set_once")
        marked = [key for key, known in connector.properties.items() if known.set_once]
        for key in [] if strict == "off" else [*marked, *(_SET_ONCE if strict == "on" else ())]:
            known = connector.properties.get(key)
            default = default_of(known) if known else None
            before, after = (default if unset(it.get(key)) else it[key] for it in (record.config, config))
            if before != after:
                raise Problem(400, f"'{key}' cannot be changed once the {self.kind.noun} exists")

    def _check_slot(self, call: Call, connector: Connector, config: dict[str, Any]) -> None:
        if "slot.name" not in connector.properties or not call.on("slot_conflicts"):
            return
        keys = ("database.hostname.user.defined", "slot.name", "publication.name")
        taken = [[record.config.get(key) for key in keys] for record in self._visible(call)]
        if [config.get(key) for key in keys] in taken:
            raise Problem(400, "Replication Slot Name and Publication Name already exist for this database")

    def _fail_in_kafka_connect(self, call: Call) -> None:
        if call.on("kc_rebalance"):
            raise Problem(500, _REBALANCE)

    def _written(
        self, call: Call, query: WriteQuery, record: Record, status: int, more: Mapping[str, Any] = MappingProxyType({})
    ) -> Answer:
        def answer() -> Answer:
            present = None if call.on("ignore_put") else self._store.find(self.kind.plural, record.id)
            shown = render(self.kind, present or record, call, secrets=query.secret_returned)
            return Answer({**shown, **more}, status)

        return self._after_the_wait(call, query, record, answer)

    def _after_the_wait(self, call: Call, query: WriteQuery, record: Record, answer: Callable[[], Answer]) -> Answer:
        if not query.wait:
            return answer()

        def ready() -> bool:
            # Read again: another request may have changed it meanwhile.
            present = self._store.find(self.kind.plural, record.id)
            return present is None or call.on("ignore_put") or statuses.settled(present, clock.now())

        return Answer(pending=PendingAnswer(ready, answer))


def _stored(field: Field, body: Write, is_api: bool) -> Any:
    if is_api and field.of_api_sources is not None:
        return field.of_api_sources
    sent = getattr(body, field.name)
    return field.empty() if sent is None else sent


def _page_size(call: Call, query: ListQuery) -> int:
    limit = call.fault("lists_page_limit")
    return query.page_size if limit == "off" else min(query.page_size, int(limit))


def _without_nulls(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value is not None}
