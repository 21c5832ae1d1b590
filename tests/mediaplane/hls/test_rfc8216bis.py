"""Every rule of RFC 8216bis that our playlists are subject to is one row; each row looks at every playlist.

The draft is draft-pantos-hls-rfc8216bis-22. What stands in quotation marks are its words; the rest is said in ours.
Where we do otherwise than it says: `test_rfc8216bis_deviations.py`.

Longer than 400 lines because it is a table, and the story that its rows look at.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest

from konsilium.mediaplane.hls import SOUND, Limits
from konsilium.mediaplane.hls.clock import EPOCH
from tests.mediaplane.hls.m3u8 import Playlist, attributes, parse
from tests.mediaplane.hls_factory import Studio, picture


def _both(studio: Studio, name: str, key: str = "endoscope") -> Iterator[tuple[str, Playlist]]:
    for rendition in (key, SOUND):
        yield f"{name}, {rendition}", parse(studio.channel.playlist(rendition))
        yield f"{name}, {rendition}, delta", parse(studio.channel.playlist(rendition, skip=True))


def _story() -> Iterator[tuple[str, Playlist]]:
    studio = Studio()
    yield from _both(studio, "just begun")
    studio.run(1)
    studio.connect("endoscope", ago=0.4)
    studio.connect(SOUND, ago=0.4)
    for step in range(7):
        studio.run(0.35)
        yield from _both(studio, f"live {step}")
    studio.disconnect("endoscope")
    yield from _both(studio, "lost")
    studio.connect("endoscope", picture(fps=24, gop=48), ago=0.2)
    studio.run(3.1)
    yield from _both(studio, "back at 24 fps")
    studio.channel.stop(studio.now)
    yield from _both(studio, "stopped")
    studio.run(2)
    studio.channel.resume(studio.now)
    studio.run(5)
    yield from _both(studio, "resumed")
    studio.run(70)
    yield from _both(studio, "with a full window")
    studio.sleep(3600)
    studio.run(5)
    yield from _both(studio, "after a sleep")
    studio.run(70)
    yield from _both(studio, "long after a sleep")
    studio.channel.end()
    yield from _both(studio, "ended")


def _angles() -> Iterator[tuple[str, Playlist]]:
    studio = Studio("endoscope", "overview", limits=Limits(part_ms=500, window_s=30))
    studio.connect("endoscope", picture(fps=25, gop=250))
    studio.connect("overview", picture(fps=60, gop=20))
    studio.connect(SOUND)
    studio.run(40)
    yield from _both(studio, "500 ms parts")
    yield from _both(studio, "500 ms parts", "overview")


@cache
def playlists() -> tuple[tuple[str, Playlist], ...]:
    return (*_story(), *_angles())


Rule = Callable[[Playlist], bool]
HEAD = ("EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF")


def target(playlist: Playlist) -> int:
    return int(playlist.header["EXT-X-TARGETDURATION"])


def _long_enough(playlist: Playlist) -> bool:
    """Only a part that is not the last of its segment, and not independent, is held to 85 %."""
    shortest = 0.85 * playlist.part_target - 0.00001
    return all(
        part.duration >= shortest or part.independent
        for segment in playlist.segments
        for part in segment.parts[:-1]
    )


def _parts_add_up(playlist: Playlist) -> bool:
    return all(
        abs(sum(part.duration for part in segment.parts) - segment.duration) < 0.0005
        for segment in playlist.complete
        if segment.parts and segment.duration is not None
    )


def _dates_follow(playlist: Playlist) -> bool:
    return all(
        one.date is not None
        and two.date is not None
        and one.duration is not None
        and abs(two.date - one.date - timedelta(seconds=one.duration)) <= timedelta(milliseconds=2)
        for one, two in zip(playlist.segments, playlist.segments[1:], strict=False)
        if not two.discontinuities
    )


def _old_parts_gone(playlist: Playlist) -> bool:
    after = 0.0
    for segment in reversed(playlist.segments):
        length = segment.duration or sum(part.duration for part in segment.parts)
        if segment.parts and after > 3 * target(playlist):
            return False
        after += length
    return True


def _key_is_of_its_time(playlist: Playlist) -> bool:
    """The number in the URI is that of the half minute in which the segment begins."""
    return all(
        one.date is not None
        and one.key == ("AES-128", f"../key-{int((one.date - EPOCH).total_seconds()) // 30}.bin")
        for one in playlist.segments
    )


def _key_lines(playlist: Playlist) -> list[dict[str, str]]:
    lines = [line for line in playlist.text.splitlines() if line.startswith("#EXT-X-KEY:")]
    return [attributes(line.removeprefix("#EXT-X-KEY:")) for line in lines]


def _delta_goes_back_far_enough(playlist: Playlist) -> bool:
    if not playlist.skipped:
        return True
    length = sum(one.duration or sum(part.duration for part in one.parts) for one in playlist.segments)
    return length >= float(playlist.control["CAN-SKIP-UNTIL"]) - 0.001


#: 4.2: digits, and a point where fractions are allowed; no sign, no exponent.
WHOLE = re.compile(r"[0-9]{1,20}")
DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
WHOLE_TAGS = (
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
)
SEGMENT_TAGS = ("#EXTINF", "#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-PART:", "#EXT-X-PROGRAM-DATE-TIME")


def _decimals(playlist: Playlist) -> bool:
    found = re.findall(
        r"(?:#EXTINF:|[,:](?:DURATION|PART-TARGET|PART-HOLD-BACK|CAN-SKIP-UNTIL)=)([^,\n]*)", playlist.text
    )
    return bool(found) and all(DECIMAL.fullmatch(value) for value in found)


#: Of a recording's playlists as well: `tests/mediaplane/vault/test_vod.py`.
RULES: list[tuple[str, str, Rule]] = [
    ("4.1", "Lines are terminated by a single line feed", lambda p: "\r" not in p.text),
    ("4.1", "MUST be encoded in UTF-8, MUST NOT contain any BOM", lambda p: p.text.isascii()),
    (
        "4.1",
        "MUST NOT contain UTF-8 control characters, with the exceptions of CR and LF",
        lambda p: all(sign == "\n" or sign.isprintable() for sign in p.text),
    ),
    (
        "4.1",
        "Whitespace MUST NOT be present, except for elements in which it is specified",
        lambda p: " " not in p.text,
    ),
    (
        "4.2",
        "a decimal-integer is 1 to 20 digits",
        lambda p: all(WHOLE.fullmatch(p.header.get(tag, "0")) for tag in WHOLE_TAGS),
    ),
    ("4.2", "a decimal-floating-point is digits and a point", _decimals),
    ("4.4.1.1", "EXTM3U MUST be the first line", lambda p: p.text.startswith("#EXTM3U\n")),
    ("4.4.1.2", "MUST NOT contain more than one EXT-X-VERSION", lambda p: p.text.count("EXT-X-VERSION") == 1),
    (
        "8",
        '"MUST indicate an EXT-X-VERSION of 9 or higher if it contains: The EXT-X-SKIP tag"',
        lambda p: int(p.header["EXT-X-VERSION"]) >= 9,
    ),
    (
        "4.4.3.1",
        "EXTINF rounded to the nearest integer MUST be at most the target duration",
        lambda p: all(round(one.duration or 0) <= target(p) for one in p.complete),
    ),
    (
        "4.4.3.7",
        '"It is REQUIRED if a Playlist contains one or more EXT-X-PART tags"',
        lambda p: not p.parts or p.part_target > 0,
    ),
    (
        "4.4.3.2",
        "MEDIA-SEQUENCE and DISCONTINUITY-SEQUENCE MUST appear before the first Media Segment",
        lambda p: (
            max(p.text.find("#EXT-X-MEDIA-S"), p.text.find("#EXT-X-DISCONTINUITY-S"))
            < min(at for at in map(p.text.find, SEGMENT_TAGS) if at > 0)
        ),
    ),
    ("4.4.4.1", "EXTINF is REQUIRED for each segment", lambda p: all(one.duration for one in p.complete)),
    (
        "4.4.4.5",
        "every segment has a Media Initialization Section",
        lambda p: all(s.map_uri for s in p.segments),
    ),
    (
        "4.4.4.4",
        "METHOD is REQUIRED; URI is REQUIRED unless the METHOD is NONE",
        lambda p: all(("URI" in one) == (one["METHOD"] == "AES-128") for one in _key_lines(p)),
    ),
    (
        "4.4.4.4",
        "If the encryption method is NONE, other attributes MUST NOT be present",
        lambda p: all(set(one) == {"METHOD"} for one in _key_lines(p) if one["METHOD"] == "NONE"),
    ),
    (
        "4.4.4.4",
        "it applies to every Media Segment between it and the next: all are encrypted",
        lambda p: all(one.key is not None and one.key[0] == "AES-128" for one in p.segments),
    ),
    (
        "5.2",
        "without an IV attribute the Media Sequence Number is to be used as the IV",
        lambda p: all("IV" not in one and "KEYFORMAT" not in one for one in _key_lines(p)),
    ),
    (
        "4.4.5.2",
        "a client that skipped knows KEY and MAP all the same: they stand behind EXT-X-SKIP",
        lambda p: not p.skipped or (p.segments[0].map_uri is not None and p.segments[0].key is not None),
    ),
    (
        "4.4.4.9",
        '"The duration of a Partial Segment MUST be less than or equal to the Part Target Duration"',
        lambda p: all(part.duration <= p.part_target + 1e-6 for part in p.parts),
    ),
    ("3.1", "the Partial Segments of a segment are the whole of it", _parts_add_up),
    (
        "6.2.2",
        '"after they are greater than three Target Durations from the end of the Playlist" they "SHOULD be removed"',
        _old_parts_gone,
    ),
    (
        "4.4.5.2",
        '"This tag MUST NOT appear more than once in a Playlist"',
        lambda p: p.text.count("#EXT-X-SKIP") <= 1,
    ),
    (
        "4.4.5.2",
        "SKIPPED-SEGMENTS is REQUIRED and counts Media Segments",
        lambda p: "#EXT-X-SKIP" not in p.text or p.skipped > 0,
    ),
    (
        "4.4.5.3",
        '"SHOULD NOT add more than one EXT-X-PRELOAD-HINT tag with the same TYPE" (6.2.6)',
        lambda p: p.text.count("#EXT-X-PRELOAD-HINT") <= 1,
    ),
    (
        "4.4.5.3",
        "the hint is of a part that the playlist does not have yet",
        lambda p: p.hint is None or p.hint["URI"] not in {part.uri for part in p.parts},
    ),
    (
        "4.4.5.4",
        '"one EXT-X-RENDITION-REPORT tag for each Media Playlist (Rendition)" (B.1): none twice',
        lambda p: len({report["URI"] for report in p.reports}) == len(p.reports),
    ),
    ("6.2.5.1", "only what is older than the Skip Boundary is skipped", _delta_goes_back_far_enough),
    (
        "4.4.5.3",
        '"A Playlist containing an EXT-X-ENDLIST tag MUST NOT contain an EXT-X-PRELOAD-HINT tag"',
        lambda p: (p.hint is None) == p.ended,
    ),
    (
        "4.4.5.3",
        "TYPE and URI are REQUIRED",
        lambda p: p.hint is None or (p.hint["TYPE"] == "PART" and p.hint["URI"].startswith("part-")),
    ),
    (
        "4.4.5.4",
        'URI "MUST be relative to the URI of the Media Playlist"; LAST-MSN and LAST-PART are REQUIRED',
        lambda p: (
            all(
                report["URI"].startswith("../")
                and report["LAST-MSN"].isdigit()
                and report["LAST-PART"].isdigit()
                for report in p.reports
            )
            and (p.ended or len(p.reports) >= 1)
        ),
    ),
    (
        "6.2.5.1",
        '"MUST ignore the _HLS_skip directive" if the playlist "contains an EXT-X-ENDLIST tag"',
        lambda p: not (p.ended and p.skipped),
    ),
    ("4.4.3.4", "an ended playlist needs no parts any more", lambda p: not p.ended or not p.parts),
    ("4.4.3.4", "an ended playlist has no open segment", lambda p: not p.ended or p.segments == p.complete),
]
LIVE_RULES: list[tuple[str, str, Rule]] = [
    ("4.4.3.1", "TARGETDURATION is REQUIRED", lambda p: all(tag in p.header for tag in HEAD)),
    ("4.4.3.8", "CAN-BLOCK-RELOAD=YES", lambda p: p.control["CAN-BLOCK-RELOAD"] == "YES"),
    (
        "4.4.3.8",
        '"The Skip Boundary MUST be at least six times the Target Duration"',
        lambda p: float(p.control["CAN-SKIP-UNTIL"]) >= 6 * target(p),
    ),
    (
        "4.4.3.8",
        'PART-HOLD-BACK "MUST be at least twice the Part Target Duration"',
        lambda p: float(p.control["PART-HOLD-BACK"]) >= 2 * p.part_target,
    ),
    (
        "4.4.3.8",
        "without HOLD-BACK it is three times the target duration, as long as a playlist lasts at least",
        lambda p: "HOLD-BACK" not in p.control,
    ),
    (
        "4.4.3.8",
        'PART-HOLD-BACK "SHOULD be at least three times the Part Target Duration"',
        lambda p: float(p.control["PART-HOLD-BACK"]) >= 3 * p.part_target - 1e-9,
    ),
    (
        "4.4.4.4",
        "it applies to every Media Initialization Section as well: none is encrypted",
        lambda p: all(one.map_key == ("NONE", None) for one in p.segments),
    ),
    (
        "4.4.4.5",
        "the IV attribute is REQUIRED if the Media Initialization Section is encrypted",
        lambda p: (
            all("IV" in one for one in _key_lines(p))
            or {one.map_key for one in p.segments} == {("NONE", None)}
        ),
    ),
    ("6.2.3", "the key in force is that of the moment", _key_is_of_its_time),
    (
        "4.4.4.6",
        "PROGRAM-DATE-TIME SHOULD indicate a time zone and milliseconds",
        lambda p: all(one.date is not None and one.date.tzinfo is not None for one in p.segments),
    ),
    ("6.2.1", "dates and durations tell the same time", _dates_follow),
    (
        "4.4.4.9",
        '"The duration of each Partial Segment MUST be at least 85% of the Part Target Duration", with exceptions',
        _long_enough,
    ),
    (
        "6.2.2",
        "a live playlist SHOULD last three target durations",
        lambda p: (
            p.skipped > 0
            or sum(one.duration or 0 for one in p.complete) + sum(q.duration for q in p.segments[-1].parts)
            >= 3 * target(p)
        ),
    ),
    (
        "6.2.2",
        '"A Live Playlist MUST NOT contain the EXT-X-PLAYLIST-TYPE tag"',
        lambda p: "#EXT-X-PLAYLIST-TYPE" not in p.text,
    ),
]
ALL_RULES = [*RULES, *LIVE_RULES]


@pytest.mark.parametrize(
    ("clause", "words", "rule"), ALL_RULES, ids=[f"{clause}: {words}" for clause, words, _ in ALL_RULES]
)
def test_every_playlist_keeps_the_rule(clause: str, words: str, rule: Rule) -> None:
    broken = [name for name, playlist in playlists() if not rule(playlist)]
    assert not broken, f"{clause} ({words}) is broken by: {', '.join(broken)}"


def test_the_story_contains_what_the_rules_are_about() -> None:
    found = dict(playlists())
    assert any(one.skipped for one in found.values())
    assert any(one.ended for one in found.values())
    assert any(segment.discontinuities for one in found.values() for segment in one.segments)
    assert any(
        one.discontinuity_sequence != found["just begun, sound"].discontinuity_sequence
        for one in found.values()
    )
    assert any(len(one.reports) == 3 for one in found.values())
    assert any(len({segment.key for segment in one.segments}) > 2 for one in found.values())
    assert any(
        two.key != one.key and two.map_uri == one.map_uri
        for playlist in found.values()
        for one, two in pairwise(playlist.segments)
    ), "a key changes without a new initialisation section"
