"""The first bytes of coded pictures and sound: PES headers, H.264 parameter sets, ADTS headers."""

import re
from dataclasses import dataclass, replace

from konsilium.mediaplane.mpegts.model import Sps

_START_CODE = b"\x00\x00\x01"
_NAL_SPS = 7
#: Slices: whatever describes the picture came before them.
_NAL_PICTURE = frozenset({1, 2, 5, 19, 20})
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
#: Profiles that carry chroma format and depth (ITU-T H.264, 7.3.2.1.1).
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


@dataclass(frozen=True, slots=True)
class PesStart:
    #: Decoding time where given, else presentation time; 90 kHz, 33 bits.
    time: int | None
    #: Where the elementary stream begins in the payload.
    body: int


def read_pes(payload: bytes) -> PesStart | None:
    """A PES header (ISO/IEC 13818-1, 2.4.3.6) at the start of a packet's payload."""
    if len(payload) < 9 or not payload.startswith(_START_CODE) or payload[6] & 0xC0 != 0x80:
        return None
    flags, length = payload[7] >> 6, payload[8]
    body = 9 + length
    time: int | None = None
    if flags == 0x3 and length >= 10 and len(payload) >= 19:
        time = _timestamp(payload[14:19])
    elif flags & 0x2 and length >= 5 and len(payload) >= 14:
        time = _timestamp(payload[9:14])
    return PesStart(time=time, body=body)


def _timestamp(field: bytes) -> int:
    return (
        ((field[0] >> 1) & 0x07) << 30
        | field[1] << 22
        | (field[2] >> 1) << 15
        | field[3] << 7
        | field[4] >> 1
    )


@dataclass(frozen=True, slots=True)
class PictureStart:
    """`whole` is False while more bytes could still bring a parameter set."""

    parameter_sets: tuple[bytes, ...]
    whole: bool


def read_picture_start(data: bytes) -> PictureStart:
    """Parameter sets at the head of an H.264 access unit in Annex B form."""
    found: list[bytes] = []
    at = data.find(_START_CODE)
    while at != -1 and at + 3 < len(data):
        kind = data[at + 3] & 0x1F
        following = data.find(_START_CODE, at + 3)
        if kind in _NAL_PICTURE:
            return PictureStart(tuple(found), whole=True)
        if kind == _NAL_SPS and following != -1:
            # The zero byte before a start code of four bytes is not part of the unit.
            found.append(data[at + 3 : following].rstrip(b"\x00"))
        at = following
    return PictureStart(tuple(found), whole=False)


class _EndOfDataError(Exception):
    pass


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._whole = self.left = len(data) * 8

    @property
    def taken(self) -> int:
        return self._whole - self.left

    def read(self, count: int) -> int:
        if count > self.left:
            raise _EndOfDataError
        self.left -= count
        return (self._value >> self.left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return self.read(1) == 1

    def unsigned(self) -> int:
        """ue(v), 9.1."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise _EndOfDataError
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value % 2 else -(value // 2)


def read_sps(unit: bytes) -> Sps | None:
    """ITU-T H.264, 7.3.2.1.1; `unit` begins with the byte of the unit's type."""
    # 512 bytes hold any real parameter set; a longer one is an attempt to keep us busy.
    bits = _Bits(unit[1:512].replace(b"\x00\x00\x03", b"\x00\x00"))
    try:
        sps = _read_sps(bits)
    except _EndOfDataError:
        return None
    return replace(sps, frame_rate=_read_frame_rate(bits)) if sps else None


def without_usability(unit: bytes) -> bytes | None:
    """The same parameter set without what follows the description of the picture (Annex E).

    Whoever decodes by it waits for no picture that is to be shown earlier.
    """
    content = unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")
    bits = _Bits(content)
    try:
        if _read_sps(bits) is None:
            return None
    except _EndOfDataError:
        return None
    # No vui_parameters, then the stop bit (7.3.2.11) and zeros up to a whole byte.
    kept = bits.taken + 2
    padding = -kept % 8
    value = (int.from_bytes(content, "big") >> bits.left << 2 | 1) << padding
    plain = value.to_bytes((kept + padding) // 8, "big")
    return unit[:1] + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", plain)


def _read_sps(bits: _Bits) -> Sps | None:
    profile = bits.read(8)
    bits.read(8)
    level = bits.read(8)
    bits.unsigned()
    chroma, depth = _read_chroma(bits) if profile in _HIGH_PROFILES else (1, 8)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed_flag
    width = (bits.unsigned() + 1) * 16
    map_units = bits.unsigned() + 1
    progressive = bits.flag()
    height = map_units * 16 * (1 if progressive else 2)
    if not progressive:
        bits.flag()  # mb_adaptive_frame_field_flag
    bits.flag()  # direct_8x8_inference_flag
    if bits.flag():
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (1 if progressive else 2)
        width -= (bits.unsigned() + bits.unsigned()) * unit_x
        height -= (bits.unsigned() + bits.unsigned()) * unit_y
    if not (0 < width <= 16384 and 0 < height <= 16384):
        return None
    return Sps(
        profile=profile,
        level=level,
        chroma_format=chroma,
        bit_depth=depth,
        width=width,
        height=height,
        progressive=progressive,
        frame_rate=None,
    )


def _read_chroma(bits: _Bits) -> tuple[int, int]:
    chroma = bits.unsigned()
    if chroma == 3:
        bits.flag()  # separate_colour_plane_flag
    luma_depth, chroma_depth = bits.unsigned() + 8, bits.unsigned() + 8
    bits.flag()  # qpprime_y_zero_transform_bypass_flag
    if bits.flag():
        for index in range(12 if chroma == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, max(luma_depth, chroma_depth)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            following = (last + bits.signed() + 256) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.flag()
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()


def _read_frame_rate(bits: _Bits) -> float | None:
    """From the video usability information (Annex E), where it is given."""
    try:
        if not bits.flag():
            return None
        if bits.flag() and bits.read(8) == 255:  # aspect ratio, written out when 255
            bits.read(32)
        if bits.flag():  # overscan
            bits.flag()
        if bits.flag():  # video signal type
            bits.read(4)
            if bits.flag():
                bits.read(24)
        if bits.flag():  # chroma location
            bits.unsigned()
            bits.unsigned()
        if not bits.flag():
            return None
        tick, scale = bits.read(32), bits.read(32)
    except _EndOfDataError:
        return None
    # D.2: one frame is two ticks.
    rate = scale / (2 * tick) if tick else 0.0
    return rate if 0.0 < rate <= 300.0 else None


@dataclass(frozen=True, slots=True)
class Adts:
    object_type: int
    sample_rate: int
    channels: int


def read_adts(data: bytes) -> Adts | None:
    """The header of an AAC frame (ISO/IEC 13818-7, 6.2) at the start of the data."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return None
    rate = (data[2] >> 2) & 0x0F
    if rate >= len(_ADTS_RATES):
        return None
    channels = ((data[2] & 0x01) << 2) | (data[3] >> 6)
    return Adts(object_type=(data[2] >> 6) + 1, sample_rate=_ADTS_RATES[rate], channels=channels)
