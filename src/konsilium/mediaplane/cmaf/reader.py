"""Incremental reader of one encoder's fragmented MP4."""

import struct
from typing import Final

from konsilium.mediaplane.cmaf import avc
from konsilium.mediaplane.cmaf.boxes import BoxError, box
from konsilium.mediaplane.cmaf.fragment import Defaults, parse_fragment, parse_trex
from konsilium.mediaplane.cmaf.init import parse_init, with_parameter_sets
from konsilium.mediaplane.cmaf.model import Fragment, Init, Kind, Malformed

MIB: Final = 1 << 20
#: A key frame of 8 K intra video stays below this; whatever is larger is a misread length.
MAX_MEDIA: Final = 32 * MIB
MAX_OTHER: Final = MIB
#: Boxes that may stand between fragments and mean nothing to us (ISO/IEC 14496-12, 23000-19).
SKIPPED: Final = frozenset(
    {b"ftyp", b"styp", b"sidx", b"ssix", b"prft", b"emsg", b"free", b"skip", b"mfra", b"uuid", b"meta"}
)


class Reader:
    """Takes the bytes as they come and gives what they complete; after `Malformed` it gives nothing more."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        #: Where the buffer begins in the stream.
        self._offset = 0
        self._ftyp = b""
        self._init: Init | None = None
        self._track = 0
        self._sets: avc.ParameterSets | None = None
        self._defaults = Defaults()
        self._moof: tuple[int, bytes] | None = None
        self._failed = False

    def feed(self, data: bytes) -> list[Init | Fragment | Malformed]:
        if self._failed:
            return []
        self._buffer += data
        found: list[Init | Fragment | Malformed] = []
        try:
            while (size := self._box_size()) is not None and size <= len(self._buffer):
                content = bytes(memoryview(self._buffer)[:size])
                found += self._take_box(content)
                del self._buffer[:size]
                self._offset += size
        except BoxError as error:
            self._failed = True
            self._buffer.clear()
            found.append(Malformed(str(error), self._offset))
        return found

    def _box_size(self) -> int | None:
        if len(self._buffer) < 8:
            return None
        size, name = struct.unpack_from(">I4s", self._buffer)
        if size == 1:
            if len(self._buffer) < 16:
                return None
            (size,) = struct.unpack_from(">Q", self._buffer, 8)
        if name not in SKIPPED and name not in {b"moov", b"moof", b"mdat"}:
            raise BoxError("the stream is no fragmented MP4")
        if not 8 <= size <= (MAX_MEDIA if name == b"mdat" else MAX_OTHER):
            raise BoxError(f"box {name!r} has an impossible length")
        return int(size)

    def _take_box(self, content: bytes) -> list[Init | Fragment | Malformed]:
        name = content[4:8]
        header = 16 if content[:4] == b"\0\0\0\1" else 8
        if len(content) < header:
            raise BoxError("a box is shorter than its header")
        if name == b"ftyp":
            self._ftyp = content
        elif name == b"moov":
            return [self._take_init(content[header:])]
        elif name == b"moof":
            # A length of 64 bits would move the data offsets: no encoder writes one here.
            if header != 8:
                raise BoxError("box b'moof' has an impossible length")
            self._moof = (self._offset, content)
        elif name == b"mdat":
            return self._take_media(content[header:], self._offset + header)
        return []

    def _take_init(self, moov: bytes) -> Init:
        data = self._ftyp + box(b"moov", moov)
        self._init, self._track, self._sets = parse_init(data)
        self._defaults = parse_trex(data)
        self._moof = None
        return self._init

    def _take_media(self, mdat: bytes, mdat_at: int) -> list[Init | Fragment | Malformed]:
        if self._init is None:
            raise BoxError("media comes before its initialisation section")
        if self._moof is None:
            # ffmpeg's `empty_moov` may be followed by an empty mdat; it belongs to no fragment.
            if mdat:
                raise BoxError("media comes without a description")
            return []
        moof_at, moof = self._moof
        self._moof = None
        fragment = parse_fragment(
            moof,
            mdat,
            moof_at=moof_at,
            mdat_at=mdat_at,
            track=self._track,
            timescale=self._init.timescale,
            defaults=self._defaults,
        )
        if not fragment.samples:
            return []
        changed = self._changed_init(fragment)
        return [fragment] if changed is None else [changed, fragment]

    def _changed_init(self, fragment: Fragment) -> Init | None:
        if self._init is None or self._init.kind is not Kind.VIDEO or self._sets is None:
            return None
        if not fragment.independent:
            return None
        first = memoryview(fragment.payload)[: fragment.samples[0].size]
        sets = avc.changed_sets(first, self._sets)
        if sets is None:
            return None
        self._sets = sets
        self._init = with_parameter_sets(self._init, sets)
        return self._init
