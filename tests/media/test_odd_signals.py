"""Signals whose time or key frames are not as they should be: the channel goes on, its recording is whole."""

import asyncio
from pathlib import Path

from tests.media.evidence import stretches
from tests.media.odd import MPEGTS, behind, is_whole, made
from tests.media.theatre import Theatre, shows_signal, signal_seconds


async def test_a_clock_that_runs_away_is_followed(tmp_path: Path) -> None:
    """Two per cent slow: in ten seconds as much as a bad crystal in an hour. Both tracks run away together."""
    async with Theatre(tmp_path) as theatre:
        slow = "setts=pts=PTS*0.98:dts=DTS*0.98"
        await theatre.send(*made(), "-bsf:v", slow, "-bsf:a", slow, *MPEGTS)
        await theatre.until_live()
        await asyncio.sleep(2)
        first = behind(theatre.picture)
        await asyncio.sleep(6)
        last, apart = behind(theatre.picture), behind(theatre.sound) - behind(theatre.picture)
        print(
            f"behind by {first:.2f} s, six seconds later by {last:.2f} s; sound {apart * 1000:.0f} ms apart"
        )
        assert shows_signal(theatre.picture)
        assert shows_signal(theatre.sound)
        assert last < 1.5
        assert abs(apart) < 0.5
        await is_whole(theatre, tmp_path)


async def test_time_stamps_that_wrap_are_not_noticed(tmp_path: Path) -> None:
    """2^33 ticks of 90 kHz are over after 26.5 hours; here after three seconds."""
    almost = (1 << 33) / 90_000 - 3
    async with Theatre(tmp_path) as theatre:
        await theatre.send(*made(), "-output_ts_offset", str(almost), *MPEGTS)
        await theatre.until_live()
        await asyncio.sleep(6)
        assert shows_signal(theatre.picture)
        assert signal_seconds(theatre.picture) > 5, "one stretch without a slate"
        await is_whole(theatre, tmp_path)


async def test_time_stamps_that_jump_cost_a_moment(tmp_path: Path) -> None:
    """An hour forward after four seconds, in picture and sound, over the same connection."""
    jump = "setts=pts=PTS+gt(PTS*TB\\,4)*3600/TB:dts=DTS+gt(PTS*TB\\,4)*3600/TB"
    async with Theatre(tmp_path) as theatre:
        await theatre.send(*made(), "-bsf:v", jump, "-bsf:a", jump, *MPEGTS)
        await theatre.until_live()
        await asyncio.sleep(3)
        longest = since = 0.0
        loop = asyncio.get_running_loop()
        watched = loop.time()
        while loop.time() - watched < 4:
            await asyncio.sleep(0.05)
            since = 0.0 if shows_signal(theatre.picture) and behind(theatre.picture) < 1.5 else since + 0.05
            longest = max(longest, since)
        print(f"an hour's jump: picture away or late for {longest:.2f} s")
        assert longest < 5
        assert behind(theatre.picture) < 2
        await is_whole(theatre, tmp_path)


async def test_rare_key_frames_do_not_end_the_picture(tmp_path: Path) -> None:
    """One in eight seconds; thirty without one are in `test_rendition.py`."""
    async with Theatre(tmp_path) as theatre:
        await theatre.send(*made(gop=200), *MPEGTS)
        await theatre.until_live()
        for _ in range(90):
            await asyncio.sleep(0.1)
            assert shows_signal(theatre.picture)
            assert behind(theatre.picture) < 3
        segments = stretches(theatre.picture)[-1].segments
        keyed = [any(part.independent for part in segment.parts) for segment in segments]
        longest = max(segment.duration for segment in segments) / 90_000
        print(f"segments with a key frame: {keyed}, the longest {longest:.2f} s")
        assert not all(keyed)
        assert longest <= 4.0
        await is_whole(theatre, tmp_path)
