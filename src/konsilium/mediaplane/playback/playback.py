"""One recording as if it happened now."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Protocol

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.hls import SOUND
from konsilium.mediaplane.hls.clock import ticks_at
from konsilium.mediaplane.hls.signal import timescale_of
from konsilium.mediaplane.playback.decisions import Clock, clock_of, left
from konsilium.mediaplane.playback.feeder import Feeder
from konsilium.mediaplane.playback.outlet import PlaybackOutlet

log = logging.getLogger(__name__)

_LOOK_S = 0.04
#: A disk, or a store at the other end of a line, that takes longer begins late.
_READY_S = 5.0
LOW = "low"


class Reel(Protocol):
    """What a recording in the vault is to a playback; times are of the recording's own clock."""

    @property
    def began(self) -> datetime: ...

    @property
    def ended(self) -> datetime: ...

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Of its renditions by their keys, the programme feed first."""

    def samples(self, rendition: str, from_ticks: int) -> AsyncIterator[Init | Fragment]:
        """Decrypted, from the key frame at or before `from_ticks`; an Init before what needs it."""


class PlaybackFeed:
    """What a channel finds where it would find a theatre's feed."""

    def __init__(self, outlets: Mapping[str, PlaybackOutlet]) -> None:
        self.outlets = outlets


class Playback:
    """`start` and `stop` it; in between the outlets run by themselves."""

    def __init__(self, recording: str, reel: Reel, *, since: datetime) -> None:
        self.recording = recording
        self.since = since
        self._reel = reel
        self._clock = Clock(reel.began, since)
        self._feeders = {key: self._feeder(key, kind) for key, kind in reel.kinds.items()}
        self._silent = PlaybackOutlet()
        self._task: asyncio.Task[None] | None = None

    def _feeder(self, key: str, kind: Kind) -> Feeder:
        now = datetime.now(UTC)
        clock = clock_of(began=self._reel.began, since=self.since, ready=now)
        moment = max(self._reel.began, clock.moment(now))
        return Feeder(key, kind, self._reel.samples(key, ticks_at(moment, timescale_of(kind))))

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"playback {self.recording}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(feeder.stop() for feeder in self._feeders.values()))
        for feeder in self._feeders.values():
            feeder.outlet.close(at=datetime.now(UTC))

    def feed(self, key: str) -> PlaybackFeed:
        """The angle of this name, or the recording's first where it has none; one sound for all."""
        picture = self._of(Kind.VIDEO, key)
        sound = self._of(Kind.AUDIO, key if key in self._feeders else SOUND)
        low = self._feeders.get(f"{key}.{LOW}")
        low_sound = self._feeders.get(f"{SOUND}-{LOW}")
        return PlaybackFeed(
            {
                Kind.VIDEO: picture,
                f"{Kind.VIDEO}.{LOW}": low.outlet if low else picture,
                Kind.AUDIO: sound,
                f"{Kind.AUDIO}.{LOW}": low_sound.outlet if low_sound else sound,
            }
        )

    def _of(self, kind: Kind, key: str) -> PlaybackOutlet:
        wanted = self._feeders.get(key)
        if wanted is not None and wanted.kind is kind:
            return wanted.outlet
        usual = self._feeders.get(SOUND) if kind is Kind.AUDIO else None
        first = usual or next((feeder for feeder in self._feeders.values() if feeder.kind is kind), None)
        return first.outlet if first else self._silent

    @property
    def over(self) -> bool:
        return all(feeder.over for feeder in self._feeders.values())

    @property
    def left_s(self) -> float:
        if self.over:
            return 0.0
        return round(left(self._clock, ended=self._reel.ended, now=datetime.now(UTC)), 1)

    async def _run(self) -> None:
        for feeder in self._feeders.values():
            feeder.start()
        waiting = [asyncio.ensure_future(feeder.ready.wait()) for feeder in self._feeders.values()]
        try:
            await asyncio.wait(waiting, timeout=_READY_S)
        finally:
            for wait in waiting:
                wait.cancel()
        await self._wait_for_since()
        now = datetime.now(UTC)
        ends = [end for feeder in self._feeders.values() if (end := feeder.outlet.free_from) is not None]
        self._clock = clock_of(
            began=self._reel.began, since=self.since, ready=now, free=max(ends, default=None)
        )
        log.info("playback %s: shown from %s on", self.recording, self._clock.moment(now))
        while not self.over:
            now = datetime.now(UTC)
            for feeder in self._feeders.values():
                feeder.hand_over(self._clock, now)
            await asyncio.sleep(_LOOK_S)

    async def _wait_for_since(self) -> None:
        """A slot's time may lie ahead."""
        ahead = (self.since - datetime.now(UTC)).total_seconds()
        if ahead > 0:
            await asyncio.sleep(ahead)
