"""A running channel: the kernel, those who wait for its next part, and who has been watching."""

import gzip
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from konsilium.mediaplane.cmaf import Fragment
from konsilium.mediaplane.hls import (
    SOUND,
    Angle,
    Channel,
    ChannelState,
    Filler,
    Limits,
    Rendition,
    Timeline,
    WaitFor,
    reload_verdict,
)
from konsilium.mediaplane.origin.waiting import ForReload, Target, WaitingRoom
from konsilium.mediaplane.seam import RenditionSink

#: Somebody is a viewer who asked for anything during so many seconds; a player asks several times in one.
VIEWER_S = 10.0
#: Viewers are counted off when that many have been noted.
MOST_NOTED = 20_000


class _Sink:
    """Hands on to the rendition and wakes who waited for what came of it."""

    def __init__(self, channel: "ChannelTimelines", rendition: Rendition) -> None:
        self._channel = channel
        self._rendition = rendition

    def open_period(
        self,
        *,
        init: bytes,
        codecs: str,
        timescale: int,
        width: int | None,
        height: int | None,
        frame_rate: float | None,
        at: datetime,
    ) -> None:
        self._rendition.open_period(
            init=init,
            codecs=codecs,
            timescale=timescale,
            width=width,
            height=height,
            frame_rate=frame_rate,
            at=at,
        )
        self._channel.wake()

    def add_fragment(self, fragment: Fragment) -> None:
        self._rendition.add_fragment(fragment)
        self._channel.wake()

    def close_period(self, *, at: datetime) -> None:
        self._rendition.close_period(at=at)
        self._channel.wake()


class ChannelTimelines:
    """To be used in one event loop. Call `tick` some ten times a second."""

    def __init__(
        self,
        *,
        angles: Sequence[Angle],
        slate: Filler,
        silence: Filler,
        now: datetime,
        limits: Limits | None = None,
        stopped: Filler | None = None,
    ) -> None:
        self.started = now
        self._kernel = Channel(
            angles=angles,
            slate=slate,
            stopped=stopped,
            silence=silence,
            limits=limits or Limits(),
            now=now,
        )
        self._sinks = {key: _Sink(self, rendition) for key, rendition in self._kernel.renditions.items()}
        self._versions: dict[str, int] = {}
        self._waiting = {key: WaitingRoom() for key in self._sinks}
        self._rendered: dict[tuple[str, bool, bool], tuple[int, bytes]] = {}
        self._seen: dict[str, float] = {}
        self.closed = False

    # --- For the studio ------------------------------------------------------------------------------

    @property
    def state(self) -> ChannelState:
        return self._kernel.state

    def picture_sink(self, feed_key: str) -> RenditionSink:
        return self._sinks[feed_key]

    def sound_sink(self) -> RenditionSink:
        return self._sinks[SOUND]

    def tick(self, now: datetime) -> None:
        self._kernel.tick(now)
        self.wake()

    def stop(self, now: datetime) -> None:
        self._kernel.stop(now)
        # Playlists that were rendered before must not tell of what was cut.
        self._rendered.clear()
        self.wake()

    def resume(self, now: datetime) -> None:
        self._kernel.resume(now)
        self.wake()

    def end(self) -> None:
        self._kernel.end()
        self.wake()

    def close(self) -> None:
        """Nobody waits any longer; for when the media plane itself ends."""
        self.closed = True
        self.wake(everybody=True)

    def viewers(self) -> int:
        since = time.monotonic() - VIEWER_S
        self._seen = {person: at for person, at in self._seen.items() if at > since}
        return len(self._seen)

    # --- For the origin ------------------------------------------------------------------------------

    def note_viewer(self, person: str) -> None:
        if len(self._seen) > MOST_NOTED:
            self.viewers()
        self._seen[person] = time.monotonic()

    def timeline(self, key: str) -> Timeline | None:
        rendition = self._kernel.renditions.get(key)
        return None if rendition is None else rendition.timeline

    def has_angle(self, key: str) -> bool:
        return key != SOUND and key in self._sinks

    def master(self, only: str | None) -> bytes:
        return self._kernel.master(only).encode()

    def playlist(self, key: str, *, skip: bool, packed: bool) -> bytes:
        """Rendered once for everybody who asks for the same."""
        version = self._kernel.version(key)
        known = self._rendered.get((key, skip, packed))
        if known is not None and known[0] == version:
            return known[1]
        text = (
            gzip.compress(self.playlist(key, skip=skip, packed=False), compresslevel=5, mtime=0)
            if packed
            else self._kernel.playlist(key, skip=skip).encode()
        )
        self._rendered[key, skip, packed] = (version, text)
        return text

    async def wait(self, key: str, target: Target, deadline: float) -> bool:
        """Until there is a reason to look again (True), or until `deadline` of the loop's clock (False)."""
        if self.closed:
            return False
        return await self._waiting[key].wait(target, deadline) and not self.closed

    def wake(self, *, everybody: bool = False) -> None:
        for key, rendition in self._kernel.renditions.items():
            version = rendition.timeline.version
            if version == self._versions.get(key) and not everybody:
                continue
            self._versions[key] = version
            timeline = rendition.timeline
            for target in self._waiting[key].targets:
                if everybody or not _must_wait(timeline, target):
                    self._waiting[key].release(target)


def _must_wait(timeline: Timeline, target: Target) -> bool:
    if isinstance(target, ForReload):
        return isinstance(reload_verdict(timeline, target.msn, target.part), WaitFor)
    return timeline.part(target.start) is None and timeline.end == target.start and not timeline.ended


def angles_of(feeds: Iterable[tuple[str, str]]) -> tuple[Angle, ...]:
    """From pairs of key and title."""
    return tuple(Angle(key, title) for key, title in feeds)
