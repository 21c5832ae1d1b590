"""Whatever a film's time stamps are, what leaves has no hole and picture and sound are equally long."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.conversion.tracks import PictureTrack, SoundTrack, Unfit, Zero
from konsilium.mediaplane.hls import Filler

START = 100 * 90_000
SILENCE = Filler(
    Init(b"", Kind.AUDIO, "mp4a.40.2", 48_000, sample_rate=48_000, channels=2),
    (
        (
            Sample(3, 1024, sync=True),
            b"...",
        ),
    ),
)


def group(start: int, durations: list[int], *, composition: int = 0, sync: bool = True) -> Fragment:
    samples = tuple(
        Sample(1, duration, sync=sync and index == 0, composition_offset=composition)
        for index, duration in enumerate(durations)
    )
    return Fragment(1, 90_000, start, samples, b"x" * len(samples))


def sound(start: int, count: int) -> Fragment:
    return Fragment(1, 48_000, start, (Sample(1, 1024, sync=True),) * count, b"s" * count)


def is_whole(fragments: list[Fragment]) -> bool:
    end = 0
    for fragment in fragments:
        if fragment.decode_time != end:
            return False
        end += fragment.duration
    return True


def test_the_first_picture_is_at_zero_and_shown_when_it_is_decoded() -> None:
    track = PictureTrack(copied=False)
    assert track.take(group(START - 7200, [3600] * 25, composition=7200)) == []
    (first,) = track.take(group(START - 7200 + 90_000, [3600] * 25, composition=7200))
    assert (first.decode_time, first.samples[0].composition_offset) == (0, 0)
    assert track.zero == Zero(100.0)


def test_what_comes_before_the_first_key_frame_is_left_out() -> None:
    track = PictureTrack(copied=True)
    assert track.take(group(START, [3600] * 5, sync=False)) == []
    assert track.zero is None
    track.take(group(START + 18_000, [3600] * 25))
    assert track.zero == Zero(100.2)


@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 30), st.booleans()), min_size=1, max_size=20))
def test_pictures_abut(pieces: list[tuple[int, int, bool]]) -> None:
    track, given_out, at = PictureTrack(copied=False), [], START
    for gap, count, key in pieces:
        given_out += track.take(group(at + gap, [3600] * count, sync=key))
        at += gap + count * 3600
    given_out += track.finish()
    assert is_whole(given_out)
    assert all(fragment.independent for fragment in given_out)
    assert track.end == sum(fragment.duration for fragment in given_out)


def test_rare_key_frames_and_standing_pictures_cannot_be_copied() -> None:
    track = PictureTrack(copied=True)
    track.take(group(START, [3600] * 250))
    with pytest.raises(Unfit):
        track.finish()
    track = PictureTrack(copied=True)
    track.take(group(START, [3600, 40_000]))
    with pytest.raises(Unfit):
        track.finish()
    coded = PictureTrack(copied=False)
    coded.take(group(START, [3600] * 250))
    assert coded.finish()


@given(
    st.lists(st.tuples(st.integers(-30_000, 60_000), st.integers(1, 60)), max_size=20),
    st.integers(0, 400_000),
)
def test_sound_has_no_hole_and_ends_with_the_picture(pieces: list[tuple[int, int]], length: int) -> None:
    track, zero, given_out, at = SoundTrack(SILENCE), Zero(100.0), [], 100 * 48_000
    for shift, count in pieces:
        track.take(sound(at + shift, count))
        given_out += track.upto(zero, length / 96_000)
        at += count * 1024
    given_out += track.finish(zero, length / 48_000)
    assert is_whole(given_out)
    end = sum(fragment.duration for fragment in given_out)
    assert abs(end - length) <= 60 * 1024 if pieces else abs(end - length) <= 512
    assert end >= length - 512


def test_sound_keeps_its_place_against_the_picture() -> None:
    """It starts half a second late: half a second of silence, to a frame."""
    track = SoundTrack(SILENCE)
    track.take(sound(100 * 48_000 + 24_000, 100))
    (first, *_) = track.finish(Zero(100.0), 3.0)
    silent = sum(1 for sample in first.samples if sample.size == 3)
    assert abs(silent * 1024 - 24_000) <= 768


def test_a_film_without_sound_is_silent_for_as_long_as_it_lasts() -> None:
    track = SoundTrack(SILENCE)
    fragments = list(track.silence_upto(10.0))
    assert is_whole(fragments)
    assert abs(sum(fragment.duration for fragment in fragments) - 480_000) <= 512
    assert replace(fragments[0], payload=b"").samples[0].duration == 1024
