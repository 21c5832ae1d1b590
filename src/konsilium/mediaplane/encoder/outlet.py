"""Carries one door's coded picture (or sound) to every channel that shows it, on the wall clock."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.encoder.gathering import Gathering
from konsilium.mediaplane.encoder.source_clock import SourceClock, Warp
from konsilium.mediaplane.seam import RenditionSink

log = logging.getLogger(__name__)

#: Frames over which the rate is measured.
_RATE_FRAMES = 50
#: A period never begins with what is older.
_STALE = timedelta(seconds=1.5)
#: Of film that is handed on together where only followers take it: a part, as elsewhere.
_UNWATCHED_S = 0.2


class Follower(Protocol):
    """Gets what the sinks get, from wherever the outlet stands: what is made of it lies where the original does."""

    def begin(self, init: Init, *, clock: SourceClock) -> None: ...

    def add(self, fragment: Fragment, *, arrival: float) -> None: ...

    def pause(self, *, at: datetime) -> None: ...


@dataclass(slots=True)
class _Period:
    init: Init
    clock: SourceClock
    #: None where what comes was moved already.
    warp: Warp | None


class Outlet:
    """Of one kind. Sinks may come and go while it runs; each starts with the next key frame."""

    def __init__(self, kind: Kind, *, moved_already: bool = False) -> None:
        """`moved_already` is what was made of another outlet's: its time follows the sender's clock as it is."""
        self._kind = kind
        self._moved_already = moved_already
        #: Whether the sink has the present period open.
        self._sinks: dict[RenditionSink, bool] = {}
        self._reopen: dict[RenditionSink, bool] = {}
        self._period: _Period | None = None
        self._end: datetime | None = None
        #: When the last fragment came, on the monotonic clock; None while nothing does.
        self.last: float | None = None
        self._frames: deque[float] = deque(maxlen=_RATE_FRAMES)
        self._followers: list[Follower] = []
        self._gathering = Gathering(kind)
        #: When the newest of what is gathered came.
        self._arrival = 0.0
        #: So much film more, and somewhere a part may be whole.
        self._missing_s = 0.0

    def follow(self, follower: Follower) -> None:
        self._followers.append(follower)

    def attach(self, sink: RenditionSink) -> None:
        self._sinks.setdefault(sink, False)
        self._missing_s = 0.0

    @property
    def watched(self) -> bool:
        return bool(self._sinks)

    def detach(self, sink: RenditionSink, *, at: datetime) -> None:
        if self._sinks.pop(sink, False):
            sink.close_period(at=self._end or at)

    @property
    def init(self) -> Init | None:
        return self._period.init if self._period else None

    @property
    def measured_rate(self) -> float | None:
        """Frames per second as their durations say."""
        seconds = sum(self._frames)
        return round(len(self._frames) / seconds, 2) if len(self._frames) > 5 and seconds else None

    def begin(self, init: Init, *, clock: SourceClock) -> None:
        self._hand_on()
        self._period = _Period(init, clock, None if self._moved_already else self._warp_of(init, clock))
        self._frames.clear()
        self._reopen = dict.fromkeys(self._sinks, True)
        self._tell(lambda follower: follower.begin(init, clock=clock))

    def _warp_of(self, init: Init, clock: SourceClock) -> Warp:
        before = self._period
        same = before is not None and before.clock is clock and before.init.timescale == init.timescale
        # A stage that was replaced goes on where the one before it was.
        goes_on = before.warp if before and same else None
        return goes_on or Warp(self._kind, init.timescale, clock.correction)

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        """Handed on at once, or together with what follows where no part can be whole before that."""
        # A key frame ends the part before it, and whoever waits for one waits no longer.
        is_key = self._kind is Kind.VIDEO and fragment.independent
        if is_key or not self._gathering.goes_on_with(fragment):
            self._hand_on()
        self._gathering.add(fragment)
        self._arrival = arrival
        following_s = fragment.samples[-1].duration / fragment.timescale
        if is_key or self._gathering.seconds + following_s > self._missing_s:
            self._hand_on()

    def _hand_on(self) -> None:
        period, fragment, arrival = self._period, self._gathering.take(), self._arrival
        if period is None or fragment is None:
            return
        self._frames.extend(sample.duration / fragment.timescale for sample in fragment.samples)
        if period.warp is not None:
            fragment = period.warp.apply(fragment, period.clock.correction)
        if not fragment.samples:
            # The one frame of sound that it had was left out.
            return
        self._show(period, fragment, arrival)
        self._tell(lambda follower: follower.add(fragment, arrival=arrival))

    def _show(self, period: _Period, fragment: Fragment, arrival: float) -> None:
        first = fragment.samples[0].composition_offset
        start = period.clock.wall(fragment.decode_time + first, fragment.timescale)
        self._end = start + timedelta(seconds=fragment.duration / fragment.timescale)
        missing_s = []
        for sink, opened in list(self._sinks.items()):
            if not opened or self._reopen.get(sink):
                if not self._may_open(fragment, start):
                    missing_s.append(0.0)
                    continue
                self._open(sink, period, start)
            missing_s.append(sink.add_fragment(fragment))
        self._missing_s = min(missing_s, default=_UNWATCHED_S)
        if datetime.now(UTC) - start < _STALE:
            self.last = arrival

    def _may_open(self, fragment: Fragment, start: datetime) -> bool:
        if self._kind is Kind.VIDEO and not fragment.independent:
            return False
        # What a dying stage still writes out belongs where the slate already is.
        return datetime.now(UTC) - start < _STALE

    def _open(self, sink: RenditionSink, period: _Period, at: datetime) -> None:
        sink.open_period(period.init, at=at)
        self._sinks[sink] = True
        self._reopen[sink] = False

    def pause(self, *, at: datetime) -> None:
        """Nothing comes: slate or silence from the end of what came; it goes on with the next key frame."""
        self._hand_on()
        for sink, opened in self._sinks.items():
            if opened:
                sink.close_period(at=self._end or at)
                self._sinks[sink] = False
        self.last = None
        self._tell(lambda follower: follower.pause(at=at))

    def _tell(self, what: Callable[[Follower], None]) -> None:
        for follower in self._followers:
            try:
                what(follower)
            except Exception:
                # Whatever listens beside the picture must not be able to stop it.
                log.exception("a follower of the %s stumbled", self._kind)

    def close(self, *, at: datetime) -> None:
        self.pause(at=at)
        self._period = None
        self._end = None
