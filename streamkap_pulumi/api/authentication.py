"""The access token: fetched when it is first needed, shared by all threads, and renewed before it expires."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from copy import copy

from streamkap_pulumi.api.errors import StreamkapError
from streamkap_pulumi.api.models import Token

_RENEW_EARLY = 60.0
"""How many seconds before it expires a token is renewed; at most a fifth of its life."""

_SHARE_FAILURE_FOR = 3.0
"""Seconds for which all threads get the same failure. Otherwise each of them would try for itself, one by one."""


class Authentication:
    """Holds one token for all threads; `fetch` gets a new one (`POST /auth/access-token`)."""

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at: float | None = None
        self._expires_at: float | None = None
        self._failure: tuple[float, StreamkapError] | None = None

    def token(self, *, refused: str | None = None) -> str:
        """A token to send.

        Args:
            refused: the token that the API has just refused. It is renewed once, however many threads hold it.

        Raises:
            StreamkapError: there is no token: none could be fetched, and the last one has expired or was refused. For a
                few seconds every thread gets this error without another request.
        """
        with self._lock:
            now = self._clock()
            if self._token == refused:
                self._token = None
            if self._token is not None and (self._renew_at is None or now < self._renew_at):
                return self._token
            try:
                return self._renewed()
            except StreamkapError:
                # It is renewed early, so the last one is still good.
                if self._token is not None and self._expires_at is not None and self._clock() < self._expires_at:
                    return self._token
                raise

    def _renewed(self) -> str:
        if self._failure is not None and self._clock() < self._failure[0]:
            # A copy: one exception that several threads raise collects the tracebacks of all of them.
            raise copy(self._failure[1])
        try:
            answer = self._fetch()
        except StreamkapError as error:
            self._failure = (self._clock() + _SHARE_FAILURE_FOR, copy(error))
            raise
        now, life = self._clock(), answer.expires_in or 0
        self._failure = None
        self._token = answer.access_token
        self._expires_at = now + life if life > 0 else None
        self._renew_at = now + life - min(_RENEW_EARLY, life / 5) if life > 0 else None
        return answer.access_token
