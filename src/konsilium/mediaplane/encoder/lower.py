"""The low outlet of a feed: what was coded smaller, and what the top carries while nothing smaller comes."""

from collections import deque
from dataclasses import replace
from datetime import datetime

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.source_clock import SourceClock

#: Fragments of the top that are kept to go on with; more than any smaller coding may be behind.
_MOST_KEPT = 600


class Lower:
    """Whoever watches the low outlet keeps a picture, whatever becomes of the process that codes it.

    It is told of the top as its viewers see it, already moved along with the sender's clock, and what was coded
    smaller of that keeps those times. So the one takes over from the other at a key frame that both have, and
    whoever changes between them finds the same picture at the same time: nothing is shown twice or left out.
    """

    def __init__(self, kind: Kind) -> None:
        self.outlet = Outlet(kind, moved_already=True)
        self._clock: SourceClock | None = None
        self._top: Init | None = None
        self._own: Init | None = None
        self._own_shown = False
        #: From this time stamp on the own coding is shown.
        self._from: int | None = None
        #: What the top has carried since what was shown last of the own coding.
        self._kept: deque[Fragment] = deque(maxlen=_MOST_KEPT)

    @property
    def is_own(self) -> bool:
        return self._from is not None

    # -- the top ---------------------------------------------------------------------------------------

    def begin(self, init: Init, *, clock: SourceClock) -> None:
        """Another coding of the top. The own one follows at the next key frame, if it goes on."""
        self._clock, self._top = clock, init
        self._show_top()
        self.outlet.begin(init, clock=clock)

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        if self._from is None and self._own is not None and fragment.independent:
            self._from = shown_at(fragment)
            self._own_shown = False
        if self._from is None:
            if self.outlet.watched:
                self.outlet.add(fragment, arrival=arrival)
        else:
            self._kept.append(fragment)

    def pause(self, *, at: datetime) -> None:
        self._show_top()
        if self._top and self._clock:
            self.outlet.begin(self._top, clock=self._clock)
        self.outlet.pause(at=at)

    # -- what was coded smaller ------------------------------------------------------------------------

    def own_begin(self, init: Init) -> None:
        self._own = init

    def own_add(self, fragment: Fragment, *, arrival: float) -> None:
        if self._from is None or self._own is None or self._clock is None or not self._top:
            return
        at = shown_at(fragment)
        if at < self._from - fragment.samples[0].duration // 2:
            return
        if not self._own_shown:
            if not fragment.independent:
                return
            self._own_shown = True
            self.outlet.begin(replace(self._own, frame_rate=self._top.frame_rate), clock=self._clock)
        self.outlet.add(fragment, arrival=arrival)
        end = at + fragment.duration - fragment.samples[0].duration // 2
        while self._kept and shown_at(self._kept[0]) < end:
            self._kept.popleft()

    def own_over(self, *, arrival: float) -> None:
        """Nothing smaller comes any more: the top goes on where it ended, at its next key frame."""
        self._own = None
        if self._from is None:
            return
        kept = list(self._kept)
        self._show_top()
        if self._top is None or self._clock is None:
            return
        self.outlet.begin(self._top, clock=self._clock)
        while kept and not kept[0].independent:
            kept.pop(0)
        for fragment in kept:
            self.outlet.add(fragment, arrival=arrival)

    def _show_top(self) -> None:
        self._from = None
        self._kept.clear()


def shown_at(fragment: Fragment) -> int:
    """When its first sample is shown, in its own time."""
    return fragment.decode_time + (fragment.samples[0].composition_offset if fragment.samples else 0)
