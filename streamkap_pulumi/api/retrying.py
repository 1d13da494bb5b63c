"""Which calls are repeated, after what wait, and for how long.

==================================================  =====  =======  ====  =====  =====
what came                                           READS  DELETES  SETS  MAKES  LOOKS
==================================================  =====  =======  ====  =====  =====
no connection, other than for good                  yes    yes      yes   yes    no
429                                                 yes    yes      yes   yes    yes
no whole answer: lost, timed out, cut off           yes    yes      yes   no     no
a gateway's 5xx (`GatewayError`)                     yes    yes      yes   no     no
500 of a Kafka Connect that is busy (`says_busy`)   yes    yes      yes   no     no
any other 5xx                                       yes    yes      no    no     no
everything else                                     no     no       no    no     no
==================================================  =====  =======  ====  =====  =====

"For good" is a certificate that is not trusted, a name that does not exist, a proxy that refuses. Once the
run was interrupted, as with Ctrl-C, nothing is repeated.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
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
"""Seconds for which nobody needs to know that a call did not succeed at once."""

_Answer = TypeVar("_Answer")


class Effect(Enum):
    """What a call does, which decides whether doing it twice is safe."""

    READS = "reads"
    """It changes nothing; a token that is asked for twice is no harm either."""
    DELETES = "deletes"
    """The second time there is nothing left to delete."""
    SETS = "sets"
    """It says how something is to be: the second time it is so already."""
    MAKES = "makes"
    """Each time it makes something new, or acts anew."""
    LOOKS = "looks"
    """It changes nothing, and is one of many that its caller sends within a time of his own."""


def worth_repeating(effect: Effect, error: StreamkapError) -> bool:
    """The table above."""
    if isinstance(error, RateLimitedError):
        return True
    if effect is Effect.LOOKS:
        return False
    if isinstance(error, ConnectionFailedError):
        return not error.permanent
    if effect is Effect.MAKES:
        return False
    if isinstance(error, (NoAnswerError, GatewayError)) or (isinstance(error, APIError) and error.says_busy):
        return True
    return isinstance(error, ServerError) and effect in {Effect.READS, Effect.DELETES}


class Retrying:
    """Repeats calls within the bounds of `retries` and until an `interruption`, and tells of it by `report`."""

    def __init__(
        self,
        retries: Retries,
        report: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        interruption: Interruption | None = None,
    ) -> None:
        self._retries = retries
        self._report = report or (lambda _: None)
        self._clock = clock
        self._interruption = interruption or Interruption()

    def run(self, effect: Effect, operation: str, call: Callable[[], _Answer]) -> _Answer:
        """What `call` gives, at last.

        An error of another operation than `operation`, such as one of the token, has had its tries already.

        Raises:
            StreamkapError: that of the last try; its `effort` and `uncertain_before` tell of the others.
        """
        course = _Course(effect, operation, self._retries, self._report, self._clock, interruption=self._interruption)
        # Its own time-out does not count the wait that is to come; `course` does.
        tries = stamina.retry_context(
            on=course.next_wait,
            attempts=self._retries.count + 1,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=0,
            wait_exp_base=_GROWTH,
        )
        try:
            for attempt in tries:
                course.attempt = attempt
                with attempt:
                    try:
                        return call()
                    except StreamkapError as error:
                        error.uncertain_before = error.uncertain_before or course.uncertain
                        if error.operation != operation:
                            raise
                        course.uncertain = course.uncertain or isinstance(error, (NoAnswerError, GatewayError))
                        raise _FailedTryError(error) from None
        except _FailedTryError as failed:
            failed.error.effort = course.effort()
            raise failed.error from None
        raise AssertionError("the last try gives an answer or an error")


class _FailedTryError(Exception):
    """A try that failed. Whoever looks at what stamina retries sees no word of the API, which may quote secrets."""

    def __init__(self, error: StreamkapError) -> None:
        super().__init__(error.operation)
        self.error = error


class _Course:
    """The tries of one call."""

    attempt: stamina.Attempt

    def __init__(
        self,
        effect: Effect,
        operation: str,
        retries: Retries,
        report: Callable[[str], None],
        clock: Callable[[], float],
        *,
        interruption: Interruption,
    ) -> None:
        self._effect = effect
        self._operation = operation
        self._retries = retries
        self._report = report
        self._clock = clock
        self._interruption = interruption
        self._began = clock()
        self._given_up = ""
        self.uncertain = False
        """A try may have been acted on."""

    def next_wait(self, failed: Exception) -> bool | float:
        """For stamina, after a failed try: waits, and answers with what is left to wait, or with False to give up.

        stamina's own wait would not end with the run.
        """
        if not isinstance(failed, _FailedTryError) or not worth_repeating(self._effect, failed.error):
            return False
        if self.attempt.num > self._retries.count or self._is_interrupted():
            return False
        demanded = failed.error.retry_after if isinstance(failed.error, APIError) else None
        own = self.attempt.next_wait
        wait = max(own, demanded or 0.0)
        elapsed = self._clock() - self._began
        left = max(0.0, self._retries.seconds - elapsed)
        if wait >= left:
            if demanded and demanded > left:
                self._given_up = (
                    f"Streamkap asks to wait {shown(demanded)}, and {RETRY_TIMEOUT.key} leaves {shown(left)}"
                )
            return False
        _keep_to_ourselves()
        if elapsed + wait >= _QUIET_FOR:
            self._report(
                f"Streamkap: {_reason(failed.error)}; trying again in {shown(wait)} "
                f"(try {self.attempt.num + 1} of {self._retries.count + 1})"
            )
        if not stamina.is_testing():
            # Who was sent away together is not to come back together.
            self._interruption.sleep(wait + random.uniform(0, _JITTER))  # noqa: S311 - no cryptography
        return False if self._is_interrupted() else 0.0

    def _is_interrupted(self) -> bool:
        if self._interruption.came:
            self._given_up = "not again, since the run was interrupted"
        return self._interruption.came

    def effort(self) -> str:
        """Such as ``tried 5 times in 34 s``; empty when there was one try and nothing to say of it."""
        tries = self.attempt.num
        if tries == 1:
            return self._given_up
        tried = f"tried {tries} times in {shown(self._clock() - self._began)}"
        return f"{tried}; {self._given_up}" if self._given_up else tried


def _reason(error: StreamkapError) -> str:
    """The error without a word of the API, which may quote secrets."""
    if not isinstance(error, APIError):
        return str(error)
    why = " (Kafka Connect is busy)" if error.says_busy else ""
    why = " (too many requests)" if isinstance(error, RateLimitedError) else why
    return f"{error.operation} answered {error.status}{why}"


@cache
def _keep_to_ourselves() -> None:
    """Have stamina log and count other people's retries as before, and ours not: `report` tells of those.

    By default it writes a warning for each retry. Its hooks are one list for the whole process.
    """
    set_on_retry_hooks([_for_others(hook) for hook in get_on_retry_hooks()])


def _for_others(hook: RetryHook) -> RetryHook:
    def hook_for_others(details: RetryDetails) -> AbstractContextManager[None] | None:
        return None if isinstance(details.caused_by, _FailedTryError) else hook(details)

    return hook_for_others
