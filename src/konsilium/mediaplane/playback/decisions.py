"""Where a recording stands, decided from plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: The first frame's time lies so far ahead: a live signal may have come as far, and one must follow the other.
LEAD: Final = timedelta(milliseconds=100)
#: Some senders begin with a burst, so their frames' times lie ahead of the clock; by more is another matter.
FURTHEST: Final = timedelta(seconds=1)
#: What follows is handed over so long after its own time. A live signal's frames come up to 100 ms after theirs,
#: so whoever swaps back to it finds that its first frame's place is still free.
LAG: Final = timedelta(milliseconds=250)
#: A beginning that was missed by less is shown after all: the plan takes a moment to get here.
MISSED: Final = timedelta(seconds=3)
#: How long what is shown stays while what is to come has not come.
PATIENCE: Final = timedelta(seconds=2.5)


@dataclass(frozen=True, slots=True)
class Clock:
    """The recording's own time on the wall: `began` of it is shown at `shown`."""

    began: datetime
    shown: datetime
    #: How long before its time the first frame is handed over.
    ahead: timedelta = LEAD

    def wall(self, moment: datetime) -> datetime:
        return self.shown + (moment - self.began)

    def moment(self, wall: datetime) -> datetime:
        return self.began + (wall - self.shown)


def clock_of(*, began: datetime, since: datetime, ready: datetime, free: datetime | None = None) -> Clock:
    """`ready` is when the first frame can be handed over, `free` where what was shown until then ends.

    A recording that begins now begins with its first frame; one that has been running, for whoever was
    restarted, goes on where it would be.
    """
    if not since <= ready < since + MISSED:
        return Clock(began, since)
    first = ready + LEAD
    if free is not None:
        first = max(first, min(free, ready + FURTHEST))
    return Clock(began, first, first - ready)


def left(clock: Clock, *, ended: datetime, now: datetime) -> float:
    """Seconds until it is over."""
    return max(0.0, (ended - clock.moment(now)).total_seconds())
