"""Which calls are retried, after what wait, and for how long.

==================================================  =====  =======  ====  =======  =====
what happened                                       READS  DELETES  SETS  CREATES  POLLS
==================================================  =====  =======  ====  =======  =====
no connection, unless permanent                     yes    yes      yes   yes      no
429                                                 yes    yes      yes   yes      yes
no complete answer: lost, timed out, cut off        yes    yes      yes   no       no
a gateway's 5xx (`GatewayError`)                    yes    yes      yes   no       no
500 of a Kafka Connect that is busy (`says_busy`)   yes    yes      yes   no       no
any other 5xx                                       yes    yes      no    no       no
everything else                                     no     no       no    no       no
==================================================  =====  =======  ====  =======  =====

Permanent are a certificate that is not trusted, a name that does not exist, and a proxy that refuses. After an
interruption, such as Ctrl-C, nothing is retried.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TypeVar

import stamina
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks
from stamina.typing import RetryHook

from streamkap_pulumi.api.errors import (
    APIError,
    ConnectionFailedError,
    GatewayError,
    NoAnswerError,
    RateLimitedError,
    ServerError,
    StreamkapError,
)
from streamkap_pulumi.api.interruption import Interruption
from streamkap_pulumi.api.settings import RETRY_TIMEOUT, Retries
from streamkap_pulumi.durations import shown

_FIRST_WAIT = 0.5
_GROWTH = 2.5
_LONGEST_WAIT = 20.0
_JITTER = 1.0

_QUIET_FOR = 3.0
"""Seconds before a retry is reported."""

_Answer = TypeVar("_Answer")


class Effect(Enum):
    """What a call does, which decides whether it is safe to do it twice."""

    READS = "reads"
    """It changes nothing. Getting a second token does no harm either."""
    DELETES = "deletes"
    """The second time there is nothing left to delete."""
    SETS = "sets"
    """It sets values: the second time they are set already."""
    CREATES = "creates"
    """Each time it creates something, or acts once more."""
    POLLS = "polls"
    """It changes nothing, and its caller sends it again and again within a time of its own."""


def is_retried(effect: Effect, error: StreamkapError) -> bool:
    """The table above."""
    if isinstance(error, RateLimitedError):
        return True
    if effect is Effect.POLLS:
        return False
    if isinstance(error, ConnectionFailedError):
        return not error.permanent
    if effect is Effect.CREATES:
        return False
    if isinstance(error, (NoAnswerError, GatewayError)) or (isinstance(error, APIError) and error.says_busy):
        return True
    return isinstance(error, ServerError) and effect in {Effect.READS, Effect.DELETES}


@dataclass(frozen=True)
class RetryPolicy:
    """Retries calls within the bounds of `retries`, until an `interruption`. Retries go to `report`."""

    retries: Retries
    report: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    interruption: Interruption = field(default_factory=Interruption)

    def run(self, effect: Effect, operation: str, call: Callable[[], _Answer]) -> _Answer:
        """What `call` returns in the end.

        An error of another operation than `operation`, such as one of the token, has been retried already.

        Raises:
            StreamkapError: that of the last try. Its `effort` and `uncertain_before` are about the tries before it.
        """
        tries = _Tries(self, effect)
        # stamina's own time-out does not count the next wait; `tries` does.
        attempts = stamina.retry_context(
            on=tries.next_wait,
            attempts=self.retries.count + 1,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=0,
            wait_exp_base=_GROWTH,
        )
        try:
            for attempt in attempts:
                tries.attempt = attempt
                with attempt:
                    try:
                        return call()
                    except StreamkapError as error:
                        error.uncertain_before = error.uncertain_before or tries.uncertain
                        if error.operation != operation:
                            raise
                        tries.uncertain = tries.uncertain or isinstance(error, (NoAnswerError, GatewayError))
                        raise _FailedTryError(error) from None
        except _FailedTryError as failed:
            failed.error.effort = tries.effort()
            raise failed.error from None
        raise AssertionError("the last try returns or raises")


class _FailedTryError(Exception):
    """What stamina sees of a try that failed. It has no word of the API, which may quote secrets."""

    def __init__(self, error: StreamkapError) -> None:
        super().__init__(error.operation)
        self.error = error


class _Tries:
    """The tries of one call."""

    attempt: stamina.Attempt

    def __init__(self, policy: RetryPolicy, effect: Effect) -> None:
        self._policy = policy
        self._effect = effect
        self._began = policy.clock()
        self._why_ended = ""
        self.uncertain = False
        """The API may have acted on one of them."""

    def next_wait(self, failed: Exception) -> bool | float:
        """For stamina, after a try that failed: waits, and returns the rest of the wait, or False to give up.

        The wait is here because stamina's own would not end with the run.
        """
        if not isinstance(failed, _FailedTryError) or not is_retried(self._effect, failed.error):
            return False
        if self.attempt.num > self._policy.retries.count or self._is_interrupted():
            return False
        asked = failed.error.retry_after if isinstance(failed.error, APIError) else None
        wait = max(self.attempt.next_wait, asked or 0.0)
        elapsed = self._policy.clock() - self._began
        left = max(0.0, self._policy.retries.seconds - elapsed)
        if wait >= left:
            if asked and asked > left:
                self._why_ended = f"Streamkap asks to wait {shown(asked)}, and {RETRY_TIMEOUT.key} leaves {shown(left)}"
            return False
        _keep_out_of_logs()
        if elapsed + wait >= _QUIET_FOR:
            self._policy.report(
                f"Streamkap: {_reason(failed.error)}; trying again in {shown(wait)} "
                f"(try {self.attempt.num + 1} of {self._policy.retries.count + 1})"
            )
        if not stamina.is_testing():
            # Threads that were refused together should not come back together.
            self._policy.interruption.sleep(wait + random.uniform(0, _JITTER))  # noqa: S311 - no cryptography
        return False if self._is_interrupted() else 0.0

    def _is_interrupted(self) -> bool:
        if self._policy.interruption.came:
            self._why_ended = "not retried, since the run was interrupted"
        return self._policy.interruption.came

    def effort(self) -> str:
        """Such as ``tried 5 times in 34 s``; empty after one try that ended as usual."""
        count = self.attempt.num
        if count == 1:
            return self._why_ended
        tried = f"tried {count} times in {shown(self._policy.clock() - self._began)}"
        return f"{tried}; {self._why_ended}" if self._why_ended else tried


def _reason(error: StreamkapError) -> str:
    """The error without the API's words, which may quote secrets."""
    if not isinstance(error, APIError):
        return str(error)
    why = " (Kafka Connect is busy)" if error.says_busy else ""
    why = " (too many requests)" if isinstance(error, RateLimitedError) else why
    return f"{error.operation} answered {error.status}{why}"


@cache
def _keep_out_of_logs() -> None:
    """Let stamina log and count the retries of other code as before, but not ours: `report` is for those.

    By default stamina logs a warning for each retry. Its hooks are one list for the whole process.
    """
    set_on_retry_hooks([_for_others(hook) for hook in get_on_retry_hooks()])


def _for_others(hook: RetryHook) -> RetryHook:
    def hook_for_others(details: RetryDetails) -> AbstractContextManager[None] | None:
        return None if isinstance(details.caused_by, _FailedTryError) else hook(details)

    return hook_for_others
