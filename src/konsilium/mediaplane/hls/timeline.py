"""What the audience of one rendition can see: segments and parts of a sliding window, as ciphertext."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from konsilium.mediaplane.cmaf import Init
from konsilium.mediaplane.hls.cipher import Cipher, SegmentStream
from konsilium.mediaplane.hls.clock import Limits, date_of
from konsilium.mediaplane.hls.shelf import Kept, Shelf


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    duration: int
    independent: bool
    #: Clear when it is given to a timeline, ciphertext in it.
    data: bytes

    @property
    def end(self) -> int:
        return self.start + self.duration


@dataclass(slots=True)
class Segment:
    """Open while parts are added, then complete for good; later its parts go, then its bytes."""

    msn: int
    start: int
    end: int
    #: Media sequence number under which its initialisation section first appeared.
    init: int
    #: EXT-X-DISCONTINUITY tags before it.
    discontinuities: int
    #: Number of the key it is encrypted with.
    key: int
    parts: list[Part] = field(default_factory=list)
    complete: bool = False
    #: Of the whole ciphertext; 0 until it is complete.
    size: int = 0
    #: The whole ciphertext, while it is in memory.
    data: bytes | None = None
    #: Nobody has it any more.
    is_gap: bool = False
    #: Its lines in a playlist, once they will not change any more.
    text: str | None = None
    text_with_iv: str | None = None

    def forget_text(self) -> None:
        self.text = self.text_with_iv = None

    @property
    def duration(self) -> int:
        return self.end - self.start


class Timeline:
    """Only ever grows at its end and shrinks at its beginning; every visible change is a new version.

    Nothing clear is kept: a part is encrypted as it comes, once by itself and once as the next piece of its
    segment. What left memory is on the shelf, if there is one.
    """

    def __init__(
        self,
        *,
        timescale: int,
        limits: Limits,
        start: int,
        first_msn: int,
        cipher: Cipher,
        shelf: Shelf | None = None,
        discontinuity_sequence: int = 0,
    ) -> None:
        self.timescale = timescale
        self.limits = limits
        self.cipher = cipher
        self.version = 0
        self.ended = False
        #: Where the next part begins; the name of the preload hint.
        self.end = start
        self.discontinuity_sequence = discontinuity_sequence
        self.segments: deque[Segment] = deque()
        self.shelf = shelf
        #: Without a shelf all of it is in memory, and it is so much shorter.
        window_s = limits.window_s if shelf is not None else min(limits.window_s, limits.memory_s)
        self._window = window_s * timescale
        self._next_msn = first_msn
        #: Where the oldest segment began that was ever here.
        self._begin = start
        #: What left the playlist and has no shelf.
        self._retired: deque[Segment] = deque()
        self._by_start: dict[int, Segment] = {}
        self._with_parts: deque[Segment] = deque()
        self._with_data: deque[Segment] = deque()
        self._parts: dict[int, Part] = {}
        self._inits: dict[int, bytes] = {}
        self._init: Init | None = None
        self._init_id = first_msn
        #: All there ever were up to the newest segment.
        self._discontinuities = discontinuity_sequence
        self._pending_discontinuities = 0
        self._stream: SegmentStream | None = None
        self._pieces: list[bytes] = []

    def restore(self, past: Sequence[Kept]) -> None:
        """Go on where a former run ended; its segments are on the shelf.

        One tick later: the former run may have shown a segment that never reached the shelf, and its name
        must not get a second content.
        """
        past = _unbroken([kept for kept in past if kept.end > past[-1].end - self._window])
        for before, kept in pairwise([past[0], *past]):
            tags = kept.discontinuities - before.discontinuities
            segment = Segment(kept.msn, kept.start, kept.end, kept.init, tags, kept.key)
            segment.complete, segment.size = True, kept.size
            self.segments.append(segment)
            self._by_start[segment.start] = segment
        self.discontinuity_sequence = past[0].discontinuities
        self._discontinuities = past[-1].discontinuities
        self._begin = past[0].start
        self.end = past[-1].end + 1
        self._next_msn = self._init_id = past[-1].msn + 1

    def switch_init(self, init: Init) -> None:
        """The parts that follow need another initialisation section (RFC 8216bis 4.4.4.5)."""
        if self._init is not None and init.data == self._init.data:
            return
        self.close_segment()
        self._init = init
        self._init_id = self._next_msn

    def discontinue(self, count: int = 1) -> None:
        self.close_segment()
        self._pending_discontinuities += count

    def add_part(self, part: Part) -> None:
        if self.ended:
            return
        segment, stream = self._open_segment()
        self._pieces.append(stream.update(part.data))
        part = replace(part, data=self.cipher.encrypt(part.data, segment.key, segment.msn))
        segment.parts.append(part)
        segment.end = self.end = part.end
        self._parts[part.start] = part
        self.version += 1

    def close_segment(self) -> None:
        if self._stream is None:
            return
        segment = self.segments[-1]
        segment.data = b"".join((*self._pieces, self._stream.finish()))
        segment.size = len(segment.data)
        segment.complete = True
        self._stream, self._pieces = None, []
        self._with_data.append(segment)
        self.version += 1
        if self.shelf is not None:
            self.shelf.keep(self._kept(segment), segment.data)
        self._trim()

    def finish(self) -> None:
        """RFC 8216bis 4.4.3.4: nothing will be added any more."""
        self.close_segment()
        self.ended = True
        self.version += 1

    @property
    def media_sequence(self) -> int:
        return self.segments[0].msn if self.segments else self._next_msn

    @property
    def next_msn(self) -> int:
        return self._next_msn

    @property
    def discontinuities(self) -> int:
        """All there ever were, and those the next part will bring."""
        return self._discontinuities + self._pending_discontinuities

    @property
    def last(self) -> tuple[int, int] | None:
        """Media sequence number and part index of the newest part."""
        if not self.segments:
            return None
        # The parts of what was restored are not known any more.
        return self.segments[-1].msn, max(0, len(self.segments[-1].parts) - 1)

    @property
    def keys(self) -> range:
        """Numbers of the keys that what is available here may be encrypted with."""
        if not self.segments:
            return range(0)
        oldest = max(self._begin, min(self._available_from, self.segments[0].start))
        return range(self.cipher.number(oldest, self.timescale), self.segments[-1].key + 1)

    def segment(self, start: int) -> Segment | None:
        """The complete segment that begins at `start`; without a shelf also for a while after it left the playlist."""
        found = self._by_start.get(start)
        return found if found is not None and found.complete else None

    def part(self, start: int) -> Part | None:
        return self._parts.get(start)

    def init(self, init_id: int) -> bytes | None:
        known = self._inits.get(init_id)
        return known if known is not None or self.shelf is None else self.shelf.past_init(init_id)

    def date(self, ticks: int) -> datetime:
        return date_of(ticks, self.timescale)

    def seconds(self, ticks: int) -> float:
        return ticks / self.timescale

    def kept(self) -> Iterator[Segment]:
        yield from self._retired
        yield from self.segments

    def _open_segment(self) -> tuple[Segment, SegmentStream]:
        if self._stream is not None:
            return self.segments[-1], self._stream
        key = self.cipher.number(self.end, self.timescale)
        tags, self._pending_discontinuities = self._pending_discontinuities, 0
        self._discontinuities += tags
        segment = Segment(self._next_msn, self.end, self.end, self._init_id, tags, key)
        self._next_msn += 1
        self._keep_init()
        self.segments.append(segment)
        self._by_start[segment.start] = segment
        self._with_parts.append(segment)
        self._stream = self.cipher.stream(key, segment.msn)
        return segment, self._stream

    def _keep_init(self) -> None:
        if self._init is None or self._init_id in self._inits:
            return
        self._inits[self._init_id] = self._init.data
        if self.shelf is not None:
            self.shelf.keep_init(self._init_id, self._init)

    def _kept(self, segment: Segment) -> Kept:
        return Kept(
            msn=segment.msn,
            start=segment.start,
            duration=segment.duration,
            init=segment.init,
            discontinuities=self._discontinuities,
            key=segment.key,
            size=segment.size,
        )

    def _trim(self) -> None:
        """RFC 8216bis 6.2.2: segments leave in the order they came, never below three target durations."""
        window = self._window
        while len(self.segments) > 1 and self.segments[0].end <= self.end - window:
            segment = self.segments.popleft()
            self.discontinuity_sequence += segment.discontinuities
            segment.forget_text()
            self._retired.append(segment)
        if self.shelf is not None:
            self.shelf.let_go(self._available_from)
        while self._retired and (self.shelf is not None or self._retired[0].end <= self._available_from):
            self._forget(self._retired.popleft())
        self._release_memory()

    @property
    def _available_from(self) -> int:
        """6.2.2: after it was removed, "the corresponding Media Segment MUST remain available to clients for a
        period of time equal to the duration of the segment plus the duration of the longest Playlist file
        distributed"; here in memory, or on the shelf.
        """
        return self.end - 2 * self._window - self.limits.target_duration_s * self.timescale

    def _release_memory(self) -> None:
        parts_until = self.end - self.limits.parts_available_s * self.timescale
        while len(self._with_parts) > 1 and self._with_parts[0].end <= parts_until:
            segment = self._with_parts.popleft()
            for part in segment.parts:
                del self._parts[part.start]
            segment.parts = []
        data_until = self.end - self.limits.memory_s * self.timescale
        while self.shelf is not None and self._with_data and self._with_data[0].end <= data_until:
            segment = self._with_data.popleft()
            segment.data = None
            if not self.shelf.holds(segment.start):
                segment.is_gap = True
                segment.forget_text()

    def _forget(self, segment: Segment) -> None:
        del self._by_start[segment.start]
        if self._with_data and self._with_data[0] is segment:
            self._with_data.popleft()
        following = next(self.kept())
        if segment.init not in {following.init, self._init_id}:
            self._inits.pop(segment.init, None)


def _unbroken(past: Sequence[Kept]) -> Sequence[Kept]:
    """A playlist counts its segments; what lies before one that was not kept cannot be in it."""
    first = len(past) - 1
    while first > 0 and past[first - 1].msn == past[first].msn - 1:
        first -= 1
    return past[first:]
