"""RFC 8216bis 6.2.5.2 as a table: what is asked of a timeline with three segments, the third one open."""

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import Limits, Part, Reject, Serve, Timeline, Verdict, WaitFor, reload_verdict
from tests.mediaplane.hls_factory import CIPHER, init_of


def timeline(*parts_of_segments: int, ended: bool = False, limits: Limits | None = None) -> Timeline:
    made = Timeline(timescale=1000, limits=limits or Limits(), start=0, first_msn=10, cipher=CIPHER)
    for count in parts_of_segments:
        made.close_segment()
        made.switch_init(init_of(Kind.VIDEO))
        for _ in range(count):
            made.add_part(Part(made.end, 200, True, b"x"))
    if ended:
        made.finish()
    return made


NO_MSN = "6.2.5.2: _HLS_part without _HLS_msn MUST be answered with Bad Request"
FAR_MSN = "6.2.5.2: _HLS_msn is greater than the last Media Sequence Number plus two"
FAR_PART = "6.2.5.2: _HLS_part exceeds the last Partial Segment by the Advance Part Limit"

ROWS: list[tuple[str, int | None, int | None, Verdict]] = [
    ("a plain request is answered at once", None, None, Serve()),
    (NO_MSN, None, 0, Reject(400, NO_MSN)),
    ("hold until a Media Segment of that number or later: it is there", 11, None, Serve()),
    ("a number that left the playlist: later ones are there", 3, None, Serve()),
    ("the open segment is not yet a Media Segment of the Playlist", 12, None, WaitFor(12, None)),
    ("the next segment", 13, None, WaitFor(13, None)),
    ("last plus two", 14, None, WaitFor(14, None)),
    (FAR_MSN, 15, None, Reject(400, FAR_MSN)),
    ("an absurd number", 10**17, 0, Reject(400, FAR_MSN)),
    ("the newest part is there", 12, 2, Serve()),
    ("the next part", 12, 3, WaitFor(12, 3)),
    ("the first part of the next segment", 13, 0, WaitFor(13, 0)),
    ("Advance Part Limit: 3 s / 0.21 s = 15 parts", 12, 17, WaitFor(12, 17)),
    (FAR_PART, 12, 18, Reject(400, FAR_PART)),
    (
        "greater than the final Partial Segment: Part Index 0 of the following, which is there",
        11,
        40,
        Serve(),
    ),
    ("an old part", 10, 0, Serve()),
]


@pytest.mark.parametrize(("rule", "msn", "part", "verdict"), ROWS, ids=[row[0] for row in ROWS])
def test_verdict(rule: str, msn: int | None, part: int | None, verdict: Verdict) -> None:
    assert reload_verdict(timeline(5, 5, 3), msn, part) == verdict, rule


def test_part_index_beyond_the_final_one_waits_for_the_following_segment() -> None:
    """ "the Server MUST treat the request as one for Part Index 0 of the following Parent Segment"."""
    line = timeline(5, 5)
    line.close_segment()
    assert reload_verdict(line, 11, 5) == WaitFor(11, 5)
    line.add_part(Part(line.end, 200, True, b"x"))
    assert reload_verdict(line, 11, 5) == Serve()


def test_nothing_is_waited_for_once_it_has_ended() -> None:
    line = timeline(5, 5, ended=True)
    assert reload_verdict(line, 11, 6) == Serve()
    assert reload_verdict(line, 40, None) == Serve()


def test_an_empty_timeline_is_waited_for() -> None:
    assert reload_verdict(timeline(), None, None) == WaitFor(10, 0)
    assert reload_verdict(timeline(), 10, 0) == WaitFor(10, 0)


def test_advance_part_limit_of_long_parts_is_three() -> None:
    line = timeline(2, limits=Limits(part_ms=1000))
    assert reload_verdict(line, 10, 4) == WaitFor(10, 4)
    assert reload_verdict(line, 10, 5) == Reject(400, FAR_PART)
