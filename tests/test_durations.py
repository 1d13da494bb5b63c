"""Durations as users write them, and as messages show them."""

from __future__ import annotations

import pytest

from streamkap_pulumi.durations import seconds, shown


@pytest.mark.parametrize(
    ("written", "found"),
    [("20m", 1200), ("1h30m", 5400), ("90s", 90), ("1.5m", 90), ("1h 5s", 3605), (45, 45), (0.5, 0.5)],
)
def test_durations_are_read(written: str | float, found: float) -> None:
    """Hours, minutes, seconds, or a number of seconds."""
    assert seconds(written) == found


@pytest.mark.parametrize("written", ["", "20", "m", "20 minutes", "-5m", "0s", 0, -1, True, float("nan"), float("inf")])
def test_anything_else_is_refused(written: str | float) -> None:
    """The error has an example."""
    with pytest.raises(ValueError, match="duration"):
        seconds(written)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (0.96, "1 s"),
        (5.2, "5 s"),
        (90, "90 s"),
        (1200, "20 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
    ],
)
def test_durations_are_shown_as_people_write_them(amount: float, text: str) -> None:
    """Such as 20 min for 1200 seconds."""
    assert shown(amount) == text
