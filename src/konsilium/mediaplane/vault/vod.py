"""Playlists of a recording (RFC 8216bis, PLAYLIST-TYPE VOD). A kernel: entries in, text out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from konsilium.mediaplane.hls.clock import date_of
from konsilium.mediaplane.hls.playlist import VERSION, init_name, key_line, segment_name
from konsilium.mediaplane.vault.index import Entry

#: 4.4.3.1: "an upper bound on the Media Segment duration"; longer segments of a converted film raise it.
TARGET_S: Final = 4
SHORTEST_GAP_S: Final = 0.1
#: A longer hole in the recording is skipped instead of being shown as a gap.
LONGEST_GAP_S: Final = 600
#: 4.4.4.6 wants one where there is a discontinuity; in between, every so many segments keep sums exact.
DATE_EVERY: Final = 10


def render_vod(entries: Sequence[Entry], timescale: int, *, explicit_iv: bool = False) -> str:
    """As live: the same names, keys and sequence numbers, so what a cache has already is used again."""
    longest = max((round(entry.duration / timescale) for entry in entries), default=0)
    first = entries[0] if entries else None
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{max(TARGET_S, longest)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXT-X-MEDIA-SEQUENCE:{first.msn if first else 0}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.discontinuities if first else 0}",
    ]
    if all(entry.independent for entry in entries):
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    lines += _segments(entries, timescale, explicit_iv=explicit_iv)
    lines += ["#EXT-X-ENDLIST", ""]
    return "\n".join(lines)


def _segments(entries: Iterable[Entry], timescale: int, *, explicit_iv: bool) -> Iterator[str]:
    before: Entry | None = None
    #: 4.4.4.4: without IV the media sequence number is used. Where the playlist's own count has left the
    #: numbers that were encrypted with, it must be said.
    shift = 0
    since_date = 0
    for entry in entries:
        apart = False
        if before is not None:
            tags = max(0, entry.discontinuities - before.discontinuities)
            gaps, jumps = _between(before, entry, timescale)
            if jumps and not tags:
                tags = 1
            yield from ["#EXT-X-DISCONTINUITY"] * tags
            for start, ticks in gaps:
                yield from ("#EXT-X-GAP", f"#EXTINF:{ticks / timescale:.5f},", segment_name(start))
            shift += entry.msn - before.msn - 1 - len(gaps)
            apart = bool(tags or gaps)
        states_iv = explicit_iv or shift != 0
        if before is None or entry.init != before.init:
            if before is not None:
                # The section holds no picture and is clear; a key would hold for it as well.
                yield "#EXT-X-KEY:METHOD=NONE"
            yield f'#EXT-X-MAP:URI="{init_name(entry.init)}"'
            yield _key(entry, states_iv=states_iv)
            apart = True
        elif states_iv or entry.key != before.key:
            yield _key(entry, states_iv=states_iv)
        since_date += 1
        if apart or since_date >= DATE_EVERY:
            yield f"#EXT-X-PROGRAM-DATE-TIME:{_date(date_of(entry.start, timescale))}"
            since_date = 0
        yield f"#EXTINF:{entry.duration / timescale:.5f},"
        yield segment_name(entry.start)
        before = entry


def _between(before: Entry, entry: Entry, timescale: int) -> tuple[list[tuple[int, int]], bool]:
    """Places of segments that are missing, or whether the time line jumps."""
    hole = entry.start - before.end
    if hole < SHORTEST_GAP_S * timescale:
        # A run after a crash begins a tick later than the last one ended.
        return [], False
    if entry.discontinuities > before.discontinuities or hole > LONGEST_GAP_S * timescale:
        return [], True
    missing = entry.msn - before.msn - 1
    least = -(-hole // (TARGET_S * timescale))
    # As many as were numbered, if that is possible; none may be longer than the target duration.
    count = missing if least <= missing <= hole else least
    edges = [before.end + hole * number // count for number in range(count + 1)]
    return [(edges[number], edges[number + 1] - edges[number]) for number in range(count)], False


def _key(entry: Entry, *, states_iv: bool) -> str:
    return key_line(entry.key, iv=entry.msn if states_iv else None)


def _date(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
