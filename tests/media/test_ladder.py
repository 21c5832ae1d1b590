"""The lower rung with real ffmpeg: small, with the key frames of the top, and the first to go."""

import asyncio
import os
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Init, Kind, Reader
from konsilium.mediaplane.encoder import command_lines, monitors
from konsilium.mediaplane.encoder.lower import shown_at
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard, has_nvenc
from konsilium.mediaplane.grants import issue_grant
from konsilium.mediaplane.hls import Timeline
from konsilium.mediaplane.plan import LadderPlan
from tests.media.decoding import decode_picture
from tests.media.lone_feed import Kept, LoneFeed, lone_feed
from tests.media.test_dating import encoded
from tests.media.test_playback import KEY, served
from tests.media.theatre import CHANNEL, FEED, Theatre

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


@pytest.mark.parametrize(("late_s", "rung"), [(0.3, "on"), (1.0, "dropped")])
async def test_a_rung_goes_when_the_top_itself_comes_late(camera: Path, late_s: float, rung: str) -> None:
    """It is not behind itself: whatever comes it codes at once."""
    async with lone_feed(ladder=LADDER) as alone:
        top, low = alone.keep(Kind.VIDEO), alone.keep(Kind.VIDEO, low=True)
        write, late = await alone.send_bytes(), 0.0
        loop = asyncio.get_running_loop()
        climbed_at = 0.0
        sent: list[asyncio.TimerHandle] = []
        async for data in encoded(camera):
            sent.append(loop.call_later(late, write, data))
            if not climbed_at and low.periods[-1:] == [SMALL]:
                climbed_at, late = loop.time(), late_s
            # Four seconds of grace since the rung began, and two in which nothing came in time.
            if climbed_at and (loop.time() - climbed_at > 7 or low.periods == [TOP, SMALL, TOP]):
                break
        for one in sent:
            one.cancel()
        assert alone.feed.status.rung == rung
        assert top.periods == [TOP], "the picture itself goes on"
        assert low.periods == ([TOP, SMALL, TOP] if rung == "dropped" else [TOP, SMALL])


def test_ffmpeg_knows_every_word_that_is_said_to_a_graphics_processor() -> None:
    """Whether there is one or not: a word that it does not know would look like a machine without one."""
    name, words = command_lines._NVENC[1], command_lines._NVENC[2:]
    asked = [ffmpeg_path(), "-hide_banner", "-h", f"encoder={name}"]
    known = [line.split() for line in subprocess.check_output(asked, text=True).splitlines() if line.strip()]
    for option, value in zip(words[::2], words[1::2], strict=True):
        at = next(number for number, line in enumerate(known) if line[0] == option)
        if known[at][1] == "<boolean>":
            assert value in {"0", "1"}
            continue
        end = next(number for number in range(at + 1, len(known)) if known[number][0].startswith("-"))
        assert value in {line[0] for line in known[at + 1 : end]}, f"{option} {value}"


@pytest.mark.skipif(has_nvenc(), reason="needs a machine whose graphics processor does not code")
async def test_where_the_graphics_processor_fails_the_main_one_takes_over(
    camera: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when too many films are being coded by it already: that shows only once it is given one."""
    monkeypatch.setattr(monitors, "has_nvenc", lambda: True)
    async with lone_feed(ladder=LADDER) as alone:
        low = alone.keep(Kind.VIDEO, low=True)
        await alone.send(camera)
        await alone.until(lambda: low.periods[-1:] == [SMALL], within=10, what="the lower rung")
        assert alone.feed.status.rung == "on"
        assert low.periods == [TOP, SMALL]


async def test_a_player_gets_the_lower_rendition_of_a_channel(tmp_path: Path, camera: Path) -> None:
    """From the plan's ladder to a player that we did not write."""
    theatre = Theatre(tmp_path)
    theatre.plan = {"ladder": LADDER.model_dump()}
    async with theatre, served(theatre) as master:
        await theatre.send(camera)
        await theatre.until_live()
        low = theatre.channel.timeline(f"{FEED}.low")
        assert low is not None
        # Players begin some segments before the end.
        await theatre.until(lambda: _sizes(low)[-4:] == [SMALL] * 4, within=15, what="the lower rung")
        assert _sizes(theatre.picture)[-1] == TOP
        grant = issue_grant(KEY, holder="tester", channel=CHANNEL, now=datetime.now(UTC))
        player = await asyncio.create_subprocess_exec(
            *(*guard(), ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error"),
            *("-headers", f"Authorization: Bearer {grant}\r\n", "-live_start_index", "-1"),
            *("-i", master.replace("master.m3u8", f"{FEED}.low/video.m3u8"), "-t", "1.5"),
            *("-map", "0:v", "-fps_mode", "passthrough", "-f", "framecrc", "-"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, complaints = await asyncio.wait_for(player.communicate(), 20)
    lines = output.decode().splitlines()
    assert (player.returncode, complaints) == (0, b"")
    assert "#dimensions 0: 320x180" in lines
    assert len({line.rpartition(",")[2] for line in lines if not line.startswith("#")}) > 20, "it moves"


def _sizes(timeline: Timeline) -> list[tuple[int | None, int | None]]:
    """Of each segment's pictures."""
    inits = [timeline.init(segment.init) for segment in timeline.segments]
    found = [next(value for value in Reader().feed(init or b"") if isinstance(value, Init)) for init in inits]
    return [(init.width, init.height) for init in found]
