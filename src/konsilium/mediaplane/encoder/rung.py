"""The lower rung of one feed: the same picture, coded small, for thin lines. The first to go when it gets tight."""

import logging
import time
from collections import deque
from datetime import datetime
from typing import Literal

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader, Sample, write_chunk
from konsilium.mediaplane.encoder import command_lines
from konsilium.mediaplane.encoder.decisions import RungLoad, is_overloaded, rest_of_rung
from konsilium.mediaplane.encoder.helper import Helper
from konsilium.mediaplane.encoder.lower import Lower, shown_at
from konsilium.mediaplane.encoder.source_clock import SourceClock
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.plan import LadderPlan

log = logging.getLogger(__name__)

#: Until a child has looked at its input and started, nothing can be said about its speed.
_GRACE_S = 4.0
#: One that has kept up for so long begins with a clean record.
_PROVEN_S = 300.0
_LATENESS_S = 2.0
#: A child that has given nothing by then never will.
_LONGEST_SILENCE_S = 15.0


class Rung:
    """Follows a video outlet. Without `enable` its low outlet just shows what the top shows."""

    def __init__(self, name: str, ladder: LadderPlan) -> None:
        self.lower = Lower(Kind.VIDEO)
        self._name = name
        self._ladder = ladder
        self._helper = Helper(f"rung {name}", self._command, [self._take], began=self._began)
        self._nvenc = False
        self._enabled = False
        self._init: Init | None = None
        self._clock = SourceClock()
        self._sequence = 0
        self._asked: int | None = None
        self._answered: int | None = None
        self._since = 0.0
        #: Of the first fragment that should have been coded by now, on the monotonic clock.
        self._waiting_since: float | None = None
        self._drops = 0
        self._rests_until: float | None = None
        #: When, and how long after its time: of the top's latest fragments.
        self._lateness: deque[tuple[float, float]] = deque()
        self._reader = Reader()

    def enable(self, *, nvenc: bool) -> None:
        self._enabled, self._nvenc = True, nvenc
        self._start()

    # -- what the outlet says --------------------------------------------------------------------------

    def begin(self, init: Init, *, clock: SourceClock) -> None:
        # The time stamps may begin anew, and what is still being coded is of the old ones.
        self._helper.restart()
        self._asked = self._answered = None
        self.lower.own_over(arrival=time.monotonic())
        self._init, self._clock = init, clock
        self.lower.begin(init, clock=clock)
        self._start()

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        self.lower.add(fragment, arrival=arrival)
        if self.state != "on" or self._init is None:
            return
        if self._waiting_since is None:
            self._waiting_since = arrival
        if not self._helper.ready:
            return
        self._note_lateness(fragment, arrival)
        if self._asked is None and not fragment.independent:
            return
        if self._sequence == 0:
            self._helper.write(self._init.data)
        self._sequence += 1
        self._asked = shown_at(fragment)
        self._helper.write(_chunk(fragment, self._sequence))

    def pause(self, *, at: datetime) -> None:
        self._asked = self._answered = self._waiting_since = None
        self._lateness.clear()
        self.lower.pause(at=at)

    # -- what becomes of it ----------------------------------------------------------------------------

    @property
    def state(self) -> Literal["off", "on", "dropped"]:
        if not self._enabled or not self._is_smaller:
            return "off"
        return "dropped" if self._rests_until is not None else "on"

    @property
    def pid(self) -> int:
        return self._helper.pid

    def look(self, now: float) -> None:
        """Some ten times a second."""
        if self._rests_until is not None:
            if now >= self._rests_until:
                self._rests_until = None
                self._start()
            return
        if self._waiting_since is not None and now - self._waiting_since > _LONGEST_SILENCE_S:
            # It may be that too many films are being coded by the graphics processor already.
            self._nvenc = False
            self._drop(now)
            return
        if not self._helper.ready or now - self._since < _GRACE_S:
            return
        if now - self._since > _PROVEN_S:
            self._drops = 0
        if is_overloaded(self._load(now)):
            self._drop(now)

    async def stop(self) -> None:
        await self._helper.stop()

    @property
    def _is_smaller(self) -> bool:
        return self._init is not None and (self._init.height or 0) > self._ladder.height

    def _start(self) -> None:
        if self._enabled and self._is_smaller and self._rests_until is None:
            self._helper.start()
        elif not self._is_smaller:
            self._helper.cease()

    def _load(self, now: float) -> RungLoad:
        while self._lateness and now - self._lateness[0][0] > _LATENESS_S:
            self._lateness.popleft()
        behind = 0.0
        if self._asked is not None and self._init is not None:
            behind = (
                (self._asked - (self._answered or 0)) / self._init.timescale if self._answered else _GRACE_S
            )
        return RungLoad(
            behind_s=behind,
            waiting_bytes=self._helper.unwritten,
            top_late_s=min((late for _, late in self._lateness), default=0.0),
        )

    def _drop(self, now: float) -> None:
        self._drops += 1
        rest = rest_of_rung(self._drops)
        log.warning("rung %s: too slow, dropped for %.0f s", self._name, rest)
        self._rests_until, self._waiting_since = now + rest, None
        self._helper.cease()
        self.lower.own_over(arrival=now)

    def _note_lateness(self, fragment: Fragment, arrival: float) -> None:
        due = self._clock.wall(fragment.decode_time + fragment.duration, fragment.timescale).timestamp()
        self._lateness.append((arrival, time.time() - due))
        while arrival - self._lateness[0][0] > _LATENESS_S:
            self._lateness.popleft()

    # -- the child -------------------------------------------------------------------------------------

    def _command(self, fds: command_lines.Fds) -> list[str]:
        if self._nvenc and self._asked is not None and self._answered is None:
            # The one before it was given film and died of it.
            log.warning("rung %s: the graphics processor does not code it", self._name)
            self._nvenc = False
        return command_lines.rung(
            ffmpeg_path(), height=self._ladder.height, kbps=self._ladder.kbps, nvenc=self._nvenc, fd=fds[0]
        )

    def _began(self) -> None:
        self._reader = Reader()
        self._sequence = 0
        self._asked = self._answered = None
        self._since = time.monotonic()
        self.lower.own_over(arrival=self._since)

    def _take(self, data: bytes) -> None:
        for value in self._reader.feed(data):
            match value:
                case Malformed():
                    self._helper.restart()
                    return
                case Init():
                    self.lower.own_begin(value)
                case Fragment():
                    self._answered, self._waiting_since = shown_at(value), None
                    self.lower.own_add(value, arrival=time.monotonic())


def _chunk(fragment: Fragment, sequence: int) -> bytes:
    """As it came, but decoded a second earlier: ffmpeg moves a whole film in which a picture is shown before
    it is decoded, as films with reordered pictures have it here."""
    earlier = fragment.timescale
    samples = tuple(
        Sample(sample.size, sample.duration, sample.sync, sample.composition_offset + earlier)
        for sample in fragment.samples
    )
    return write_chunk(
        sequence=sequence,
        decode_time=fragment.decode_time - earlier,
        samples=samples,
        payload=(fragment.payload,),
    )
