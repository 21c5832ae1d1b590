"""Lines that lose packets: SRT sends them again as long as its latency allows, and what is missing harms little."""

import asyncio
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Kind
from tests.media.conftest import Clip
from tests.media.decoding import decode_picture
from tests.media.evidence import kept, nothing_half_is_served
from tests.media.relay import bad_line
from tests.media.theatre import CHANNEL, FEED, Theatre, last_signal, shows_signal, signal_seconds

#: As doors have it if nobody chose otherwise.
LATENCY_MS = 120
WATCHED_S = 8
FPS = 25


@pytest.mark.parametrize(("loss", "repaired"), [(0.05, True), (0.2, False)])
async def test_a_line_that_loses_packets(tmp_path: Path, clip_of: Clip, loss: float, repaired: bool) -> None:
    theatre = Theatre(tmp_path)
    theatre.latency_ms = LATENCY_MS
    async with theatre, bad_line(theatre.port, loss=loss) as line:
        await theatre.send(clip_of("plain"), port=line.port)
        came = await theatre.until_live(within=20)
        shown, most_lost = 0, 0
        for _ in range(WATCHED_S * 10):
            await asyncio.sleep(0.1)
            shown += shows_signal(theatre.picture)
            most_lost = max(most_lost, theatre.door.lost)
        share = shown / (WATCHED_S * 10)
        print(
            f"{loss:.0%}: {line.lost} of {line.came} packets lost on the line, at most {most_lost} in ten seconds "
            f"after repair; picture after {came:.1f} s, {share:.0%} of {WATCHED_S} s"
        )
        assert came < 5
        assert line.lost > line.came * loss * 0.5
        assert share > (0.99 if repaired else 0.7)
        # Packets of the transport stream, seven in each of the line's; most of these in the first second,
        # before SRT knows how fast the line is.
        assert most_lost < 0.1 * 7 * line.lost
        if repaired:
            frames = decode_picture(last_signal(theatre.picture), tmp_path).frames
            assert len(frames) > 0.98 * FPS * (frames[-1].time - frames[0].time)
            assert frames[-1].time - frames[0].time > WATCHED_S - 2
        line.loss = 0.0
        back = await theatre.until_live(within=5)
        print(f"picture back {back:.1f} s after the line was clear")
        await theatre.until(lambda: signal_seconds(theatre.picture) > 1.5, within=10)
        nothing_half_is_served(theatre.picture, tmp_path)
        nothing_half_is_served(theatre.sound, tmp_path)
        await _is_recorded_whole(theatre, tmp_path)


async def _is_recorded_whole(theatre: Theatre, folder: Path) -> None:
    """Up to a segment before now; with slate where there was no signal, and never a hole."""
    now = theatre.picture.end / 90_000
    have = await kept(theatre.studio.recording(CHANNEL), FEED, Kind.VIDEO, folder)
    assert have.holes == 0
    assert now - have.ended < 5
