"""What the director is told of a feed, with real ffmpeg; the picture never waits for it."""

import asyncio
import io
import os
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from konsilium.mediaplane.cmaf import Init, Kind, Reader
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from tests.media.conftest import Clip
from tests.media.decoding import loud_moments
from tests.media.lone_feed import lone_feed


async def test_the_level_is_measured_and_thin_lines_get_a_sound_in_step(
    tmp_path: Path, clip_of: Clip
) -> None:
    async with lone_feed() as alone:
        full, low = alone.keep(Kind.AUDIO), alone.keep(Kind.AUDIO, low=True)
        await alone.send(clip_of("flash"))
        await alone.until(lambda: len(low.periods) == 2 and low.seconds > 4, within=15, what="a low sound")
        status = alone.feed.status.audio
        assert status is not None
        # A tone of 0.6 for a tenth of each second, in each of two channels 3 dB less.
        peaks = []
        for _ in range(12):
            await asyncio.sleep(0.1)
            level = alone.feed.status.audio
            assert level is not None
            assert level.peak_db is not None
            peaks.append(level.peak_db)
        assert max(peaks) == pytest.approx(-7.4, abs=1)
        init = next(value for value in Reader().feed(low.init) if isinstance(value, Init))
        assert (init.codecs, init.sample_rate, init.channels) == ("mp4a.40.2", 48_000, 1)
        # As it is served: 5 parts a second, each with some 240 bytes of boxes and up to 16 of padding.
        assert low.bits_per_second + 5 * (240 + 16) * 8 < 48_000
        steps = {
            later.decode_time - earlier.decode_time - earlier.duration
            for earlier, later in zip(low.fragments, low.fragments[1:], strict=False)
        }
        assert steps == {0}
        loud, soft = loud_moments(full.film(), tmp_path), loud_moments(low.film(), tmp_path)
        assert len(soft) >= 3
        assert max(min(abs(one - other) for other in loud) for one in soft[:-1]) < 0.03


async def test_a_picture_that_moves_is_neither_black_nor_frozen(tmp_path: Path, clip_of: Clip) -> None:
    async with lone_feed() as alone:
        await alone.send(clip_of("plain"))
        await alone.until(lambda: alone.feed.status.thumbnail != "", what="a thumbnail")
        first, seen = alone.feed.status.thumbnail, alone.feed.thumbnail
        assert seen is not None
        with Image.open(io.BytesIO(seen)) as image:
            assert (image.format, image.size) == ("JPEG", (320, 180))
            assert image.convert("L").getextrema()[1] > 150
        await alone.until(lambda: alone.feed.status.thumbnail not in {first, ""}, what="another thumbnail")
        await asyncio.sleep(5.5)
        video = alone.feed.status.video
        assert video is not None
        assert (video.black_since, video.frozen_since) == (None, None)
        assert video.fps == pytest.approx(25, abs=0.5)
        assert alone.feed.status.lost == 0
        await alone.hang_up()
        await alone.until(lambda: alone.feed.status.signal == "lost", what="the loss")
        assert alone.feed.thumbnail is None, "what was seen is not kept"


async def test_black_frozen_and_silent_are_named(tmp_path: Path) -> None:
    clip = tmp_path / "nothing.ts"
    _make(clip, "-f", "lavfi", "-i", "color=black:s=640x360:r=25:d=14,noise=alls=2:allf=t", "-f", "lavfi")
    async with lone_feed() as alone:
        await alone.send(clip)

        def named() -> bool:
            video, audio = alone.feed.status.video, alone.feed.status.audio
            found = video and audio and video.black_since and video.frozen_since and audio.silent_since
            return bool(found)

        await alone.until(named, within=16, what="the findings")
        audio = alone.feed.status.audio
        assert audio is not None
        assert audio.rms_db is not None
        assert audio.rms_db < -100
        assert alone.feed.status.signal == "live"


def _make(target: Path, *picture: str) -> None:
    command = [
        *(ffmpeg_path(), "-nostdin", "-loglevel", "error", "-y", *picture, "-i", "anullsrc=r=48000:d=14"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-ac", "2", "-f", "mpegts", str(target)),
    ]
    subprocess.run(command, check=True)


async def test_killed_monitors_come_back_and_nobody_else_notices(clip_of: Clip) -> None:
    async with lone_feed() as alone:
        picture, sound = alone.keep(Kind.VIDEO), alone.keep(Kind.AUDIO)
        low = alone.keep(Kind.AUDIO, low=True)
        await alone.send(clip_of("plain"))
        await alone.until(lambda: len(low.periods) == 2 and alone.feed.status.thumbnail != "")
        before = {what: alone.feed.pids[what] for what in ("sounds", "pictures")}
        for (pid,) in before.values():
            os.kill(pid, signal.SIGKILL)
        await alone.until(
            lambda: all(alone.feed.pids[what] not in (before[what], []) for what in before), what="new ones"
        )
        await alone.until(lambda: len(low.periods) == 4, what="the low sound over the full and back")
        assert (len(picture.periods), len(sound.periods)) == (1, 1)
        assert picture.open
        assert sound.open


async def test_a_closed_feed_lets_nobody_in(clip_of: Clip) -> None:
    async with lone_feed(closed=True) as alone:
        sender = await alone.send(clip_of("plain"))
        await asyncio.sleep(1.5)
        assert (alone.feed.status.signal, alone.feed.status.source) == ("none", None)
        assert alone.feed.pids["doors"] == []
        sender.kill()


async def test_lost_packets_are_counted_for_ten_seconds(tmp_path: Path, clip_of: Clip) -> None:
    whole = clip_of("plain").read_bytes()
    packets = [whole[at : at + 188] for at in range(0, len(whole), 188)]
    video = [index for index, packet in enumerate(packets) if packet[1] & 0x1F == 1 and packet[2] == 0]
    gone = {*video[100:103], *video[200:202]}
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(b"".join(packet for index, packet in enumerate(packets) if index not in gone))
    async with lone_feed() as alone:
        # Bytes as they are: a remultiplexing sender would count anew.
        sender = await asyncio.create_subprocess_exec(
            *_raw_sender(alone.feed.plan.port), stdin=asyncio.subprocess.PIPE
        )
        assert sender.stdin is not None
        data = damaged.read_bytes()
        for at in range(0, len(data) // 2, 1316):
            sender.stdin.write(data[at : at + 1316])
            await asyncio.sleep(4 * 1316 / (len(data) // 2))
        await alone.until(lambda: alone.feed.status.lost == 5, within=4, what="the count")
        sender.kill()
        await sender.wait()


def _raw_sender(port: int) -> list[str]:
    return [
        *(ffmpeg_path(), "-hide_banner", "-loglevel", "error", "-f", "data", "-i", "pipe:0", "-map", "0"),
        *("-c", "copy", "-f", "data", "-passphrase", "correct horse battery", "-latency", "60000"),
        *("-pkt_size", "1316", f"srt://127.0.0.1:{port}"),
    ]
