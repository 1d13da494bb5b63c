"""The routes: which path and method leads to which handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.auth import Authentication
from streamkap_pulumi.emulator.calls import Answer, Call, Page, Problem
from streamkap_pulumi.emulator.connectors import connector_definitions
from streamkap_pulumi.emulator.control import Control
from streamkap_pulumi.emulator.exchange import CALL, Exchange, json_bytes, problem_reply
from streamkap_pulumi.emulator.faults import CONTROL, Faults
from streamkap_pulumi.emulator.kinds import DESTINATIONS, SOURCES, TAGS, ConnectorKind, Kind
from streamkap_pulumi.emulator.objects import Objects
from streamkap_pulumi.emulator.store import Store
from streamkap_pulumi.emulator.tags import Tags

Handler = Callable[[Call], Answer]
KINDS: tuple[Kind, ...] = (SOURCES, DESTINATIONS, TAGS)
"""The kinds that an emulator has."""
_POLL_SECONDS = 0.05


class Service:
    """One emulator without its server: its state, faults and handlers."""

    def __init__(self, store: Store, faults: Mapping[str, Any] | None = None, kinds: Iterable[Kind] = KINDS) -> None:
        self.store = store
        self.kinds = tuple(kinds)
        self.faults = Faults(store)
        self.faults.put(faults or {})
        self.authentication = Authentication(store)
        self.control = Control(store, self.faults, self.authentication)

    def kind(self, plural: str) -> Kind:
        """The kind of objects with this name in routes; raises `ValueError` when there is none."""
        known = {kind.plural: kind for kind in self.kinds}
        if plural not in known:
            raise ValueError(f"There is no kind {plural!r}; there are {', '.join(known)}.")
        return known[plural]

    def reset(self) -> None:
        """Forget everything but the credentials."""
        with self.store.transaction():
            self.faults.reset()
            self.store.clear()


def create_app(
    state: str | Path | None = None,
    faults: Mapping[str, Any] | None = None,
    kinds: Iterable[Kind] = KINDS,
) -> Starlette:
    """The emulator as an ASGI application, for a server of your own.

    `state` is the SQLite file; without it, the state is in memory. Faults that are given here win
    over those in the state file. The fault ``connection_drop`` needs the emulator's own server.
    """
    return service_app(open_service(Path(state) if state is not None else None, faults, kinds))


def open_service(state: Path | None, faults: Mapping[str, Any] | None = None, kinds: Iterable[Kind] = KINDS) -> Service:
    """A service with its state file, which is closed again when a fault is wrong."""
    store = Store(state)
    try:
        return Service(store, faults, kinds)
    except BaseException:
        store.close()
        raise


def service_app(service: Service) -> Starlette:
    """The ASGI application of a service."""
    routes = [*_auth_routes(service), *_control_routes(service)]
    for kind in service.kinds:
        routes += _connector_routes(service, kind) if isinstance(kind, ConnectorKind) else _tag_routes(service, kind)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Exchange, store=service.store, faults=service.faults, kinds=service.kinds)],
        exception_handlers={HTTPException: _not_routed},
    )
    app.router.redirect_slashes = False
    return app


def _auth_routes(service: Service) -> list[Route]:
    authentication = service.authentication
    return [
        _route(service, "POST", "/auth/access-token", authentication.login, public=True),
        _route(service, "POST", "/auth/access-token/refresh", authentication.refresh, public=True),
        _route(service, "GET", "/auth/whoami", authentication.whoami),
        _route(service, "GET", "/auth/roles", authentication.roles),
    ]


def _tag_routes(service: Service, kind: Kind) -> list[Route]:
    tags = Tags(kind, service.store, service.kinds)
    root = f"/{kind.plural}"
    one = f"{root}/{{id}}"
    return [
        _route(service, "GET", root, tags.listed),
        _route(service, "POST", root, tags.create, writes=True),
        _route(service, "POST", f"{root}/search", tags.search),
        _route(service, "PUT", one, tags.update, writes=True),
        _route(service, "DELETE", one, tags.delete, writes=True),
    ]


def _connector_routes(service: Service, kind: ConnectorKind) -> list[Route]:
    objects = Objects(kind, service.store, Tags(TAGS, service.store, service.kinds))
    root = f"/{kind.plural}"
    one = f"{root}/{{id}}"
    routes = [
        _route(service, "GET", root, objects.listed),
        _route(service, "POST", root, objects.create, writes=True),
        _route(service, "POST", f"{root}/search", objects.search),
        _route(service, "GET", f"{root}/brief", objects.brief),
        _route(service, "GET", f"{root}/connectors", lambda call: connector_definitions(kind, call)),
        _route(service, "GET", f"{root}/metrics", objects.metrics),
        _route(service, "POST", f"{root}/metrics", objects.metrics),
        _route(service, "GET", one, objects.get),
        _route(service, "PUT", one, objects.update, writes=True),
        _route(service, "DELETE", one, objects.delete, writes=True),
        _route(service, "GET", f"{one}/metrics", objects.metrics_of_one),
        _route(service, "POST", f"{one}/deploy", objects.deploy, writes=True),
        _route(service, "POST", f"{one}/actions/{{action}}", objects.act, writes=True),
    ]
    if kind.snapshots:
        stops = ("stop_incremental_snapshot", "stop_blocking_snapshot", "cancel_snapshot")
        routes.append(_route(service, "POST", f"{root}/snapshot", objects.start_snapshot, writes=True))
        routes += [_route(service, "POST", f"{root}/{name}", objects.stop_snapshot, writes=True) for name in stops]
    return routes


def _control_routes(service: Service) -> list[Route]:
    control = service.control

    def reset(_call: Call) -> Answer:
        service.reset()
        return Answer({"reset": True})

    table: list[tuple[str, str, Handler]] = [
        ("GET", "faults", control.faults),
        ("PUT", "faults", control.put_faults),
        ("DELETE", "faults", control.reset_faults),
        ("GET", "requests", control.requests),
        ("DELETE", "requests", control.forget_requests),
        ("GET", "credentials", control.credentials),
        ("PUT", "credentials", control.put_credentials),
        ("DELETE", "tokens", control.revoke_tokens),
        ("POST", "grants", control.grant),
        ("POST", "reset", reset),
    ]
    for kind in service.kinds:
        table.append(("GET", kind.plural, control.list_handler(kind)))
        table.append(("PATCH", f"{kind.plural}/{{id}}", control.patch_handler(kind)))
    return [_route(service, method, f"{CONTROL}/{path}", handler, public=True) for method, path, handler in table]


def _route(
    service: Service, method: str, path: str, handler: Handler, *, writes: bool = False, public: bool = False
) -> Route:
    async def endpoint(request: Request) -> Response:
        call: Call = request.scope[CALL]
        call.path_params = request.path_params
        call.writes = writes
        try:
            if not public:
                _admit(service, call)
            answer = _commit(service, handler, call)
            answer = await _waited(call, answer)
        except Problem as problem:
            reply = problem_reply(call, problem)
            return Response(reply.body, reply.status, dict(reply.headers))
        content = b"" if answer.empty else json_bytes(answer.body)
        return Response(content, answer.status, {"content-type": "application/json"})

    route = Route(path, endpoint, methods=[method])
    route.methods = {method}  # Without the HEAD that comes with every GET.
    return route


def _admit(service: Service, call: Call) -> None:
    call.client = service.authentication.identify(call)
    if call.on("forbidden") or (call.writes and call.client.read_only):
        raise Problem(403, "You do not have permission to perform this action")
    if (page := call.fault("gateway_before_commit")) != "off":
        raise Page(int(page))


def _commit(service: Service, handler: Handler, call: Call) -> Answer:
    with service.store.transaction():
        try:
            return handler(call)
        except Problem as problem:
            # Not rolled back: counts stay, and a failed create may leave its orphan.
            failed = problem
    raise failed


async def _waited(call: Call, answer: Answer) -> Answer:
    pending = answer.pending
    if pending is None:
        return answer
    limit = clock.now() + call.number("wait_limit")
    while not pending.ready():
        if clock.now() >= limit:
            raise Page(504)
        await asyncio.sleep(_POLL_SECONDS)
    return pending.answer()


async def _not_routed(request: Request, error: Exception) -> Response:
    status, detail = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, str(error))
    headers = {"allow": ", ".join(_allowed(request))} if status == 405 else {}
    reply = problem_reply(request.scope[CALL], Problem(status, detail, headers))
    return Response(reply.body, reply.status, dict(reply.headers))


def _allowed(request: Request) -> list[str]:
    """The methods that the request's path supports."""
    matching = [
        route
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    return sorted({method for route in matching for method in route.methods or ()})
