"""However the machine's clock is set, a delay is waited for in time that has passed."""

import struct
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Kind, Sample
from konsilium.mediaplane.hls import Angle, Channel, Limits
from konsilium.mediaplane.steady import SET, SteadyClock
from tests.mediaplane.hls_factory import CIPHER, NOON, init_of, nal_units, silence, slate

#: How often the studio looks, and how coarsely frames are counted.
LOOK_S = 0.05
FRAME_S = 1 / 25


def test_it_runs_with_the_wall_clock_as_long_as_that_is_not_set() -> None:
    clock = SteadyClock()
    for second in range(100):
        assert clock.look(NOON + timedelta(seconds=second), 1000.0 + second) == (
            NOON + timedelta(seconds=second),
            False,
        )


def test_a_little_is_made_up_for_little_by_little() -> None:
    clock = SteadyClock()
    clock.look(NOON, 0.0)
    now, was_set = clock.look(NOON + timedelta(seconds=1.5), 1.0)
    assert (now, was_set) == (NOON + timedelta(seconds=1.05), False)
    now, was_set = clock.look(NOON + timedelta(seconds=20.5), 20.0)
    assert (now, was_set) == (NOON + timedelta(seconds=20.5), False)


@pytest.mark.parametrize("step", [28.0, -28.0, 1.2])
def test_a_step_is_seen_once(step: float) -> None:
    clock = SteadyClock()
    clock.look(NOON, 0.0)
    set_to = NOON + timedelta(seconds=0.1 + step)
    assert clock.look(set_to, 0.1) == (set_to, True)
    later = set_to + timedelta(seconds=0.1)
    assert clock.look(later, 0.2) == (later, False)


def test_many_small_steps_are_one_large_one() -> None:
    clock = SteadyClock()
    seen = [clock.look(NOON + timedelta(seconds=60 * n + 0.3 * n), 60.0 * n)[1] for n in range(5)]
    assert seen == [False, False, False, False, True]


class Machine:
    """A channel, its camera, and a wall clock that can be set; `steady` is the time that has really passed."""

    def __init__(self, delay: float) -> None:
        self.steady = 0.0
        self.wrong = 0.0
        self.waited: list[float] = []
        self._clock = SteadyClock()
        now, _ = self._clock.look(NOON, 0.0)
        self._channel = Channel(
            angles=(Angle("endoscope", "Endoscope"),),
            slate=slate(),
            silence=silence(),
            limits=Limits(),
            now=now,
            cipher=CIPHER,
            delay=delay,
        )
        rendition = self._channel.renditions["endoscope"]
        passed_on = rendition.add_fragment

        def noted(fragment: Fragment) -> float:
            (taken,) = struct.unpack(">d", fragment.payload[-8:])
            self.waited.append(self.steady - taken)
            return passed_on(fragment)

        rendition.add_fragment = noted  # type: ignore[method-assign]
        self._connect()

    def _connect(self) -> None:
        """As a door that opens anew: dated by the wall clock of this moment."""
        at = NOON + timedelta(seconds=self.steady + self.wrong)
        self._channel.lines["endoscope"].open_period(init_of(Kind.VIDEO), at=at)
        self._frames = self._camera(self.steady)
        self._following = next(self._frames)

    @staticmethod
    def _camera(began: float) -> Iterator[tuple[float, Fragment]]:
        number = 0
        while True:
            taken = began + number * FRAME_S
            data = nal_units((b"\x41" if number % 10 else b"\x65") + struct.pack(">d", taken))
            sample = Sample(len(data), 3600, number % 10 == 0)
            yield taken, Fragment(1, 90_000, number * 3600, (sample,), data)
            number += 1

    def end(self) -> None:
        self._channel.end()

    @property
    def over(self) -> bool:
        return self._channel.over

    def run(self, seconds: float) -> None:
        until = self.steady + seconds
        while self.steady < until:
            self.steady += LOOK_S
            while self._following[0] + FRAME_S <= self.steady:
                self._channel.lines["endoscope"].add_fragment(self._following[1])
                self._following = next(self._frames)
            wall = NOON + timedelta(seconds=self.steady + self.wrong)
            now, was_set = self._clock.look(wall, self.steady)
            if was_set:
                self._channel.begin_anew(now)
                self._connect()
            self._channel.tick(now)


def test_what_drains_after_the_end_is_over_when_the_clock_is_set() -> None:
    machine = Machine(delay=10.0)
    machine.run(14)
    machine.end()
    assert machine.waited
    told = len(machine.waited)
    machine.wrong += 28
    machine.run(0.5)
    assert machine.over
    assert len(machine.waited) == told


@settings(deadline=None, max_examples=50)
@given(
    delay=st.sampled_from([2.0, 10.0, 30.0]),
    story=st.lists(st.tuples(st.floats(0.2, 20.0), st.floats(-40, 40)), max_size=5),
)
@example(delay=30.0, story=[(10.0, 28.0), (5.0, 28.0)])
@example(delay=10.0, story=[(12.0, 0.9), (12.0, 0.9), (12.0, 0.9)])
def test_nothing_leaves_before_its_delay_has_passed(delay: float, story: list[tuple[float, float]]) -> None:
    machine = Machine(delay)
    for seconds, step in story:
        machine.run(seconds)
        machine.wrong += step
    machine.run(delay + 5)
    assert machine.waited, "it goes on"
    assert min(machine.waited) >= delay - SET.total_seconds() - LOOK_S - FRAME_S
