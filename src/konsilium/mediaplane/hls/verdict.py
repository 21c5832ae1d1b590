"""Whether a playlist request can be answered: RFC 8216bis 6.2.5.2, Blocking Playlist Reload."""

import math
from dataclasses import dataclass

from konsilium.mediaplane.hls.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Serve:
    pass


@dataclass(frozen=True, slots=True)
class WaitFor:
    """The caller waits until the timeline changes, then asks again."""

    msn: int
    part: int | None


@dataclass(frozen=True, slots=True)
class Reject:
    status: int
    clause: str


Verdict = Serve | WaitFor | Reject


def reload_verdict(timeline: Timeline, msn: int | None, part: int | None) -> Verdict:
    if msn is None:
        if part is not None:
            return Reject(400, "6.2.5.2: _HLS_part without _HLS_msn MUST be answered with Bad Request")
        return Serve() if timeline.segments or timeline.ended else WaitFor(timeline.next_msn, 0)
    if timeline.ended:
        # Nothing will come that could be waited for.
        return Serve()
    return _unreasonable(timeline, msn, part) or (
        Serve() if _contains(timeline, msn, part) else WaitFor(msn, part)
    )


def _unreasonable(timeline: Timeline, msn: int, part: int | None) -> Reject | None:
    last_msn, last_part = timeline.last or (timeline.next_msn, -1)
    if msn > last_msn + 2:
        return Reject(400, "6.2.5.2: _HLS_msn is greater than the last Media Sequence Number plus two")
    # "three divided by the Part Target Duration if the Part Target Duration is less than one second"
    target = timeline.limits.part_target_ms / 1000
    limit = math.ceil(3 / target) if target < 1 else 3
    newest = last_part if msn == last_msn else -1
    if part is not None and msn >= last_msn and part > newest + limit:
        return Reject(400, "6.2.5.2: _HLS_part exceeds the last Partial Segment by the Advance Part Limit")
    return None


def _contains(timeline: Timeline, msn: int, part: int | None) -> bool:
    if part is None:
        # "until a Playlist contains a Media Segment with Media Sequence Number of N or later"
        return any(segment.complete for segment in reversed(timeline.segments) if segment.msn >= msn)
    # "a Part Index greater than that of the final Partial Segment of the Parent Segment" stands for Part
    # Index 0 of the following one: once that has begun, its number alone is later than the one asked for.
    return timeline.last is not None and (msn, part) <= timeline.last
