"""Every error of the API client, as one tree.

::

    StreamkapError
    ├── SettingsError            a setting is missing or cannot be read; nothing was sent
    ├── InterruptedRunError      the run was interrupted first; nothing was sent
    ├── ConnectionFailedError    no connection; nothing was sent
    ├── NoAnswerError            sent, but no complete answer came back: the outcome is unknown
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

For a name that already exists the API answers 400, 409 or 422, so all three have `name_is_taken`.
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
    r"(\b(source|destination|transform|pipeline|connector|tag|entity)\s+(with\s+)?((this|the|that)\s+)?name\b"
    r"|^(.*: )?name\b|\btag\s+with\s+identical\s+properties\b)"
    r".*\balready exists\b",
    re.IGNORECASE,
)
"""The object's own name, or all that a tag has. A publication or a slot of the database may already exist, too."""

NAME_TAKEN_STATUSES = frozenset({400, 409, 422})
"""The statuses that the API uses for a name that is taken."""

_IN_USE = re.compile(r"\bis used by\b.*\bcan't be deleted\b", re.IGNORECASE)

_BUSY = re.compile(
    r"kafka connect api call failed with status code (404|409)\b"
    r"|rebalanc|leader_not_available|timed out|kafkaconnecttimeout|sockettimeoutexception",
    re.IGNORECASE,
)
"""404: the connector is not deployed yet. 409: the connector or its cluster is already being changed."""

_LONGEST_DETAIL = 2000
"""How many characters of the API's words an error shows."""


class StreamkapError(Exception):
    """Base of all errors here."""

    effort: str = ""
    """How often the call was tried, such as ``tried 5 times in 34 s``; empty after one try."""
    uncertain_before: bool = False
    """The answer to an earlier try was lost, so the API may have acted on that one."""
    remedy: str = ""
    """What helps where a proxy, a gateway or another server refused, and not the API; otherwise empty."""

    def __init__(self, text: str, *, operation: str | None = None) -> None:
        super().__init__(text)
        self.operation = operation
        """Method and path, such as ``POST /sources``; None if nothing was sent."""

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} ({self.effort})" if self.effort else text

    def __copy__(self) -> Self:
        """The same error without its traceback."""
        return _with_state(type(self), self.args, vars(self))

    @property
    def message(self) -> str:
        """The error's text for users, with several complaints on a line each."""
        return self.told()

    def told(self, clear: Callable[[str], str] = str) -> str:  # noqa: ARG002 - nothing here quotes the API
        """The error's text for users. `clear` is applied to the API's words only, never to ours."""
        return str(self)


class SettingsError(StreamkapError):
    """A setting is missing or cannot be read."""

    def __init__(self, text: str, *, setting: str | None = None) -> None:
        super().__init__(text)
        self.setting = setting
        """Its key in the stack's configuration, such as ``streamkap:secret``."""


class InterruptedRunError(StreamkapError):
    """The run was interrupted, as by Ctrl-C, before the request was sent."""


class ConnectionFailedError(StreamkapError):
    """The client could not connect to the host, so the request was not sent."""

    def __init__(self, text: str, *, operation: str | None = None, permanent: bool = False, remedy: str = "") -> None:
        super().__init__(text, operation=operation)
        self.remedy = remedy
        self.permanent = permanent
        """Trying again does not help, as with a certificate that is not trusted."""


class NoAnswerError(StreamkapError):
    """The request was sent, but no complete answer came: the API may or may not have acted on it."""


class UnreadableAnswerError(StreamkapError):
    """The API answered with success, but its body is not what the API documents."""

    def __init__(
        self, text: str, *, operation: str | None = None, request_id: str | None = None, accepted: bool = False
    ) -> None:
        super().__init__(text, operation=operation)
        self.request_id = request_id
        """The answer's ``X-Request-Id``, if it has one."""
        self.accepted = accepted
        """The body is empty, or JSON of another shape. So the API itself reported the success, and not a gateway."""


class APIError(StreamkapError):
    """The API answered with an error status.

    The API may quote secrets. An error that a client raises clears them each time it is shown, including secrets that
    the client's `Redaction` learns later.
    """

    _redaction: Redaction | None = None
    """The client's; None if no client raised the error."""

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
        """The answer's ``X-Request-Id``, for Streamkap's support; None if it has none."""
        self.html = html
        """The body is an HTML page, so a gateway answered, and not the API."""
        self.retry_after = retry_after
        """How many seconds the API asks to wait before the next try; None if it does not say."""
        self.remedy = _gateway_remedy(status, html=html)
        reason = self.reason
        # Checked before anything is cleared: a secret may be one of the words that these patterns need.
        self._says_taken = bool(_NAME_TAKEN.search(reason))
        self._says_missing = bool(_MISSING.search(reason))
        self._says_busy = bool(_BUSY.search(reason))
        self._says_in_use = bool(_IN_USE.search(reason))
        super().__init__(self._text(operation, reason), operation=operation)

    def __str__(self) -> str:
        return self._text(self.operation or "", self.reason)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled error has no redaction, so it is cleared first."""
        twin = self.cleared(str)
        return _with_state, (type(self), twin.args, vars(twin) | {"_redaction": None})

    @property
    def detail(self) -> Any:
        """What the API says, as decoded JSON: a string, a list of complaints, a mapping, or None."""
        return self._detail if self._redaction is None else _cleared(self._detail, self._redaction.text)

    @property
    def reason(self) -> str:
        """`detail` in one line, at most 2000 characters."""
        return self._in_one_line(self.detail)

    def told(self, clear: Callable[[str], str] = str) -> str:
        """The error's text for users, with several complaints on a line each.

        `clear` is applied to the API's words only, never to ours. It is not needed for what the client's own redaction
        knows.
        """
        detail = _cleared(self.detail, clear)
        found = list(_complaints(detail))
        if len(found) < 2:
            return self._text(self.operation or "", self._in_one_line(detail))
        lines = "".join(f"\n  {path}: {message}" if path else f"\n  {message}" for path, message in found)
        return self._text(self.operation or "", f"{len(found)} complaints") + _shortened(lines)

    def cleared(self, clear: Callable[[str], str]) -> Self:
        """The same error, with `clear` applied to the API's words."""
        twin = copy(self)
        twin._detail = _cleared(self.detail, clear)  # noqa: SLF001 - its own
        twin.args = (str(twin),)
        return twin

    def as_not_found(self) -> NotFoundError:
        """The same error as a `NotFoundError`."""
        return _with_state(NotFoundError, self.args, vars(self))

    def as_answered(self) -> APIError:
        """The same error, of the class for its status."""
        return _with_state(_class_for(self.status, html=self.html), self.args, vars(self))

    def _in_one_line(self, detail: Any) -> str:
        return "a gateway answered with an HTML page" if self.html else _described(detail)

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
        """The API says that the object does not exist; its routes differ in how they say so."""
        return self.status == 404 or (self.status in {400, 410, 422} and self._says_missing)

    @property
    def says_busy(self) -> bool:
        """The API says that Kafka Connect is rebalancing or slow, or has not deployed the connector yet."""
        return self.status == 500 and self._says_busy

    @property
    def says_in_use(self) -> bool:
        """The API refuses a deletion, since other objects have the object, such as a tag."""
        return self._says_in_use


class BadRequestError(APIError):
    """400: the API refuses what the request asks for."""


class AuthenticationError(APIError):
    """401, also with a new token: the API does not accept the credentials."""


class PermissionDeniedError(APIError):
    """403: the role of the credentials does not allow the operation."""


class NotFoundError(APIError):
    """404, or an answer that is documented to mean the same, such as an empty page for one id."""


class ConflictError(APIError):
    """409: a name is taken, or a snapshot is running."""


class InvalidRequestError(APIError):
    """422: a field is missing or of the wrong type, or a name is taken."""

    def issues(self) -> Iterator[tuple[str, str]]:
        """Each complaint as (path of the field, the API's words); none if `detail` is a string."""
        yield from _complaints(self.detail)


class RateLimitedError(APIError):
    """429: too many requests."""


class ServerError(APIError):
    """5xx from the API itself: the API failed, and says why if it can."""


class GatewayError(ServerError):
    """A gateway answered, and not the API, which may still have acted on the request.

    Gateways answer 502, 503, 504, and Cloudflare also 520 to 527. Any other 5xx comes from a gateway if it is an HTML
    page.
    """


_CLASSES: Mapping[int, type[APIError]] = {
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
    """The error for `status`. `redaction` clears what it quotes, now and each time it is shown."""
    error = _class_for(status, html=html)(
        operation=operation,
        status=status,
        detail=detail,
        request_id=request_id,
        html=html,
        retry_after=retry_after,
    )
    error._redaction = redaction  # noqa: SLF001 - its own
    return error if redaction is None else error.cleared(str)


def _class_for(status: int, *, html: bool) -> type[APIError]:
    if status >= 500:
        return GatewayError if html else _CLASSES.get(status, ServerError)
    found = _CLASSES.get(status, APIError)
    # A web server's own 404 page says nothing about an object.
    return APIError if found is NotFoundError and html else found


def _with_state(kind: type[_Error], args: tuple[Any, ...], state: Mapping[str, Any]) -> _Error:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def _gateway_remedy(status: int, *, html: bool) -> str:
    """What helps where a proxy or a gateway refused: the API itself answers with JSON, and never with 407."""
    if status == 407:
        return (
            "A proxy refused the request, not Streamkap: it requires credentials. Put them in the proxy URL in "
            "HTTPS_PROXY or HTTP_PROXY."
        )
    if html and status in {401, 403, 451}:
        return (
            "A proxy or gateway on the way refused the request, not Streamkap: ask whoever runs it to let requests to "
            "Streamkap through, or check that the host is Streamkap's API."
        )
    return ""


def _described(detail: Any) -> str:
    """The API's `detail` in one line: a string, a list of complaints, or an object with code, message and issues.

    The `input` of a complaint is not shown: it quotes what was sent, including secrets.
    """
    if isinstance(detail, str):
        text = " ".join(detail.split())
    elif isinstance(detail, list):
        text = "; ".join(f"{path}: {message}" if path else message for path, message in _complaints(detail))
    elif isinstance(detail, Mapping):
        text = ": ".join(str(detail[key]) for key in ("code", "message") if detail.get(key))
        issues = "; ".join(message for _, message in _complaints(detail.get("issues")))
        text = f"{text} ({issues})" if issues else text
    else:
        text = ""
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + " …"


def _cleared(detail: Any, clear: Callable[[str], str]) -> Any:
    """`detail` with `clear` applied to each string in it, before anything is joined or shortened."""
    if isinstance(detail, str):
        return clear(detail)
    if isinstance(detail, Mapping):
        return {key: _cleared(value, clear) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_cleared(item, clear) for item in detail]
    if isinstance(detail, (int, float)) and not isinstance(detail, bool):
        number = str(detail)
        return detail if clear(number) == number else clear(number)
    return detail


def _complaints(detail: Any) -> Iterator[tuple[str, str]]:
    """Each complaint in a list as (path of the field, the API's words)."""
    for entry in detail if isinstance(detail, list) else ():
        if isinstance(entry, Mapping):
            loc = entry.get("loc")
            path = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else ""
            yield path, str(entry.get("msg") or entry.get("message") or entry.get("type") or "refused")
        elif isinstance(entry, str):
            yield "", entry
