"""As much of H.264 as names the codec and notices a changed picture size."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from konsilium.mediaplane.cmaf.boxes import BoxError, unpack

NAL_SLICES = frozenset({1, 2, 3, 4, 5})
NAL_SPS = 7
NAL_PPS = 8
#: Profiles whose SPS carries chroma_format_idc (H.264 7.3.2.1.1).
PROFILES_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
#: Largest picture H.264 level 6.2 can describe; a larger one is a misread.
MAX_SIDE = 16_384


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder must have before the first frame."""

    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    length_size: int = 4

    @property
    def codecs(self) -> str:
        """RFC 6381 3.3: profile, constraint flags and level as six hexadecimal digits."""
        return "avc1." + self.sps[0][1:4].hex()


def parse_avcc(data: bytes) -> ParameterSets:
    if len(data) < 7:
        raise BoxError("avcC is too short")
    sets: list[list[bytes]] = [[], []]
    offset = 5
    for kind, mask in enumerate((0x1F, 0xFF)):
        (count,) = unpack(">B", data, offset)
        offset += 1
        for _ in range(count & mask):
            (size,) = unpack(">H", data, offset)
            offset += 2
            if offset + size > len(data):
                raise BoxError("avcC is cut off")
            sets[kind].append(data[offset : offset + size])
            offset += size
    if not sets[0] or any(len(sps) < 4 for sps in sets[0]):
        raise BoxError("avcC has no sequence parameter set")
    return ParameterSets(sps=tuple(sets[0]), pps=tuple(sets[1]), length_size=(data[4] & 3) + 1)


def write_avcc(sets: ParameterSets) -> bytes:
    sps = sets.sps[0]
    pieces = [bytes((1, sps[1], sps[2], sps[3], 0xFC | (sets.length_size - 1), 0xE0 | len(sets.sps)))]
    pieces += [struct.pack(">H", len(unit)) + unit for unit in sets.sps]
    pieces.append(bytes((len(sets.pps),)))
    pieces += [struct.pack(">H", len(unit)) + unit for unit in sets.pps]
    return b"".join(pieces)


def units_before_picture(sample: memoryview, length_size: int) -> Iterator[bytes]:
    """The NAL units of a sample up to its first slice: where an encoder repeats its parameter sets."""
    offset = 0
    while offset + length_size < len(sample):
        size = int.from_bytes(sample[offset : offset + length_size], "big")
        offset += length_size
        if size == 0:
            continue
        if sample[offset] & 0x1F in NAL_SLICES or offset + size > len(sample):
            return
        yield bytes(sample[offset : offset + size])
        offset += size


def changed_sets(sample: memoryview, current: ParameterSets) -> ParameterSets | None:
    """The parameter sets a key frame brings along, if they are not the ones in force."""
    sps, pps = [], []
    for unit in units_before_picture(sample, current.length_size):
        if unit[0] & 0x1F == NAL_SPS and len(unit) >= 4:
            sps.append(unit.rstrip(b"\0"))
        elif unit[0] & 0x1F == NAL_PPS:
            pps.append(unit.rstrip(b"\0"))
    if not sps or not pps or len(sps) > 31 or len(pps) > 255:
        return None
    if sps == [unit.rstrip(b"\0") for unit in current.sps]:
        return None
    return ParameterSets(sps=tuple(sps), pps=tuple(pps), length_size=current.length_size)


class _Bits:
    """Exponential-Golomb reader over an SPS without its emulation prevention bytes."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise BoxError("the sequence parameter set is cut off")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while self.take(1) == 0:
            zeros += 1
            if zeros > 32:
                raise BoxError("the sequence parameter set makes no sense")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _skip_scaling_lists(bits: _Bits, count: int) -> None:
    for index in range(count):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    order_type = bits.unsigned()
    if order_type == 0:
        bits.unsigned()
    elif order_type == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        cycle = bits.unsigned()
        if cycle > 255:
            raise BoxError("the sequence parameter set makes no sense")
        for _ in range(cycle):
            bits.signed()


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height as shown, after cropping (H.264 7.4.2.1.1)."""
    bits = _Bits(sps[1:].replace(b"\0\0\3", b"\0\0"))
    profile = bits.take(8)
    bits.take(16)
    bits.unsigned()
    chroma = 1
    separate_planes = 0
    if profile in PROFILES_WITH_CHROMA:
        chroma = bits.unsigned()
        if chroma == 3:
            separate_planes = bits.take(1)
        bits.unsigned()
        bits.unsigned()
        bits.take(1)
        if bits.take(1):
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    bits.unsigned()
    _skip_picture_order(bits)
    bits.unsigned()
    bits.take(1)
    width = 16 * (bits.unsigned() + 1)
    map_units = bits.unsigned() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    height = 16 * map_units * (2 - frames_only)
    bits.take(1)
    if bits.take(1):
        by_chroma = 0 if separate_planes else chroma
        unit_x = 2 if by_chroma in (1, 2) else 1
        unit_y = (2 if by_chroma == 1 else 1) * (2 - frames_only)
        width -= unit_x * (bits.unsigned() + bits.unsigned())
        height -= unit_y * (bits.unsigned() + bits.unsigned())
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise BoxError("the sequence parameter set describes no possible picture")
    return width, height
