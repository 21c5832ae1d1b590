"""Initialisation sections made from nothing but what a decoder must know (ISO/IEC 14496-12 8, 14496-15 5.4)."""

import struct
from typing import Final

from konsilium.mediaplane.cmaf import avc
from konsilium.mediaplane.cmaf.boxes import box
from konsilium.mediaplane.cmaf.init import TRACK
from konsilium.mediaplane.cmaf.model import Init, Kind

#: 8.2.2: the unity matrix, in fixed point.
_MATRIX: Final = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_FTYP: Final = box(b"ftyp", struct.pack(">4sI4s4s4s", b"iso6", 0, b"iso6", b"cmfc", b"mp41"))
#: ISO 639-2 "und", five bits a letter.
_UNDETERMINED: Final = 0x55C4
_AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


def compose_video_init(sets: avc.ParameterSets, *, timescale: int) -> Init:
    """For H.264. Raises BoxError if the parameter sets describe no possible picture."""
    width, height = avc.picture_size(sets.sps[0])
    entry = box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 0x18, -1),
        box(b"avcC", avc.write_avcc(sets)),
    )
    header = box(b"vmhd", struct.pack(">IHHHH", 1, 0, 0, 0, 0))
    data = _FTYP + _moov(
        entry=entry,
        header=header,
        handler=b"vide",
        timescale=timescale,
        size=(width, height),
    )
    return Init(data, Kind.VIDEO, sets.codecs, timescale, width=width, height=height)


def compose_audio_init(*, sample_rate: int, channels: int, timescale: int) -> Init:
    """For AAC-LC. Raises ValueError for a sample rate that AAC does not have."""
    config = struct.pack(">H", 2 << 11 | _AAC_RATES.index(sample_rate) << 7 | channels << 3)
    decoder = _descriptor(0x04, struct.pack(">BBBHII", 0x40, 0x15, 0, 0, 0, 0) + _descriptor(0x05, config))
    stream = _descriptor(0x03, struct.pack(">HB", TRACK, 0) + decoder + _descriptor(0x06, b"\x02"))
    # ISO/IEC 14496-12 12.2.3.2 has 16 bits for it; of higher rates the decoder's configuration alone tells.
    told = sample_rate if sample_rate < 1 << 16 else 0
    entry = box(
        b"mp4a",
        struct.pack(">6xH8xHHHHI", 1, channels, 16, 0, 0, told << 16),
        box(b"esds", bytes(4), stream),
    )
    header = box(b"smhd", bytes(8))
    data = _FTYP + _moov(entry=entry, header=header, handler=b"soun", timescale=timescale, size=(0, 0))
    return Init(data, Kind.AUDIO, "mp4a.40.2", timescale, sample_rate=sample_rate, channels=channels)


def _descriptor(tag: int, content: bytes) -> bytes:
    """ISO/IEC 14496-1 8.3.3; ours are shorter than 128 bytes."""
    return bytes((tag, len(content))) + content


def _moov(*, entry: bytes, header: bytes, handler: bytes, timescale: int, size: tuple[int, int]) -> bytes:
    sound = handler == b"soun"
    mvhd = box(
        b"mvhd", struct.pack(">5I I H10x", 0, 0, 0, 1000, 0, 0x10000, 0x100), _MATRIX, struct.pack(">24xI", 2)
    )
    tkhd = box(
        b"tkhd",
        struct.pack(">I8xI4xI8xHHH2x", 3, TRACK, 0, 0, 0, 0x100 if sound else 0),
        _MATRIX,
        struct.pack(">II", size[0] << 16, size[1] << 16),
    )
    mdhd = box(b"mdhd", struct.pack(">I8xIIH2x", 0, timescale, 0, _UNDETERMINED))
    hdlr = box(b"hdlr", struct.pack(">II4s12x", 0, 0, handler), b"\0")
    dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1))))
    empty = b"".join(box(name, bytes(8)) for name in (b"stts", b"stsc"))
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        empty,
        box(b"stsz", bytes(12)),
        box(b"stco", bytes(8)),
    )
    mdia = box(b"mdia", mdhd, hdlr, box(b"minf", header, dinf, stbl))
    trex = box(b"trex", struct.pack(">6I", 0, TRACK, 1, 0, 0, 0))
    return box(b"moov", mvhd, box(b"trak", tkhd, mdia), box(b"mvex", trex))
