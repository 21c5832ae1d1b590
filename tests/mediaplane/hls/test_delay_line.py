"""The safety delay: every frame says when it was taken, so that what left can be held against the clock."""

import itertools
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Reader, Sample
from konsilium.mediaplane.hls import SOUND, Withheld
from tests.mediaplane.hls_factory import NOON, Studio, clear, nal_units

ANGLES = ("endoscope", "overview")
FILLING = {b"S", b"s", b"_"}


def stamp(at: datetime) -> bytes:
    return struct.pack(">q", (at - NOON) // timedelta(microseconds=1))


def taken_at(data: bytes) -> datetime:
    return NOON + timedelta(microseconds=struct.unpack(">q", data[-8:])[0])


def camera(began: datetime, *, gop: int = 30, fps: int = 30) -> Iterator[Fragment]:
    for number in itertools.count():
        at, until = number * 90_000 // fps, (number + 1) * 90_000 // fps
        kind = b"\x65" if number % gop == 0 else b"\x41"
        data = nal_units(kind + stamp(began + timedelta(seconds=at / 90_000)))
        yield Fragment(1, 90_000, at, (Sample(len(data), until - at, number % gop == 0),), data)


def microphone(began: datetime, frames: int = 9) -> Iterator[Fragment]:
    for first in itertools.count(0, 1024 * frames):
        times = [first + 1024 * number for number in range(frames)]
        data = [stamp(began + timedelta(seconds=at / 48_000)) for at in times]
        yield Fragment(1, 48_000, first, tuple(Sample(8, 1024, True) for _ in data), b"".join(data))


def connect(studio: Studio, key: str, *, gop: int = 30, ago: float = 0.0) -> None:
    began = studio.now - timedelta(seconds=ago)
    studio.connect(key, microphone(began) if key == SOUND else camera(began, gop=gop), ago=ago)


def frames_of(fragments: tuple[Fragment, ...]) -> Iterator[bytes]:
    for fragment in fragments:
        offset = 0
        for sample in fragment.samples:
            yield fragment.payload[offset : offset + sample.size]
            offset += sample.size


def shown(studio: Studio, key: str) -> list[tuple[datetime, datetime | None]]:
    """Where each frame lies on the channel clock, and when it was taken; None for slate and silence."""
    timeline = studio.rendition(key).timeline
    reader, init, end = Reader(), None, None
    found: list[tuple[datetime, datetime | None]] = []
    for segment in timeline.segments:
        if segment.init != init:
            init = segment.init
            reader.feed(timeline.init(init) or b"")
        for fragment in reader.feed(clear(timeline, segment)):
            assert isinstance(fragment, Fragment)
            assert end in {None, fragment.decode_time}, "channel time has a hole or goes backwards"
            end = fragment.decode_time
            for sample, data in zip(fragment.samples, frames_of((fragment,)), strict=True):
                taken = None if data in FILLING else taken_at(data)
                found.append((timeline.date(end), taken))
                end += sample.duration
    return found


def live(studio: Studio, key: str) -> list[tuple[datetime, datetime]]:
    return [(at, taken) for at, taken in shown(studio, key) if taken is not None]


def delay_of(studio: Studio, key: str) -> float:
    """Between the newest frame that left and the moment it was taken."""
    at, taken = live(studio, key)[-1]
    return (at - taken).total_seconds()


def told(studio: Studio, key: str) -> str:
    letters = ["S" if taken is None else "L" for _, taken in shown(studio, key)]
    return "".join(letter for letter, _ in itertools.groupby(letters))


def all_connected(delay: float = 0.0) -> Studio:
    studio = Studio(*ANGLES, delay=delay)
    for key in (*ANGLES, SOUND):
        connect(studio, key, gop=30 if key != "overview" else 47)
    return studio


@pytest.mark.parametrize("delay", [0.0, 0.4, 1.0, 5.0, 20.0, 60.0])
def test_what_is_shown_was_taken_so_long_ago(delay: float) -> None:
    studio = all_connected(delay)
    studio.run(delay + 4)
    for key in (*ANGLES, SOUND):
        assert told(studio, key) == "SL"
        assert delay_of(studio, key) == pytest.approx(delay, abs=0.025)
        assert live(studio, key)[-1][1] <= studio.now - timedelta(seconds=delay)
        behind = studio.now - studio.rendition(key).end
        assert behind < timedelta(seconds=0.3)


def test_what_waits_is_nowhere_in_the_timeline() -> None:
    studio = all_connected(5.0)
    studio.run(4.9)
    for key in (*ANGLES, SOUND):
        timeline = studio.rendition(key).timeline
        assert told(studio, key) == "S"
        assert all(part.end <= timeline.end for segment in timeline.segments for part in segment.parts)


def test_a_delay_that_is_raised_shows_slate_and_goes_on_where_it_was() -> None:
    studio = all_connected()
    studio.run(5)
    before = {key: live(studio, key)[-1] for key in (*ANGLES, SOUND)}
    studio.channel.set_delay(4, studio.now)
    studio.run(0.3)
    for key in (*ANGLES, SOUND):
        assert studio.now - studio.rendition(key).end < timedelta(seconds=0.5), "slate follows at once"
    studio.run(8)
    for key, (_, last) in before.items():
        assert told(studio, key) == "SLSL"
        following = next(taken for _, taken in live(studio, key) if taken > last)
        # The rest of the group of pictures cannot be shown without its key frame.
        assert following - last < timedelta(seconds=1.7 if key != SOUND else 0.25)
        assert delay_of(studio, key) == pytest.approx(4, abs=0.025)


@pytest.mark.parametrize("lower", [0.0, 0.5, 1.0, 2.0])
def test_a_delay_that_is_lowered_jumps_forward_without_slate(lower: float) -> None:
    studio = all_connected(6.0)
    studio.run(10)
    studio.channel.set_delay(lower, studio.now)
    studio.run(5)
    for key in (*ANGLES, SOUND):
        # What is missing between the two is silent, while a picture is held.
        assert told(studio, key) in {"SL", "SLSL" if key == SOUND else "SL"}
        assert delay_of(studio, key) == pytest.approx(lower, abs=0.025)
        leaps = [two - one for (_, one), (_, two) in itertools.pairwise(live(studio, key))]
        assert sum(leap > timedelta(seconds=3) for leap in leaps) == 1


def test_a_jump_waits_for_its_key_frame_and_the_old_picture_goes_on_until_then() -> None:
    studio = Studio(delay=6)
    connect(studio, "endoscope", gop=90)
    studio.run(10.2)
    studio.channel.set_delay(2, studio.now)
    studio.run(0.5)
    assert delay_of(studio, "endoscope") == pytest.approx(6, abs=0.025)
    studio.run(1)
    assert delay_of(studio, "endoscope") == pytest.approx(2, abs=0.025)
    assert told(studio, "endoscope") == "SL"


def test_a_stop_empties_the_lines_and_hands_over_what_was_in_them() -> None:
    studio = all_connected(5.0)
    studio.run(12)
    last = {key: live(studio, key)[-1][1] for key in (*ANGLES, SOUND)}
    withheld = studio.channel.stop(studio.now)
    assert [one.rendition for one in withheld] == [*ANGLES, SOUND]
    studio.run(8)
    for one in withheld:
        times = [taken_at(data) for data in frames_of(one.fragments)]
        assert times[0] == one.began
        assert times[0] > last[one.rendition]
        assert timedelta(seconds=4.7) < times[-1] - times[0] <= timedelta(seconds=5)
        assert told(studio, one.rendition) == "SLS"
        assert not {taken for _, taken in live(studio, one.rendition)} & set(times)
    assert studio.channel.stop(studio.now) == []


def test_a_resume_begins_with_what_is_taken_from_then_on() -> None:
    studio = all_connected(5.0)
    studio.run(9)
    studio.channel.stop(studio.now)
    studio.run(3)
    studio.channel.resume(studio.now)
    resumed = studio.now
    studio.run(9)
    for key in (*ANGLES, SOUND):
        assert told(studio, key) == "SLSL"
        assert next(taken for _, taken in live(studio, key) if taken > NOON + timedelta(seconds=9)) >= resumed


def test_an_end_lets_out_what_waits_and_takes_nothing_more() -> None:
    studio = all_connected(5.0)
    studio.run(12)
    ended = studio.now
    studio.channel.end()
    assert not studio.channel.over
    studio.run(4.5)
    assert not studio.channel.over
    studio.run(1)
    assert studio.channel.over
    for key in (*ANGLES, SOUND):
        assert ended - timedelta(seconds=0.3) < live(studio, key)[-1][1] <= ended


def test_a_stop_while_the_end_comes_out_still_cuts() -> None:
    studio = all_connected(5.0)
    studio.run(12)
    studio.channel.end()
    studio.run(2)
    withheld = studio.channel.stop(studio.now)
    assert studio.channel.over
    assert {one.rendition for one in withheld} == {*ANGLES, SOUND}
    for key in (*ANGLES, SOUND):
        assert live(studio, key)[-1][1] <= studio.now - timedelta(seconds=5)


def test_an_end_without_a_delay_is_over_at_once() -> None:
    studio = all_connected()
    studio.run(3)
    studio.channel.end()
    assert studio.channel.over


def test_a_source_whose_clock_jumps_does_not_get_out_early() -> None:
    """Its time stamps go back by three seconds; what it sends now was taken now."""
    studio = Studio(delay=5)
    connect(studio, "endoscope")
    studio.run(6)
    studio._encoders.clear()
    line = studio.sink("endoscope")
    for fragment in itertools.islice(camera(studio.now), 60):
        studio.now += timedelta(seconds=1 / 30)
        studio.channel.tick(studio.now)
        line.add_fragment(
            Fragment(1, 90_000, 90_000 + fragment.decode_time, fragment.samples, fragment.payload)
        )
        assert all(taken <= studio.now - timedelta(seconds=5) for _, taken in live(studio, "endoscope"))
    studio.run(7)
    assert live(studio, "endoscope")[-1][1] > NOON + timedelta(seconds=7.5)


@pytest.mark.parametrize("delay", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("hole", [0.0, 0.3, 0.9])
def test_from_one_signal_to_the_next_no_slate_flashes(delay: float, hole: float) -> None:
    """As when a recording is shown in place of the theatre."""
    studio = Studio(delay=delay)
    connect(studio, "endoscope")
    studio.run(delay + 4)
    studio.sink("endoscope").close_period(at=studio.now)
    connect(studio, "endoscope", ago=-hole)
    studio.run(delay + 4)
    assert told(studio, "endoscope") == "SL"
    assert delay_of(studio, "endoscope") == pytest.approx(delay, abs=0.025)


EVENTS = st.tuples(
    st.sampled_from(["delay", "stop", "resume", "connect", "lose", "run", "run"]),
    st.sampled_from([0.0, 0.3, 1.0, 2.5, 6.0]),
    st.sampled_from([*ANGLES, SOUND]),
    st.sampled_from([5, 30, 61]),
    st.floats(0.05, 3.0),
)


def happens(studio: Studio, event: tuple[str, float, str, int, float], connected: set[str]) -> list[Withheld]:
    what, delay, key, gop, length = event
    if what == "delay":
        studio.channel.set_delay(delay, studio.now)
    elif what == "stop":
        return studio.channel.stop(studio.now)
    elif what == "resume":
        studio.channel.resume(studio.now)
    elif what == "connect":
        connect(studio, key, gop=gop, ago=min(length / 2, 0.9))
        connected.add(key)
    elif what == "lose" and key in connected:
        connected.discard(key)
        studio.disconnect(key, noticed=length / 2)
    return []


def _watched(studio: Studio) -> None:
    """Nothing may pass a line that was taken later than the delay allows."""

    def watch(key: str) -> None:
        rendition = studio.rendition(key)
        passed_on = rendition.add_fragment

        def checked(fragment: Fragment) -> None:
            allowed = studio.now - timedelta(seconds=studio.channel.delay)
            assert all(taken_at(data) <= allowed for data in frames_of((fragment,)))
            passed_on(fragment)

        rendition.add_fragment = checked  # type: ignore[method-assign]

    for key in (*ANGLES, SOUND):
        watch(key)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(story=st.lists(EVENTS, max_size=12), ends=st.booleans())
# A source takes over while the first frames after a lowered delay are being stretched.
@example(
    story=[
        ("run", 0.0, "endoscope", 5, 2.6),
        ("connect", 0.0, "endoscope", 61, 1.1653661897777086),
        ("delay", 6.0, "endoscope", 5, 10.93),
        ("delay", 0.0, "endoscope", 5, 1.6270522825666487),
    ],
    ends=False,
)
def test_whatever_happens_nothing_leaves_early_or_after_a_stop(
    story: list[tuple[str, float, str, int, float]], ends: bool
) -> None:
    studio = Studio(*ANGLES)
    connected: set[str] = set()
    withheld: list[Withheld] = []
    _watched(studio)
    for event in story:
        withheld += happens(studio, event, connected)
        studio.run(event[-1])
    studio.channel.resume(studio.now)
    for key in (*ANGLES, SOUND):
        connect(studio, key, gop=30, ago=0.2)
    studio.run(studio.channel.delay + 7)
    for key in (*ANGLES, SOUND):
        # However it came here: the angles and the sound are in step, and as late as they should be.
        assert delay_of(studio, key) == pytest.approx(studio.channel.delay, abs=0.1)
        assert studio.now - studio.rendition(key).end < timedelta(seconds=0.5)
    if ends:
        studio.channel.end()
        studio.run(studio.channel.delay + 0.5)
        assert studio.channel.over
    for key in (*ANGLES, SOUND):
        times = [taken for _, taken in live(studio, key)]
        # A source that takes over while another one is on may overlap it by as much as frames give way.
        slack = timedelta(milliseconds=60)
        assert all(one <= two + slack for one, two in itertools.pairwise(times)), "content goes backwards"
        hidden = {
            taken_at(data) for one in withheld if one.rendition == key for data in frames_of(one.fragments)
        }
        assert not hidden & set(times), "what was withheld came out"
