"""From an HTTP answer to its JSON, or to an error of the tree."""

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
    """The decoded JSON of a success; None for one without a body. `redaction` clears what an error quotes.

    Raises:
        APIError: the answer is an error.
        NoAnswerError: the JSON ends half-way.
        UnreadableAnswerError: it is no JSON, or a redirection.
    """
    request_id = answer.headers.get("X-Request-Id")
    html = "html" in answer.headers.get("Content-Type", "") or answer.text.lstrip()[:1] == "<"
    if answer.is_redirect:
        raise UnreadableAnswerError(
            f"{operation} was redirected to {_host(answer)}: {answer.request.url.host} does not look like the API",
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
            detail=_words(decoded, answer),
            request_id=request_id,
            html=html,
            retry_after=retry_after(answer.headers),
            redaction=redaction,
        )
    if not readable:
        noted = f" (request id {request_id})" if request_id else ""
        if answer.text.lstrip()[:1] in {"{", "["}:
            raise NoAnswerError(f"{operation}: the answer ends half-way{noted}", operation=operation)
        kind = "an HTML page" if html else "something that is no JSON"
        raise UnreadableAnswerError(
            f"{operation} answered {answer.status_code} with {kind}{noted}", operation=operation, request_id=request_id
        )
    return decoded


def _host(redirection: httpx.Response) -> str:
    """Where it leads to. No more of it: the rest of a URL may hold a password, a token, or what was sent."""
    try:
        return redirection.request.url.join(redirection.headers.get("Location", "")).host or "nowhere"
    except httpx.InvalidURL:
        return "something that is no URL"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that ``Retry-After`` asks to wait, whether it is a number or a date; None where it says nothing.

    A date is taken from the answer's own ``Date``, where there is one: the server's clock may be off.
    """
    given = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", given):
        return float(given)
    until = http_date(given)
    if until is None:
        return None
    now = http_date(headers.get("Date", "")) or datetime.now(timezone.utc)
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """The date of an HTTP header, such as ``Tue, 01 Dec 2026 00:00:00 GMT``; None where `text` is not one."""
    try:
        moment: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _words(decoded: Any, answer: httpx.Response) -> Any:
    """What an error answer says: `detail`, or what an identity provider or a plain server says instead."""
    if isinstance(decoded, Mapping):
        names = ("detail", "message", "error_description", "errors", "error")
        return next((decoded[name] for name in names if decoded.get(name)), None)
    return answer.text if answer.headers.get("Content-Type", "").startswith("text/plain") else None


class ServerClock:
    """Tells what time it is at the server at least, whatever the clock of this machine says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: tuple[datetime, float] | None = None

    def observe(self, date: str | None) -> None:
        """Take note of an answer's `Date`; of one that is missing or no date nothing."""
        moment = http_date(date or "")
        if moment is not None:
            self._seen = (moment, self._clock())

    def now(self) -> datetime | None:
        """The server's time, or a little earlier: a `Date` has whole seconds. None before the first answer."""
        if self._seen is None:
            return None
        told, at = self._seen
        return told + timedelta(seconds=max(0.0, self._clock() - at))
