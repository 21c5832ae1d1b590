"""Counts packets that did not come, by the counters in their headers (ISO/IEC 13818-1, 2.4.3.3)."""

from konsilium.mediaplane.mpegts.tables import PACKET

#: 2.4.3.3: "the continuity_counter is undefined" for null packets.
_NULL_PID = 0x1FFF


#: The low five bits: of a PID's upper byte, or "carries something" with the counter.
_LOW_FIVE = bytes(value & 0x1F for value in range(256))
#: What the counters of packets in order look like, from any of them on.
_LONGEST_RUN = 4096
_IN_ORDER = bytes(0x10 | number & 0x0F for number in range(_LONGEST_RUN + 16))


class Continuity:
    """Follows every stream of one transport stream; `lost` only grows.

    The counter has four bits: of a gap of sixteen packets and more within one stream only the rest is seen.
    """

    def __init__(self) -> None:
        self.lost = 0
        #: By PID: the counter of the last packet that carried something.
        self._last: dict[int, int] = {}

    def feed(self, block: bytes) -> None:
        """`block` is whole packets. Thousands come each second, nearly all in order: those are looked at in rows."""
        seconds = block[1::PACKET].translate(_LOW_FIVE)
        thirds = block[2::PACKET]
        counters = block[3::PACKET].translate(_LOW_FIVE)
        at, count = 0, len(thirds)
        while at < count:
            third = thirds[at : at + 1]
            alike = len(thirds) - len(thirds[at:].lstrip(third)) - at
            end = at + min(alike, _LONGEST_RUN)
            pid = seconds[at] << 8 | third[0]
            before = self._last.get(pid)
            first = -1 if before is None else (before + 1) & 0x0F
            if (
                first >= 0
                and counters[at:end] == _IN_ORDER[first : first + end - at]
                and seconds.count(seconds[at], at, end) == end - at
            ):
                self._last[pid] = counters[end - 1] & 0x0F
            else:
                for index in range(at, end):
                    self._look(block, index * PACKET)
            at = end

    def _look(self, block: bytes, at: int) -> None:
        pid, flags = (block[at + 1] & 0x1F) << 8 | block[at + 2], block[at + 3]
        announced = bool(flags & 0x20) and _is_discontinuity(block, at)
        # "shall not be incremented when the adaptation_field_control … equals '00' or '10'"
        if not flags & 0x10:
            if announced:
                self._last.pop(pid, None)
            return
        counter, before = flags & 0x0F, self._last.get(pid)
        self._last[pid] = counter
        # A packet may be sent twice, with the same counter.
        if before is None or announced or pid == _NULL_PID or counter in {(before + 1) & 0x0F, before}:
            return
        self.lost += (counter - before - 1) & 0x0F


def _is_discontinuity(block: bytes, at: int) -> bool:
    """2.4.3.5: the first flag of the adaptation field, if that has a flag at all."""
    return block[at + 4] > 0 and bool(block[at + 5] & 0x80)
