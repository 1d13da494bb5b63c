"""The access token: fetched at first need, shared by all threads, renewed ahead of its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from copy import copy

from streamkap_pulumi.api.errors import StreamkapError
from streamkap_pulumi.api.models import Token

_AHEAD = 60.0
"""Seconds before its end at which a token is renewed; a fifth of its life where it lives shorter than that."""

_FAILURE_SHARED = 3.0
"""Seconds for which a failure to get a token is everybody's: else each thread would try it, one after the other."""


class Authentication:
    """Holds one token for all threads; `fetch` gets a new one (`POST /auth/access-token`)."""

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at: float | None = None
        self._ends_at: float | None = None
        self._failure: tuple[float, StreamkapError] | None = None

    def token(self, *, refused: str | None = None) -> str:
        """A token to send.

        Args:
            refused: the token that the API has just refused. It is replaced, once, however many threads hold it.

        Raises:
            StreamkapError: there is none to be had, and the one at hand is over or refused. For some seconds every
                thread is told so without asking again.
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
                # Renewal comes ahead of the end: until then the token at hand is good.
                if self._token is not None and self._ends_at is not None and self._clock() < self._ends_at:
                    return self._token
                raise

    def _renewed(self) -> str:
        if self._failure is not None and self._clock() < self._failure[0]:
            # A copy: an exception that several threads raise at once gathers the traces of all of them.
            raise copy(self._failure[1])
        try:
            answer = self._fetch()
        except StreamkapError as error:
            self._failure = (self._clock() + _FAILURE_SHARED, copy(error))
            raise
        now, life = self._clock(), answer.expires_in or 0
        self._failure = None
        self._token = answer.access_token
        self._ends_at = now + life if life > 0 else None
        self._renew_at = now + life - min(_AHEAD, life / 5) if life > 0 else None
        return answer.access_token
