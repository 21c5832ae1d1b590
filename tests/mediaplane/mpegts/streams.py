"""Small transport streams written by hand: what the standard says, not what one encoder happens to do."""

from collections.abc import Iterable

from konsilium.mediaplane.mpegts.tables import PACKET, crc32

PMT_PID, VIDEO_PID, AUDIO_PID = 0x1000, 0x100, 0x101
H264, HEVC, AAC = 0x1B, 0x24, 0x0F

#: x264's parameter set for 1280x720, 4:2:0, 8 bit, progressive, 30 frames a second, and for 426x240, 25.
SPS_720 = bytes.fromhex("6764001facd9405005bb0110000003001000000303c0f1831960")
SPS_240 = bytes.fromhex("6742c015da06c7f93c0440000003004000000c83c58ba8")
PPS = bytes.fromhex("68ebe3cb22c0")


def section(table: int, body: bytes) -> bytes:
    head = bytes((table, 0xB0 | (len(body) + 9) >> 8, (len(body) + 9) & 0xFF, 0, 1, 0xC1, 0, 0))
    whole = head + body
    return whole + crc32(whole).to_bytes(4, "big")


def pat(pmt_pid: int = PMT_PID) -> bytes:
    return section(0, bytes((0, 1, 0xE0 | pmt_pid >> 8, pmt_pid & 0xFF)))


def pmt(streams: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Streams as type, PID and descriptors."""
    body = bytes((0xE1, 0x00, 0xF0, 0x00))
    for kind, pid, descriptors in streams:
        body += bytes(
            (kind, 0xE0 | pid >> 8, pid & 0xFF, 0xF0 | len(descriptors) >> 8, len(descriptors) & 0xFF)
        )
        body += descriptors
    return section(2, body)


def packets(pid: int, payload: bytes, *, scrambled: bool = False) -> bytes:
    """As many packets as it takes, the last one filled up by an adaptation field."""
    result = b""
    first = True
    while payload or first:
        room = PACKET - 4
        chunk, payload = payload[:room], payload[room:]
        flags = 0x80 if scrambled else 0
        head = bytes((0x47, (0x40 if first else 0) | pid >> 8, pid & 0xFF))
        if len(chunk) == room:
            result += head + bytes((0x10 | flags,)) + chunk
        else:
            stuffing = room - len(chunk) - 1
            field = bytes((stuffing,)) + (b"\x00" + b"\xff" * (stuffing - 1) if stuffing else b"")
            result += head + bytes((0x30 | flags,)) + field + chunk
        first = False
    return result


def tables(pid: int, content: bytes) -> bytes:
    return packets(pid, (b"\x00" + content).ljust(PACKET - 4, b"\xff"))


def pes(stream_id: int, time: int, body: bytes, *, bounded: bool = False) -> bytes:
    stamp = bytes(
        (
            0x21 | (time >> 29) & 0x0E,
            (time >> 22) & 0xFF,
            0x01 | (time >> 14) & 0xFE,
            (time >> 7) & 0xFF,
            0x01 | (time << 1) & 0xFE,
        )
    )
    length = len(body) + 8 if bounded else 0
    return b"\x00\x00\x01" + bytes((stream_id,)) + length.to_bytes(2, "big") + b"\x80\x80\x05" + stamp + body


def picture(time: int, *, sps: bytes | None = None, size: int = 600) -> bytes:
    """One coded picture in Annex B form; with `sps` it is a key frame."""
    units = [b"\x09\xf0", *((sps, PPS) if sps else ()), bytes((0x65 if sps else 0x41,)) + b"\x88" * size]
    return packets(VIDEO_PID, pes(0xE0, time, b"".join(b"\x00\x00\x00\x01" + unit for unit in units)))


def sound(time: int) -> bytes:
    """One AAC-LC frame, 48 kHz, stereo, with its ADTS header."""
    frame = bytes.fromhex("fff14c8015fffc") + b"\x21" * 168
    return packets(AUDIO_PID, pes(0xC0, time, frame, bounded=True))


def head(*, audio: bool = True, video: int = H264) -> bytes:
    streams = [(video, VIDEO_PID, b"")] + ([(AAC, AUDIO_PID, b"")] if audio else [])
    return tables(0, pat()) + tables(PMT_PID, pmt(streams))


def programme(
    *, frames: int = 30, sps: bytes = SPS_720, start: int = 90_000, audio: bool = True, gop: int = 10
) -> bytes:
    """Tables, then pictures of 25 a second with sound between them."""
    data = head(audio=audio)
    for index in range(frames):
        time = (start + index * 3600) % (1 << 33)
        data += picture(time, sps=sps if index % gop == 0 else None)
        if audio:
            data += sound(time)
    return data
