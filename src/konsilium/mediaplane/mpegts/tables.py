"""Programme tables (ISO/IEC 13818-1, 2.4.4): which programme there is and what it is made of."""

from dataclasses import dataclass

from konsilium.mediaplane.mpegts.model import AudioCodec, VideoCodec

PACKET = 188
SYNC = 0x47
PAT_PID = 0
#: 2.4.4.9: "The maximum number of bytes in a section of a PMT is 1024".
MAX_SECTION = 1024

_VIDEO_TYPES = {
    0x01: VideoCodec.MPEG1,
    0x02: VideoCodec.MPEG2,
    0x10: VideoCodec.MPEG4,
    0x1B: VideoCodec.H264,
    0x24: VideoCodec.HEVC,
    0x33: VideoCodec.VVC,
    0xEA: VideoCodec.VC1,
}
_AUDIO_TYPES = {
    0x03: AudioCodec.MPEG,
    0x04: AudioCodec.MPEG,
    0x0F: AudioCodec.AAC,
    0x11: AudioCodec.LATM,
    0x81: AudioCodec.AC3,
    0x82: AudioCodec.DTS,
    0x87: AudioCodec.EAC3,
}
_VIDEO_REGISTRATIONS = {b"AV01": VideoCodec.AV1, b"HEVC": VideoCodec.HEVC, b"VC-1": VideoCodec.VC1}
_AUDIO_REGISTRATIONS = {
    b"Opus": AudioCodec.OPUS,
    b"AC-3": AudioCodec.AC3,
    b"EAC3": AudioCodec.EAC3,
    b"BSSD": AudioCodec.PCM,
    b"DTS1": AudioCodec.DTS,
    b"DTS2": AudioCodec.DTS,
    b"DTS3": AudioCodec.DTS,
}
#: DVB descriptors (EN 300 468) that name the codec of a private stream.
_AUDIO_DESCRIPTORS = {0x6A: AudioCodec.AC3, 0x7A: AudioCodec.EAC3, 0x7B: AudioCodec.DTS, 0x7C: AudioCodec.AAC}

_REGISTRATION = 0x05
_TABLE_PAT = 0x00
_TABLE_PMT = 0x02


@dataclass(frozen=True, slots=True)
class Programme:
    """The first stream of each kind: a feed has one picture and one sound."""

    video: tuple[int, VideoCodec] | None
    audio: tuple[int, AudioCodec] | None


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc32(data: bytes) -> int:
    """Annex A: over a section and its checksum together this is 0."""
    value = 0xFFFFFFFF
    for byte in data:
        value = ((value << 8) & 0xFFFFFFFF) ^ _CRC_TABLE[(value >> 24) ^ byte]
    return value


def packet_payload(packet: bytes) -> bytes:
    """What follows the header and the adaptation field (2.4.3.3)."""
    control = (packet[3] >> 4) & 0x3
    if not control & 0x1:
        return b""
    start = 4
    if control & 0x2:
        start = 5 + packet[4]
    return packet[start:]


def section_of(payload: bytes) -> bytes | None:
    """The section that starts in this payload (2.4.4.1: a pointer field comes first), or None if cut off."""
    if not payload:
        return None
    start = 1 + payload[0]
    header = payload[start : start + 3]
    if len(header) < 3:
        return None
    length = 3 + (((header[1] & 0x0F) << 8) | header[2])
    section = payload[start : start + length]
    return section if len(section) == length else None


def is_repeated(packet: bytes, table: bytes) -> bool:
    """The same table once more, but for its counter: both come ten times a second, and each has a checksum."""
    same = len(packet) == len(table) and packet[1:3] == table[1:3] and packet[4:] == table[4:]
    return same and packet[3] & 0xF0 == table[3] & 0xF0


def _is_whole(section: bytes, table: int) -> bool:
    return 12 <= len(section) <= MAX_SECTION and section[0] == table and crc32(section) == 0


def read_pat(section: bytes) -> int | None:
    """PID of the first programme's map."""
    if not _is_whole(section, _TABLE_PAT):
        return None
    for at in range(8, len(section) - 4 - 3, 4):
        number = (section[at] << 8) | section[at + 1]
        if number != 0:  # 2.4.4.5: programme 0 is the network information table
            return ((section[at + 2] & 0x1F) << 8) | section[at + 3]
    return None


def read_pmt(section: bytes) -> Programme | None:
    if not _is_whole(section, _TABLE_PMT):
        return None
    video: tuple[int, VideoCodec] | None = None
    audio: tuple[int, AudioCodec] | None = None
    at = 12 + (((section[10] & 0x0F) << 8) | section[11])
    end = len(section) - 4
    while at + 5 <= end:
        kind = section[at]
        pid = ((section[at + 1] & 0x1F) << 8) | section[at + 2]
        length = ((section[at + 3] & 0x0F) << 8) | section[at + 4]
        codec = _codec_of(kind, section[at + 5 : min(at + 5 + length, end)])
        if isinstance(codec, VideoCodec):
            video = video or (pid, codec)
        elif isinstance(codec, AudioCodec):
            audio = audio or (pid, codec)
        at += 5 + length
    return Programme(video=video, audio=audio)


def _codec_of(kind: int, descriptors: bytes) -> VideoCodec | AudioCodec | None:
    known = _VIDEO_TYPES.get(kind) or _AUDIO_TYPES.get(kind)
    if known is not None:
        return known
    at = 0
    while at + 2 <= len(descriptors):
        tag, length = descriptors[at], descriptors[at + 1]
        body = descriptors[at + 2 : at + 2 + length]
        if tag == _REGISTRATION:
            found = _VIDEO_REGISTRATIONS.get(body[:4]) or _AUDIO_REGISTRATIONS.get(body[:4])
            if found is not None:
                return found
        elif tag in _AUDIO_DESCRIPTORS:
            return _AUDIO_DESCRIPTORS[tag]
        at += 2 + length
    return None
