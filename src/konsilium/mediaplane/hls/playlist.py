"""Playlists as text (RFC 8216bis 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from konsilium.mediaplane.hls.clock import Limits
from konsilium.mediaplane.hls.timeline import Part, Segment, Timeline

#: EXT-X-SKIP asks for 9 (RFC 8216bis 8).
VERSION = 9


@dataclass(frozen=True, slots=True)
class Report:
    """An EXT-X-RENDITION-REPORT: how far another rendition has come."""

    uri: str
    msn: int
    part: int


def render_playlist(timeline: Timeline, *, skip: bool = False, reports: Iterable[Report] = ()) -> str:
    limits = timeline.limits
    target = limits.part_target_ms / 1000
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{limits.target_duration_s}",
        _server_control(limits),
        f"#EXT-X-PART-INF:PART-TARGET={target:g}",
        f"#EXT-X-MEDIA-SEQUENCE:{timeline.media_sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{timeline.discontinuity_sequence}",
    ]
    skipped = _skippable(timeline) if skip else 0
    if skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
    parts_from = timeline.end - limits.parts_kept_s * timeline.timescale
    # Parts have done their work when nothing follows; with them hls.js does not always notice the end.
    without_parts = timeline.ended
    init = None
    for index, segment in enumerate(timeline.segments):
        if index < skipped:
            continue
        lines += _segment_lines(
            timeline, segment, init=init, with_parts=segment.end > parts_from and not without_parts
        )
        init = segment.init
    if timeline.ended:
        # 4.4.5.3: "A Playlist containing an EXT-X-ENDLIST tag MUST NOT contain an EXT-X-PRELOAD-HINT tag."
        lines.append("#EXT-X-ENDLIST")
    else:
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{part_name(timeline.end)}"')
        lines += [
            f'#EXT-X-RENDITION-REPORT:URI="{report.uri}",LAST-MSN={report.msn},LAST-PART={report.part}'
            for report in reports
        ]
    lines.append("")
    return "\n".join(lines)


def _server_control(limits: Limits) -> str:
    hold_back = f"{limits.part_hold_back_ms / 1000:g}"
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


def segment_name(msn: int) -> str:
    return f"seg-{msn}.m4s"


def init_name(init: int) -> str:
    return f"init-{init}.mp4"


def _skippable(timeline: Timeline) -> int:
    """4.4.3.8: segments further from the end of the playlist than the Skip Boundary."""
    boundary = timeline.end - timeline.limits.skip_until_s * timeline.timescale
    count = 0
    for segment in timeline.segments:
        if segment.end > boundary:
            break
        count += 1
    return count


def _segment_lines(timeline: Timeline, segment: Segment, *, init: int | None, with_parts: bool) -> list[str]:
    # 4.4.4.9: tags of the parent segment "MUST appear before the first EXT-X-PART tag of that Parent Segment".
    lines = ["#EXT-X-DISCONTINUITY"] * segment.discontinuities
    if segment.init != init:
        lines.append(f'#EXT-X-MAP:URI="{init_name(segment.init)}"')
    date = timeline.date(segment.start).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date}")
    if with_parts:
        lines += [_part_line(timeline, part) for part in segment.parts]
    if segment.complete:
        lines += [f"#EXTINF:{timeline.seconds(segment.duration):.5f},", segment_name(segment.msn)]
    return lines


def _part_line(timeline: Timeline, part: Part) -> str:
    independent = ",INDEPENDENT=YES" if part.independent else ""
    duration = timeline.seconds(part.duration)
    return f'#EXT-X-PART:DURATION={duration:.5f},URI="{part_name(part.start)}"{independent}'


@dataclass(frozen=True, slots=True)
class Variant:
    """One angle as the master playlist offers it."""

    key: str
    title: str
    uri: str
    codecs: Sequence[str]
    bandwidth: int
    average_bandwidth: int
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    uri: str
    channels: int = 2
    group: str = "sound"


def render_master(variants: Iterable[Variant], sound: Sound) -> str:
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        _sound_line(sound),
    ]
    for variant in variants:
        attributes = [
            f"BANDWIDTH={variant.bandwidth}",
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
            f'CODECS="{",".join(variant.codecs)}"',
        ]
        if variant.width and variant.height:
            attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
        if variant.frame_rate:
            attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
        attributes += [
            f'AUDIO="{sound.group}"',
            f'STABLE-VARIANT-ID="{variant.key}"',
            # Not of the RFC; hls.js shows it as the level's name.
            f'NAME="{_quotable(variant.title)}"',
        ]
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), variant.uri]
    lines.append("")
    return "\n".join(lines)


def _sound_line(sound: Sound) -> str:
    return (
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{sound.group}",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,'
        f'CHANNELS="{sound.channels}",STABLE-RENDITION-ID="sound",URI="{sound.uri}"'
    )


def _quotable(text: str) -> str:
    """4.2: a quoted-string cannot contain line feed, carriage return or double quote."""
    return "".join("'" if character == '"' else character for character in text if character.isprintable())


def measured_bandwidth(timelines: Iterable[Timeline], *, otherwise: int) -> tuple[int, int]:
    """Peak and average bits per second of renditions played together (RFC 8216bis 4.4.6.2)."""
    peak = average = 0
    for timeline in timelines:
        segments = [segment for segment in timeline.segments if segment.complete]
        duration = sum(segment.duration for segment in segments)
        if duration:
            average += 8 * sum(segment.size for segment in segments) * timeline.timescale // duration
            peak += _peak(timeline, segments)
    return (peak or otherwise), (average or otherwise)


def _peak(timeline: Timeline, segments: Sequence[Segment]) -> int:
    """4.1: the largest bit rate of segments in a row that last at least half a target duration together."""
    shortest = timeline.limits.target_duration_s * timeline.timescale // 2
    peak = 0
    run: list[Segment] = []
    for segment in segments:
        run.append(segment)
        while run[-1].end - run[1 if len(run) > 1 else 0].start >= shortest and len(run) > 1:
            run.pop(0)
        duration = run[-1].end - run[0].start
        if duration >= shortest:
            peak = max(peak, 8 * sum(one.size for one in run) * timeline.timescale // duration)
    return peak
