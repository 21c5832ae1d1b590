"""Chunks as `write_chunk` wrote them, found in a segment and given another time, track or size in place.

A kernel for putting one film together out of many segments: nothing but a few fields changes, so the size of
what comes out is known before anything is read. Other layouts of `moof` are refused, not guessed at.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from konsilium.mediaplane.cmaf.boxes import BoxError, children, unpack
from konsilium.mediaplane.cmaf.fragment import NON_SYNC

#: Data offset, and duration, size, flags and composition offset of each sample (ISO/IEC 14496-12 8.8.8).
RUN_FLAGS: Final = 0x0F01
ENTRY: Final = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where one moof and its mdat lie in a segment, and what they say. Ticks are of the track."""

    start: int
    mdat: int
    end: int
    decode_time: int
    duration: int
    independent: bool
    #: Most negative composition offset, or 0.
    lowest: int
    #: Places of fields in the segment.
    track_at: int
    time_at: int
    run_at: int
    count: int

    @property
    def entries_at(self) -> int:
        return self.run_at + 12


def chunks_in(segment: bytes) -> Iterator[Chunk]:
    """All of the segment, in order; BoxError if it is anything else than chunks of ours."""
    moof: tuple[int, int] | None = None
    for name, start, end in children(segment):
        if name == b"moof" and moof is None:
            moof = (start, end)
        elif name == b"mdat" and moof is not None:
            yield _chunk(segment, moof, start - 8, end)
            moof = None
        else:
            raise BoxError(f"a segment has a box {name!r} in the wrong place")
    if moof is not None:
        raise BoxError("a segment ends with a moof")


def _chunk(segment: bytes, moof: tuple[int, int], mdat: int, end: int) -> Chunk:
    places = {name: start for name, start, _ in children(segment, *moof)}
    if set(places) != {b"mfhd", b"traf"}:
        raise BoxError("a moof is not one of ours")
    places |= {name: start for name, start, _ in children(segment, places[b"traf"], moof[1])}
    try:
        track, times, run = places[b"tfhd"], places[b"tfdt"], places[b"trun"]
    except KeyError as missing:
        raise BoxError("a moof is not one of ours") from missing
    flags, count = unpack(">II", segment, run)
    if flags & 0xFF_FFFF != RUN_FLAGS or segment[times] != 1:
        raise BoxError("a moof is not one of ours")
    if run + 12 + count * ENTRY > moof[1]:
        raise BoxError("a run is cut off")
    entries = list(struct.iter_unpack(">IIIi", segment[run + 12 : run + 12 + count * ENTRY]))
    return Chunk(
        start=moof[0] - 8,
        mdat=mdat,
        end=end,
        decode_time=unpack(">Q", segment, times + 4)[0],
        duration=sum(entry[0] for entry in entries),
        independent=bool(entries) and not entries[0][2] & NON_SYNC,
        lowest=min((entry[3] for entry in entries), default=0),
        track_at=track + 4,
        time_at=times + 4,
        run_at=run,
        count=count,
    )


def retime(segment: bytearray, chunk: Chunk, *, track: int, decode_time: int, later: int) -> None:
    """Another track number and decode time; frames are shown `later` by so many ticks than they said."""
    struct.pack_into(">I", segment, chunk.track_at, track)
    struct.pack_into(">Q", segment, chunk.time_at, decode_time)
    if not later:
        return
    for at in range(chunk.entries_at, chunk.entries_at + chunk.count * ENTRY, ENTRY):
        (offset,) = struct.unpack_from(">i", segment, at + 12)
        struct.pack_into(">i", segment, at + 12, offset + later)
    # Version 0: no offset is negative any more, which old players do not expect.
    segment[chunk.run_at] = 0


def blank(segment: bytearray, chunk: Chunk) -> None:
    """Left out without moving what follows: `free` boxes of the same sizes."""
    segment[chunk.start + 4 : chunk.start + 8] = b"free"
    segment[chunk.mdat + 4 : chunk.mdat + 8] = b"free"
    # Nothing of a picture that was left out is given away.
    segment[chunk.mdat + 8 : chunk.end] = bytes(chunk.end - chunk.mdat - 8)


def prepend(segment: bytearray, chunk: Chunk, units: bytes) -> None:
    """Put `units` before the data of the chunk's first sample; the segment grows by as much."""
    (size,) = struct.unpack_from(">I", segment, chunk.entries_at + 4)
    struct.pack_into(">I", segment, chunk.entries_at + 4, size + len(units))
    struct.pack_into(">I", segment, chunk.mdat, chunk.end - chunk.mdat + len(units))
    segment[chunk.mdat + 8 : chunk.mdat + 8] = units
