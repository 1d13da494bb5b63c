"""The bounds of a call: how long a try may take, how often it is repeated, and the settings that say so."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from streamkap_pulumi.api.errors import SettingsError

_A_DAY = 86400.0


@dataclass(frozen=True)
class Number:
    """A setting that is a number: its two names, what it may be, and an example."""

    key: str
    variable: str
    kind: str
    example: str
    fits: Callable[[float], bool]

    def read(self, text: str) -> float:
        """The number that `text` is.

        Raises:
            SettingsError: it is none, or none that fits.
        """
        try:
            value = float(text)
        except ValueError:
            raise self._fault(repr(text)) from None
        self.check(value)
        return value

    def check(self, value: float) -> None:
        """Refuse a number that does not fit."""
        if not (math.isfinite(value) and self.fits(value)):
            raise self._fault(f"{value:g}")

    def _fault(self, shown: str) -> SettingsError:
        return SettingsError(
            f"{self.key} is {shown}, which is not {self.kind}. Write it like {self.example}: "
            f"pulumi config set {self.key} {self.example}   (or set {self.variable})",
            setting=self.key,
        )


def _time_out(key: str, variable: str, example: str) -> Number:
    kind = f"a number of seconds above 0 and up to {_A_DAY:g}"
    return Number(key, variable, kind, example, lambda seconds: 0 < seconds <= _A_DAY)


CONNECT_TIMEOUT = _time_out("streamkap:connectTimeout", "STREAMKAP_CONNECT_TIMEOUT", "10")
READ_TIMEOUT = _time_out("streamkap:readTimeout", "STREAMKAP_READ_TIMEOUT", "60")
POOL_TIMEOUT = _time_out("streamkap:poolTimeout", "STREAMKAP_POOL_TIMEOUT", "60")
MAX_RETRIES = Number(
    "streamkap:maxRetries",
    "STREAMKAP_MAX_RETRIES",
    "a whole number from 0 to 1000",
    "5",
    lambda count: 0 <= count <= 1000 and count == int(count),
)
RETRY_TIMEOUT = Number(
    "streamkap:retryTimeout",
    "STREAMKAP_RETRY_TIMEOUT",
    f"a number of seconds from 0 to {_A_DAY:g}",
    "120",
    lambda seconds: 0 <= seconds <= _A_DAY,
)


@dataclass(frozen=True)
class Timeouts:
    """Seconds after which one try of a call is given up; above 0.

    Raises:
        SettingsError: one of them is not above 0, or longer than a day.
    """

    connect: float = 10.0
    """Seconds for a connection to come about."""
    read: float = 60.0
    """Seconds for each piece of a request to be taken and of an answer to come.

    The answer's body as a whole may take five times as long.
    """
    pool: float = 60.0
    """Seconds for one of the client's connections to be free."""

    def __post_init__(self) -> None:
        CONNECT_TIMEOUT.check(self.connect)
        READ_TIMEOUT.check(self.read)
        POOL_TIMEOUT.check(self.pool)


@dataclass(frozen=True)
class Retries:
    """How often, at most, a call is repeated after its first try, and the seconds after which it is repeated no more.

    Raises:
        SettingsError: one of them is below 0, or `seconds` is longer than a day.
    """

    count: int = 5
    """Repetitions after the first try; 0 is none."""
    seconds: float = 120.0
    """Seconds since the first try after which a call is repeated no more."""

    def __post_init__(self) -> None:
        MAX_RETRIES.check(self.count)
        RETRY_TIMEOUT.check(self.seconds)
