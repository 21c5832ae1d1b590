"""Carries one rendition of a recording to every channel that shows it, as an encoder's outlet does."""

import time
from datetime import datetime, timedelta

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.seam import RenditionSink


class PlaybackOutlet:
    """Sinks may come and go; each starts with the next key frame."""

    def __init__(self) -> None:
        #: Whether the sink has the present initialisation section's period open.
        self._sinks: dict[RenditionSink, bool] = {}
        self._opened: set[RenditionSink] = set()
        self._end: datetime | None = None
        self.init: Init | None = None
        #: When the last frame was handed over, on the monotonic clock; None while nothing is.
        self.last: float | None = None

    @property
    def measured_rate(self) -> float | None:
        return self.init.frame_rate if self.init else None

    @property
    def free_from(self) -> datetime | None:
        """Where what the sinks still show ends; our first frame's place should be behind it."""
        ends = [end for sink in self._sinks if (end := getattr(sink, "free_from", None)) is not None]
        return max(ends, default=None)

    def attach(self, sink: RenditionSink) -> None:
        self._sinks.setdefault(sink, False)

    def detach(self, sink: RenditionSink, *, at: datetime) -> None:
        self._sinks.pop(sink, None)
        if sink in self._opened:
            self._opened.discard(sink)
            sink.close_period(at=self._end or at)

    def begin(self, init: Init) -> None:
        """What follows is coded otherwise."""
        self.init = init
        self._sinks = dict.fromkeys(self._sinks, False)

    def add(self, fragment: Fragment, *, at: datetime) -> None:
        """`at` is the wall clock of its first frame."""
        init = self.init
        if init is None:
            return
        for sink, current in list(self._sinks.items()):
            if not current:
                if not fragment.independent:
                    continue
                self._open(sink, init, at)
            sink.add_fragment(fragment)
        self._end = at + timedelta(seconds=fragment.duration / fragment.timescale)
        self.last = time.monotonic()

    def _open(self, sink: RenditionSink, init: Init, at: datetime) -> None:
        sink.open_period(init, at=at)
        # Opening may have changed who is attached: what it replaced is put away first.
        self._sinks[sink] = True
        self._opened.add(sink)

    def interrupt(self, *, at: datetime) -> None:
        """The slate follows, until the next key frame."""
        for sink in list(self._opened):
            sink.close_period(at=self._end or at)
        self._opened.clear()
        self._sinks = dict.fromkeys(self._sinks, False)

    def close(self, *, at: datetime) -> None:
        """It is over."""
        self.interrupt(at=at)
        self.last = None
