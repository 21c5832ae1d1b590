"""What one rendition of a channel shows, and the change to something else without a hole between."""

from datetime import datetime, timedelta
from typing import Protocol

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.playback.decisions import PATIENCE
from konsilium.mediaplane.seam import RenditionSink


class AnyOutlet(Protocol):
    """An encoder's or a recording's."""

    @property
    def last(self) -> float | None: ...

    def attach(self, sink: RenditionSink) -> None: ...

    def detach(self, sink: RenditionSink, *, at: datetime) -> None: ...


class _Relay:
    """The sink as one outlet sees it. Whoever opens first puts away the one before."""

    def __init__(self, attachment: "Attachment", sink: RenditionSink) -> None:
        self._attachment = attachment
        self._sink = sink
        self._began: datetime | None = None
        self._first: int | None = None
        #: Another signal follows without a loss: that this one ends is not for the sink to know.
        self.replaced = False
        #: Where what was handed on ends.
        self.end: datetime | None = None

    @property
    def free_from(self) -> datetime | None:
        """Where what is still shown ends; None if nothing is."""
        return self._attachment.free_from(self)

    def open_period(self, init: Init, *, at: datetime) -> None:
        self._attachment.took_over(self, at)
        self._began, self._first = at, None
        self._sink.open_period(init, at=at)

    def add_fragment(self, fragment: Fragment) -> float:
        missing_s = self._sink.add_fragment(fragment)
        if self._began is not None:
            self._first = fragment.decode_time if self._first is None else self._first
            ticks = fragment.decode_time + fragment.duration - self._first
            self.end = self._began + timedelta(seconds=ticks / fragment.timescale)
        return missing_s

    def close_period(self, *, at: datetime) -> None:
        if not self.replaced:
            self._sink.close_period(at=at)


class Attachment:
    """Call `tick` some ten times a second: what does not come is not waited for without end."""

    def __init__(self, sink: RenditionSink) -> None:
        self._sink = sink
        self._outlet: AnyOutlet | None = None
        self._relay: _Relay | None = None
        self._before: tuple[AnyOutlet, _Relay] | None = None
        self._until: datetime | None = None

    @property
    def outlet(self) -> AnyOutlet | None:
        return self._outlet

    def show(self, outlet: AnyOutlet | None, now: datetime) -> None:
        """At once, or as soon as it has a key frame; until then what was shown goes on."""
        if outlet is self._outlet:
            return
        self._take_back(now)
        if outlet is self._outlet:
            return
        if self._outlet is not None and self._relay is not None:
            if outlet is not None and self._outlet.last is not None:
                self._before, self._until = (self._outlet, self._relay), now + PATIENCE
            else:
                self._outlet.detach(self._relay, at=now)
        self._outlet = outlet
        self._relay = None
        if outlet is not None:
            self._relay = _Relay(self, self._sink)
            outlet.attach(self._relay)

    def tick(self, now: datetime) -> None:
        if self._until is not None and now > self._until:
            self._put_away(now)

    def free_from(self, relay: _Relay) -> datetime | None:
        before = self._before
        return before[1].end if before is not None and relay is self._relay else None

    def took_over(self, relay: _Relay, at: datetime) -> None:
        if relay is self._relay:
            if self._before is not None:
                self._before[1].replaced = True
            self._put_away(at)

    def _take_back(self, now: datetime) -> None:
        """What was to come has not, and is not wanted any more."""
        if self._before is not None and self._outlet is not None and self._relay is not None:
            self._outlet.detach(self._relay, at=now)
            self._outlet, self._relay = self._before
            self._before, self._until = None, None

    def _put_away(self, at: datetime) -> None:
        before, self._before, self._until = self._before, None, None
        if before is not None:
            before[0].detach(before[1], at=at)
