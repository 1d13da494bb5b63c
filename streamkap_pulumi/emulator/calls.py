"""One request, its answer, and the errors in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from streamkap_pulumi.emulator.switches import Value


@dataclass(frozen=True, slots=True)
class Identity:
    """A credential, and what it may see: one service (the web page says project) of one tenant."""

    client_id: str
    secret: str
    tenant_id: str
    service_id: str
    sub_id: str
    read_only: bool = False
    """Every change is refused with 403."""
    admin: bool = False
    """May act for other tenants, by the headers ``X-Admin-Tenant-Id`` and ``X-Admin-Service-Id``."""


class Switches(Protocol):
    """The emulator's switches, as a call needs them."""

    def consult(self, name: str, call: Call) -> Value:
        """The switch's value for this call."""


@dataclass(slots=True)
class Call:
    """A request that is being answered."""

    method: str
    path: str
    query: Mapping[str, str]
    repeated: Mapping[str, list[str]]
    """All values of each query parameter; `query` has the last one."""
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    faults: Switches
    writes: bool = False
    """Whether the route changes something."""
    path_params: Mapping[str, Any] = field(default_factory=dict)
    client: Identity | None = None
    """The caller; None until the token is checked, and on open routes."""
    consulted: dict[str, Value] = field(default_factory=dict)
    """The value of each fault for this request, so that each counts once."""

    @property
    def identity(self) -> Identity:
        """The caller, on a route that needs a token."""
        if self.client is None:
            raise Problem(401, "Unauthorized: invalid or missing token")
        return self.client

    def fault(self, name: str) -> Value:
        """The value of the switch `name` for this request."""
        if name not in self.consulted:
            self.consulted[name] = self.faults.consult(name, self)
        return self.consulted[name]

    def on(self, name: str) -> bool:
        """Whether the switch `name` is on for this request."""
        return self.fault(name) == "on"

    def number(self, name: str) -> float:
        """The value of the switch `name`, as a number."""
        return float(self.fault(name))


@dataclass(slots=True)
class PendingAnswer:
    """The answer to a call with ``wait=true``, and when it is ready."""

    ready: Callable[[], bool]
    answer: Callable[[], Answer]


@dataclass(slots=True)
class Answer:
    """What a handler answers."""

    body: Any = None
    status: int = 200
    empty: bool = False
    """Whether there is no body at all, not even ``null``."""
    pending: PendingAnswer | None = None


class Problem(Exception):  # noqa: N818 - it is an answer, not a failure of the emulator.
    """An error answer: a status, and a detail in one of the shapes that the API uses."""

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class Page(Problem):
    """An HTML page of the gateway in front of the API, instead of the API's own JSON."""

    def __init__(self, status: int) -> None:
        super().__init__(status, None)

    @property
    def html(self) -> bytes:
        """The page."""
        reasons = {
            200: "Sign in",
            500: "500 Internal Server Error",
            502: "502 Bad Gateway",
            503: "503 Service Temporarily Unavailable",
            504: "504 Gateway Time-out",
        }
        title = reasons[self.status]
        return (
            f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
            "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ).encode()
