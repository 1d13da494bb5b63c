"""The pace of a client that was told 429."""

from __future__ import annotations

from streamkap_pulumi.api.throttle import Throttle


class Time:
    """A clock, and a sleep that moves it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_nobody_waits_before_the_first_429() -> None:
    """However many ask at once."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    assert {throttle.wait() for _ in range(100)} == {100.0}
    throttle.accepted()
    assert time.slept == []


def test_after_a_429_one_asks_after_the_other() -> None:
    """In equal steps; a burst of refusals that were under way already slows it once."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    given = [throttle.wait() for _ in range(30)]
    for turn in given:
        throttle.refused(turn)
    paced = [round(throttle.wait() - 100.0, 3) for _ in range(4)]
    assert paced == [0.0, 0.05, 0.1, 0.15]


def test_each_refusal_of_the_new_pace_slows_it_down_to_a_limit() -> None:
    """A request each second is the slowest."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    gaps = []
    for _ in range(8):
        time.now += 1000
        throttle.refused(throttle.wait())
        gaps.append(round(-throttle.wait() + throttle.wait(), 3))
        time.now += 1000
    assert gaps[-1] == 1.0
    assert gaps == sorted(gaps)


def test_it_becomes_fast_again_with_answers_that_are_no_429() -> None:
    """In the end nobody waits any more."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    throttle.refused(throttle.wait())
    for _ in range(200):
        throttle.accepted()
    time.now += 1000
    assert throttle.wait() == throttle.wait() == time.now


def test_a_long_wait_for_a_turn_is_told_once_for_all_who_wait() -> None:
    """And again after ten seconds; a short one is not told."""
    time = Time()
    told: list[str] = []
    throttle = Throttle(time, time.sleep, told.append)
    for _ in range(6):
        throttle.refused(throttle.wait())
        time.now += 60
    for _ in range(3):
        throttle.wait()
    assert told == []
    for _ in range(7):
        throttle.wait()
    assert told == ["Streamkap: too many requests; the next one waits 3 s for its turn"]
    time.now += 10
    for _ in range(12):
        throttle.wait()
    assert len(told) == 2
