"""Playlists as text (RFC 8216bis 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from konsilium.mediaplane.hls.clock import Limits
from konsilium.mediaplane.hls.timeline import Part, Segment, Timeline

#: EXT-X-SKIP asks for 9 (RFC 8216bis 8).
VERSION = 9
#: What a player adds to a playlist's address that does not count segments as 5.2 says: each gets its IV in writing,
#: and no part is hinted at, which such a player would take for one of the segment before.
EXPLICIT_IV = {"iv": "explicit"}


@dataclass(frozen=True, slots=True)
class Report:
    """An EXT-X-RENDITION-REPORT: how far another rendition has come."""

    uri: str
    msn: int
    part: int


def render_playlist(
    timeline: Timeline,
    *,
    skip: bool = False,
    reports: Iterable[Report] = (),
    behind_ms: int = 0,
    explicit_iv: bool = False,
) -> str:
    """`behind_ms`: so much more than usual a player has to stay away from the end."""
    limits = timeline.limits
    target = limits.part_target_ms / 1000
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{limits.target_duration_s}",
        _server_control(limits, behind_ms),
        f"#EXT-X-PART-INF:PART-TARGET={target:g}",
        f"#EXT-X-MEDIA-SEQUENCE:{timeline.media_sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{timeline.discontinuity_sequence}",
    ]
    # 6.2.5.1: "A Server MUST ignore the _HLS_skip directive if [...] it contains an EXT-X-ENDLIST tag."
    skipped = _skippable(timeline) if skip and not timeline.ended else 0
    if skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
    parts_from = timeline.end - limits.parts_kept_s * timeline.timescale
    if timeline.ended:
        # Parts have done their work when nothing follows; with them hls.js does not always notice the end.
        parts_from = timeline.end
    shown = islice(timeline.segments, skipped, None)
    first = next(shown, None)
    if first is not None:
        lines += _first_lines(timeline, first, parts_from, explicit_iv)
        before = first
        for segment in shown:
            lines.append(_text(timeline, before, segment, parts_from, explicit_iv))
            before = segment
    if timeline.ended:
        # 4.4.5.3: "A Playlist containing an EXT-X-ENDLIST tag MUST NOT contain an EXT-X-PRELOAD-HINT tag."
        lines.append("#EXT-X-ENDLIST")
    else:
        if not explicit_iv:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{part_name(timeline.end)}"')
        lines += [
            f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.msn},LAST-PART={report.part}'
            for report in reports
        ]
    lines.append("")
    return "\n".join(lines)


def _server_control(limits: Limits, behind_ms: int) -> str:
    hold_back = f"{(limits.part_hold_back_ms + behind_ms) / 1000:g}"
    return (
        f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={hold_back},"
        f"CAN-SKIP-UNTIL={limits.skip_until_s}"
    )


def part_name(start: int) -> str:
    """A part is named by where it begins on the channel clock.

    4.4.5.3: the URI of a preload hint "MUST match the URI that will be subsequently added to the Playlist".
    Whether the next part will continue the segment or begin a new one is not known when it is hinted at.
    """
    return f"part-{start}.m4s"


def segment_name(start: int) -> str:
    """By time as well: a media plane that was killed and forgot its last number never uses a name twice."""
    return f"seg-{start}.m4s"


def init_name(init: int) -> str:
    return f"init-{init}.mp4"


def key_name(number: int) -> str:
    """Relative to a media playlist: keys are the channel's, the same for all its renditions."""
    return f"../key-{number}.bin"


def _skippable(timeline: Timeline) -> int:
    """4.4.3.8: segments further from the end of the playlist than the Skip Boundary."""
    boundary = timeline.end - timeline.limits.skip_until_s * timeline.timescale
    shown = 0
    for segment in reversed(timeline.segments):
        if segment.end <= boundary:
            break
        shown += 1
    return len(timeline.segments) - shown


def _first_lines(timeline: Timeline, segment: Segment, parts_from: int, explicit_iv: bool) -> list[str]:
    """What is in force is said anew, since what said it is gone or, in a delta update, skipped."""
    return [
        *["#EXT-X-DISCONTINUITY"] * segment.discontinuities,
        *_map_lines(segment, explicit_iv),
        *_own_lines(timeline, segment, parts_from),
    ]


def _text(timeline: Timeline, before: Segment, segment: Segment, parts_from: int, explicit_iv: bool) -> str:
    """A day's window is thousands of segments: what cannot change any more is put into words once."""
    known = segment.text_with_iv if explicit_iv else segment.text
    if known is not None:
        return known
    # 4.4.4.9: tags of the parent segment "MUST appear before the first EXT-X-PART tag of that Parent Segment".
    lines = ["#EXT-X-DISCONTINUITY"] * segment.discontinuities
    if segment.init != before.init:
        lines += _map_lines(segment, explicit_iv)
    elif explicit_iv or segment.key != before.key:
        lines.append(_key_line(segment, explicit_iv))
    lines += _own_lines(timeline, segment, parts_from)
    text = "\n".join(lines)
    if segment.complete and segment.end <= parts_from:
        if explicit_iv:
            segment.text_with_iv = text
        else:
            segment.text = text
    return text


def _map_lines(segment: Segment, explicit_iv: bool) -> list[str]:
    """4.4.4.4: a key "applies to every Media Segment and to every Media Initialization Section" that follows.

    The latter holds no picture and stays clear, so the key in force is taken back before it.
    """
    return [
        "#EXT-X-KEY:METHOD=NONE",
        f'#EXT-X-MAP:URI="{init_name(segment.init)}"',
        _key_line(segment, explicit_iv),
    ]


def _key_line(segment: Segment, explicit_iv: bool) -> str:
    return key_line(segment.key, iv=segment.msn if explicit_iv else None)


def key_line(key: int, *, iv: int | None = None) -> str:
    """Without IV: 4.4.4.4, the Media Sequence Number is used, for a part that of its parent segment."""
    vector = "" if iv is None else f",IV=0x{iv:032x}"
    return f'#EXT-X-KEY:METHOD=AES-128,URI="{key_name(key)}"{vector}'


def _own_lines(timeline: Timeline, segment: Segment, parts_from: int) -> list[str]:
    date = timeline.date(segment.start).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = [f"#EXT-X-PROGRAM-DATE-TIME:{date}"]
    if segment.end > parts_from:
        lines += [_part_line(timeline, part) for part in segment.parts]
    if segment.is_gap:
        lines.append("#EXT-X-GAP")
    if segment.complete:
        lines += [f"#EXTINF:{timeline.seconds(segment.duration):.5f},", segment_name(segment.start)]
    return lines


def _part_line(timeline: Timeline, part: Part) -> str:
    independent = ",INDEPENDENT=YES" if part.independent else ""
    duration = timeline.seconds(part.duration)
    return f'#EXT-X-PART:DURATION={duration:.5f},URI="{part_name(part.start)}"{independent}'
