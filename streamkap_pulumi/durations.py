"""Durations as users write them, such as ``"20m"``, ``"1h30m"`` or a number of seconds, and as messages show them."""

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
    found = _added_up(duration) if isinstance(duration, str) else duration
    if found is None or isinstance(found, bool):
        raise ValueError("a duration is a string such as '20m', '1h30m' or '90s'")
    if not (math.isfinite(found) and found > 0):
        raise ValueError("a duration must be above zero")
    return float(found)


def _added_up(written: str) -> float | None:
    text = written.replace(" ", "")
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def shown(amount: float) -> str:
    """A number of seconds as people write it: ``0.4 s``, ``45 s``, ``20 min``, ``1 h 5 min``."""
    if 0 < amount < 0.95:
        return f"{amount:.1f} s"
    whole = round(amount)
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min")) if number)
