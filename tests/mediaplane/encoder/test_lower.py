"""The low outlet: what was coded smaller takes over from the top and gives back to it at key frames."""

from datetime import UTC, datetime

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.encoder.command_lines import TIME_OFFSET_S
from konsilium.mediaplane.encoder.lower import Lower
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.source_clock import SourceClock
from tests.mediaplane.encoder.test_outlet import Notebook

TOP = Init(b"top", Kind.VIDEO, "avc1.640028", 90_000, 1920, 1080)
SMALL = Init(b"small", Kind.VIDEO, "avc1.4d401e", 90_000, 640, 360)
GOP = 5


def frame(number: int, what: bytes) -> Fragment:
    time = (TIME_OFFSET_S * 25 + number) * 3600
    return Fragment(1, 90_000, time, (Sample(len(what), 3600, sync=number % GOP == 0),), what)


class Watched:
    def __init__(self) -> None:
        self.lower, self.sink = Lower(Kind.VIDEO), Notebook()
        self.lower.outlet.attach(self.sink)
        clock = SourceClock()
        clock.note(0, datetime.now(UTC).timestamp())
        self.lower.begin(TOP, clock=clock)

    def top(self, *numbers: int) -> None:
        for number in numbers:
            self.lower.add(frame(number, b"T"), arrival=1.0)

    def small(self, *numbers: int) -> None:
        for number in numbers:
            self.lower.own_add(frame(number, b"s"), arrival=1.0)

    @property
    def told(self) -> list[str]:
        """Openings by name, frames by number."""
        base = TIME_OFFSET_S * 25 * 3600
        return [
            bytes(value).decode() if isinstance(value, bytes) else str((int(str(value)) - base) // 3600)
            for what, value in self.sink.told
            if what != "close"
        ]


def test_without_anything_smaller_the_top_is_shown() -> None:
    watched = Watched()
    watched.top(*range(4))
    assert watched.told == ["top", "0", "1", "2", "3"]
    assert not watched.lower.is_own


def test_the_small_takes_over_at_a_key_frame_of_both() -> None:
    watched = Watched()
    watched.top(*range(3))
    watched.lower.own_begin(SMALL)
    watched.small(*range(2))
    watched.top(3, 4, 5, 6)
    watched.small(*range(2, 7))
    assert watched.told == ["top", "0", "1", "2", "3", "4", "small", "5", "6"]
    assert watched.lower.is_own


def test_the_top_goes_on_at_the_next_key_frame_that_was_not_shown_yet() -> None:
    watched = Watched()
    watched.lower.own_begin(SMALL)
    watched.top(*range(13))
    watched.small(*range(8))
    watched.lower.own_over(arrival=1.0)
    watched.top(13)
    assert watched.told == ["small", *map(str, range(8)), "top", "10", "11", "12", "13"]


def test_a_small_that_comes_back_takes_over_again() -> None:
    watched = Watched()
    watched.lower.own_begin(SMALL)
    watched.top(*range(6))
    watched.small(*range(6))
    watched.lower.own_over(arrival=1.0)
    watched.lower.own_begin(SMALL)
    watched.top(*range(6, 12))
    watched.small(10, 11)
    assert watched.told[-3:] == ["small", "10", "11"]


def test_a_break_shows_the_top_until_the_small_has_caught_up() -> None:
    watched = Watched()
    watched.lower.own_begin(SMALL)
    watched.top(*range(6))
    watched.small(*range(4))
    watched.lower.pause(at=datetime.now(UTC))
    watched.small(4)
    watched.top(20, 21)
    watched.small(5, 20, 21)
    assert watched.told == ["small", "0", "1", "2", "3", "small", "20", "21"]


class Coder:
    """Follows an outlet as a rung does, and gives back what it got only when it is asked to."""

    def __init__(self, lower: Lower) -> None:
        self._lower = lower
        self._got: list[Fragment] = []

    def begin(self, init: Init, *, clock: SourceClock) -> None:
        self._lower.begin(init, clock=clock)
        self._lower.own_begin(SMALL)

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        self._lower.add(fragment, arrival=arrival)
        self._got.append(fragment)

    def pause(self, *, at: datetime) -> None:
        self._lower.pause(at=at)

    def give(self) -> None:
        for fragment in self._got:
            self._lower.own_add(fragment, arrival=1.0)


@pytest.mark.parametrize("falls_out", [False, True])
def test_a_picture_lies_at_one_time_in_both_while_the_clock_is_being_corrected(*, falls_out: bool) -> None:
    top, lower, seen, seen_low = Outlet(Kind.VIDEO), Lower(Kind.VIDEO), Notebook(), Notebook()
    coder = Coder(lower)
    top.follow(coder)
    clock = SourceClock()
    clock.note(0, datetime.now(UTC).timestamp())
    top.begin(TOP, clock=clock)
    lower.outlet.attach(seen_low)
    for number in range(2 * GOP):
        if number == 2:
            # Whoever comes to the top while the low one is being watched already sees it there too.
            top.attach(seen)
        clock.correction -= 0.08 * 0.04
        top.add(frame(number, b"T"), arrival=1.0)
    # The coder is late, and the clock has gone on meanwhile.
    clock.correction -= 0.05
    if falls_out:
        lower.own_over(arrival=1.0)
    else:
        coder.give()
    times, times_low = ([at for what, at in each.told if what == "add"] for each in (seen, seen_low))
    assert len(times) == GOP
    assert times_low[-GOP:] == times
    assert times[0] != frame(GOP, b"").decode_time, "it was moved"
