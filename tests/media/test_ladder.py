"""The lower rung with real ffmpeg: small, with the key frames of the top, and the first to go."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Init, Kind, Reader
from konsilium.mediaplane.encoder.lower import shown_at
from konsilium.mediaplane.encoder.tools import ffmpeg_path, has_nvenc
from konsilium.mediaplane.plan import LadderPlan
from tests.media.decoding import decode_picture
from tests.media.lone_feed import Kept, LoneFeed, lone_feed

LADDER = LadderPlan(use="on", height=180, kbps=200)
TOP, SMALL = (640, 360), (320, 180)


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures out of order, key frames at irregular places: what an encoder may do."""
    clip = tmp_path_factory.mktemp("ladder") / "camera.ts"
    command = [
        *(ffmpeg_path(), "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"),
        *("-i", "testsrc2=s=640x360:r=25:d=20", "-c:v", "libx264", "-preset", "superfast", "-bf", "2"),
        *("-pix_fmt", "yuv420p", "-g", "250", "-sc_threshold", "0"),
        *("-force_key_frames", "expr:eq(n,0)+eq(mod(n,50),17)+eq(mod(n,50),40)", "-f", "mpegts", str(clip)),
    ]
    subprocess.run(command, check=True)
    return clip


def keys(kept: Kept) -> set[int]:
    return {shown_at(fragment) for fragment in kept.fragments if fragment.independent}


async def climbed(alone: LoneFeed, low: Kept) -> None:
    await alone.until(lambda: low.periods[-1:] == [SMALL], within=15, what="the lower rung")


async def test_the_rung_is_small_and_switches_where_the_top_does(tmp_path: Path, camera: Path) -> None:
    async with lone_feed(ladder=LADDER) as alone:
        top, low = alone.keep(Kind.VIDEO), alone.keep(Kind.VIDEO, low=True)
        await alone.send(camera)
        await climbed(alone, low)
        await alone.until(lambda: low.seconds > 5)
        assert low.periods == [TOP, SMALL], "the top until the rung has something to show"
        assert alone.feed.status.rung == "on"
        own = sorted(keys(low))
        assert len(own) >= 4
        assert keys(top) >= set(own), "the same key frames"
        between = {key for key in keys(top) if own[0] <= key <= own[-1]}
        assert between == set(own)
        assert low.bits_per_second < 300_000
        init = next(value for value in Reader().feed(low.init) if isinstance(value, Init))
        assert (init.width, init.height, init.timescale) == (*SMALL, 90_000)
        decoded = decode_picture(low.film(), tmp_path)
        assert len(decoded.frames) == sum(len(fragment.samples) for fragment in low.fragments)
        steps = [b.time - a.time for a, b in zip(decoded.frames, decoded.frames[1:], strict=False)]
        assert max(steps) < 0.06


async def test_a_rung_that_dies_leaves_a_picture_and_comes_back(camera: Path) -> None:
    async with lone_feed(ladder=LADDER) as alone:
        top, low = alone.keep(Kind.VIDEO), alone.keep(Kind.VIDEO, low=True)
        await alone.send(camera)
        await climbed(alone, low)
        (pid,) = alone.feed.pids["rungs"]
        os.kill(pid, signal.SIGKILL)
        await alone.until(lambda: low.periods[-1] == TOP, within=4, what="the top in its place")
        await climbed(alone, low)
        assert low.periods == [TOP, SMALL, TOP, SMALL]
        assert top.periods == [TOP]
        assert low.open


async def test_a_rung_that_stands_still_is_dropped(camera: Path) -> None:
    """As on a machine that has no time for it."""
    async with lone_feed(ladder=LADDER) as alone:
        top, low = alone.keep(Kind.VIDEO), alone.keep(Kind.VIDEO, low=True)
        await alone.send(camera)
        await climbed(alone, low)
        (pid,) = alone.feed.pids["rungs"]
        os.kill(pid, signal.SIGSTOP)
        await alone.until(lambda: alone.feed.status.rung == "dropped", within=12, what="the drop")
        await alone.until(lambda: low.periods[-1] == TOP, within=4, what="the top in its place")
        assert alone.feed.pids["rungs"] == []
        assert top.periods == [TOP]


async def test_a_feed_that_is_small_already_needs_no_rung(camera: Path) -> None:
    async with lone_feed(ladder=LadderPlan(use="on", height=360)) as alone:
        low = alone.keep(Kind.VIDEO, low=True)
        await alone.send(camera)
        await alone.until(lambda: low.seconds > 1)
        assert alone.feed.status.rung == "off"
        assert (alone.feed.pids["rungs"], low.periods) == ([], [TOP])


def test_a_graphics_processor_is_asked_once() -> None:
    assert has_nvenc() is has_nvenc()
