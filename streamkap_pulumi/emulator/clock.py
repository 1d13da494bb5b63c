"""The server's clock, and how it writes the time."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import formatdate


def now() -> float:
    """Seconds since the epoch, in true time; a skewed clock is only shown, never used."""
    return time.time()


def iso(moment: float) -> str:
    """The time in ISO 8601 with milliseconds and ``Z``."""
    text = datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def http_date(moment: float) -> str:
    """The time as HTTP writes it, in whole seconds."""
    return formatdate(moment, usegmt=True)
