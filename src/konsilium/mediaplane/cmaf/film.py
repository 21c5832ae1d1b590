"""What stands before the chunks of a film of one picture and one sound (ISO/IEC 14496-12). A kernel."""

import struct
from typing import Final

from konsilium.mediaplane.cmaf import avc
from konsilium.mediaplane.cmaf.boxes import box, children, find, number_at, rewrite, unpack, with_number
from konsilium.mediaplane.cmaf.init import SAMPLE_ENTRY, audio_config

VIDEO_TRACK: Final = 1
AUDIO_TRACK: Final = 2
#: Of `mvhd`, `tkhd` and `mehd`, ticks a second.
MOVIE_TIMESCALE: Final = 1000
#: Enabled, in the movie, in its preview (8.3.2).
SHOWN: Final = 7


def parameter_units(init: bytes) -> bytes:
    """An initialisation section's parameter sets as the units a sample would carry them in."""
    start, end = find(init, *SAMPLE_ENTRY)
    entry, entry_end = next((inner, last) for _, inner, last in children(init, start + 8, end))
    for name, inner, inner_end in children(init, entry + 78, entry_end):
        if name == b"avcC":
            sets = avc.parse_avcc(init[inner:inner_end])
            units = (*sets.sps, *sets.pps)
            return b"".join(len(unit).to_bytes(sets.length_size, "big") + unit for unit in units)
    return b""


def sound_coding(init: bytes) -> bytes:
    """Object type, rate and channels: two sections with the same need nothing between them."""
    return audio_config(init)[:2]


def film_head(video: bytes, audio: bytes | None, *, duration: int, timescale: int, later: int) -> bytes:
    """ftyp and moov. `video` and `audio` are initialisation sections, times ticks of the picture.

    `later` is what was added to the picture's composition offsets so that none is negative; an edit list
    takes it away again. Players that read the whole file rely on that more than on negative offsets.

    There is no `sidx`: with one, ffmpeg and Chromium look for sound only where a picture can be jumped to,
    and begin between two key frames. Without, they find their way by the fragments.
    """
    whole = duration * MOVIE_TIMESCALE // timescale
    tracks = [_track(video, VIDEO_TRACK, whole, later=later)]
    extends = [_trex(VIDEO_TRACK)]
    if audio is not None:
        tracks.append(_track(audio, AUDIO_TRACK, whole, later=0))
        extends.append(_trex(AUDIO_TRACK))
    mehd = box(b"mehd", struct.pack(">IQ", 0x0100_0000, whole))
    moov = box(b"moov", _mvhd(whole), *tracks, box(b"mvex", mehd, *extends))
    return box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso6avc1mp41") + moov


def _track(init: bytes, number: int, whole: int, *, later: int) -> bytes:
    def change(name: bytes, content: bytes) -> bytes | None:
        if name == b"edts":
            return None
        if name == b"mdhd":
            (timescale,) = unpack(">I", content, number_at(content))
            return _lasting(content, number_at(content) + 4, whole * timescale // MOVIE_TIMESCALE)
        if name == b"tkhd":
            content = content[:1] + SHOWN.to_bytes(3, "big") + with_number(content, number)[4:]
            return _lasting(content, number_at(content) + 8, whole)
        return content

    start, end = find(init, b"moov", b"trak")
    boxes = rewrite(init[start:end], change)
    if later:
        # 8.6.6: a duration of 0 means all that is in the fragments.
        elst = struct.pack(">IIIiI", 0, 1, 0, later, 0x1_0000)
        boxes += box(b"edts", box(b"elst", elst))
    return box(b"trak", boxes)


def _lasting(content: bytes, at: int, duration: int) -> bytes:
    """What is said of a file without fragments, for players that look nowhere else."""
    if content[:1] == b"\1":
        return content[:at] + struct.pack(">Q", duration) + content[at + 8 :]
    return content[:at] + struct.pack(">I", min(duration, 0xFFFF_FFFF)) + content[at + 4 :]


def _mvhd(whole: int) -> bytes:
    unity = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    times = struct.pack(">5I", 0, 0, 0, MOVIE_TIMESCALE, min(whole, 0xFFFF_FFFF))
    return box(b"mvhd", times, struct.pack(">IH10x", 0x10000, 0x100), unity, struct.pack(">24xI", 3))


def _trex(number: int) -> bytes:
    return box(b"trex", struct.pack(">6I", 0, number, 1, 0, 0, 0))
