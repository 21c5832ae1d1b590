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
    #: METHOD and URI in force for it, and for its initialisation section.
    key: tuple[str, str | None] | None = None
    map_key: tuple[str, str | None] | None = None
    parts: list[Part] = field(default_factory=list)
    duration: float | None = None
    uri: str | None = None
    is_gap: bool = False


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
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-INDEPENDENT-SEGMENTS",
}


def parse(text: str) -> Playlist:
    lines = text.split("\n")
    assert lines.pop() == "", "the last line has no end"
    assert lines[0] == "#EXTM3U"
    playlist = Playlist(text, {}, [], 0, None, [], ended=False)
    current: Segment | None = None
    map_uri: str | None = None
    key: tuple[str, str | None] | None = None
    map_key: tuple[str, str | None] | None = None
    for line in lines[1:]:
        tag, _, value = line.removeprefix("#").partition(":")
        if tag in HEADER_TAGS:
            assert tag not in playlist.header
            assert not playlist.segments
            playlist.header[tag] = value
            continue
        if tag in {
            "EXT-X-KEY",
            "EXT-X-DISCONTINUITY",
            "EXT-X-MAP",
            "EXT-X-PROGRAM-DATE-TIME",
            "EXT-X-PART",
            "EXT-X-GAP",
            "EXTINF",
        }:
            if current is None:
                number = playlist.media_sequence + playlist.skipped + len(playlist.segments)
                current = Segment(number, map_uri, 0, None, key=key, map_key=map_key)
                playlist.segments.append(current)
            _apply(current, tag, value)
            map_uri, key, map_key = current.map_uri, current.key, current.map_key
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
    elif tag == "EXT-X-GAP":
        segment.is_gap = True
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
            segment.map_key = segment.key
        elif tag == "EXT-X-KEY":
            found = attributes(value)
            segment.key = (found["METHOD"], found.get("URI"))
        else:
            segment.date = datetime.fromisoformat(value)


@dataclass
class Master:
    text: str
    media: list[dict[str, str]]
    variants: list[dict[str, str]]
    uris: list[str]

    @property
    def groups(self) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for one in self.media:
            found.setdefault(one["GROUP-ID"], []).append(one)
        return found

    @property
    def sounds(self) -> list[list[dict[str, str]]]:
        return list(self.groups.values())


def parse_master(text: str) -> Master:
    lines = text.split("\n")
    assert lines.pop() == "", "the last line has no end"
    assert lines[:2] == ["#EXTM3U", "#EXT-X-VERSION:9"]
    master = Master(text, [], [], [])
    for line in lines[2:]:
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA":
            master.media.append(attributes(value))
        elif tag == "#EXT-X-STREAM-INF":
            assert len(master.variants) == len(master.uris), "4.4.6.2: the URI line is REQUIRED"
            master.variants.append(attributes(value))
        else:
            assert not line.startswith("#"), f"unknown tag {line!r}"
            master.uris.append(line)
    assert len(master.variants) == len(master.uris)
    return master
