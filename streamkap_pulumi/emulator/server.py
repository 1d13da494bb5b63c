"""The server: uvicorn, with a protocol that can drop a connection, in a thread or as a process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from streamkap_pulumi.emulator.app import Service, open_service, service_app
from streamkap_pulumi.emulator.exchange import LOST, TRANSPORT
from streamkap_pulumi.emulator.faults import CONTROL

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send
    from typing_extensions import Self

_START_SECONDS = 15


class _Protocol(H11Protocol):
    """HTTP/1.1 that hands each request its transport, for `connection_drop`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = scope.setdefault("extensions", {})
            extensions[TRANSPORT] = transport
            extensions[LOST] = lambda: self not in self.connections
            await app(scope, receive, send)

        self.app = with_transport


class Server(uvicorn.Server):
    """uvicorn that reports when it is ready, and ends on a signal without raising it again."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,  # Logging belongs to the program that runs us.
                log_level="warning",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=75,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in an orderly way on SIGTERM and SIGINT."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio recognises TCP and sends small packets at once.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener


class Emulator:
    """A Streamkap API on a free port of this machine, in a thread of this process.

    ::

        with Emulator(faults={"status_delay": 0}) as emulator:
            streamkap = Streamkap(emulator.url, emulator.client_id, emulator.secret)

    `state` is the SQLite file that keeps the state; without it, the state ends with the emulator.
    """

    client_id = "demo-client"
    """The client id of a credential that every emulator has."""
    secret = "demo-secret"  # noqa: S105 - it protects nothing.
    """The secret that goes with `client_id`."""

    def __init__(
        self, state: str | Path | None = None, faults: Mapping[str, Any] | None = None, *, port: int = 0
    ) -> None:
        self._state = Path(state) if state is not None else None
        self._faults = dict(faults or {})
        self._port = port
        self._service: Service | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start answering; raises `StateError`, `ValueError` for a wrong fault, `OSError` for the port."""
        listener = listen("127.0.0.1", self._port)
        try:
            service = open_service(self._state, self._faults)
        except BaseException:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        ready = threading.Event()
        server = Server(service_app(service), ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="emulator")
        thread.start()
        if not ready.wait(_START_SECONDS):
            server.should_exit = True
            raise RuntimeError(f"The emulator did not start within {_START_SECONDS} seconds.")
        self._service, self._server, self._thread = service, server, thread

    def stop(self) -> None:
        """Stop answering; a state file stays, and the next `start` uses the same port."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._running.store.close()
        self._service = self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _running(self) -> Service:
        if self._service is None:
            raise RuntimeError("The emulator is not running: use it in a with statement, or call start().")
        return self._service

    @property
    def url(self) -> str:
        """The address that it answers at, without a trailing slash."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def control_url(self) -> str:
        """The address of the control routes."""
        return self.url + CONTROL

    def faults(self, **changes: Any) -> dict[str, Any]:
        """Set faults; None restores a default. Returns the present value of every switch."""
        self._running.faults.put(changes)
        return {name: entry["current"] for name, entry in self._running.faults.describe().items()}

    def reset_faults(self) -> None:
        """Restore every fault's default."""
        self._running.faults.reset()

    def requests(self) -> list[dict[str, Any]]:
        """The requests so far, oldest first, with secrets masked."""
        return self._running.store.requests()

    def forget_requests(self) -> None:
        """Clear the log of requests."""
        self._running.store.forget_requests()

    def objects(self, kind: str, *, secrets: bool = False) -> list[dict[str, Any]]:
        """The stored objects of a kind, such as ``sources`` or ``tags``, including deleted ones."""
        return self._running.control.stored(self._running.kind(kind), secrets=secrets)

    def change(self, kind: str, object_id: str, **changes: Any) -> dict[str, Any]:
        """Change an object of a kind behind the clients' backs, as ``PATCH /_emulator/{kind}/{id}`` does."""
        return self._running.control.change(self._running.kind(kind), object_id, changes)

    def sources(self, *, secrets: bool = False) -> list[dict[str, Any]]:
        """The stored sources, including deleted ones."""
        return self.objects("sources", secrets=secrets)

    def change_source(self, source_id: str, **changes: Any) -> dict[str, Any]:
        """Change a source behind the clients' backs, as ``PATCH /_emulator/sources/{id}`` does."""
        return self.change("sources", source_id, **changes)

    def destinations(self, *, secrets: bool = False) -> list[dict[str, Any]]:
        """The stored destinations, including deleted ones."""
        return self.objects("destinations", secrets=secrets)

    def change_destination(self, destination_id: str, **changes: Any) -> dict[str, Any]:
        """Change a destination behind the clients' backs, as ``PATCH /_emulator/destinations/{id}`` does."""
        return self.change("destinations", destination_id, **changes)

    def tags(self) -> list[dict[str, Any]]:
        """The stored tags, including deleted ones, without the system's own."""
        return self.objects("tags")

    def change_tag(self, tag_id: str, **changes: Any) -> dict[str, Any]:
        """Change a tag behind the clients' backs, as ``PATCH /_emulator/tags/{id}`` does."""
        return self.change("tags", tag_id, **changes)

    def revoke_tokens(self) -> None:
        """Invalidate every token, as if all had expired."""
        self._running.store.forget_tokens()

    def grant(self, *, age: float = 0) -> str:
        """A grant for `oauth_grant_id`, as the Connect sign-in issues it, `age` seconds ago."""
        return self._running.control.new_grant(age)

    def reset(self) -> None:
        """Forget objects, tokens, grants, faults and requests; the credentials stay."""
        self._running.reset()
