"""A real encoder sends over real SRT; what an audience would get is looked at in the timelines."""

import asyncio
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from konsilium.mediaplane.status import Trouble
from tests.media.conftest import Clip
from tests.media.decoding import decode_picture
from tests.media.theatre import Theatre, inits, last_signal, shows_signal, signal_seconds


async def test_picture_and_sound_arrive_as_parts(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        await theatre.until(lambda: signal_seconds(theatre.picture) > 2)
        status = theatre.door
        assert (status.signal, status.source, status.trouble) == ("live", "encoder", None)
        assert status.video is not None
        assert (status.video.codec, status.video.width, status.video.height) == ("h264", 320, 180)
        assert status.video.fps == pytest.approx(25, abs=0.5)
        assert status.audio is not None
        assert (status.audio.codec, status.audio.sample_rate, status.audio.channels) == ("aac", 48000, 2)
        assert status.bitrate > 20_000
        assert shows_signal(theatre.sound) or signal_seconds(theatre.sound) > 1
        decoded = decode_picture(last_signal(theatre.picture), tmp_path)
        assert decoded.size == (320, 180)
        steps = [
            later.time - earlier.time
            for earlier, later in zip(decoded.frames, decoded.frames[1:], strict=False)
        ]
        assert min(steps) > 0.03
        # The first frame may stand a little longer: it makes up for where the slate ended.
        assert max(steps[1:]) < 0.06


async def test_a_part_follows_its_last_frame_at_once(
    tmp_path: Path, clip_of: Clip, record_property: Callable[[str, object], None]
) -> None:
    """From the door to the part: the time line's end against the clock it promises to follow."""
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        behind: list[float] = []
        while len(behind) < 12:
            seen = theatre.picture.version
            await theatre.until(lambda seen=seen: theatre.picture.version != seen)  # type: ignore[misc]
            end = theatre.picture.date(theatre.picture.end)
            behind.append((datetime.now(UTC) - end).total_seconds())
        record_property("door_to_part_ms", round(statistics.median(behind) * 1000))
        # Polling every 20 ms and a busy machine are in this figure; a part itself lasts 200 ms.
        assert statistics.median(behind) < 0.15


async def test_a_killed_encoder_leaves_a_slate_and_comes_back(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send(clip_of("plain"))
        await theatre.until_live()
        await theatre.until(lambda: signal_seconds(theatre.picture) > 1)
        await sender.kill()
        await theatre.until(lambda: not shows_signal(theatre.picture), within=4, what="the slate")
        await theatre.until(lambda: theatre.door.signal == "lost", within=4)
        await theatre.send(clip_of("plain"))
        await theatre.until_live(within=5)
        assert len(inits(theatre.picture)) >= 4, "slate, picture, slate, picture"
        gaps = [
            later.start - earlier.end
            for earlier, later in zip(
                list(theatre.picture.segments), list(theatre.picture.segments)[1:], strict=False
            )
        ]
        assert set(gaps) == {0}, "the time line has no hole"


async def test_an_encoder_that_hangs_up_is_missed_at_once(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(
            "-re", "-i", clip_of("plain"), "-t", "2", "-map", "0", "-c", "copy", "-f", "mpegts"
        )
        await theatre.until_live()
        await theatre.until(lambda: theatre.door.signal == "lost", within=6)


async def test_a_wrong_passphrase_gets_nowhere(
    tmp_path: Path, clip_of: Clip, caplog: pytest.LogCaptureFixture
) -> None:
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send(clip_of("plain"), passphrase="incorrect horse battery")
        await theatre.until(lambda: sender.gone, what="the refusal")
        await theatre.until(lambda: theatre.door.trouble is not None)
        assert theatre.door.signal == "none"
        assert theatre.door.trouble is Trouble.WRONG_PASSPHRASE
        assert not shows_signal(theatre.picture)
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        assert theatre.door.trouble is None
    assert "correct horse" not in caplog.text


async def test_the_passphrase_is_never_logged(
    tmp_path: Path, clip_of: Clip, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send(clip_of("plain"))
        await theatre.until_live()
        await sender.kill()
        await theatre.until(lambda: theatre.door.signal == "lost", within=4)
    assert "horse" not in caplog.text


async def test_picture_without_sound(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("video-only"))
        await theatre.until_live()
        end = theatre.sound.end
        await asyncio.sleep(1)
        assert theatre.sound.end > end, "silence goes on"
        assert not shows_signal(theatre.sound)
        assert theatre.door.audio is None


async def test_sound_without_picture(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("audio-only"))
        await theatre.until(lambda: theatre.door.signal == "live", what="a signal")
        await theatre.until(lambda: shows_signal(theatre.sound))
        end = theatre.picture.end
        await asyncio.sleep(1)
        assert theatre.picture.end > end, "the slate goes on"
        assert not shows_signal(theatre.picture)
        assert theatre.door.video is None


async def test_a_channel_stops_and_resumes(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        theatre.write_plan(state="stopped")
        await theatre.until(lambda: not shows_signal(theatre.picture), within=1, what="the stop")
        assert theatre.door.signal == "live", "the door stays open"
        theatre.write_plan(state="live")
        await theatre.until(lambda: shows_signal(theatre.picture), within=4, what="the picture")
        theatre.write_plan(state="ended")
        await theatre.until(lambda: theatre.picture.ended and theatre.sound.ended, within=1)
