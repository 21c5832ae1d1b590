"""Senders that do what they should not, and what must hold nevertheless."""

from datetime import UTC, datetime
from pathlib import Path

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import SOUND, Timeline
from konsilium.mediaplane.hls.clock import date_of
from tests.media.evidence import kept, nothing_half_is_served
from tests.media.theatre import CHANNEL, FEED, Theatre

MPEGTS = ["-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"]


def made(*, rate: int = 25, gop: int = 25, seconds: int = 60, sound: str = "sine=440:r=48000") -> list[str]:
    """A picture and a sound that are coded while they are sent, as an encoder does."""
    return [
        *("-re", "-f", "lavfi", "-i", f"testsrc2=s=320x180:r={rate}:d={seconds}"),
        *("-re", "-f", "lavfi", "-i", f"{sound}:d={seconds}"),
        *("-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"),
        *("-pix_fmt", "yuv420p", "-g", str(gop), "-sc_threshold", "0"),
        *("-c:a", "aac", "-ac", "2", "-b:a", "96k"),
    ]


def behind(timeline: Timeline) -> float:
    """Seconds between now and the end of what was offered."""
    return (datetime.now(UTC) - date_of(timeline.end, timeline.timescale)).total_seconds()


async def is_whole(theatre: Theatre, folder: Path, *, feeds: tuple[str, ...] = (FEED,)) -> None:
    """What is offered can be read; what is kept has no hole and reaches to within a segment of now."""
    for key, kind in [*((feed, Kind.VIDEO) for feed in feeds), (SOUND, Kind.AUDIO)]:
        timeline = theatre.channel.timeline(key)
        assert timeline is not None
        nothing_half_is_served(timeline, folder)
        have = await kept(theatre.studio.recording(CHANNEL), key, kind, folder)
        assert have.holes == 0
        assert timeline.end / timeline.timescale - have.ended < 5
