"""The pace of a client after a 429."""

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
    """However many requests there are at once."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    assert {throttle.wait() for _ in range(100)} == {100.0}
    throttle.accepted()
    assert time.slept == []


def test_after_a_429_requests_are_sent_one_by_one() -> None:
    """At equal intervals. Refusals of requests that were under way already slow the pace only once."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    given = [throttle.wait() for _ in range(30)]
    for turn in given:
        throttle.refused(turn)
    paced = [round(throttle.wait() - 100.0, 3) for _ in range(4)]
    assert paced == [0.0, 0.05, 0.1, 0.15]


def test_each_429_at_the_new_pace_slows_it_down_to_a_limit() -> None:
    """The slowest pace is one request per second."""
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


def test_answers_other_than_429_speed_it_up_again() -> None:
    """In the end nobody waits."""
    time = Time()
    throttle = Throttle(time, time.sleep)
    throttle.refused(throttle.wait())
    for _ in range(200):
        throttle.accepted()
    time.now += 1000
    assert throttle.wait() == throttle.wait() == time.now


def test_a_long_wait_is_reported_once_for_all_threads() -> None:
    """And again after ten seconds. A short wait is not reported."""
    time = Time()
    reported: list[str] = []
    throttle = Throttle(time, time.sleep, reported.append)
    for _ in range(6):
        throttle.refused(throttle.wait())
        time.now += 60
    for _ in range(3):
        throttle.wait()
    assert reported == []
    for _ in range(7):
        throttle.wait()
    assert reported == ["Streamkap: too many requests; the next one waits 3 s for its turn"]
    time.now += 10
    for _ in range(12):
        throttle.wait()
    assert len(reported) == 2
