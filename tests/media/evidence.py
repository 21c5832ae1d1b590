"""What must hold of a channel whatever went wrong: all that is offered can be read, and the recording is whole."""

import itertools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader, write_chunk
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.hls import Segment, Timeline
from konsilium.mediaplane.hls.signal import timescale_of
from konsilium.mediaplane.vault import Recorded
from tests.media.theatre import opened


@dataclass(frozen=True)
class Stretch:
    """Segments in a row with one initialisation section."""

    init: bytes
    segments: tuple[Segment, ...]

    @property
    def start(self) -> int:
        return self.segments[0].start

    @property
    def end(self) -> int:
        return self.segments[-1].end


def stretches(timeline: Timeline) -> list[Stretch]:
    found: list[Stretch] = []
    for init, segments in itertools.groupby(timeline.segments, lambda segment: timeline.init(segment.init)):
        assert init is not None, "a listed segment's initialisation section is there"
        found.append(Stretch(init, tuple(segments)))
    return found


def content(timeline: Timeline, stretch: Stretch) -> bytes:
    return stretch.init + b"".join(opened(timeline, segment) for segment in stretch.segments)


def nothing_half_is_served(timeline: Timeline, folder: Path) -> None:
    """Every listed segment and part parses, follows the one before, and decodes without a complaint."""
    before: int | None = None
    for stretch in stretches(timeline):
        for segment in stretch.segments:
            assert before is None or segment.start == before, "there is no hole on the channel clock"
            before = segment.end
            fragments = _fragments(stretch.init + opened(timeline, segment))
            assert fragments[0].decode_time == segment.start
            assert sum(fragment.duration for fragment in fragments) == segment.duration
        complaints = decoding_complaints(content(timeline, stretch), folder)
        assert complaints == "", complaints


def _fragments(data: bytes) -> list[Fragment]:
    values = Reader().feed(data)
    assert not any(isinstance(value, Malformed) for value in values)
    fragments = [value for value in values if isinstance(value, Fragment)]
    for earlier, later in itertools.pairwise(fragments):
        assert later.decode_time == earlier.decode_time + earlier.duration
    return fragments


#: What half a file looks like to a decoder. A picture that lost a packet on its way is another matter: it is
#: decoded with a fault in it.
_HALF = re.compile(r"moov|NAL unit size|partial file|truncat|Invalid data|Error opening", re.IGNORECASE)


def decoding_complaints(data: bytes, folder: Path) -> str:
    source = folder / "offered.mp4"
    source.write_bytes(data)
    command = [ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error", "-i", str(source)]
    done = subprocess.run(
        [*command, "-fps_mode", "passthrough", "-f", "null", "-"], capture_output=True, check=False
    )
    said = done.stderr.decode()
    return said if done.returncode != 0 or _HALF.search(said) else ""


@dataclass(frozen=True)
class Kept:
    """What the vault has of one rendition, in seconds of the channel clock."""

    began: float
    ended: float
    #: Seconds of holes inside.
    holes: float


async def kept(recorded: Recorded | None, rendition: str, kind: Kind, folder: Path) -> Kept:
    """Decrypted and decoded from beginning to end."""
    assert recorded is not None
    scale = timescale_of(kind)
    began = end = 0
    holes, data, complaints = 0, b"", ""
    async for value in recorded.samples(rendition, 0):
        if isinstance(value, Init):
            complaints += decoding_complaints(data, folder) if data else ""
            data = value.data
            continue
        data += _as_file(value)
        began = began or value.decode_time
        # A run after a kill begins a tick later: a name never has two contents.
        if end and value.decode_time > end + 1:
            holes += value.decode_time - end
        assert not end or value.decode_time >= end
        end = value.decode_time + value.duration
    complaints += decoding_complaints(data, folder)
    assert complaints == "", complaints
    return Kept(began / scale, end / scale, holes / scale)


def _as_file(fragment: Fragment) -> bytes:

    offset, payload = 0, []
    for sample in fragment.samples:
        payload.append(fragment.payload[offset : offset + sample.size])
        offset += sample.size
    return write_chunk(
        sequence=1, decode_time=fragment.decode_time, samples=fragment.samples, payload=payload
    )
