"""One beat for all who look again and again."""

import asyncio
import logging

import pytest

from konsilium.mediaplane.rounds import Rounds, rounds


class Clock:
    """An event loop as far as `Rounds` knows one: its time goes on from timer to timer."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.timers: list[tuple[float, asyncio.TimerHandle]] = []
        self.late = 0.0

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: object) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(self.now + delay, call, (), self)  # type: ignore[arg-type]
        self.timers.append((self.now + delay, timer))
        return timer

    def _timer_handle_cancelled(self, timer: asyncio.TimerHandle) -> None: ...

    def get_debug(self) -> bool:
        return False

    def wait(self) -> None:
        """Until the next timer went off, `late` after its time."""
        at, timer = min(self.timers, key=lambda pair: pair[0])
        self.timers.remove((at, timer))
        if not timer.cancelled():
            self.now = max(self.now, at + self.late)
            timer._run()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    return clock


def test_who_looks_less_often_looks_together_with_the_others(clock: Clock) -> None:
    beats, heard = Rounds(), {1: [], 2: [], 4: []}  # type: ignore[var-annotated]
    for every, times in heard.items():
        beats.listen(lambda times=times: times.append(clock.now), every=every)
    for _ in range(40):
        clock.wait()
    assert set(heard[4]) < set(heard[2]) < set(heard[1])
    assert len(heard[1]) > 35
    assert len(heard[4]) in {len(heard[1]) // 4, len(heard[1]) // 4 + 1}


@pytest.mark.parametrize("late", [-0.0009, 0.0, 0.004, 0.013])
def test_no_beat_is_heard_twice_by_a_timer_that_is_early_or_late(clock: Clock, late: float) -> None:
    clock.late = late
    beats, numbers = Rounds(), list[int]()
    beats.listen(lambda: numbers.append(beats._next))
    for _ in range(50):
        clock.wait()
    assert len(set(numbers)) == len(numbers) == 50


def test_whoever_stumbles_does_not_stop_the_others(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    beats, heard = Rounds(), list[str]()

    def stumble() -> None:
        raise ValueError("over its own feet")

    beats.listen(stumble)
    beats.listen(lambda: heard.append("here"))
    with caplog.at_level(logging.ERROR):
        clock.wait()
        clock.wait()
    assert heard == ["here", "here"]
    assert "over its own feet" in caplog.text


def test_who_left_is_not_called_not_even_in_the_round_under_way(clock: Clock) -> None:
    beats, heard = Rounds(), list[str]()
    beats.listen(lambda: beats.leave(second))
    second = beats.listen(lambda: heard.append("second"))
    clock.wait()
    assert heard == []


def test_when_nobody_listens_nothing_wakes(clock: Clock) -> None:
    beats = Rounds()
    only = beats.listen(lambda: beats.leave(only))
    clock.wait()
    assert [timer for _, timer in clock.timers if not timer.cancelled()] == []


def test_who_comes_later_and_looks_more_often_does_not_wait_for_the_others(clock: Clock) -> None:
    beats, heard = Rounds(), list[str]()
    beats.listen(lambda: heard.append("slow"), every=100)
    beats.listen(lambda: heard.append("quick"))
    while not heard:
        clock.wait()
    assert heard == ["quick"]


async def test_a_loop_has_one() -> None:
    assert rounds() is rounds()
