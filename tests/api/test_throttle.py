"""The pace of a client that was told 429."""

from __future__ import annotations

from streamkap_pulumi.api.throttle import Turns


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
    turns = Turns(time, time.sleep)
    assert {turns.take() for _ in range(100)} == {100.0}
    turns.accepted()
    assert time.slept == []


def test_after_a_429_one_asks_after_the_other() -> None:
    """In equal steps; a burst of refusals that were under way already slows it once."""
    time = Time()
    turns = Turns(time, time.sleep)
    given = [turns.take() for _ in range(30)]
    for turn in given:
        turns.refused(turn)
    paced = [round(turns.take() - 100.0, 3) for _ in range(4)]
    assert paced == [0.0, 0.05, 0.1, 0.15]


def test_each_refusal_of_the_new_pace_slows_it_down_to_a_limit() -> None:
    """A request each second is the slowest."""
    time = Time()
    turns = Turns(time, time.sleep)
    gaps = []
    for _ in range(8):
        time.now += 1000
        turns.refused(turns.take())
        gaps.append(round(-turns.take() + turns.take(), 3))
        time.now += 1000
    assert gaps[-1] == 1.0
    assert gaps == sorted(gaps)


def test_it_becomes_fast_again_with_answers_that_are_no_429() -> None:
    """In the end nobody waits any more."""
    time = Time()
    turns = Turns(time, time.sleep)
    turns.refused(turns.take())
    for _ in range(200):
        turns.accepted()
    time.now += 1000
    assert turns.take() == turns.take() == time.now


def test_a_long_wait_for_a_turn_is_told_once_for_all_who_wait() -> None:
    """And again after ten seconds; a short one is not told."""
    time = Time()
    told: list[str] = []
    turns = Turns(time, time.sleep, told.append)
    for _ in range(6):
        turns.refused(turns.take())
        time.now += 60
    for _ in range(3):
        turns.take()
    assert told == []
    for _ in range(7):
        turns.take()
    assert told == ["Streamkap: too many requests; the next one waits 3 s for its turn"]
    time.now += 10
    for _ in range(12):
        turns.take()
    assert len(told) == 2
