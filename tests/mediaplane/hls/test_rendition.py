"""Where signals, slate and silence come to lie on the channel clock."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Kind, Reader, Sample
from konsilium.mediaplane.hls import SOUND, Filler, Rendition
from konsilium.mediaplane.hls.clock import date_of, ticks_at
from tests.mediaplane.hls_factory import CIPHER, NOON, Studio, clear, frame, init_of, picture, slate, sound


def media_of(rendition: Rendition) -> list[Fragment]:
    """What a player would have after loading every part; checks on the way that nothing is left out."""
    timeline = rendition.timeline
    found: list[Fragment] = []
    reader = Reader()
    init = None
    for segment in timeline.segments:
        if segment.init != init:
            init = segment.init
            data = timeline.init(init)
            assert data is not None
            reader.feed(data)
        for fragment in reader.feed(clear(timeline, segment)):
            assert isinstance(fragment, Fragment)
            part = timeline.part(fragment.decode_time)
            assert part is None or fragment.duration == part.duration
            if found:
                assert fragment.decode_time == found[-1].decode_time + found[-1].duration
            found.append(fragment)
    return found


def frames_of(rendition: Rendition) -> list[tuple[str, int]]:
    """S for slate or silence, L for live, and where each frame begins."""
    found = []
    for fragment in media_of(rendition):
        at, offset = fragment.decode_time, 0
        for sample in fragment.samples:
            filler = fragment.payload[offset : offset + sample.size] in {b"S", b"s", b"_"}
            found.append(("S" if filler else "L", at))
            at, offset = at + sample.duration, offset + sample.size
    return found


def changes(rendition: Rendition) -> list[tuple[str, int]]:
    frames = frames_of(rendition)
    return [one for index, one in enumerate(frames) if index == 0 or frames[index - 1][0] != one[0]]


def shown(rendition: Rendition) -> str:
    """The order of what was seen."""
    return "".join(letter for letter, _ in changes(rendition))


def live_from(rendition: Rendition) -> float:
    """Seconds after noon at which the last live stretch begins."""
    begin = [at for letter, at in changes(rendition) if letter == "L"][-1]
    return (date_of(begin, rendition.timescale) - NOON).total_seconds()


def test_a_channel_begins_with_slate_and_silence() -> None:
    studio = Studio()
    studio.run(3)
    for key in ("endoscope", SOUND):
        assert shown(studio.rendition(key)) == "S"
        behind = studio.now - studio.rendition(key).timeline.date(studio.rendition(key).timeline.end)
        assert timedelta(seconds=0.9) <= behind <= timedelta(seconds=1.5)


def test_a_signal_lies_where_its_first_frame_was_taken() -> None:
    studio = Studio()
    studio.run(1)
    studio.connect("endoscope", picture(start=12_345_678), ago=0.3)
    studio.connect(SOUND, sound(start=777), ago=0.3)
    studio.run(2)
    assert shown(studio.rendition("endoscope")) == "SL"
    assert live_from(studio.rendition("endoscope")) == pytest.approx(0.7, abs=0.001)
    assert live_from(studio.rendition(SOUND)) == pytest.approx(0.7, abs=0.022)


def test_a_part_leaves_as_soon_as_it_is_full() -> None:
    studio = Studio()
    studio.connect("endoscope")
    studio.run(2)
    timeline = studio.rendition("endoscope").timeline
    assert studio.now - timeline.date(timeline.end) < timedelta(seconds=0.25)


def test_a_lost_signal_is_followed_by_slate_and_comes_back() -> None:
    studio = Studio()
    studio.connect("endoscope")
    studio.run(4)
    studio.disconnect("endoscope")
    studio.run(2)
    studio.connect("endoscope")
    studio.run(2)
    assert shown(studio.rendition("endoscope")) == "SLSL"
    assert live_from(studio.rendition("endoscope")) == pytest.approx(7.5, abs=0.01)


@pytest.mark.parametrize("frames", range(121, 133))
def test_no_scrap_of_a_part_is_left_where_slate_and_picture_meet(frames: int) -> None:
    """hls.js passes over a last part of some ten milliseconds and stalls in the hole."""
    studio = Studio()
    studio.connect(
        "endoscope",
        iter([*[one for one, _ in zip(picture(), range(frames), strict=False)], frame(9**12, 1, sync=False)]),
    )
    studio.run(4.5)
    studio.disconnect("endoscope", noticed=0.3 + frames / 100)
    studio.connect("endoscope")
    studio.run(2)
    fragments = media_of(studio.rendition("endoscope"))
    assert shown(studio.rendition("endoscope")) == "SLSL"
    for one, two in itertools.pairwise(fragments):
        if (one.payload[:1] in {b"S", b"s"}) != (two.payload[:1] in {b"S", b"s"}):
            assert one.duration >= 9_000


def test_a_signal_waits_for_its_key_frame() -> None:
    studio = Studio()
    studio.connect("endoscope", picture(gop=30, first=10))
    studio.run(3)
    assert live_from(studio.rendition("endoscope")) == pytest.approx(20 / 30, abs=0.1)


def test_thirty_seconds_without_a_key_frame_are_shown_to_whoever_watches() -> None:
    studio = Studio()
    studio.connect("endoscope", picture(gop=30 * 30))
    for _ in range(29):
        studio.run(1)
        assert studio.now - studio.rendition("endoscope").end < timedelta(seconds=0.5)
    rendition = studio.rendition("endoscope")
    assert shown(rendition) == "SL"
    signal = [
        segment
        for segment in rendition.timeline.segments
        if segment.init != rendition.timeline.segments[0].init
    ]
    keyed = [any(part.independent for part in segment.parts) for segment in signal if segment.parts]
    # Of the older ones the parts are known no more.
    assert not any(keyed[1:]), "none came"
    assert len(signal) >= 6
    assert all(segment.duration <= 4 * rendition.timescale for segment in signal)
    studio.run(4)
    assert shown(rendition) == "SL"
    assert rendition.timeline.segments[-1].parts[0].independent, "the next key frame begins a segment"


def test_a_new_coding_without_a_loss_needs_no_slate() -> None:
    studio = Studio()
    studio.connect("endoscope")
    studio.run(2)
    other = init_of(Kind.VIDEO, timescale=45_000)
    studio.sink("endoscope").open_period(
        replace(other, width=320, height=240), at=NOON + timedelta(seconds=2)
    )
    for number in range(50):
        studio.sink("endoscope").add_fragment(
            frame(number * 1800, 1800, sync=number % 25 == 0, timescale=45_000)
        )
    fragments = media_of(studio.rendition("endoscope"))
    assert shown(studio.rendition("endoscope")) == "SL"
    assert studio.rendition("endoscope").signal.width == 320
    # 45 kHz has become 90 kHz on the way.
    assert fragments[-1].samples[0].duration == 3600


def test_pictures_and_sound_stay_in_step_over_a_loss() -> None:
    studio = Studio()
    for _ in range(3):
        studio.connect("endoscope", ago=0.35)
        studio.connect(SOUND, ago=0.35)
        studio.run(3)
        began = [live_from(studio.rendition(key)) for key in ("endoscope", SOUND)]
        assert began[0] == pytest.approx(began[1], abs=0.08)
        studio.disconnect("endoscope", SOUND)
        studio.run(1.7)


def test_a_hole_in_the_sound_is_silent_and_the_rest_stays_in_its_place() -> None:
    studio = Studio()
    source = sound()
    first = [next(source) for _ in range(40)]
    studio.connect(SOUND, iter([*first[:10], *first[13:], *[next(source) for _ in range(20)]]))
    studio.run(6)
    begins = [(letter, at // 1024) for letter, at in changes(studio.rendition(SOUND))][1:4]
    first_frame = begins[0][1]
    assert begins == [("L", first_frame), ("S", first_frame + 90), ("L", first_frame + 117)]


def test_a_source_whose_clock_jumps_back_goes_on_where_it_was() -> None:
    studio = Studio()

    def jumping() -> Iterator[Fragment]:
        for source in (picture(start=900_000_000), picture(start=0)):
            for _ in range(60):
                yield next(source)

    fragments = list(jumping())
    studio.connect("endoscope", iter(fragments[:60]), ago=2.0)
    rendition = studio.rendition("endoscope")
    for fragment in fragments:
        studio.sink("endoscope").add_fragment(fragment)
    assert shown(rendition) == "SL"
    timeline = rendition.timeline
    assert timeline.date(timeline.end) == NOON + timedelta(seconds=2)


def test_a_source_far_ahead_of_the_clock_is_brought_back() -> None:
    studio = Studio()
    studio.connect("endoscope", ago=-3600)
    for fragment, _ in zip(picture(), range(30), strict=False):
        studio.sink("endoscope").add_fragment(fragment)
    timeline = studio.rendition("endoscope").timeline
    assert timeline.date(timeline.end) < NOON + timedelta(seconds=2)


def test_a_signal_that_stalls_without_being_closed_is_filled_over() -> None:
    studio = Studio()
    studio.connect(
        "endoscope",
        iter([*[one for one, _ in zip(picture(), range(60), strict=False)], frame(9**12, 1, sync=False)]),
    )
    studio.run(9)
    assert shown(studio.rendition("endoscope")) == "SLS"


def test_a_signal_that_always_comes_late_is_shown_all_the_same() -> None:
    studio = Studio()
    studio.run(1)
    init = init_of(Kind.VIDEO)
    rendition = studio.rendition("endoscope")
    studio.sink("endoscope").open_period(init, at=studio.now - timedelta(seconds=8))
    source = picture()
    for _ in range(6):
        for _ in range(30):
            studio.sink("endoscope").add_fragment(next(source))
        studio.run(1)
    assert shown(rendition).startswith("SL")


def test_what_was_cut_off_never_existed() -> None:
    studio = Studio()
    studio.connect("endoscope")
    studio.run(2.1)
    rendition = studio.rendition("endoscope")
    edge = rendition.timeline.end
    studio.channel.stop(studio.now)
    studio.run(3)
    assert shown(rendition) == "SLS"
    after = [one for one in media_of(rendition) if one.decode_time >= edge]
    assert after[0].decode_time == edge
    assert all(one.payload[:1] in {b"S", b"s"} for one in after)


def test_a_stop_shows_its_own_slate() -> None:
    studio = Studio(stopped=Filler(slate().init, ((Sample(1, 18_000, True), b"T"),)))
    studio.connect("endoscope")
    studio.run(2.1)
    rendition = studio.rendition("endoscope")
    for turn in (b"T", b"S"):
        edge = rendition.timeline.end
        if turn == b"T":
            studio.channel.stop(studio.now)
        else:
            studio.disconnect("endoscope", noticed=0.5)
            studio.channel.resume(studio.now)
        studio.run(3)
        after = [one.payload[:1] for one in media_of(rendition) if one.decode_time > edge + 45_000]
        assert set(after) <= ({b"T"} if turn == b"T" else {b"T", b"S", b"s"})
        assert after[-1] in {turn, turn.lower()}


@settings(max_examples=25)
@given(
    story=st.lists(
        st.tuples(
            st.sampled_from(["picture", "sound", "lose", "stop", "resume", "run"]), st.floats(0.05, 1.9)
        ),
        max_size=14,
    )
)
def test_whatever_happens_the_line_is_unbroken(story: list[tuple[str, float]]) -> None:
    studio = Studio()
    connected: set[str] = set()
    for event, length in story:
        if event in {"picture", "sound"}:
            key = "endoscope" if event == "picture" else SOUND
            studio.connect(key, ago=length / 2)
            connected.add(key)
        elif event == "lose" and connected:
            studio.disconnect(connected.pop(), noticed=length)
        elif event == "stop":
            studio.channel.stop(studio.now)
        elif event == "resume":
            studio.channel.resume(studio.now)
        studio.run(length)
    counts = set()
    for key in ("endoscope", SOUND):
        rendition = studio.rendition(key)
        assert media_of(rendition)
        counts.add(rendition.timeline.discontinuities)
        behind = studio.now - rendition.timeline.date(rendition.timeline.end)
        assert timedelta(seconds=-0.5) <= behind <= timedelta(seconds=4.5)
    assert len(counts) == 1


def test_a_machine_that_slept_does_not_fill_the_night_with_slate() -> None:
    studio = Studio()
    studio.connect("endoscope")
    studio.run(2)
    studio.disconnect("endoscope")
    studio.now += timedelta(hours=9)
    studio.run(1)
    timeline = studio.rendition("endoscope").timeline
    assert studio.now - timeline.date(timeline.end) < timedelta(seconds=2)
    assert sum(1 for segment in timeline.segments for _ in segment.parts) < 200


def test_memory_is_bounded_by_the_window() -> None:
    studio = Studio()
    studio.connect("endoscope")
    studio.run(200)
    timeline = studio.rendition("endoscope").timeline
    kept = list(timeline.kept())
    assert (kept[-1].end - kept[0].start) / timeline.timescale < 2 * studio.limits.window_s + 10
    first = kept[0]
    assert timeline.segment(first.start) is first
    assert timeline.segment(first.start - 1) is None
    parts = [part for segment in kept for part in segment.parts]
    assert (parts[-1].end - parts[0].start) / timeline.timescale < studio.limits.parts_available_s + 5
    assert timeline.part(parts[0].start) is parts[0]


def test_numbers_go_on_after_the_media_plane_was_killed() -> None:
    before = Studio()
    before.connect("endoscope")
    before.run(30)
    last = before.rendition("endoscope").timeline.last
    after = Studio()
    after.now = before.now
    reborn = type(before.channel)(
        angles=before.channel.offer.angles,
        slate=after.rendition("endoscope")._filler,
        silence=after.rendition(SOUND)._filler,
        limits=before.limits,
        now=before.now + timedelta(seconds=2),
        cipher=CIPHER,
    )
    assert last is not None
    assert reborn.renditions["endoscope"].timeline.media_sequence > last[0]


def test_clock_before_the_epoch_is_no_crash() -> None:
    assert ticks_at(NOON.replace(year=1970), 90_000) == 0
