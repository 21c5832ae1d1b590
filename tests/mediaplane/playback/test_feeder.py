"""A rendition is handed over at its own speed, whole, and never from the middle of a group of pictures."""

import asyncio
from datetime import UTC, datetime, timedelta

from konsilium.mediaplane.cmaf import Init
from konsilium.mediaplane.hls.clock import ticks_at
from konsilium.mediaplane.playback.decisions import LAG, Clock
from konsilium.mediaplane.playback.feeder import Feeder
from tests.mediaplane.playback.reels import OTHER, PICTURE, SOUND, MemoryReel, NotingSink

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SHOWN = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
CLOCK = Clock(BEGAN, SHOWN)


async def feeding(reel: MemoryReel, init: Init = PICTURE, *, at: float = 0.0) -> tuple[Feeder, NotingSink]:
    ticks = ticks_at(BEGAN + timedelta(seconds=at), init.timescale)
    feeder = Feeder("film", init.kind, reel.samples("film", ticks))
    sink = NotingSink()
    feeder.outlet.attach(sink)
    feeder.start()
    await feeder.ready.wait()
    return feeder, sink


async def hand_over(feeder: Feeder, *, frm: float, to: float) -> None:
    for step in range(round(frm * 25), round(to * 25) + 1):
        feeder.hand_over(CLOCK, SHOWN + timedelta(seconds=step / 25))
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_all_frames_come_once_in_their_order_and_then_the_slate() -> None:
    for init in (PICTURE, SOUND):
        feeder, sink = await feeding(MemoryReel(BEGAN, {"film": init}), init)
        await hand_over(feeder, frm=0, to=6)
        zero = ticks_at(BEGAN, init.timescale)
        step, count = (3600, 125) if init is PICTURE else (1000, 240)
        assert sink.frames == [zero + index * step for index in range(count)]
        assert sink.opened == [(init.data, SHOWN)]
        assert sink.closed == [SHOWN + timedelta(seconds=5)]
        assert feeder.over
        await feeder.stop()


async def test_frames_come_at_their_time_the_first_at_once() -> None:
    feeder, sink = await feeding(MemoryReel(BEGAN, {"film": PICTURE}))
    await hand_over(feeder, frm=-0.2, to=-0.16)
    assert sink.frames == []
    await hand_over(feeder, frm=-0.08, to=0)
    assert len(sink.frames) == 1
    await hand_over(feeder, frm=0, to=1)
    assert abs(len(sink.frames) - (1 - LAG.total_seconds()) * 25) <= 2
    await feeder.stop()


async def test_little_is_read_ahead() -> None:
    reel = MemoryReel(BEGAN, {"film": PICTURE}, seconds=100)
    feeder, _ = await feeding(reel)
    await hand_over(feeder, frm=0, to=3)
    assert len(reel.read) <= 6
    await feeder.stop()


async def test_in_the_middle_it_begins_with_the_next_key_frame() -> None:
    feeder, sink = await feeding(MemoryReel(BEGAN, {"film": PICTURE}), at=2.5)
    await hand_over(feeder, frm=2.5, to=6)
    assert sink.frames[0] == ticks_at(BEGAN, 90_000) + 3 * 90_000
    assert sink.opened == [(PICTURE.data, SHOWN + timedelta(seconds=3))]
    await feeder.stop()


async def test_a_sink_that_comes_later_begins_with_a_key_frame() -> None:
    feeder, _ = await feeding(MemoryReel(BEGAN, {"film": PICTURE}))
    await hand_over(feeder, frm=0, to=1.6)
    late = NotingSink()
    feeder.outlet.attach(late)
    await hand_over(feeder, frm=1.6, to=6)
    assert late.frames[0] == ticks_at(BEGAN, 90_000) + 2 * 90_000
    await feeder.stop()


async def test_another_coding_opens_another_period_without_a_slate() -> None:
    feeder, sink = await feeding(MemoryReel(BEGAN, {"film": PICTURE}, changes_at=3))
    await hand_over(feeder, frm=0, to=4.8)
    assert [init for init, _ in sink.opened] == [PICTURE.data, OTHER.data]
    assert sink.closed == []
    await feeder.stop()


async def test_a_hole_in_the_recording_shows_the_slate() -> None:
    feeder, sink = await feeding(MemoryReel(BEGAN, {"film": PICTURE}, holes=frozenset({2})))
    await hand_over(feeder, frm=0, to=4.8)
    assert sink.closed == [SHOWN + timedelta(seconds=2)]
    assert [at for _, at in sink.opened] == [SHOWN, SHOWN + timedelta(seconds=3)]
    await feeder.stop()
