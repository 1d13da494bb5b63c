"""From an HTTP answer to its JSON, or to an error of the tree; and what time it is at the server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from streamkap_pulumi.api.errors import NoAnswerError, UnreadableAnswerError, error_for
from streamkap_pulumi.api.redaction import Redaction


def decode(operation: str, answer: httpx.Response, redaction: Redaction) -> Any:
    """The JSON of a success; None if it has no body.

    Raises:
        APIError: the answer is an error; `redaction` clears what it quotes.
        NoAnswerError: the JSON is cut off.
        UnreadableAnswerError: the answer is not JSON, or it is a redirect.
    """
    request_id = answer.headers.get("X-Request-Id")
    html = "html" in answer.headers.get("Content-Type", "") or answer.text.lstrip()[:1] == "<"
    if answer.is_redirect:
        raise UnreadableAnswerError(
            f"{operation} was redirected to {_redirect_host(answer)}: "
            f"{answer.request.url.host} does not look like the API",
            operation=operation,
            request_id=request_id,
        )
    try:
        decoded = answer.json() if answer.content and not html else None
        readable = not html
    except ValueError:
        decoded, readable = None, False
    if answer.is_error:
        raise error_for(
            operation=operation,
            status=answer.status_code,
            detail=_detail(decoded, answer),
            request_id=request_id,
            html=html,
            retry_after=retry_after(answer.headers),
            redaction=redaction,
        )
    if not readable:
        note = f" (request id {request_id})" if request_id else ""
        if answer.text.lstrip()[:1] in {"{", "["}:
            raise NoAnswerError(f"{operation}: the answer is cut off{note}", operation=operation)
        kind = "an HTML page" if html else "something that is not JSON"
        raise UnreadableAnswerError(
            f"{operation} answered {answer.status_code} with {kind}{note}", operation=operation, request_id=request_id
        )
    return decoded


def _redirect_host(answer: httpx.Response) -> str:
    """Only the host: the rest of the URL may hold a password, a token, or what was sent."""
    try:
        return answer.request.url.join(answer.headers.get("Location", "")).host or "nowhere"
    except httpx.InvalidURL:
        return "an invalid URL"


def _detail(decoded: Any, answer: httpx.Response) -> Any:
    """What an error says: `detail`, or the field that an identity provider or another server uses instead."""
    if isinstance(decoded, Mapping):
        names = ("detail", "message", "error_description", "errors", "error")
        return next((decoded[name] for name in names if decoded.get(name)), None)
    return answer.text if answer.headers.get("Content-Type", "").startswith("text/plain") else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds in ``Retry-After``, which is a number or a date; None if there are none.

    A date is compared with the answer's own ``Date``, if it has one: the server's clock may be wrong.
    """
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    until = http_date(value)
    if until is None:
        return None
    now = http_date(headers.get("Date", "")) or datetime.now(timezone.utc)
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """The date in an HTTP header, such as ``Tue, 01 Dec 2026 00:00:00 GMT``; None if `text` is not a date."""
    try:
        moment: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


class ServerClock:
    """The server's time, from the `Date` of its answers. It does not depend on the clock of this machine."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: tuple[datetime, float] | None = None

    def observe(self, date: str | None) -> None:
        """Note an answer's `Date`. One that is missing, or is not a date, is ignored."""
        moment = http_date(date or "")
        if moment is not None:
            self._last = (moment, self._clock())

    def now(self) -> datetime | None:
        """The server's time, or up to a second earlier: a `Date` has whole seconds. None before the first answer."""
        if self._last is None:
            return None
        moment, at = self._last
        return moment + timedelta(seconds=max(0.0, self._clock() - at))
