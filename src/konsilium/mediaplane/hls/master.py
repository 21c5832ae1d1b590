"""The multivariant playlist as text (RFC 8216bis 4.4.6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from konsilium.mediaplane.hls.playlist import VERSION
from konsilium.mediaplane.hls.timeline import Segment, Timeline

#: A bit rate is measured over so many segments: some minutes.
MEASURED_SEGMENTS = 120


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture, or the sound alone, as the audience is offered it."""

    key: str
    title: str
    uri: str
    codecs: Sequence[str]
    bandwidth: int
    average_bandwidth: int
    #: Of the sound that belongs to it.
    group: str | None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """One member of a group; the first is what is heard by whoever chooses nothing."""

    key: str
    title: str
    uri: str
    channels: int
    language: str | None = None


def render_master(variants: Iterable[Variant], groups: dict[str, Sequence[Sound]]) -> str:
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}"]
    for group, members in groups.items():
        lines += [_sound_line(group, sound, is_first=sound is members[0]) for sound in members]
    for variant in variants:
        lines += [_variant_line(variant), variant.uri]
    lines.append("")
    return "\n".join(lines)


def _variant_line(variant: Variant) -> str:
    attributes = [
        f"BANDWIDTH={variant.bandwidth}",
        f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
        f'CODECS="{",".join(variant.codecs)}"',
    ]
    if variant.width and variant.height:
        attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
    if variant.frame_rate:
        attributes.append(f"FRAME-RATE={variant.frame_rate:.3f}")
    if variant.group is not None:
        attributes.append(f'AUDIO="{variant.group}"')
    attributes += [
        f'STABLE-VARIANT-ID="{variant.key}"',
        # Not of the RFC; hls.js shows it as the level's name.
        f'NAME="{_quotable(variant.title)}"',
    ]
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _sound_line(group: str, sound: Sound, *, is_first: bool) -> str:
    """4.4.6.1.1: groups have the same members, alike in everything but URI and CHANNELS."""
    attributes = ["TYPE=AUDIO", f'GROUP-ID="{group}"', f'NAME="{_quotable(sound.title)}"']
    if sound.language is not None:
        attributes.append(f'LANGUAGE="{sound.language}"')
    attributes += [
        f"DEFAULT={'YES' if is_first else 'NO'}",
        "AUTOSELECT=YES",
        f'CHANNELS="{sound.channels}"',
        f'STABLE-RENDITION-ID="{sound.key}"',
        f'URI="{sound.uri}"',
    ]
    return "#EXT-X-MEDIA:" + ",".join(attributes)


def _quotable(text: str) -> str:
    """4.2: a quoted-string cannot contain line feed, carriage return or double quote."""
    return "".join("'" if character == '"' else character for character in text if character.isprintable())


def measured_bandwidth(timelines: Iterable[Timeline], *, otherwise: int) -> tuple[int, int]:
    """Peak and average bits per second of renditions played together (RFC 8216bis 4.4.6.2)."""
    peak = average = 0
    for timeline in timelines:
        newest = [
            segment for segment in islice(reversed(timeline.segments), MEASURED_SEGMENTS) if segment.complete
        ]
        duration = sum(segment.duration for segment in newest)
        if duration:
            average += 8 * sum(segment.size for segment in newest) * timeline.timescale // duration
            peak += _peak(timeline, newest[::-1])
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
