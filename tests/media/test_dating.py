"""Two connections of one encoder, of which one is slow to open: the same picture must bear the same date on both."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from tests.media.clips import clip
from tests.media.lone_feed import Kept, LoneFeed, lone_feed

#: What the second connection holds back at first, and by when it has caught up.
HELD_S, WHOLE_AFTER_S = 0.35, 0.7
IN_STEP_S = 0.1


def held_back(since: float) -> float:
    """Seconds by which bytes are late that the encoder gave so long after its first."""
    return HELD_S * max(0.0, 1 - since / WHOLE_AFTER_S)


async def encoded(film: Path) -> AsyncIterator[bytes]:
    """As an encoder gives it: in real time."""
    process = await asyncio.create_subprocess_exec(
        *(*guard(), ffmpeg_path(), "-nostdin", "-loglevel", "error", "-re", "-readrate_initial_burst", "0"),
        *("-i", str(film), "-c", "copy", "-muxdelay", "0", "-flush_packets", "1", "-f", "mpegts", "pipe:1"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        while data := await process.stdout.read(188 * 7):
            yield data
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def send_to_both(film: Path, prompt: LoneFeed, slow: LoneFeed, until: Callable[[], bool]) -> None:
    ways = [await prompt.send_bytes(), await slow.send_bytes()]
    clock = asyncio.get_running_loop().time
    began: float | None = None
    async for data in encoded(film):
        began = began or clock()
        ways[0](data)
        asyncio.get_running_loop().call_later(held_back(clock() - began), ways[1], data)
        if until():
            return


def dates(kept: Kept) -> dict[bytes, datetime]:
    """When each picture is shown, by what it is."""
    assert kept.opened_at is not None
    first = kept.fragments[0].decode_time
    return {
        fragment.payload: kept.opened_at
        + timedelta(seconds=(fragment.decode_time - first) / fragment.timescale)
        for fragment in kept.fragments
    }


async def apart_on_both(film: Path) -> list[float] | None:
    """Seconds between the dates of each picture; None if the machine was too busy for one unbroken stretch."""
    async with lone_feed() as prompt, lone_feed() as slow:
        kept = [prompt.keep(Kind.VIDEO), slow.keep(Kind.VIDEO)]
        await send_to_both(film, prompt, slow, lambda: min(each.seconds for each in kept) > 12)
        if [len(each.periods) for each in kept] != [1, 1]:
            return None
        of_prompt, of_slow = (dates(each) for each in kept)
    return [
        (at - of_prompt[picture]).total_seconds() for picture, at in of_slow.items() if picture in of_prompt
    ]


async def test_a_connection_that_is_slow_to_open_does_not_date_its_pictures_late(tmp_path: Path) -> None:
    film = clip(tmp_path, "plain", 20)
    apart = await apart_on_both(film) or await apart_on_both(film) or await apart_on_both(film)
    assert apart is not None
    print("apart", [round(1000 * apart[index]) for index in range(0, len(apart), 25)], "ms")
    assert len(apart) > 250
    assert all(abs(one) < IN_STEP_S for one in apart[10 * 25 :])
