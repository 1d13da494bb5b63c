"""Durations as users write them: ``"20m"``, ``"1h30m"``, ``"90s"``, or a number of seconds."""

from __future__ import annotations

import math
import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")


def seconds(duration: str | float) -> float:
    """`duration` in seconds.

    Raises:
        ValueError: it cannot be read, or is not above zero.
    """
    if isinstance(duration, bool):
        raise ValueError("a duration is a text such as '20m', '1h30m' or '90s'")  # noqa: TRY004 - one kind to catch
    if isinstance(duration, (int, float)):
        found = float(duration)
    else:
        text = duration.replace(" ", "")
        parts = _PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError("a duration is a text such as '20m', '1h30m' or '90s'")
        found = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not (math.isfinite(found) and found > 0):
        raise ValueError("a duration must be above zero")
    return found


def shown(amount: float) -> str:
    """A number of seconds as people say it: ``0.4 s``, ``45 s``, ``20 min``, ``1 h 5 min``."""
    if 0 < amount < 0.95:
        return f"{amount:.1f} s"
    whole = round(amount)
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min")) if number)
