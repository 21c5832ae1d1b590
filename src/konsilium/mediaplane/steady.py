"""The wall clock as a delay may be counted by it: it runs as fast as time does, or nearly so.

A wall clock is set by whoever keeps it (NTP after a long pause, an administrator). If what waits for a delay of 30 s
went by it, a step of 28 s would let out what can still be stopped.
"""

from datetime import datetime, timedelta
from typing import Final

#: A clock that went by more than this, in one step or in several, was set: by so much a delay may be wrong.
SET: Final = timedelta(seconds=1)
#: What it went by less is made up for by so much of the time that passes: a second in 20 s.
MADE_UP: Final = 0.05


class SteadyClock:
    def __init__(self) -> None:
        #: What the wall clock said when the monotonic one stood at zero.
        self._zero: datetime | None = None
        self._made_up = timedelta(0)
        self._before = timedelta(0)

    def look(self, wall: datetime, steady: float) -> tuple[datetime, bool]:
        """The time, and whether the clock was set: then how old something is cannot be told from when it was taken.

        `steady` is the monotonic clock's.
        """
        at = timedelta(seconds=steady)
        most, self._before = MADE_UP * (at - self._before), at
        if self._zero is None or abs(wall - at - self._zero) > SET:
            was_set = self._zero is not None
            self._zero, self._made_up = wall - at, timedelta(0)
            return wall, was_set
        off = wall - at - self._zero - self._made_up
        self._made_up += max(-most, min(most, off))
        return self._zero + at + self._made_up, False
