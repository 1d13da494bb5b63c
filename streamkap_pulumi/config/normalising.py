"""How Streamkap rewrites some values, so that its own spelling and the user's mean the same.

The catalogue says which rule a property follows. The rules are for comparing only: the user's spelling is what is sent
and what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any


def normalised(rule: str, value: Any) -> Any:
    """`value`, or each item of a list, as the rule makes it; anything that the rule does not fit is unchanged."""
    if isinstance(value, list):
        return [normalised(rule, item) for item in value]
    return RULES[rule](value) if isinstance(value, str) and rule in RULES else value


def _moment(text: str) -> str:
    """A date is its midnight, and a time without a zone is UTC."""
    # Python 3.10 reads no Z.
    iso = text[:-1] + "+00:00" if text[-1:] in {"Z", "z"} else text
    try:
        moment = datetime.fromisoformat(iso)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).isoformat()
    except (ValueError, OverflowError):
        return text


RULES: Mapping[str, Callable[[str], str]] = {
    "date-time": _moment,
    "without act_": lambda text: text.removeprefix("act_"),
    "without dashes": lambda text: text.replace("-", ""),
}
"""By the name that the catalogue has for it."""
