"""What happens around every request: its id, the log, and the faults of the network and of gateways.

This wraps the routes as ASGI middleware, so that network faults need no patching: a dropped connection is a socket that
is really closed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.calls import Call, Page, Problem
from streamkap_pulumi.emulator.faults import CONTROL, Faults
from streamkap_pulumi.emulator.kinds import Kind
from streamkap_pulumi.emulator.masking import masked
from streamkap_pulumi.emulator.store import Store
from streamkap_pulumi.emulator.validation import read_json

TRANSPORT = "streamkap_emulator.transport"
"""The ASGI extension by which our server passes the connection's transport."""
LOST = "streamkap_emulator.lost"
"""The ASGI extension that says whether the connection is lost."""
CALL = "streamkap_emulator.call"
"""Where a route finds its `Call` in the scope."""

_HTML = ("content-type", "text/html")
_log = logging.getLogger("streamkap_pulumi.emulator")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in bytes, on its way out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    dropped: str = ""
    """How the connection is dropped: ``no_answer`` or ``mid_body``; empty: it is not."""

    @property
    def good(self) -> bool:
        """Whether it reports success."""
        return self.status < 400

    @property
    def page(self) -> bool:
        """Whether it is the gateway's HTML page, which does not come from the API."""
        return _HTML in self.headers


def json_bytes(body: Any) -> bytes:
    """The JSON as the API writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def problem_reply(call: Call, problem: Problem) -> Reply:
    """The answer for an error."""
    if isinstance(problem, Page):
        return Reply(problem.status, (_HTML,), problem.html)
    detail = problem.detail
    if isinstance(detail, str):
        if call.fault("error_echoes_secrets") != "off":
            detail = " ".join([detail, *_secret_values(call)])
        detail = _styled(call, detail)
    headers = (("content-type", "application/json"), *problem.headers.items())
    return Reply(problem.status, headers, json_bytes({"detail": detail}))


def _styled(call: Call, text: str) -> Any:
    styles: dict[Any, Any] = {
        "list": [{"loc": ["body"], "msg": text, "type": "value_error"}],
        "object": {"code": "error", "message": text, "issues": []},
        "null": None,
        "empty": "",
    }
    return styles.get(call.fault("detail_style"), text)


def _secret_values(call: Call) -> list[str]:
    everything = call.fault("error_echoes_secrets") == "all"
    token = call.headers.get("authorization", "").partition(" ")[2]
    try:
        body = read_json(call.body)
        sent = dict(body.get("config", body) if everything else body["config"])
        hidden = {} if everything else masked(sent, ())
        quoted = [str(value) for key, value in sent.items() if hidden.get(key) != value]
    except (ValueError, KeyError, TypeError, AttributeError):
        quoted = []
    return [*quoted, token] if everything and token else quoted


async def latency(seconds: float) -> None:
    """Let these seconds pass before the request goes on."""
    await asyncio.sleep(seconds)


class Exchange:
    """The middleware around all routes."""

    def __init__(self, app: ASGIApp, *, store: Store, faults: Faults, kinds: Iterable[Kind]) -> None:
        self._app = app
        self._store = store
        self._faults = faults
        self._kinds = tuple(kinds)
        self._recent: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        call = self._call(scope, body)
        scope[CALL] = call
        if call.path.startswith(CONTROL):
            reply = await self._routed(scope, call)
        else:
            number, started = self._store.arrived(), clock.now()
            reply = await self._disturbed(scope, call)
            self._store.log(number, self._entry(call, reply, started))
        await _send(scope, send, call, reply)

    def _call(self, scope: Scope, body: bytes) -> Call:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # Letters only: official clients search an error's text, including the request's id, for digits such as 429.
        new_id = "".join(secrets.choice("abcdefghkmnpqrstuvwxyz") for _ in range(20))
        repeated = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return Call(
            method=scope["method"],
            path=scope["path"],
            query={name: values[-1] for name, values in repeated.items()},
            repeated=repeated,
            headers=headers,
            body=body,
            request_id=headers.get("x-request-id") or new_id,
            faults=self._faults,
        )

    async def _disturbed(self, scope: Scope, call: Call) -> Reply:
        refusal = self._refusal(call)
        if refusal is not None:
            return refusal
        await latency(call.number("latency_before_commit"))
        reply = await self._routed(scope, call)
        await latency(call.number("latency_after_commit"))
        if reply.good and (page := call.fault("gateway_after_commit")) != "off":
            return problem_reply(call, Page(int(page)))
        drop = call.fault("connection_drop")
        if drop != "off":
            return replace(reply, dropped="mid_body" if drop == "mid_body" else "no_answer")
        return _damaged(call, reply) if reply.good else reply

    def _refusal(self, call: Call) -> Reply | None:
        limit = call.fault("rate_limit")
        if limit != "off" and self._too_many(float(limit)):
            return problem_reply(call, Problem(429, "Too many requests", _retry_after(call)))
        if call.fault("connection_drop") == "before_commit":
            return Reply(0, (), b"", dropped="no_answer")
        if (page := call.fault("html_5xx")) != "off":
            return problem_reply(call, Page(int(page)))
        if call.on("login_page"):
            return problem_reply(call, Page(200))
        if (status := call.fault("api_error")) != "off":
            return problem_reply(call, Problem(int(status), str(call.fault("api_error_text"))))
        return None

    def _too_many(self, limit: float) -> bool:
        now = clock.now()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= limit:
            return True
        self._recent.append(now)
        return False

    async def _routed(self, scope: Scope, call: Call) -> Reply:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": call.body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - the API answers 500, whatever failed.
            _log.exception("%s %s failed inside the emulator", call.method, call.path)
            return problem_reply(call, Problem(500, "Internal Server Error"))
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in sent[0]["headers"]
            if name != b"content-length"  # A fault may still change the body.
        )
        return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))

    def _entry(self, call: Call, reply: Reply, started: float) -> dict[str, Any]:
        query = {name: values if values[1:] else values[0] for name, values in call.repeated.items()}
        return {
            "time": clock.iso(started),
            "method": call.method,
            "path": call.path,
            "query": masked(query, self._kinds),
            "body": masked(_readable_body(call.body), self._kinds),
            "client_id": call.client.client_id if call.client else None,
            "request_id": call.request_id,
            "status": None if reply.dropped == "no_answer" else reply.status,
            "seconds": round(clock.now() - started, 3),
        }


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the client closed the connection before its end."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def _readable_body(body: bytes) -> Any:
    if not body:
        return None
    try:
        return read_json(body)
    except ValueError:
        return f"({len(body)} bytes, not JSON)"


def _retry_after(call: Call) -> dict[str, str]:
    seconds = call.number("retry_after_seconds")
    style = call.fault("retry_after")
    if style == "seconds":
        return {"retry-after": f"{seconds:g}"}
    if style == "http-date":
        return {"retry-after": clock.http_date(clock.now() + seconds + call.number("clock_skew"))}
    return {}


def _damaged(call: Call, reply: Reply) -> Reply:
    if call.on("empty_200"):
        return replace(reply, status=200, body=b"")
    if call.on("truncated_json"):
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    shape = call.fault("wrong_shape")
    if shape == "off":
        return reply
    body: Any = json.loads(reply.body or b"null")
    shapes = {"list": [body], "null": None, "text": "ok", "no_id": _without_id(body)}
    return replace(reply, body=json_bytes(shapes[str(shape)]))


def _without_id(body: Any) -> Any:
    if isinstance(body, list):
        return [_without_id(item) for item in body]
    if isinstance(body, dict):
        inside = ("result", "tags")
        return {key: _without_id(value) if key in inside else value for key, value in body.items() if key != "id"}
    return body


async def _send(scope: Scope, send: Send, call: Call, reply: Reply) -> None:
    if reply.dropped == "no_answer":
        await _hang_up(scope, call)
        return
    headers = [
        *reply.headers,
        ("date", clock.http_date(clock.now() + call.number("clock_skew"))),
        *([("x-request-id", call.request_id)] if not reply.page or call.on("gateway_request_id") else []),
        ("content-length", str(len(reply.body))),
    ]
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    if reply.dropped == "mid_body":
        half = reply.body[: len(reply.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.05)  # So that this half is sent before the connection ends.
        await _hang_up(scope, call)
        return
    await send({"type": "http.response.body", "body": reply.body})


async def _hang_up(scope: Scope, call: Call) -> None:
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionAbortedError("The fault connection_drop needs the emulator's own server.")
    connection = transport.get_extra_info("socket")
    if connection is not None and call.fault("drop_style") == "reset":
        # Without a linger time, closing resets the connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # Until the server notices, it would report that we returned without an answer.
    while not scope["extensions"][LOST]():  # noqa: ASYNC110 - the server has no event for this.
        await asyncio.sleep(0)
