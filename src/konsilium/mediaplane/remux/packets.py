"""PES packets put together again from transport packets (ISO/IEC 13818-1, 2.4.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from konsilium.mediaplane.mpegts.tables import PACKET

_WRAP = 1 << 33
#: Bytes that a packet carries if it carries nothing else.
_PAYLOAD = PACKET - 4
_PAYLOADS = struct.Struct(f"4x{_PAYLOAD}s")
#: Fourth bytes of headers of such packets with counters in order, from any counter on.
_LONGEST_ROW = 4096
_IN_ORDER = bytes(0x10 | number & 0x0F for number in range(_LONGEST_ROW + 16))
#: So many PES packets in a row must end with stuffing before that is believed to be their end.
_PROOF = 25
#: A picture larger than this is no picture: 32 MiB is an 8 K intra frame.
_LARGEST = 32 << 20


@dataclass(frozen=True, slots=True)
class Pes:
    """One packet of an elementary stream; times in 90 kHz ticks modulo 2^33, None where it gives none."""

    presentation: int | None
    decoding: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Carried:
    """What one transport packet of a PID carries, or several in a row that are nothing but payload."""

    pid: int
    #: A PES packet begins in it.
    starts: bool
    #: Continuity counter of the first one.
    counter: int
    #: It is filled up with stuffing.
    stuffed: bool
    payload: bytes

    @property
    def last_counter(self) -> int:
        return (self.counter + (len(self.payload) - 1) // _PAYLOAD) & 0x0F


class Assembler:
    """Of one PID: give it what is carried in order, it gives what that completes.

    Pictures come in packets that do not say how long they are, so that only the next one's start tells: a frame
    later, 33 ms at 30 a second. But whoever writes a transport stream has to fill up the last transport packet of
    each; a sender that has always stuffed there and nowhere else is taken at its word.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        #: Bytes of the whole packet with its header, or 0 if it does not say.
        self._due = 0
        self._counter = -1
        self._stuffed_last = False
        self._proven = 0

    def add(self, carried: Carried) -> Iterator[Pes]:
        payload, starts = carried.payload, carried.starts
        before, self._counter = self._counter, carried.last_counter
        if carried.counter == before and not starts:
            # 2.4.3.3: a packet may be sent twice in a row; the second one is to be ignored.
            payload = payload[_PAYLOAD:]
            if not payload:
                return
        if self._stuffed_last:
            # Before a start this proves it once more; anywhere else it refutes it.
            self._proven = self._proven + 1 if starts else 0
        self._stuffed_last = carried.stuffed and not self._due
        if starts:
            yield from self.flush()
            if len(payload) < 9 or payload[:3] != b"\0\0\1":
                return
            length = payload[4] << 8 | payload[5]
            self._due = length + 6 if length else 0
        elif not self._pieces:
            return
        self._pieces.append(payload)
        self._size += len(payload)
        if (self._due and self._size >= self._due) or (self._stuffed_last and self._proven >= _PROOF):
            yield from self.flush()
        elif self._size > _LARGEST:
            self._clear()

    def flush(self) -> Iterator[Pes]:
        """What is there is all there is."""
        if not self._pieces:
            return
        data = b"".join(self._pieces) if len(self._pieces) > 1 else self._pieces[0]
        if self._due:
            data = data[: self._due]
        self._clear()
        if len(data) < 9:
            # It says of itself that it ends within its own header.
            return
        flags, body = data[7] >> 6, 9 + data[8]
        presentation = _timestamp(data, 9) if flags & 2 and body >= 14 and len(data) >= 14 else None
        decoding = _timestamp(data, 14) if flags == 3 and body >= 19 and len(data) >= 19 else presentation
        yield Pes(presentation, decoding, data[body:])

    def _clear(self) -> None:
        self._pieces = []
        self._size = 0
        self._due = 0


def _timestamp(data: bytes, at: int) -> int:
    return (
        (data[at] >> 1 & 0x07) << 30
        | data[at + 1] << 22
        | (data[at + 2] >> 1) << 15
        | data[at + 3] << 7
        | data[at + 4] >> 1
    )


class Unwrapper:
    """Time stamps that go on over the wrap at 2^33."""

    def __init__(self) -> None:
        self._last: int | None = None

    def __call__(self, stamp: int) -> int:
        if self._last is None:
            self._last = stamp
        else:
            self._last += (stamp - self._last + _WRAP // 2) % _WRAP - _WRAP // 2
        return self._last


def carried_by(packets: bytes, wanted: frozenset[int]) -> Iterator[Carried]:
    """What whole transport packets carry of the wanted PIDs.

    A picture is some hundred packets, all but the first and the last of them nothing but payload: those are taken
    together, as far as their counters are in order, since a step in Python for each would be most of our work.
    """
    seconds, thirds, fourths = packets[1::PACKET], packets[2::PACKET], packets[3::PACKET]
    at, count = 0, len(fourths)
    while at < count:
        second, fourth = seconds[at], fourths[at]
        is_wanted = (second & 0x1F) << 8 | thirds[at] in wanted and fourth & 0x10
        if second & 0x40 or fourth & 0xF0 != 0x10:
            end = at + 1
            if is_wanted:
                yield from _single(packets, at * PACKET)
        else:
            end = min(_end_of_like(seconds, at), _end_of_like(thirds, at), at + _LONGEST_ROW)
            end = at + _in_order(fourths[at:end])
            if is_wanted:
                yield _row(packets, at * PACKET, end * PACKET)
        at = end


def _end_of_like(values: bytes, at: int) -> int:
    return len(values) - len(values[at:].lstrip(values[at : at + 1]))


def _in_order(fourths: bytes) -> int:
    """How many from the first on are nothing but payload, with counters in order."""
    first = fourths[0] & 0x0F
    expected = _IN_ORDER[first : first + len(fourths)]
    if fourths == expected:
        return len(fourths)
    return next(index for index, pair in enumerate(zip(fourths, expected, strict=True)) if pair[0] != pair[1])


def _row(packets: bytes, begin: int, end: int) -> Carried:
    payload = b"".join([payload for (payload,) in _PAYLOADS.iter_unpack(packets[begin:end])])
    return Carried(_pid(packets, begin), False, packets[begin + 3] & 0x0F, False, payload)


def _single(packets: bytes, at: int) -> Iterator[Carried]:
    start, stuffed = at + 4, False
    if packets[at + 3] & 0x20:
        start += 1 + packets[at + 4]
        stuffed = _is_stuffed(packets, at)
    if start < at + PACKET:
        starts, counter = bool(packets[at + 1] & 0x40), packets[at + 3] & 0x0F
        yield Carried(_pid(packets, at), starts, counter, stuffed, packets[start : at + PACKET])


def _pid(packets: bytes, at: int) -> int:
    return (packets[at + 1] & 0x1F) << 8 | packets[at + 2]


def _is_stuffed(packets: bytes, at: int) -> bool:
    """Whether the adaptation field (2.4.3.4) is longer than what it says: flags and clock references."""
    length, flags = packets[at + 4], packets[at + 5]
    if length == 0:
        return True
    if flags & 0x07:
        # Splice points, private data, extensions: of lengths of their own, and not what fills packets up.
        return False
    return length > 1 + 6 * (flags >> 4 & 1) + 6 * (flags >> 3 & 1)
