"""One H.264 picture: from start codes to lengths, and what its units say (ITU-T H.264, 7.4.1 and Annex B)."""

import struct
from dataclasses import dataclass

_SLICE, _IDR, _SEI, _SPS, _PPS, _DELIMITER, _END, _FILLER = 1, 5, 6, 7, 8, 9, 10, 12
#: Nobody decodes by them, and a delimiter before each picture is six bytes each.
_LEFT_OUT = frozenset({_DELIMITER, _END, _FILLER})
_RECOVERY_POINT = 6


@dataclass(frozen=True, slots=True)
class AccessUnit:
    #: NAL units with lengths of four bytes (ISO/IEC 14496-15 5.3.3).
    data: bytes
    sync: bool
    #: Pictures that begin in it: one, or the stream puts several into one packet.
    pictures: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]


def read_access_unit(data: bytes) -> AccessUnit:
    pieces: list[bytes] = []
    sps: list[bytes] = []
    pps: list[bytes] = []
    pictures = 0
    idr = recovers = False
    units = data.split(b"\0\0\1")
    for index in range(1, len(units)):
        # Zeros at the end belong to the next start code: no unit ends with one (7.4.1).
        unit = units[index].rstrip(b"\0")
        if not unit:
            continue
        kind = unit[0] & 0x1F
        if kind in _LEFT_OUT:
            continue
        if kind in {_SLICE, _IDR}:
            idr = idr or kind == _IDR
            # first_mb_in_slice is 0 where its exp-Golomb code begins with a 1 (7.3.3).
            pictures += len(unit) > 1 and unit[1] & 0x80 != 0
        elif kind == _SPS:
            sps.append(unit)
        elif kind == _PPS:
            pps.append(unit)
        elif kind == _SEI and len(unit) > 1:
            recovers = recovers or unit[1] == _RECOVERY_POINT
        pieces.append(struct.pack(">I", len(unit)))
        pieces.append(unit)
    sync = idr or (recovers and bool(sps))
    return AccessUnit(b"".join(pieces), sync, pictures, tuple(sps), tuple(pps))
