"""Carries one door's coded picture (or sound) to every channel that shows it, on the wall clock."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.encoder.command_lines import TIME_OFFSET_S
from konsilium.mediaplane.mpegts.splitter import signed_difference
from konsilium.mediaplane.seam import RenditionSink

_HZ = 90_000
#: Frames over which the rate is measured.
_RATE_FRAMES = 50
#: A period never begins with what is older.
_STALE = timedelta(seconds=1.5)


class SourceClock:
    """Relates a sender's time stamps to the wall clock: the frame that was delayed least tells the offset.

    Once something was placed with it, it stays: picture, sound and later runs share the same offset.
    """

    def __init__(self) -> None:
        self._newest: int | None = None
        self._offset: float | None = None
        self._fixed = False

    def note(self, clock: int, arrival: float) -> None:
        self._newest = clock
        offset = arrival - clock / _HZ
        if self._offset is None or (not self._fixed and offset < self._offset):
            self._offset = offset

    def wall(self, decode_time: int, timescale: int) -> datetime:
        """Of a time stamp as stage 2 writes it."""
        stamp = round((decode_time / timescale - TIME_OFFSET_S) * _HZ)
        newest = self._newest or 0
        self._fixed = True
        seconds = (newest + signed_difference(stamp, newest)) / _HZ + (self._offset or 0.0)
        return datetime.fromtimestamp(seconds, UTC)


@dataclass(slots=True)
class _Period:
    init: Init
    clock: SourceClock
    frame_rate: float | None


class Outlet:
    """Of one kind. Sinks may come and go while it runs; each starts with the next key frame."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        #: Whether the sink has the present period open.
        self._sinks: dict[RenditionSink, bool] = {}
        self._reopen: dict[RenditionSink, bool] = {}
        self._period: _Period | None = None
        self._end: datetime | None = None
        #: When the last fragment came, on the monotonic clock; None while nothing does.
        self.last: float | None = None
        self._frames: deque[float] = deque(maxlen=_RATE_FRAMES)

    def attach(self, sink: RenditionSink) -> None:
        self._sinks.setdefault(sink, False)

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

    def begin(self, init: Init, *, clock: SourceClock, frame_rate: float | None) -> None:
        self._period = _Period(init, clock, frame_rate)
        self._frames.clear()
        self._reopen = dict.fromkeys(self._sinks, True)

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        period = self._period
        if period is None:
            return
        self._frames.extend(sample.duration / fragment.timescale for sample in fragment.samples)
        first = fragment.samples[0].composition_offset if fragment.samples else 0
        start = period.clock.wall(fragment.decode_time + first, fragment.timescale)
        self._end = start + timedelta(seconds=fragment.duration / fragment.timescale)
        for sink, opened in list(self._sinks.items()):
            if not opened or self._reopen.get(sink):
                if not self._may_open(fragment, start):
                    continue
                self._open(sink, period, start)
            sink.add_fragment(fragment)
        if datetime.now(UTC) - start < _STALE:
            self.last = arrival

    def _may_open(self, fragment: Fragment, start: datetime) -> bool:
        if self._kind is Kind.VIDEO and not fragment.independent:
            return False
        # What a dying stage still writes out belongs where the slate already is.
        return datetime.now(UTC) - start < _STALE

    def _open(self, sink: RenditionSink, period: _Period, at: datetime) -> None:
        sink.open_period(
            init=period.init.data,
            codecs=period.init.codecs,
            timescale=period.init.timescale,
            width=period.init.width,
            height=period.init.height,
            frame_rate=period.frame_rate,
            at=at,
        )
        self._sinks[sink] = True
        self._reopen[sink] = False

    def pause(self, *, at: datetime) -> None:
        """Nothing comes: slate or silence from the end of what came; it goes on with the next key frame."""
        for sink, opened in self._sinks.items():
            if opened:
                sink.close_period(at=self._end or at)
                self._sinks[sink] = False
        self.last = None

    def close(self, *, at: datetime) -> None:
        self.pause(at=at)
        self._period = None
        self._end = None
