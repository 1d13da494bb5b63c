"""Everything that can go wrong between here and the API, as one tree.

::

    StreamkapError
    ├── SettingsError            a setting is missing or unreadable; nothing was sent
    ├── InterruptedRunError      the run was interrupted first: nothing was sent
    ├── ConnectionFailedError    no connection: nothing was sent
    ├── NoAnswerError            sent, but no whole answer came back: the outcome is unknown
    ├── UnreadableAnswerError    a success whose body is not what the API documents
    └── APIError                 the API answered with an error status
        ├── BadRequestError          400
        ├── AuthenticationError      401
        ├── PermissionDeniedError    403
        ├── NotFoundError            404, or a documented answer that means the same
        ├── ConflictError            409
        ├── InvalidRequestError      422
        ├── RateLimitedError         429
        └── ServerError              5xx
            └── GatewayError         502, 503, 504, 520 to 527, or an HTML page: it may have been acted on

`ConflictError`, `InvalidRequestError` and `BadRequestError` also tell by `name_is_taken` whether the API says
that the name already exists: it uses all three statuses for that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import Self

if TYPE_CHECKING:
    from streamkap_pulumi.api.redaction import Redaction

_Error = TypeVar("_Error", bound="StreamkapError")

_MISSING = re.compile(r"not found|does not exist|no such", re.IGNORECASE)

_NAME_TAKEN = re.compile(
    r"(\b(source|destination|transform|pipeline|connector|entity)\s+(with\s+)?((this|the|that)\s+)?name\b"
    r"|^(.*: )?name\b)"
    r".*\balready exists\b",
    re.IGNORECASE,
)
"""The name of the object itself: a publication or a slot of the database has a name, too, and may exist already."""

NAME_TAKEN_STATUSES = frozenset({400, 409, 422})
"""What the API answers where a name is taken."""

_BUSY = re.compile(
    r"kafka connect api call failed with status code (404|409)\b"
    r"|rebalanc|leader_not_available|timed out|kafkaconnecttimeout|sockettimeoutexception",
    re.IGNORECASE,
)
"""404: the connector is not deployed yet. 409: another change of it, or of its cluster, is under way."""

_LONGEST_DETAIL = 2000
"""Characters of it that an error tells."""


class StreamkapError(Exception):
    """Base of all errors here."""

    effort: str = ""
    """How often it was tried and for how long, such as ``tried 5 times in 34 s``; empty for one try."""
    uncertain_before: bool = False
    """The answer to an earlier try was lost, so that one may have been acted on."""
    remedy: str = ""
    """What helps where it was a proxy, a gateway or another server that refused, and not the API; empty otherwise."""

    def __init__(self, text: str, *, operation: str | None = None) -> None:
        super().__init__(text)
        self.operation = operation
        """Method and path, such as ``POST /sources``; None when nothing was sent."""

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} ({self.effort})" if self.effort else text

    def __copy__(self) -> Self:
        """The same error without its traceback."""
        return _with_state(type(self), self.args, vars(self))

    def told(self, clear: Callable[[str], str] = str) -> str:  # noqa: ARG002 - there are no words of the API to clear
        """The error's text for users. `clear` is applied to the API's words only, and never to ours."""
        return str(self)


class SettingsError(StreamkapError):
    """A setting is missing or cannot be read."""

    def __init__(self, text: str, *, setting: str | None = None) -> None:
        super().__init__(text)
        self.setting = setting
        """Its name in the stack's configuration, such as ``streamkap:secret``."""


class InterruptedRunError(StreamkapError):
    """The run was interrupted, as with Ctrl-C, before the request was sent: it is not sent any more."""


class ConnectionFailedError(StreamkapError):
    """No connection to the host came about, so the request was not sent."""

    def __init__(self, text: str, *, operation: str | None = None, permanent: bool = False, remedy: str = "") -> None:
        super().__init__(text, operation=operation)
        self.remedy = remedy
        self.permanent = permanent
        """It will not by itself be better the next time, as with a certificate that is not trusted."""


class NoAnswerError(StreamkapError):
    """The request was sent and no whole answer came: it may or may not have been acted on."""


class UnreadableAnswerError(StreamkapError):
    """The API answered with success, and with a body that is not what it documents."""

    def __init__(
        self, text: str, *, operation: str | None = None, request_id: str | None = None, accepted: bool = False
    ) -> None:
        super().__init__(text, operation=operation)
        self.request_id = request_id
        """The answer's ``X-Request-Id``; None where it has none."""
        self.accepted = accepted
        """It is JSON of another shape, or empty: no page of a gateway, so the API itself has told of the success."""


class APIError(StreamkapError):
    """The API answered with an error status.

    What the API says may quote secrets. An error of the client clears them at each use: also those that the client's
    `Redaction` learned after the error was raised.
    """

    _redaction: Redaction | None = None
    """The client's; None for an error that no client raised."""

    def __init__(
        self,
        *,
        operation: str,
        status: int,
        detail: Any = None,
        request_id: str | None = None,
        html: bool = False,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        """The HTTP status."""
        self._detail = detail
        self.request_id = request_id
        """The answer's ``X-Request-Id``, for Streamkap's support; None where it has none."""
        self.html = html
        """The body is an HTML page, so a gateway answered and not the API."""
        self.retry_after = retry_after
        """How many seconds the API asks to wait before the next try; None when it does not say."""
        self.remedy = _of_gateway(status, html=html)
        reason = self.reason
        # Judged before anything is cleared: a secret may be one of the words that this looks for.
        self._says_taken = bool(_NAME_TAKEN.search(reason))
        self._says_missing = bool(_MISSING.search(reason))
        self._says_busy = bool(_BUSY.search(reason))
        super().__init__(self._text(operation, reason), operation=operation)

    def __str__(self) -> str:
        return self._text(self.operation or "", self.reason)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled error knows no secrets, so it is cleared of them first."""
        twin = self.cleared(str)
        return _with_state, (type(self), twin.args, vars(twin) | {"_redaction": None})

    @property
    def detail(self) -> Any:
        """What the API says, as decoded JSON: a string, a list of complaints, a mapping, or None."""
        return self._detail if self._redaction is None else each_text(self._detail, self._redaction.text)

    @property
    def reason(self) -> str:
        """`detail` in one line, at most 2000 characters."""
        return self._reason(self.detail)

    def told(self, clear: Callable[[str], str] = str) -> str:
        """The error's text, with several complaints on a line each. `clear` is applied to the API's words only."""
        detail = each_text(self.detail, clear)
        found = list(complaints(detail))
        if len(found) < 2:
            return self._text(self.operation or "", self._reason(detail))
        lines = "".join(f"\n  {path}: {message}" if path else f"\n  {message}" for path, message in found)
        return self._text(self.operation or "", f"{len(found)} complaints") + shortened(lines)

    def cleared(self, clear: Callable[[str], str]) -> Self:
        """The same error with the API's words put through `clear`."""
        twin = copy(self)
        twin._detail = each_text(self.detail, clear)  # noqa: SLF001 - its own
        twin.args = (str(twin),)
        return twin

    def as_not_found(self) -> NotFoundError:
        """The same error as a `NotFoundError`."""
        return _with_state(NotFoundError, self.args, vars(self))

    def as_answered(self) -> APIError:
        """The same error, of the class that stands for its status."""
        return _with_state(_kind(self.status, html=self.html), self.args, vars(self))

    def _reason(self, detail: Any) -> str:
        return "a gateway answered with an HTML page" if self.html else describe_detail(detail)

    def _text(self, operation: str, reason: str) -> str:
        text = f"{operation} answered {self.status}"
        if reason:
            text += f": {reason}"
        notes = [f"request id {self.request_id}"] if self.request_id else []
        notes += [self.effort] if self.effort else []
        return f"{text} ({'; '.join(notes)})" if notes else text

    @property
    def name_is_taken(self) -> bool:
        """The API says that an object with this name already exists."""
        return self.status in NAME_TAKEN_STATUSES and self._says_taken

    @property
    def says_missing(self) -> bool:
        """The API's words for an object that is not there; it is not consistent across its routes."""
        return self.status == 404 or (self.status in {400, 410, 422} and self._says_missing)

    @property
    def says_busy(self) -> bool:
        """The API's words for a Kafka Connect that is rebalancing, slow, or not yet through with the connector."""
        return self.status == 500 and self._says_busy


class BadRequestError(APIError):
    """400: the API understood the request and refuses what it asks for."""


class AuthenticationError(APIError):
    """401, also with a fresh token: the credentials are not accepted."""


class PermissionDeniedError(APIError):
    """403: the credentials' roles do not allow the operation."""


class NotFoundError(APIError):
    """404, or an answer that is documented to mean the same, such as an empty page for one id."""


class ConflictError(APIError):
    """409: a name is taken, or a snapshot is running."""


class InvalidRequestError(APIError):
    """422: a field is missing or of the wrong type, or a name is taken."""

    def issues(self) -> Iterator[tuple[str, str]]:
        """Each complaint as (path of the field, the API's words); nothing when `detail` is a text."""
        yield from complaints(self.detail)


class RateLimitedError(APIError):
    """429: too many requests."""


class ServerError(APIError):
    """5xx from the API itself: it failed, and says why if it can."""


class GatewayError(ServerError):
    """A gateway answered, and not the API, which may have acted on the request all the same.

    Its statuses are 502, 503, 504 and those of Cloudflare, 520 to 527; any other 5xx is its own where it is an HTML
    page.
    """


def _with_state(kind: type[_Error], args: tuple[Any, ...], state: Mapping[str, Any]) -> _Error:
    """An error of `kind` with the arguments and the attributes of another one."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def _of_gateway(status: int, *, html: bool) -> str:
    """What helps where a proxy or a gateway refused. The API itself answers with JSON, and never with 407."""
    if status == 407:
        return (
            "It is a proxy that refuses, and not Streamkap: it wants credentials. Put them into the proxy's URL in "
            "HTTPS_PROXY or HTTP_PROXY."
        )
    if html and status in {401, 403, 451}:
        return (
            "It is a proxy or a gateway on the way that refuses, and not Streamkap's API: have whoever runs it let "
            "requests to Streamkap through, or check that the host is the API's."
        )
    return ""


_BY_STATUS: Mapping[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidRequestError,
    429: RateLimitedError,
    **dict.fromkeys((502, 503, 504, *range(520, 528)), GatewayError),
}


def error_for(
    *,
    operation: str,
    status: int,
    detail: Any = None,
    request_id: str | None = None,
    html: bool = False,
    retry_after: float | None = None,
    redaction: Redaction | None = None,
) -> APIError:
    """The error of the tree that stands for `status`; `redaction` clears what it quotes, now and at each use."""
    error = _kind(status, html=html)(
        operation=operation,
        status=status,
        detail=detail,
        request_id=request_id,
        html=html,
        retry_after=retry_after,
    )
    error._redaction = redaction  # noqa: SLF001 - its own
    return error if redaction is None else error.cleared(str)


def _kind(status: int, *, html: bool) -> type[APIError]:
    if status >= 500:
        return GatewayError if html else _BY_STATUS.get(status, ServerError)
    kind = _BY_STATUS.get(status, APIError)
    # A web server's own page says nothing about an object.
    return APIError if kind is NotFoundError and html else kind


def describe_detail(detail: Any) -> str:
    """The API's `detail` as one line: a text, a list of complaints, or an object with code, message and issues.

    What a complaint says of the `input` is left out: it repeats what was sent, secrets included.
    """
    if isinstance(detail, str):
        text = " ".join(detail.split())
    elif isinstance(detail, list):
        text = "; ".join(f"{path}: {message}" if path else message for path, message in complaints(detail))
    elif isinstance(detail, Mapping):
        heads = [str(detail[key]) for key in ("code", "message") if detail.get(key)]
        text = ": ".join(heads)
        issues = "; ".join(message for _, message in complaints(detail.get("issues")))
        text = f"{text} ({issues})" if issues else text
    else:
        text = ""
    return shortened(text)


def shortened(text: str) -> str:
    """`text`, if it is not too long for an error."""
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + " …"


def each_text(detail: Any, clear: Callable[[str], str]) -> Any:
    """`detail` with each of its texts put through `clear`, before anything shortens or joins them."""
    if isinstance(detail, str):
        return clear(detail)
    if isinstance(detail, Mapping):
        return {key: each_text(value, clear) for key, value in detail.items()}
    if isinstance(detail, list):
        return [each_text(item, clear) for item in detail]
    if isinstance(detail, (int, float)) and not isinstance(detail, bool):
        number = str(detail)
        return detail if clear(number) == number else clear(number)
    return detail


def complaints(detail: Any) -> Iterator[tuple[str, str]]:
    """Each complaint of a list as (path of the field, the API's words)."""
    for entry in detail if isinstance(detail, list) else ():
        if isinstance(entry, Mapping):
            loc = entry.get("loc")
            path = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else ""
            yield path, str(entry.get("msg") or entry.get("message") or entry.get("type") or "refused")
        elif isinstance(entry, str):
            yield "", entry
