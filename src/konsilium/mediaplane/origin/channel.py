"""A running channel: the kernel, those who wait for its next part, and who has been watching."""

import gzip
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.hls import (
    SOUND,
    Angle,
    Channel,
    ChannelState,
    Cipher,
    Filler,
    Interpreter,
    Limits,
    Shelf,
    Timeline,
    WaitFor,
    Withheld,
    reload_verdict,
)
from konsilium.mediaplane.origin.waiting import ForReload, Target, WaitingRoom
from konsilium.mediaplane.seam import RenditionSink

#: Somebody is a viewer who asked for anything during so many seconds; a player asks several times in one.
VIEWER_S = 10.0
#: A multivariant playlist hardly changes: with the programme feed, and as bit rates do.
MASTER_KEPT_S = 1.0
#: Viewers are counted off when that many have been noted.
MOST_NOTED = 20_000


class _Sink:
    """Hands on to the kernel and wakes who waited for what came of it."""

    def __init__(self, channel: "ChannelTimelines", key: str, line: RenditionSink) -> None:
        self._channel = channel
        self._key = key
        self._line = line

    def open_period(self, init: Init, *, at: datetime) -> None:
        self._line.open_period(init, at=at)
        self._channel.wake_for(self._key)

    def add_fragment(self, fragment: Fragment) -> float:
        missing_s = self._line.add_fragment(fragment)
        self._channel.wake_for(self._key)
        return missing_s

    def close_period(self, *, at: datetime) -> None:
        self._line.close_period(at=at)
        self._channel.wake_for(self._key)


class ChannelTimelines:
    """To be used in one event loop. Call `tick` some ten times a second."""

    def __init__(
        self,
        *,
        angles: Sequence[Angle],
        slate: Filler,
        silence: Filler,
        now: datetime,
        cipher: Cipher,
        shelves: Mapping[str, Shelf] | None = None,
        limits: Limits | None = None,
        interpreters: Sequence[Interpreter] = (),
        programme: str | None = None,
        stopped: Filler | None = None,
        delay: float = 0,
    ) -> None:
        self.started = now
        self._kernel = Channel(
            angles=angles,
            slate=slate,
            stopped=stopped,
            silence=silence,
            limits=limits or Limits(),
            now=now,
            cipher=cipher,
            shelves=shelves,
            interpreters=interpreters,
            programme=programme,
            delay=delay,
        )
        self._sinks = {key: _Sink(self, key, line) for key, line in self._kernel.lines.items()}
        self._versions: dict[str, int] = {}
        self._waiting = {key: WaitingRoom() for key in self._sinks}
        self._rendered: dict[tuple[str, bool, bool, bool], tuple[int, bytes]] = {}
        self._masters: dict[tuple[str | None, bool], tuple[float, bytes]] = {}
        self._seen: dict[str, float] = {}
        self.closed = False

    # --- For the studio ------------------------------------------------------------------------------

    @property
    def state(self) -> ChannelState:
        return self._kernel.state

    def sink(self, key: str) -> RenditionSink:
        """Of a feed (`endoscope`), its lower rung (`endoscope.low`), `sound`, `sound-low` or an interpreter."""
        return self._sinks[key]

    def picture_sink(self, feed_key: str) -> RenditionSink:
        return self._sinks[feed_key]

    def sound_sink(self) -> RenditionSink:
        return self._sinks[SOUND]

    @property
    def kinds(self) -> dict[str, Kind]:
        """All renditions; they are fixed while the channel runs."""
        return self._kernel.offer.kinds

    def present(
        self, *, angles: Sequence[Angle], interpreters: Sequence[Interpreter], programme: str | None
    ) -> None:
        """Other titles, another programme feed."""
        self._kernel.present(angles=angles, interpreters=interpreters, programme=programme)
        self._masters.clear()

    def tick(self, now: datetime) -> None:
        self._kernel.tick(now)
        self.wake()

    def set_delay(self, seconds: float, now: datetime) -> None:
        self._kernel.set_delay(seconds, now)
        self.wake()

    def stop(self, now: datetime) -> list[Withheld]:
        """What the audience did not get; whoever asked for the stop has it sealed."""
        withheld = self._kernel.stop(now)
        # Playlists that were rendered before must not tell of what was cut.
        self._rendered.clear()
        self.wake()
        return withheld

    def resume(self, now: datetime) -> None:
        self._kernel.resume(now)
        self.wake()

    def begin_anew(self, now: datetime) -> None:
        """The machine's clock was set."""
        self._kernel.begin_anew(now)
        self.wake()

    def set_slate(self, on: bool, now: datetime) -> None:
        self._kernel.set_slate(on, now)
        self.wake()

    def end(self) -> None:
        self._kernel.end()
        self.wake()

    @property
    def over(self) -> bool:
        """Ended, and what waited for the delay has come out."""
        return self._kernel.over

    def close(self) -> None:
        """Nobody waits any longer; for when the media plane itself ends, or the channel begins anew."""
        self._kernel.put_away()
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

    async def segment(self, key: str, start: int) -> bytes | None:
        """The ciphertext of a complete segment, from memory or else from the shelf."""
        timeline = self.timeline(key)
        if timeline is None:
            return None
        found = timeline.segment(start)
        if (found is not None and found.data is not None) or timeline.shelf is None:
            return None if found is None else found.data
        return await timeline.shelf.read(start)

    def key(self, number: int) -> bytes | None:
        return self._kernel.key(number)

    def has_angle(self, key: str) -> bool:
        return any(angle.key == key for angle in self._kernel.offer.angles)

    def master(self, only: str | None, *, explicit_iv: bool) -> bytes:
        return self._master((only, explicit_iv), lambda: self._kernel.master(only, explicit_iv=explicit_iv))

    def listen_master(self, *, explicit_iv: bool) -> bytes:
        # A dot is in no feed's key.
        return self._master(
            (".listen", explicit_iv), lambda: self._kernel.listen_master(explicit_iv=explicit_iv)
        )

    def _master(self, name: tuple[str | None, bool], render: Callable[[], str]) -> bytes:
        """Everybody asks for it when an operation begins, and bit rates are measured for it."""
        now = time.monotonic()
        known = self._masters.get(name)
        if known is None or now - known[0] > MASTER_KEPT_S:
            known = self._masters[name] = (now, render().encode())
        return known[1]

    def playlist(self, key: str, *, skip: bool, packed: bool, explicit_iv: bool = False) -> bytes:
        """Rendered once for everybody who asks for the same."""
        version = self._kernel.version(key)
        form = (key, skip, packed, explicit_iv)
        known = self._rendered.get(form)
        if known is not None and known[0] == version:
            return known[1]
        if packed:
            plain = self.playlist(key, skip=skip, packed=False, explicit_iv=explicit_iv)
            text = gzip.compress(plain, compresslevel=5, mtime=0)
        else:
            text = self._kernel.playlist(key, skip=skip, explicit_iv=explicit_iv).encode()
        self._rendered[form] = (version, text)
        return text

    async def wait(self, key: str, target: Target, deadline: float) -> bool:
        """Until there is a reason to look again (True), or until `deadline` of the loop's clock (False)."""
        if self.closed:
            return False
        return await self._waiting[key].wait(target, deadline) and not self.closed

    def waiting_room(self, key: str) -> WaitingRoom:
        """Where requests for this rendition are held until there is a reason to look again."""
        return self._waiting[key]

    def wake(self, *, everybody: bool = False) -> None:
        for key in self._sinks:
            self.wake_for(key, everybody=everybody)

    def wake_for(self, key: str, *, everybody: bool = False) -> None:
        """Whoever waits for what this rendition has now."""
        timeline = self._kernel.renditions[key].timeline
        if timeline.version == self._versions.get(key) and not everybody:
            return
        self._versions[key] = timeline.version
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
