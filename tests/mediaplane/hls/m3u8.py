"""A playlist taken apart, strictly: what a line cannot be read as fails the test."""

import re
from dataclasses import dataclass, field
from datetime import datetime

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')


def attributes(text: str) -> dict[str, str]:
    found, at = {}, 0
    while at < len(text):
        match = ATTRIBUTE.match(text, at)
        assert match, f"not an attribute list: {text!r}"
        assert match[1] not in found, f"{match[1]} twice in {text!r}"
        found[match[1]] = match[2].strip('"')
        at = match.end()
    return found


@dataclass
class Part:
    uri: str
    duration: float
    independent: bool


@dataclass
class Segment:
    msn: int
    map_uri: str | None
    discontinuities: int
    date: datetime | None
    parts: list[Part] = field(default_factory=list)
    duration: float | None = None
    uri: str | None = None


@dataclass
class Playlist:
    text: str
    header: dict[str, str]
    segments: list[Segment]
    skipped: int
    hint: dict[str, str] | None
    reports: list[dict[str, str]]
    ended: bool

    @property
    def control(self) -> dict[str, str]:
        return attributes(self.header["EXT-X-SERVER-CONTROL"])

    @property
    def part_target(self) -> float:
        return float(attributes(self.header["EXT-X-PART-INF"])["PART-TARGET"])

    @property
    def media_sequence(self) -> int:
        return int(self.header["EXT-X-MEDIA-SEQUENCE"])

    @property
    def discontinuity_sequence(self) -> int:
        return int(self.header["EXT-X-DISCONTINUITY-SEQUENCE"])

    @property
    def complete(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.uri is not None]

    @property
    def parts(self) -> list[Part]:
        return [part for segment in self.segments for part in segment.parts]


HEADER_TAGS = {
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-PART-INF",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
}


def parse(text: str) -> Playlist:
    lines = text.split("\n")
    assert lines.pop() == "", "the last line has no end"
    assert lines[0] == "#EXTM3U"
    playlist = Playlist(text, {}, [], 0, None, [], ended=False)
    current: Segment | None = None
    map_uri: str | None = None
    for line in lines[1:]:
        tag, _, value = line.removeprefix("#").partition(":")
        if tag in HEADER_TAGS:
            assert tag not in playlist.header
            assert not playlist.segments
            playlist.header[tag] = value
            continue
        if tag in {"EXT-X-DISCONTINUITY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-PART", "EXTINF"}:
            if current is None:
                number = playlist.media_sequence + playlist.skipped + len(playlist.segments)
                current = Segment(number, map_uri, 0, None)
                playlist.segments.append(current)
            _apply(current, tag, value)
            map_uri = current.map_uri
        elif tag == "EXT-X-SKIP":
            playlist.skipped = int(attributes(value)["SKIPPED-SEGMENTS"])
        elif tag == "EXT-X-PRELOAD-HINT":
            playlist.hint = attributes(value)
        elif tag == "EXT-X-RENDITION-REPORT":
            playlist.reports.append(attributes(value))
        elif line == "#EXT-X-ENDLIST":
            playlist.ended = True
        else:
            assert not line.startswith("#"), f"unknown tag {line!r}"
            assert current is not None
            assert current.duration is not None
            current.uri = line
            current = None
    return playlist


def _apply(segment: Segment, tag: str, value: str) -> None:
    if tag == "EXT-X-PART":
        found = attributes(value)
        part = Part(found["URI"], float(found["DURATION"]), found.get("INDEPENDENT") == "YES")
        segment.parts.append(part)
    elif tag == "EXTINF":
        segment.duration = float(value.removesuffix(","))
    else:
        assert not segment.parts, (
            "4.4.4.9: MUST appear before the first EXT-X-PART tag of that Parent Segment"
        )
        if tag == "EXT-X-DISCONTINUITY":
            segment.discontinuities += 1
        elif tag == "EXT-X-MAP":
            segment.map_uri = attributes(value)["URI"]
        else:
            segment.date = datetime.fromisoformat(value)
