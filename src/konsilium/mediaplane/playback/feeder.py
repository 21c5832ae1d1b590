"""One rendition on its way from the vault to its outlet: read a little ahead, handed over when it is due."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.hls.clock import date_of
from konsilium.mediaplane.hls.signal import samples_of
from konsilium.mediaplane.playback.decisions import LAG, Clock
from konsilium.mediaplane.playback.outlet import PlaybackOutlet

log = logging.getLogger(__name__)

#: So much of decrypted picture is in memory at most, and a segment.
_AHEAD_S = 1.0
#: Where a recording has a longer hole (its studio was killed), the audience sees the slate meanwhile.
_HOLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Frame:
    sample: Sample
    data: bytes
    decode_time: int
    timescale: int


class Feeder:
    def __init__(self, key: str, kind: Kind, values: AsyncIterator[Init | Fragment]) -> None:
        self.key = key
        self.kind = kind
        self.outlet = PlaybackOutlet()
        self._values = values
        self._frames: deque[Init | Frame] = deque()
        self._waiting_s = 0.0
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        #: The first frame is there, or there is none.
        self.ready = asyncio.Event()
        self._read_all = False
        self._begun = False
        #: Where what was handed over ends, in ticks.
        self._end: int | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._read(), name=f"playback {self.key}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def over(self) -> bool:
        return self._read_all and not self._frames

    # -- reading ---------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async for value in self._values:
                if isinstance(value, Init):
                    self._frames.append(value)
                    continue
                self._queue(value)
                self.ready.set()
                while self._waiting_s > _AHEAD_S:
                    self._room.clear()
                    await self._room.wait()
        except Exception:
            # Without this rendition the others go on.
            log.exception("playback of %s cannot be read", self.key)
        finally:
            self._read_all = True
            self.ready.set()

    def _queue(self, fragment: Fragment) -> None:
        decode_time = fragment.decode_time
        for sample, data in samples_of(fragment):
            self._frames.append(Frame(sample, data, decode_time, fragment.timescale))
            decode_time += sample.duration
        self._waiting_s += fragment.duration / fragment.timescale

    # -- handing over ----------------------------------------------------------------------------------

    def hand_over(self, clock: Clock, now: datetime) -> None:
        """What is due. The very first frame at once, so that its place is free; what follows a little later."""
        run: list[Frame] = []
        while self._frames:
            first = self._frames[0]
            if isinstance(first, Init):
                self._give(run, clock)
                run = []
                self._frames.popleft()
                self.outlet.begin(replace(first, frame_rate=self._rate_of(first)))
                continue
            wall = clock.wall(date_of(first.decode_time, first.timescale))
            if wall + (LAG if self._begun else -clock.ahead) > now:
                break
            if first.sample.sync and self.kind is Kind.VIDEO:
                # Who waits for a key frame finds it at a fragment's beginning.
                self._give(run, clock)
                run = []
            self._take(first)
            if self._begun or (first.sample.sync and wall >= now - LAG):
                self._begun = True
                run.append(first)
        self._give(run, clock)
        if self.over:
            self.outlet.close(at=now)

    def _take(self, frame: Frame) -> None:
        self._frames.popleft()
        self._waiting_s -= frame.sample.duration / frame.timescale
        if self._waiting_s <= _AHEAD_S:
            self._room.set()

    def _rate_of(self, init: Init) -> float | None:
        """As the frame that follows says."""
        following = self._frames[0] if self._frames else None
        if init.kind is not Kind.VIDEO or not isinstance(following, Frame) or not following.sample.duration:
            return None
        return round(following.timescale / following.sample.duration, 2)

    def _give(self, run: list[Frame], clock: Clock) -> None:
        if not run:
            return
        first = run[0]
        if self._end is not None and first.decode_time > self._end + _HOLE_S * first.timescale:
            self.outlet.interrupt(at=clock.wall(date_of(self._end, first.timescale)))
        fragment = Fragment(
            track=1,
            timescale=first.timescale,
            decode_time=first.decode_time,
            samples=tuple(frame.sample for frame in run),
            payload=b"".join(frame.data for frame in run),
        )
        self._end = first.decode_time + fragment.duration
        shown = first.decode_time + first.sample.composition_offset
        self.outlet.add(fragment, at=clock.wall(date_of(shown, first.timescale)))
