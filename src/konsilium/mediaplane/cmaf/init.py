"""Initialisation sections: read, and made alike so that only what must differ between two of them does."""

import struct
from dataclasses import replace

from konsilium.mediaplane.cmaf import avc
from konsilium.mediaplane.cmaf.boxes import BoxError, children, find, number_at, rewrite, unpack, with_number
from konsilium.mediaplane.cmaf.model import Init, Kind

#: Every rendition has one track and this is its number: an encoder that counts differently after a
#: restart must not change the "identifiers of tracks" (RFC 8216bis 4.4.4.3).
TRACK = 1
#: An edit list would shift what the timeline already placed; user data names the encoder.
DROPPED = frozenset({b"edts", b"udta"})
SAMPLE_ENTRY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")


def parse_init(data: bytes) -> tuple[Init, int, avc.ParameterSets | None]:
    """The section made alike, the track number its fragments carry, and H.264 parameter sets if any."""
    _has_one_track(data)
    track = _number(data, b"moov", b"trak", b"tkhd")
    timescale = _number(data, b"moov", b"trak", b"mdia", b"mdhd")
    if not 1 <= timescale <= 10_000_000:
        raise BoxError("the timescale makes no sense")
    start, end = find(data, *SAMPLE_ENTRY)
    name, entry, entry_end = next(children(data, start + 8, end), (b"", 0, 0))
    sets = None
    if name in {b"avc1", b"avc3"}:
        init, sets = _video(data, entry, entry_end, timescale)
    elif name == b"mp4a":
        init = _audio(data, entry, entry_end, timescale)
    else:
        raise BoxError(f"the coding {name.decode('latin-1')!r} cannot be passed on")
    return replace(init, data=_made_alike(data)), track, sets


def with_parameter_sets(init: Init, sets: avc.ParameterSets) -> Init:
    """The same section for the picture that new parameter sets describe."""
    width, height = avc.picture_size(sets.sps[0])

    def change(name: bytes, content: bytes) -> bytes:
        if name == b"avcC":
            return avc.write_avcc(sets)
        if name in {b"avc1", b"avc3"}:
            return content[:24] + struct.pack(">HH", width, height) + content[28:]
        if name == b"tkhd":
            return content[:-8] + struct.pack(">II", width << 16, height << 16)
        return content

    data = rewrite(init.data, change)
    return replace(init, data=data, codecs=sets.codecs, width=width, height=height)


def with_timescale(init: Init, timescale: int) -> Init:
    def change(name: bytes, content: bytes) -> bytes:
        if name == b"mdhd":
            return with_number(content, timescale)
        return content

    return replace(init, data=rewrite(init.data, change), timescale=timescale)


def _number(data: bytes, *path: bytes) -> int:
    start, end = find(data, *path)
    return unpack(">I", data, start + number_at(data[start:end]))[0]


def _has_one_track(data: bytes) -> None:
    start, end = find(data, b"moov")
    if sum(name == b"trak" for name, _, _ in children(data, start, end)) != 1:
        raise BoxError("the section does not have exactly one track")


def _video(data: bytes, entry: int, end: int, timescale: int) -> tuple[Init, avc.ParameterSets]:
    width, height = unpack(">HH", data, entry + 24)
    for name, start, inner_end in children(data, entry + 78, end):
        if name == b"avcC":
            sets = avc.parse_avcc(data[start:inner_end])
            init = Init(b"", Kind.VIDEO, sets.codecs, timescale, width=width, height=height)
            return init, sets
    raise BoxError("the video track has no avcC")


def _audio(data: bytes, entry: int, end: int, timescale: int) -> Init:
    channels, _, _, _, rate = unpack(">HHHHI", data, entry + 16)
    for name, start, inner_end in children(data, entry + 28, end):
        if name == b"esds":
            codecs = _aac_codecs(data[start + 4 : inner_end])
            return Init(b"", Kind.AUDIO, codecs, timescale, sample_rate=rate >> 16, channels=channels)
    raise BoxError("the audio track has no esds")


def _aac_codecs(descriptors: bytes) -> str:
    """RFC 6381 3.3: `mp4a.` object type indication `.` audio object type."""
    object_type, specific = _decoder(descriptors)
    (first,) = unpack(">B", specific, 0)
    return f"mp4a.{object_type:02x}.{first >> 3}"


def audio_config(data: bytes) -> bytes:
    """An audio section's AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1): all that a decoder goes by."""
    start, end = find(data, *SAMPLE_ENTRY)
    _, entry, entry_end = next(children(data, start + 8, end), (b"", 0, 0))
    for name, inner, inner_end in children(data, entry + 28, entry_end):
        if name == b"esds":
            return _decoder(data[inner + 4 : inner_end])[1]
    raise BoxError("the audio track has no esds")


def _decoder(descriptors: bytes) -> tuple[int, bytes]:
    """Object type indication and decoder specific information (ISO/IEC 14496-1 7.2.6)."""
    content = _descriptor(descriptors, 0, 3)
    (flags,) = unpack(">B", content, 2)
    offset = 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
    if flags & 0x40:
        offset += 1 + unpack(">B", content, offset)[0]
    config = _descriptor(content, offset, 4)
    (object_type,) = unpack(">B", config, 0)
    return object_type, _descriptor(config, 13, 5)


def _descriptor(data: bytes, offset: int, tag: int) -> bytes:
    (found,) = unpack(">B", data, offset)
    if found != tag:
        raise BoxError("esds makes no sense")
    size = 0
    for _ in range(4):
        offset += 1
        (byte,) = unpack(">B", data, offset)
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return data[offset + 1 : offset + 1 + size]


def _made_alike(data: bytes) -> bytes:
    def change(name: bytes, content: bytes) -> bytes | None:
        if name in DROPPED:
            return None
        if name == b"tkhd":
            return with_number(content, TRACK)
        if name == b"trex":
            return content[:4] + struct.pack(">I", TRACK) + content[8:]
        return content

    return rewrite(data, change)
