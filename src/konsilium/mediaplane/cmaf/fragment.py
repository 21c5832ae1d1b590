"""moof and mdat taken apart into samples, and samples put together into one CMAF chunk."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from konsilium.mediaplane.cmaf.boxes import BoxError, box, children, find, unpack
from konsilium.mediaplane.cmaf.init import TRACK
from konsilium.mediaplane.cmaf.model import Fragment, Sample

MAX_SAMPLES = 4096
NON_SYNC = 0x0001_0000
#: sample_depends_on of ISO/IEC 14496-12 8.8.3.1: 2 "does not depend on others", 1 "does".
WRITTEN_SYNC_FLAGS = 0x0200_0000
WRITTEN_OTHER_FLAGS = 0x0101_0000


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a track fragment says once for its samples (trex, overridden by tfhd)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    data_offset: int | None
    samples: tuple[Sample, ...]


def parse_trex(init: bytes) -> Defaults:
    start, _ = find(init, b"moov", b"mvex", b"trex")
    _, _, _, duration, size, flags = unpack(">6I", init, start)
    return Defaults(duration, size, flags)


def parse_fragment(
    moof: bytes, mdat: bytes, *, moof_at: int, mdat_at: int, track: int, timescale: int, defaults: Defaults
) -> Fragment:
    """`moof` whole, `mdat` without its header; `*_at` say where they stood in the stream."""
    start, end = find(moof, b"moof")
    runs: list[_Run] = []
    decode_time = base = None
    own_track = None
    for name, inner, inner_end in children(moof, start, end):
        if name != b"traf":
            continue
        if own_track is not None:
            raise BoxError("a fragment holds two tracks")
        for box_name, at, box_end in children(moof, inner, inner_end):
            if box_name == b"tfhd":
                own_track, base, defaults = _parse_tfhd(moof, at, defaults)
            elif box_name == b"tfdt":
                (decode_time,) = unpack(">Q" if moof[at] == 1 else ">I", moof, at + 4)
            elif box_name == b"trun":
                runs.append(_parse_trun(moof[at:box_end], defaults))
    if own_track != track or decode_time is None:
        raise BoxError("a fragment lacks its track or its time")
    payload = _payload(runs, mdat, first=(moof_at if base is None else base) - mdat_at)
    samples = tuple(sample for run in runs for sample in run.samples)
    return Fragment(track, timescale, decode_time, samples, payload)


def _parse_tfhd(moof: bytes, at: int, defaults: Defaults) -> tuple[int, int | None, Defaults]:
    flags, track = unpack(">II", moof, at)
    offset = at + 8
    base = None
    if flags & 0x01:
        (base,) = unpack(">Q", moof, offset)
        offset += 8
    if flags & 0x02:
        offset += 4
    values = [defaults.duration, defaults.size, defaults.flags]
    for index, flag in enumerate((0x08, 0x10, 0x20)):
        if flags & flag:
            (values[index],) = unpack(">I", moof, offset)
            offset += 4
    return track, base, Defaults(*values)


def _parse_trun(data: bytes, defaults: Defaults) -> _Run:
    flags, count = unpack(">II", data, 0)
    if count > MAX_SAMPLES:
        raise BoxError("a fragment holds too many samples")
    version, offset = flags >> 24, 8
    data_offset = first_flags = None
    if flags & 0x01:
        (data_offset,) = unpack(">i", data, offset)
        offset += 4
    if flags & 0x04:
        (first_flags,) = unpack(">I", data, offset)
        offset += 4
    samples = []
    for index in range(count):
        duration, size, sample_flags, composition = defaults.duration, defaults.size, defaults.flags, 0
        if index == 0 and first_flags is not None:
            sample_flags = first_flags
        if flags & 0x100:
            (duration,) = unpack(">I", data, offset)
            offset += 4
        if flags & 0x200:
            (size,) = unpack(">I", data, offset)
            offset += 4
        if flags & 0x400:
            (sample_flags,) = unpack(">I", data, offset)
            offset += 4
        if flags & 0x800:
            (composition,) = unpack(">i" if version else ">I", data, offset)
            offset += 4
        samples.append(Sample(size, duration, not sample_flags & NON_SYNC, composition))
    return _Run(data_offset, tuple(samples))


def _payload(runs: Sequence[_Run], mdat: bytes, first: int) -> bytes:
    """`first` is where data offsets count from, seen from the first byte of the mdat's content."""
    pieces = []
    position = 0
    for index, run in enumerate(runs):
        if run.data_offset is not None:
            position = first + run.data_offset
        elif index == 0:
            position = first
        size = sum(sample.size for sample in run.samples)
        if position < 0 or position + size > len(mdat):
            raise BoxError("a fragment's samples lie outside its data")
        pieces.append(mdat if size == len(mdat) else mdat[position : position + size])
        position += size
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def write_chunk(
    *, sequence: int, decode_time: int, samples: Sequence[Sample], payload: Sequence[bytes]
) -> bytes:
    """One moof with one run, and its mdat (ISO/IEC 23000-19 7.3.2: a CMAF chunk)."""
    negative = any(sample.composition_offset < 0 for sample in samples)
    entries = b"".join(
        struct.pack(
            ">IIIi",
            sample.duration,
            sample.size,
            WRITTEN_SYNC_FLAGS if sample.sync else WRITTEN_OTHER_FLAGS,
            sample.composition_offset,
        )
        for sample in samples
    )
    head = struct.pack(">IIi", (0x0100_0F01 if negative else 0x0F01), len(samples), 0)
    tfhd = box(b"tfhd", struct.pack(">II", 0x02_0000, TRACK))
    tfdt = box(b"tfdt", struct.pack(">IQ", 0x0100_0000, decode_time))
    mfhd = box(b"mfhd", struct.pack(">II", 0, sequence & 0xFFFF_FFFF))
    fixed = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + 8
    head = head[:8] + struct.pack(">i", fixed + len(head) + len(entries) + 8)
    moof = box(b"moof", mfhd, box(b"traf", tfhd, tfdt, box(b"trun", head, entries)))
    return b"".join((moof, struct.pack(">I4s", 8 + sum(map(len, payload)), b"mdat"), *payload))
