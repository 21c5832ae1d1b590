"""Whatever an encoder sends: what every browser plays is passed on, the rest is coded anew."""

import itertools
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Init, Reader
from tests.media.clips import join_clips
from tests.media.conftest import Clip
from tests.media.decoding import decode_picture, loud_moments
from tests.media.theatre import Theatre, inits, last_signal, shows_signal, signal_seconds


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("odd-444", (852, 478)),
        ("4:2:2", (320, 180)),
        ("ten-bit", (320, 180)),
        ("interlaced", (320, 180)),
        ("hevc", (320, 180)),
        ("mpeg2", (852, 478)),
        ("mono-44", (320, 180)),
    ],
)
async def test_unusual_codings_become_playable(
    tmp_path: Path, clip_of: Clip, name: str, size: tuple[int, int]
) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of(name))
        await theatre.until_live(within=10)
        await theatre.until(lambda: signal_seconds(theatre.picture) > 1.5)
        await theatre.until(lambda: shows_signal(theatre.sound))
        picture, sound = _init(last_signal(theatre.picture)), _init(last_signal(theatre.sound))
        assert picture.codecs.startswith("avc1.")
        assert picture.codecs[5:7] in {"42", "4d", "64"}, "baseline, main or high"
        assert (sound.codecs, sound.sample_rate, sound.channels) == ("mp4a.40.2", 48000, 2)
        decoded = decode_picture(last_signal(theatre.picture), tmp_path)
        assert decoded.size == size
        assert len(decoded.frames) > 25


@pytest.mark.parametrize("name", ["flash", "flash-b-frames"])
async def test_picture_and_sound_stay_together(tmp_path: Path, clip_of: Clip, name: str) -> None:
    """A flash and a beep at the same moment, with and without frames coded out of order."""
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of(name))
        await theatre.until_live()
        await theatre.until(lambda: signal_seconds(theatre.picture) > 4, within=10)
        frames = decode_picture(last_signal(theatre.picture), tmp_path).frames
        times = [frame.time for frame in frames]
        assert times == sorted(times)
        flashes = [
            later.time
            for earlier, later in itertools.pairwise(frames)
            if earlier.brightness < 100 < later.brightness
        ]
        beeps = loud_moments(last_signal(theatre.sound), tmp_path)
        between = [flash for flash in flashes if beeps[0] - 0.5 < flash < beeps[-1] + 0.5]
        pairs = [min(abs(flash - beep) for beep in beeps) for flash in between]
        assert len(pairs) >= 2
        # One frame lasts 40 ms; ITU-R BT.1359 calls 45 ms the border of what is noticed.
        assert max(pairs) < 0.045


async def test_a_changed_picture_size_begins_a_new_period(tmp_path: Path, clip_of: Clip) -> None:
    """Within one connection and one programme, as when a camera is switched."""
    joined = join_clips(tmp_path / "joined.ts", clip_of("plain"), clip_of("other-size"), at=3)
    async with Theatre(tmp_path) as theatre:
        await theatre.send("-re", "-copyts", "-i", joined, "-map", "0", "-c", "copy", "-f", "mpegts")
        await theatre.until_live()
        before = inits(theatre.picture)[-1]
        await theatre.until(lambda: inits(theatre.picture)[-1] != before, within=8, what="the new size")
        # Counted back to the last slate: there is none between the two.
        await theatre.until(lambda: signal_seconds(theatre.picture) > 5)
        shown = [_init(data) for data in inits(theatre.picture)]
        assert [(init.width, init.height) for init in shown[-2:]] == [(320, 180), (426, 240)]
        decoded = decode_picture(last_signal(theatre.picture), tmp_path)
        assert decoded.size == (426, 240)


def _init(data: bytes) -> Init:
    return next(value for value in Reader().feed(data) if isinstance(value, Init))
