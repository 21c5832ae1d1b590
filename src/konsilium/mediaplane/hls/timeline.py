"""What the audience of one rendition can see: segments and parts of a sliding window."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from konsilium.mediaplane.hls.clock import Limits, date_of


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    duration: int
    independent: bool
    data: bytes

    @property
    def end(self) -> int:
        return self.start + self.duration


@dataclass(slots=True)
class Segment:
    """Open while parts are added, then complete for good."""

    msn: int
    start: int
    #: Media sequence number under which its initialisation section first appeared.
    init: int
    #: EXT-X-DISCONTINUITY tags before it.
    discontinuities: int
    parts: list[Part] = field(default_factory=list)
    complete: bool = False

    @property
    def end(self) -> int:
        return self.parts[-1].end if self.parts else self.start

    @property
    def duration(self) -> int:
        return self.end - self.start

    @property
    def size(self) -> int:
        return sum(len(part.data) for part in self.parts)


class Timeline:
    """Only ever grows at its end and shrinks at its beginning; every visible change is a new version."""

    def __init__(
        self, *, timescale: int, limits: Limits, start: int, first_msn: int, discontinuity_sequence: int = 0
    ) -> None:
        self.timescale = timescale
        self.limits = limits
        self.version = 0
        self.ended = False
        #: Where the next part begins; the name of the preload hint.
        self.end = start
        self.discontinuity_sequence = discontinuity_sequence
        self.segments: deque[Segment] = deque()
        self._next_msn = first_msn
        self._retired: deque[Segment] = deque()
        self._by_msn: dict[int, Segment] = {}
        self._parts: dict[int, Part] = {}
        self._inits: dict[int, bytes] = {}
        self._init = b""
        self._init_id = first_msn
        self._pending_discontinuities = 0

    def switch_init(self, data: bytes) -> None:
        """The parts that follow need another initialisation section (RFC 8216bis 4.4.4.5)."""
        if data == self._init:
            return
        self.close_segment()
        self._init = data
        self._init_id = self._next_msn

    def discontinue(self, count: int = 1) -> None:
        self.close_segment()
        self._pending_discontinuities += count

    def add_part(self, part: Part) -> None:
        if self.ended:
            return
        segment = self._open_segment()
        segment.parts.append(part)
        self._parts[part.start] = part
        self.end = part.end
        self.version += 1

    def close_segment(self) -> None:
        if self.segments and not self.segments[-1].complete:
            self.segments[-1].complete = True
            self.version += 1
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
        inside = sum(segment.discontinuities for segment in self.segments)
        return self.discontinuity_sequence + inside + self._pending_discontinuities

    @property
    def last(self) -> tuple[int, int] | None:
        """Media sequence number and part index of the newest part."""
        if not self.segments:
            return None
        return self.segments[-1].msn, len(self.segments[-1].parts) - 1

    def segment(self, msn: int) -> Segment | None:
        """A complete segment, also for a while after it left the playlist."""
        found = self._by_msn.get(msn)
        return found if found is not None and found.complete else None

    def part(self, start: int) -> Part | None:
        return self._parts.get(start)

    def init(self, init_id: int) -> bytes | None:
        return self._inits.get(init_id)

    def date(self, ticks: int) -> datetime:
        return date_of(ticks, self.timescale)

    def seconds(self, ticks: int) -> float:
        return ticks / self.timescale

    def kept(self) -> Iterator[Segment]:
        yield from self._retired
        yield from self.segments

    def _open_segment(self) -> Segment:
        if self.segments and not self.segments[-1].complete:
            return self.segments[-1]
        segment = Segment(self._next_msn, self.end, self._init_id, self._pending_discontinuities)
        self._inits.setdefault(self._init_id, self._init)
        self._pending_discontinuities = 0
        self._next_msn += 1
        self.segments.append(segment)
        self._by_msn[segment.msn] = segment
        return segment

    def _trim(self) -> None:
        """RFC 8216bis 6.2.2: segments leave in the order they came, never below three target durations."""
        window = self.limits.window_s * self.timescale
        while len(self.segments) > 1 and self.segments[0].end <= self.end - window:
            segment = self.segments.popleft()
            self.discontinuity_sequence += segment.discontinuities
            self._retired.append(segment)
        # "the corresponding Media Segment MUST remain available to clients for a period of time equal to
        # the duration of the segment plus the duration of the longest Playlist file distributed".
        while self._retired and self._retired[0].end <= self.end - 2 * window - self._retired[0].duration:
            self._forget(self._retired.popleft())

    def _forget(self, segment: Segment) -> None:
        del self._by_msn[segment.msn]
        for part in segment.parts:
            del self._parts[part.start]
        if all(other.init != segment.init for other in self.kept()) and segment.init != self._init_id:
            del self._inits[segment.init]
