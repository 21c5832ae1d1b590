"""The outlet: one source, sinks that come and go, one clock."""

from datetime import UTC, datetime, timedelta

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.encoder.command_lines import TIME_OFFSET_S
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.source_clock import SourceClock

INIT = Init(b"init", Kind.VIDEO, "avc1.64001f", 90_000, 1280, 720)
OTHER = Init(b"other", Kind.VIDEO, "avc1.64001f", 90_000, 640, 360)


class Notebook:
    """A sink that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.opened_at: list[datetime] = []
        self.missing_s = 0.0

    def open_period(self, init: Init, *, at: datetime) -> None:
        self.told.append(("open", init.data))
        self.opened_at.append(at)

    def add_fragment(self, fragment: Fragment) -> float:
        self.told.append(("add", fragment.decode_time))
        return self.missing_s

    def close_period(self, *, at: datetime) -> None:
        self.told.append(("close", None))


def frame(time: int, *, sync: bool = False, composition: int = 0) -> Fragment:
    return Fragment(1, 90_000, time + TIME_OFFSET_S * 90_000, (Sample(3, 3600, sync, composition),), b"abc")


def clock_of(now: datetime, newest: int) -> SourceClock:
    clock = SourceClock()
    clock.note(newest, now.timestamp())
    return clock


def times(notebook: Notebook) -> list[tuple[str, object]]:
    return [
        (what, int(str(value)) - TIME_OFFSET_S * 90_000) if what == "add" else (what, value)
        for what, value in notebook.told
    ]


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC)


def test_a_sink_begins_with_a_key_frame(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    outlet.begin(INIT, clock=clock_of(at, 7200))
    for fragment in (frame(0), frame(3600, sync=True), frame(7200)):
        outlet.add(fragment, arrival=1.0)
    assert times(sink) == [("open", b"init"), ("add", 3600), ("add", 7200)]
    assert sink.opened_at == [at - timedelta(seconds=0.04)]


def test_a_sink_that_comes_later_begins_with_the_next_key_frame(at: datetime) -> None:
    outlet, early, late = Outlet(Kind.VIDEO), Notebook(), Notebook()
    outlet.attach(early)
    outlet.begin(INIT, clock=clock_of(at, 0))
    outlet.add(frame(0, sync=True), arrival=1.0)
    outlet.attach(late)
    outlet.add(frame(3600), arrival=1.0)
    outlet.add(frame(7200, sync=True), arrival=1.0)
    assert times(late) == [("open", b"init"), ("add", 7200)]
    assert len(early.told) == 4
    outlet.detach(late, at=at)
    outlet.detach(late, at=at)
    assert late.told[-1] == ("close", None)
    assert len(late.told) == 3


def test_a_change_opens_anew_without_closing(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    clock = clock_of(at, 0)
    outlet.begin(INIT, clock=clock)
    outlet.add(frame(0, sync=True), arrival=1.0)
    outlet.begin(OTHER, clock=clock)
    outlet.add(frame(3600, sync=True), arrival=1.0)
    assert times(sink) == [("open", b"init"), ("add", 0), ("open", b"other"), ("add", 3600)]
    assert sink.opened_at[1] - sink.opened_at[0] == timedelta(seconds=0.04)


def test_a_pause_closes_until_the_next_key_frame(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    outlet.begin(INIT, clock=clock_of(at, 0))
    outlet.add(frame(0, sync=True), arrival=1.0)
    outlet.pause(at=at)
    outlet.add(frame(3600), arrival=1.0)
    assert times(sink) == [("open", b"init"), ("add", 0), ("close", None)]
    outlet.add(frame(7200, sync=True), arrival=1.0)
    assert times(sink)[-2:] == [("open", b"init"), ("add", 7200)]


def test_nothing_begins_with_what_is_long_past(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    outlet.begin(INIT, clock=clock_of(at - timedelta(seconds=2), 0))
    outlet.add(frame(0, sync=True), arrival=1.0)
    assert sink.told == []
    assert outlet.last is None


def test_the_moment_of_a_frame_is_when_it_is_shown(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    outlet.begin(INIT, clock=clock_of(at, 7200))
    outlet.add(frame(0, sync=True, composition=7200), arrival=1.0)
    assert sink.opened_at == [at]


def test_the_least_delayed_of_the_first_frames_sets_the_clock() -> None:
    clock = SourceClock()
    for newest, arrival in ((0, 100.5), (90_000, 101.2), (180_000, 102.4)):
        clock.note(newest, arrival)
    first = clock.wall((TIME_OFFSET_S + 2) * 1000, 1000).timestamp()
    assert first == pytest.approx(102.2)
    clock.note(270_000, 103.0)
    assert clock.wall((TIME_OFFSET_S + 2) * 1000, 1000).timestamp() == first


def test_the_clock_goes_on_over_the_wrap() -> None:
    wrap = 1 << 33
    clock = SourceClock()
    clock.note(wrap + 90_000, 1_000_000.0)
    # ffmpeg counts from below zero when a stream begins just before the wrap.
    before = TIME_OFFSET_S * 90_000 - 90_000
    assert clock.wall(before, 90_000).timestamp() == pytest.approx(1_000_000.0 - 2)


def test_the_rate_is_what_the_frames_last(at: datetime) -> None:
    outlet = Outlet(Kind.VIDEO)
    outlet.begin(INIT, clock=clock_of(at, 0))
    assert outlet.measured_rate is None
    for index in range(20):
        outlet.add(frame(index * 3600, sync=index == 0), arrival=1.0)
    assert outlet.measured_rate == 25.0


def test_what_makes_no_part_whole_is_handed_on_together(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    outlet.begin(INIT, clock=clock_of(at, 0))
    sink.missing_s = 0.13
    outlet.add(frame(0, sync=True), arrival=1.0)
    assert times(sink) == [("open", b"init"), ("add", 0)], "a key frame is handed on at once"
    outlet.add(frame(3600), arrival=1.0)
    outlet.add(frame(7200), arrival=1.0)
    assert len(sink.told) == 2
    outlet.add(frame(10800), arrival=1.0)
    assert times(sink)[2:] == [("add", 3600)], "a fourth one of 40 ms would be too long"
    outlet.add(frame(14400), arrival=1.0)
    outlet.add(frame(18000, sync=True), arrival=1.0)
    assert times(sink)[3:] == [("add", 14400), ("add", 18000)], "a key frame ends the part before it"


def test_nothing_that_is_gathered_is_lost_with_the_signal(at: datetime) -> None:
    outlet, sink = Outlet(Kind.VIDEO), Notebook()
    outlet.attach(sink)
    outlet.begin(INIT, clock=clock_of(at, 0))
    sink.missing_s = 0.2
    outlet.add(frame(0, sync=True), arrival=1.0)
    outlet.add(frame(3600), arrival=1.0)
    outlet.pause(at=at)
    assert times(sink)[2:] == [("add", 3600), ("close", None)]
    outlet.add(frame(7200, sync=True), arrival=1.0)
    outlet.add(frame(10800), arrival=1.0)
    outlet.begin(OTHER, clock=clock_of(at, 0))
    assert times(sink)[-1] == ("add", 10800)


def test_the_neediest_sink_decides(at: datetime) -> None:
    outlet, patient, late = Outlet(Kind.VIDEO), Notebook(), Notebook()
    outlet.attach(patient)
    outlet.begin(INIT, clock=clock_of(at, 0))
    patient.missing_s = 0.2
    outlet.add(frame(0, sync=True), arrival=1.0)
    outlet.attach(late)
    outlet.add(frame(3600), arrival=1.0)
    assert times(patient)[-1] == ("add", 3600), "one that waits for a key frame wants everything at once"
