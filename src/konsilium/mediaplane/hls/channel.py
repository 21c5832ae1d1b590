"""What one audience watches: the angles and the one sound, in step."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import Limits
from konsilium.mediaplane.hls.delay_line import DelayLine
from konsilium.mediaplane.hls.offer import (
    SOUND,
    Angle,
    Interpreter,
    Offer,
    listen_master_of,
    master_of,
    uri_of,
)
from konsilium.mediaplane.hls.past import Past
from konsilium.mediaplane.hls.playlist import EXPLICIT_IV, Report, render_playlist
from konsilium.mediaplane.hls.rendition import Rendition
from konsilium.mediaplane.hls.shelf import Shelf
from konsilium.mediaplane.hls.signal import Filler
from konsilium.mediaplane.hls.withheld import Withheld

#: Media sequence numbers count from here, so that they need no more than 31 bits until 2060.
FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
#: A machine that slept for longer is not filled up with slate minute by minute.
LONGEST_PAUSE: Final = timedelta(minutes=10)


class ChannelState(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    ENDED = "ended"


def first_msn_at(now: datetime) -> int:
    """Media sequence numbers never go back, not even when the media plane is killed and forgets them.

    Two a second is more than any timeline uses, so a new one always begins above the old one.
    """
    return max(0, int((now - FIRST_DAY).total_seconds())) * 2


def first_discontinuity_at(now: datetime) -> int:
    """Grows with the day as well, but stays small: hls.js keeps an array as long as this number."""
    return now.hour * 60 + now.minute


class Channel:
    """Holds no clock: whoever owns it calls `tick` some ten times a second."""

    def __init__(
        self,
        *,
        angles: Sequence[Angle],
        slate: Filler,
        silence: Filler,
        limits: Limits,
        now: datetime,
        cipher: Cipher,
        shelves: Mapping[str, Shelf] | None = None,
        interpreters: Sequence[Interpreter] = (),
        programme: str | None = None,
        stopped: Filler | None = None,
        delay: float = 0,
    ) -> None:
        """`slate` is shown while there is no signal, `stopped` after a stop if it is another picture.

        If the shelves hold what a former run left, the timelines go on from there.
        """
        self.limits = limits
        self.state = ChannelState.LIVE
        self.offer = Offer(tuple(angles), tuple(interpreters), programme)
        self._now = now
        self._cipher = cipher
        self._delay = delay
        self._slate = slate
        self._slated = False
        self._stopped = stopped or slate
        past = Past.of(shelves or {}, self.offer.kinds, now)
        self.renditions = {
            key: Rendition(
                kind=kind,
                filler=slate if kind is Kind.VIDEO else silence,
                limits=limits,
                # 6.2.2: a playlist shorter than three target durations makes players stumble, so it begins
                # with that much slate in the past.
                start=now - timedelta(seconds=limits.parts_kept_s + 2),
                first_msn=first_msn_at(now),
                first_discontinuity=(
                    first_discontinuity_at(now) if past.discontinuity is None else past.discontinuity
                ),
                cipher=cipher,
                shelf=past.shelves.get(key),
                past=past.segments[key],
            )
            for key, kind in self.offer.kinds.items()
        }
        #: Where what comes from the sources goes in.
        self.lines = {
            key: DelayLine(key, rendition, now, timedelta(seconds=delay))
            for key, rendition in self.renditions.items()
        }
        if past.end is not None and now - past.end > LONGEST_PAUSE:
            self._skip_to(now)
        self.tick(now)

    def tick(self, now: datetime) -> None:
        if now - self._now > LONGEST_PAUSE:
            self._skip_to(now)
        self._now = now
        for key, rendition in self.renditions.items():
            self.lines[key].release(now)
            rendition.tick(now)
        if self.state is ChannelState.ENDED and not self.over and self._drained:
            self._finish()

    @property
    def delay(self) -> float:
        return self._delay

    def set_delay(self, seconds: float, now: datetime) -> None:
        """Raised: slate while it builds up, then on from where the picture was. Lowered: a jump forward."""
        if seconds == self._delay or self.state is ChannelState.ENDED:
            return
        self._delay = seconds
        self.tick(now)
        for line in self.lines.values():
            line.set_delay(timedelta(seconds=seconds))
        self.tick(now)

    def stop(self, now: datetime) -> list[Withheld]:
        """At once: nothing that was not released leaves any more, slate follows in every rendition.

        What the audience did not get is handed over, to be sealed.
        """
        if self.state is ChannelState.STOPPED or self.over:
            return []
        if self.state is ChannelState.ENDED:
            withheld = self._cut()
            self._finish()
            return withheld
        self.state = ChannelState.STOPPED
        self._show_instead(self._stopped)
        withheld = self._cut()
        self.tick(now)
        return withheld

    def resume(self, now: datetime) -> None:
        """From now on: signals come back at their next key frames, once they have waited for the delay."""
        if self.state is not ChannelState.STOPPED:
            return
        self.state = ChannelState.LIVE
        self.tick(now)
        self._show_instead(self._between)
        self._take_up(now)

    def set_slate(self, on: bool, now: datetime) -> None:
        """On: slate and silence in place of the sources, behind what the delay holds. Off: on from now."""
        if on == self._slated or self.state is ChannelState.ENDED:
            return
        self._slated = on
        if self.state is ChannelState.STOPPED:
            return
        self.tick(now)
        self._show_instead(self._between)
        for line in self.lines.values():
            line.pause() if on else line.resume(now)
        self.tick(now)

    def end(self) -> None:
        """Nothing is taken in any more. What still waits comes out; then it is `over`."""
        if self.state is ChannelState.ENDED:
            return
        self.state = ChannelState.ENDED
        for line in self.lines.values():
            line.end()
        if self._drained:
            self._finish()

    def begin_anew(self, now: datetime) -> None:
        """The clock was set, so nobody knows how long what waits has waited: it never leaves. On from now."""
        if self.over:
            return
        self._skip_to(now)
        self._now = now
        self.tick(now)

    def put_away(self) -> None:
        """Whoever goes on later finds on the shelves what has left up to now."""
        for rendition in self.renditions.values():
            rendition.timeline.close_segment()

    @property
    def over(self) -> bool:
        return all(rendition.timeline.ended for rendition in self.renditions.values())

    @property
    def _drained(self) -> bool:
        return all(line.empty for line in self.lines.values())

    def _finish(self) -> None:
        pictures, sounds = self._of(Kind.VIDEO), self._of(Kind.AUDIO)
        for sound in sounds:
            sound.wind_up()
        end = min(picture.wind_up() for picture in pictures)
        for sound in sounds:
            sound.finish(end)
        for picture in pictures:
            picture.finish(self.renditions[SOUND].end)

    def version(self, key: str) -> int:
        return self.renditions[key].timeline.version

    def key(self, number: int) -> bytes | None:
        """Only those that something which left is encrypted with: never a key of the future."""
        if any(number in rendition.timeline.keys for rendition in self.renditions.values()):
            return self._cipher.key(number)
        return None

    def playlist(self, key: str, *, skip: bool = False, explicit_iv: bool = False) -> str:
        query = _query(explicit_iv)
        reports = [
            Report(f"../{uri_of(other, rendition.kind)}{query}", *last)
            for other, rendition in self.renditions.items()
            if other != key and (last := rendition.timeline.last) is not None
        ]
        return render_playlist(
            self.renditions[key].timeline,
            skip=skip,
            reports=reports,
            behind_ms=self.behind_ms,
            explicit_iv=explicit_iv,
        )

    @property
    def behind_ms(self) -> int:
        """How far silence is behind the pictures while no sound comes.

        A player that began as close to the end as usual would find pictures there and no sound; hls.js then waits,
        nudges itself still closer to the end, and gives up (seen in Chromium: no start for as long as the sound
        was away).
        """
        if self.renditions[SOUND].is_live or not any(one.is_live for one in self._of(Kind.VIDEO)):
            return 0
        return self.renditions[SOUND].fill_behind // timedelta(milliseconds=1)

    def master(self, only: str | None = None, *, explicit_iv: bool = False) -> str:
        return master_of(self.offer, self.renditions, only, query=_query(explicit_iv))

    def listen_master(self, *, explicit_iv: bool = False) -> str:
        return listen_master_of(self.offer, self.renditions, query=_query(explicit_iv))

    def present(
        self, *, angles: Sequence[Angle], interpreters: Sequence[Interpreter], programme: str | None
    ) -> None:
        """Other titles or another order while it runs; the renditions stay what they are."""
        changed = replace(
            self.offer, angles=tuple(angles), interpreters=tuple(interpreters), programme=programme
        )
        if changed.kinds != self.offer.kinds:
            raise ValueError("a channel that runs has the renditions it began with")
        self.offer = changed

    def _of(self, kind: Kind) -> list[Rendition]:
        return [rendition for rendition in self.renditions.values() if rendition.kind is kind]

    @property
    def _between(self) -> Filler:
        """Whoever is shown the slate on purpose is not told that a signal was lost."""
        return self._stopped if self._slated else self._slate

    def _show_instead(self, slate: Filler) -> None:
        for rendition in self._of(Kind.VIDEO):
            rendition.show_instead(slate)

    def _cut(self) -> list[Withheld]:
        withheld = [one for line in self.lines.values() for one in line.cut()]
        for rendition in self.renditions.values():
            rendition.cut()
        return withheld

    def _take_up(self, now: datetime) -> None:
        for key, rendition in self.renditions.items():
            rendition.resume()
            if not self._slated:
                self.lines[key].resume(now)

    def _skip_to(self, now: datetime) -> None:
        """Time stamps jump here: the one discontinuity there is, and all renditions have it."""
        self._cut()
        for rendition in self.renditions.values():
            rendition.skip_to(now - timedelta(seconds=self.limits.parts_kept_s))
        if self.state is ChannelState.LIVE:
            self._take_up(now)


def _query(explicit_iv: bool) -> str:
    return "?" + urlencode(EXPLICIT_IV) if explicit_iv else ""
