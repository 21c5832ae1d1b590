"""Bit rates of a recording's renditions, as the multivariant playlist states them. A kernel."""

from collections import deque
from typing import Final

#: RFC 8216bis 4.1: a peak is taken over 0.5 to 1.5 target durations; ours are 4 s.
SHORTEST_PEAK_S: Final = 2


class Peak:
    """The highest rate of segments in a row, kept while they come: nobody has to read them again for it."""

    def __init__(self) -> None:
        self._highest = 0
        #: Bytes and ticks of the newest segments, and their sums.
        self._run: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._ticks = 0

    def take(self, size: int, duration: int, timescale: int) -> None:
        self._run.append((size, duration))
        self._bytes += size
        self._ticks += duration
        shortest = SHORTEST_PEAK_S * timescale
        while self._ticks - self._run[0][1] >= shortest:
            size, duration = self._run.popleft()
            self._bytes -= size
            self._ticks -= duration
        if self._ticks >= shortest:
            self._highest = max(self._highest, bandwidth(self._bytes, self._ticks, timescale))

    def rate(self, timescale: int) -> int:
        """Bits per second; of all there is, if that is shorter than a peak."""
        return self._highest or bandwidth(self._bytes, self._ticks, timescale)


def bandwidth(size: int, ticks: int, timescale: int) -> int:
    """Bits per second of so many bytes."""
    return 8 * size * timescale // ticks if ticks else 0
