"""What leaves memory is on the shelf, and a media plane that was killed goes on from there."""

import itertools
from datetime import timedelta

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import SOUND, Cipher, Kept, Limits, Part, Timeline
from konsilium.mediaplane.hls.playlist import render_playlist
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.hls_factory import CIPHER, MemoryShelf, Studio, clear, init_of

SHORT = Limits(window_s=120, memory_s=30)


def live_studio(limits: Limits = SHORT, seconds: float = 20) -> Studio:
    studio = Studio.recorded("endoscope", "overview", limits=limits)
    for key in ("endoscope", "overview", SOUND):
        studio.connect(key)
    studio.run(seconds)
    return studio


def shelf(studio: Studio, key: str) -> MemoryShelf:
    assert studio.shelves is not None
    return studio.shelves[key]


async def test_every_complete_segment_is_on_the_shelf_as_it_was_served() -> None:
    studio = live_studio()
    for key in ("endoscope", SOUND):
        timeline = studio.rendition(key).timeline
        complete = [segment for segment in timeline.segments if segment.complete]
        assert len(complete) > 5
        for segment in complete:
            kept, data = shelf(studio, key).segments[segment.start]
            assert segment.data in {None, data}
            assert (kept.msn, kept.end, kept.key) == (segment.msn, segment.end, segment.key)
        codecs = [init.codecs for init in shelf(studio, key).inits.values()]
        assert codecs == (["avc1.42c00d", "avc1.4d401e"] if key != SOUND else ["mp4a.40.2"] * len(codecs))


def test_memory_holds_a_little_and_the_playlist_much() -> None:
    studio = live_studio(seconds=150)
    timeline = studio.rendition("endoscope").timeline
    playlist = parse(studio.channel.playlist("endoscope"))
    assert sum(segment.duration or 0 for segment in playlist.complete) > 110
    in_memory = [segment for segment in timeline.kept() if segment.data is not None]
    assert (in_memory[-1].end - in_memory[0].start) / timeline.timescale < SHORT.memory_s + 3
    assert in_memory[-1] is [segment for segment in timeline.segments if segment.complete][-1]
    oldest = timeline.segment(next(timeline.kept()).start)
    assert oldest is not None
    assert oldest.data is None
    assert oldest.start in shelf(studio, "endoscope").segments


def test_what_a_full_disk_did_not_take_is_a_gap_once_it_left_memory() -> None:
    """4.4.4.7: "does not contain media data and SHOULD NOT be loaded by clients"."""
    studio = live_studio(seconds=10)
    shelf(studio, "endoscope").is_full = True
    studio.run(10)
    shelf(studio, "endoscope").is_full = False
    assert not any(segment.is_gap for segment in parse(studio.channel.playlist("endoscope")).segments)
    studio.run(40)
    playlist = parse(studio.channel.playlist("endoscope"))
    kept = {f"seg-{start}.m4s" for start in shelf(studio, "endoscope").segments}
    gone = [segment for segment in playlist.complete if segment.is_gap]
    assert 9 <= len(gone) <= 11
    assert not {segment.uri for segment in gone} & kept
    after = studio.reborn(after=3)
    restored = parse(after.channel.playlist("endoscope"))
    assert not any(segment.is_gap for segment in restored.segments)
    assert restored.media_sequence == gone[-1].msn + 1


def test_nothing_clear_is_kept() -> None:
    """Every fragment's header would show in the clear; in what is kept it is nowhere."""
    studio = live_studio()
    for key in ("endoscope", SOUND):
        timeline = studio.rendition(key).timeline
        stored = [part.data for segment in timeline.segments for part in segment.parts]
        stored += [segment.data for segment in timeline.segments if segment.data is not None]
        stored += [data for _, data in shelf(studio, key).segments.values()]
        assert len(stored) > 20
        assert not [data for data in stored if b"moof" in data or b"mdat" in data]
        assert b"mdat" in clear(timeline, timeline.segments[-1])


@pytest.mark.parametrize("pause", [0.4, 3.0, 90.0])
def test_a_killed_media_plane_goes_on_in_the_same_playlist(pause: float) -> None:
    before = live_studio()
    ends = {key: shelf(before, key).past[-1] for key in ("endoscope", "overview", SOUND)}
    after = before.reborn(after=pause)
    after.run(3)
    for key, last in ends.items():
        timeline = after.rendition(key).timeline
        playlist = parse(after.channel.playlist(key))
        assert [segment.msn for segment in playlist.segments] == list(
            range(timeline.media_sequence, timeline.next_msn)
        )
        old = {f"seg-{kept.start}.m4s" for kept in shelf(before, key).past}
        assert playlist.complete[0].uri in old
        following = next(segment for segment in timeline.segments if segment.msn == last.msn + 1)
        assert following.start == last.end + 1
        assert following.init == following.msn
        assert not any(segment.discontinuities for segment in timeline.segments)
        assert after.now - after.rendition(key).end < timedelta(seconds=1.5)


def test_who_is_told_that_it_ends_loses_nothing() -> None:
    before = live_studio(seconds=20.7)
    before.channel.put_away()
    ends = {key: before.rendition(key).timeline.end for key in ("endoscope", "overview", SOUND)}
    assert {key: shelf(before, key).past[-1].end for key in ends} == ends
    after = before.reborn(after=2)
    for key, end in ends.items():
        timeline = after.rendition(key).timeline
        assert end + 1 in {segment.start for segment in timeline.segments}


def test_no_name_gets_a_second_content() -> None:
    """The last segment before the kill may have been shown and yet not have reached the shelf."""
    before = live_studio()
    lost = shelf(before, "endoscope").segments.popitem()[0]
    parts = [
        part.start for segment in before.rendition("endoscope").timeline.segments for part in segment.parts
    ]
    after = before.reborn(after=2)
    after.run(5)
    timeline = after.rendition("endoscope").timeline
    assert timeline.segment(lost) is None
    new = {part.start for segment in timeline.segments for part in segment.parts}
    assert not new & set(parts)


def test_after_a_long_pause_a_discontinuity_stands_in_all_renditions() -> None:
    before = live_studio()
    numbers = {key: shelf(before, key).past[-1].discontinuities for key in ("endoscope", SOUND)}
    after = before.reborn(after=3600)
    after.run(4)
    marks = []
    for key in ("endoscope", "overview", SOUND):
        timeline = after.rendition(key).timeline
        assert after.now - timeline.date(timeline.end) < timedelta(seconds=1.5)
        marks.append([segment.discontinuities for segment in timeline.segments if segment.discontinuities])
        assert shelf(after, key).past[-1].discontinuities == timeline.discontinuities
    assert marks == [[1], [1], [1]]
    assert after.rendition(SOUND).timeline.discontinuities == numbers[SOUND] + 1
    again = after.reborn(after=1)
    assert again.rendition(SOUND).timeline.discontinuities == numbers[SOUND] + 1


def test_an_angle_that_is_new_after_a_kill_joins_the_others() -> None:
    before = live_studio()
    assert before.shelves is not None
    before.shelves["overview"] = MemoryShelf()
    after = before.reborn(after=3600)
    after.run(3)
    assert (
        len({after.rendition(key).timeline.discontinuities for key in ("endoscope", "overview", SOUND)}) == 1
    )


def test_a_past_in_the_future_is_left_alone() -> None:
    before = live_studio()
    after = before.reborn(after=-7200)
    assert after.now - after.rendition("endoscope").end < timedelta(seconds=1.5)


async def test_what_was_before_the_kill_is_still_served() -> None:
    before = live_studio()
    after = before.reborn(after=3)
    timeline = after.rendition("endoscope").timeline
    oldest = timeline.segments[0]
    assert timeline.segment(oldest.start) is oldest
    assert timeline.init(oldest.init) == shelf(before, "endoscope").inits[oldest.init].data
    data = await shelf(after, "endoscope").read(oldest.start)
    assert data is not None
    assert b"moof" in CIPHER.decrypt(data, oldest.key, oldest.msn)
    assert after.channel.key(oldest.key) == CIPHER.key(oldest.key)


# --- Keys --------------------------------------------------------------------------------------------


def test_a_key_is_given_out_when_something_of_it_has_left() -> None:
    studio = live_studio(seconds=45)
    timelines = [rendition.timeline for rendition in studio.channel.renditions.values()]
    used = {segment.key for timeline in timelines for segment in timeline.segments}
    assert len(used) >= 2
    for number in used:
        assert studio.channel.key(number) == CIPHER.key(number)
    assert studio.channel.key(max(used) + 1) is None
    assert studio.channel.key(min(used) - 1) is None
    studio.run(300)
    assert studio.channel.key(min(used)) is None, "older than anything that is kept here"


def test_keys_change_with_the_clock_and_only_between_segments() -> None:
    studio = live_studio(seconds=100)
    for key in ("endoscope", SOUND):
        timeline = studio.rendition(key).timeline
        for segment in timeline.segments:
            assert segment.key == timeline.cipher.number(segment.start, timeline.timescale)
        changes = [
            two.start / timeline.timescale
            for one, two in itertools.pairwise(timeline.segments)
            if one.key != two.key
        ]
        assert len(changes) >= 3
        for one, two in itertools.pairwise(changes):
            assert two - one == pytest.approx(30, abs=4)


# --- A whole day -------------------------------------------------------------------------------------


def test_what_is_said_once_is_said_the_same_again() -> None:
    """Lines of completed segments are kept; a timeline that never kept any says the same."""
    studio = live_studio(Limits(window_s=60), seconds=100)
    for key in ("endoscope", SOUND):
        timeline = studio.rendition(key).timeline
        for skip in (False, True):
            kept = studio.channel.playlist(key, skip=skip)
            for segment in timeline.segments:
                segment.forget_text()
            assert render_playlist(timeline, skip=skip) in kept.split("#EXT-X-RENDITION")[0]


def test_half_an_hour_is_a_playlist() -> None:
    line = Timeline(
        timescale=1000,
        limits=Limits(window_s=1800),
        start=0,
        first_msn=0,
        cipher=Cipher(bytes(32)),
        shelf=MemoryShelf(),
    )
    line.restore([Kept(msn, msn * 1000, 1000, 0, 0, msn // 30, 500_000) for msn in range(2000)])
    line.switch_init(init_of(Kind.VIDEO))
    line.add_part(Part(line.end, 200, True, b"x"))
    playlist = parse(render_playlist(line))
    assert len(playlist.segments) == 1801
    assert len(parse(render_playlist(line, skip=True)).segments) == 25
