"""The safety delay: what a source gives waits here until its time plus the delay has come.

Nothing that waits is cut into parts, encrypted or named, so a stop has nothing to take back: it empties the
lines. Behind the line the channel clock shows when something was *released*: capture time plus delay.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.hls.rendition import FILL_BEHIND, GIVE_WAY_MS, STRETCHED_MS, Rendition
from konsilium.mediaplane.hls.withheld import Withheld

#: A source whose time stamps jump, and then say something else than the wall clock by more, is not believed.
BELIEVED: Final = timedelta(seconds=2)
STRETCHED: Final = timedelta(milliseconds=STRETCHED_MS)
GIVE_WAY: Final = timedelta(milliseconds=GIVE_WAY_MS)
_JUMP_S: Final = 1.0
_NONE: Final = timedelta(0)


@dataclass(slots=True, eq=False)
class _Opening:
    """A period as its source opened it, and where its time lies on the wall clock."""

    init: Init
    at: datetime
    #: Decode time at `at`, and the one that is expected next; known with the first fragment.
    first: int | None = None
    following: int = 0

    def taken(self, fragment: Fragment, now: datetime) -> datetime:
        """When the fragment's first frame was taken."""
        at = fragment.decode_time
        if self.first is None:
            self.first = self.following = at
        jumped = abs(at - self.following) > _JUMP_S * self.init.timescale
        self.following = at + fragment.duration
        taken = self.at + timedelta(seconds=(at - self.first) / self.init.timescale)
        if jumped and abs(taken - now) > BELIEVED:
            self.at, self.first, taken = now, at, now
        return taken


@dataclass(frozen=True, slots=True)
class _Held:
    """A fragment that waits; without one, the end of its period."""

    opening: _Opening
    fragment: Fragment | None
    taken: datetime
    #: Of its last frame, and never in the future: a source's word is not taken for that.
    over: datetime

    @property
    def independent(self) -> bool:
        return self.fragment is not None and self.fragment.independent


@dataclass(slots=True)
class DelayLine:
    """The `RenditionSink` in front of a rendition. With no delay everything passes at once."""

    key: str
    rendition: Rendition
    now: datetime
    delay: timedelta = _NONE
    _held: deque[_Held] = field(default_factory=deque)
    _source: _Opening | None = None
    #: What is open at the rendition, and by how much its time is later than the source's: after the delay
    #: was lowered it stays greater until the next key frame can follow.
    _open: _Opening | None = None
    _shift: timedelta = _NONE
    #: When what was passed on last was over in the theatre.
    _told: datetime | None = None
    _silenced: bool = False
    #: When it was last resumed.
    _since: datetime | None = None
    _ended: bool = False

    # --- RenditionSink -------------------------------------------------------------------------------

    def open_period(self, init: Init, *, at: datetime) -> None:
        self._source = _Opening(init, at)

    def add_fragment(self, fragment: Fragment) -> float:
        source = self._source
        if source is None or not fragment.samples:
            return 0.0
        taken = source.taken(fragment, self.now)
        if self._silenced or self._ended or (self._since is not None and taken < self._since):
            return 0.0
        over = taken + timedelta(seconds=fragment.duration / source.init.timescale)
        # The clock is looked at some ten times a second.
        if over > self.now + FILL_BEHIND:
            over = self.now
        self._held.append(_Held(source, fragment, taken, over))
        self.release(self.now)
        # What waits is released frame by frame, by the clock.
        return (
            self.rendition.missing_s if self._open is source and self._shift == self.delay == _NONE else 0.0
        )

    def close_period(self, *, at: datetime) -> None:
        source, self._source = self._source, None
        if source is None or self._silenced or self._ended:
            return
        self._held.append(_Held(source, None, at, min(at, self.now)))
        self.release(self.now)

    # --- Time ----------------------------------------------------------------------------------------

    def release(self, now: datetime) -> None:
        self.now = now
        self._prepare_filling()
        while self._held:
            if self._open is not None and self._shift > self.delay and self._jumps():
                continue
            if not self._is_due(self._held[0]):
                break
            self._pass_on(self._held.popleft())
        self._prepare_filling()

    def set_delay(self, delay: timedelta) -> None:
        raised, self.delay = delay > self.delay, delay
        if raised and self._open is not None and self._shift < delay:
            # Slate at once, until what came next has waited long enough.
            self._close(self.now)
        if self._open is None:
            while self._held and self._held[0].taken + delay < self.rendition.end:
                self._held.popleft()
        self.release(self.now)

    @property
    def empty(self) -> bool:
        return not self._held

    # --- What the channel does with all its lines at once ----------------------------------------------

    def pause(self) -> None:
        """What waits still comes out; nothing is taken in after it until `resume`."""
        if self._source is not None and not self._silenced:
            self._held.append(_Held(self._source, None, self.now, self.now))
        self._silenced = True
        self.release(self.now)

    def cut(self) -> list[Withheld]:
        """What waited never existed for the audience; nothing is taken in until `resume`."""
        stretches = groupby((held for held in self._held if held.fragment), key=lambda held: held.opening)
        withheld = [self._withheld(opening, list(stretch)) for opening, stretch in stretches]
        self._held.clear()
        self._silenced = True
        self._open = None
        return withheld

    def resume(self) -> None:
        """From now on: what was taken before is left out, though it come later."""
        self._silenced = False
        self._since = self.now

    def end(self) -> None:
        """Nothing is taken in any more; what waits still comes out."""
        self._ended = True

    # --- Passing on ------------------------------------------------------------------------------------

    def _is_due(self, held: _Held) -> bool:
        if self._open is None or self._shift <= self.delay:
            return not self.delay or held.over + self.delay <= self.now
        # On the way to a lower delay room is left for what comes as late as that lets it.
        due = held.over + self._shift
        following = self._landing()
        if following is not None:
            return due <= min(self.now, following.taken + self.delay)
        return due <= self.now - self._behind

    def _pass_on(self, held: _Held) -> None:
        if held.fragment is None:
            if self._open is not None:
                self._close(held.taken + self._shift)
            return
        if self._open is not held.opening:
            if not held.independent or self._is_behind(held):
                return
            self._shift = self.delay if self._open is None else max(self._shift, self.delay)
            self._reopen(held, held.taken + self._shift)
        self.rendition.add_fragment(held.fragment)
        self._told = held.over

    def _is_behind(self, held: _Held) -> bool:
        """A source that takes over another one shows again what that had shown.

        Its place on the channel clock does not tell: after a jump to a lower delay the first frames lie early,
        and are stretched until they have their places.
        """
        return self._told is not None and held.taken + GIVE_WAY < self._told

    def _reopen(self, held: _Held, at: datetime) -> None:
        self._open = held.opening
        self.rendition.open_period(held.opening.init, at=at)

    def _close(self, at: datetime) -> None:
        self._open = None
        self._prepare_filling()
        self.rendition.close_period(at=at)

    # --- A delay that was lowered ----------------------------------------------------------------------

    def _landing(self) -> _Held | None:
        """The first key frame that does not lie behind what has left when it is due by the present delay."""
        end = self.rendition.end - self.delay
        return next((held for held in self._held if held.independent and held.taken >= end), None)

    def _jumps(self) -> bool:
        """Forward to the landing, once it is due; what lies between is left out."""
        landing = self._landing()
        if landing is None or (self.delay and landing.over + self.delay > self.now):
            return False
        while self._held[0] is not landing:
            self._held.popleft()
        self._shift = self.delay
        self._reopen(landing, landing.taken + self.delay)
        return True

    # --- Slate -----------------------------------------------------------------------------------------

    @property
    def _behind(self) -> timedelta:
        if self._silenced and not self._held:
            # Nothing can come that would need a place before now.
            return _NONE
        return max(_NONE, FILL_BEHIND - self.delay)

    def _prepare_filling(self) -> None:
        """A long delay knows beforehand what will come: slate reaches up to it, or to the present."""
        rendition, up_to = self.rendition, None
        if self.delay and self._open is None:
            following = next((held.taken for held in self._held if held.independent), None)
            up_to = None if following is None else following + self.delay
            if up_to is not None and rendition.is_after_signal and up_to - rendition.end <= STRETCHED:
                # From one signal to the next: frames give way, no slate flashes between.
                up_to = rendition.end
        rendition.fill_behind, rendition.fill_up_to = self._behind, up_to

    def _withheld(self, opening: _Opening, stretch: list[_Held]) -> Withheld:
        fragments = tuple(held.fragment for held in stretch if held.fragment is not None)
        return Withheld(self.key, stretch[0].taken, opening.init.data, fragments)
