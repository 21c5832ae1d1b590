"""Every rule of RFC 8216bis that our playlists are subject to is one row; each row looks at every playlist."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache

import pytest

from konsilium.mediaplane.hls import SOUND, Limits
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


def _delta_goes_back_far_enough(playlist: Playlist) -> bool:
    if not playlist.skipped:
        return True
    length = sum(one.duration or sum(part.duration for part in one.parts) for one in playlist.segments)
    return length >= float(playlist.control["CAN-SKIP-UNTIL"]) - 0.001


RULES: list[tuple[str, str, Rule]] = [
    ("4.1", "Lines are terminated by a single line feed", lambda p: "\r" not in p.text),
    ("4.1", "MUST be encoded in UTF-8, MUST NOT contain any BOM", lambda p: p.text.isascii()),
    ("4.4.1.1", "EXTM3U MUST be the first line", lambda p: p.text.startswith("#EXTM3U\n")),
    ("4.4.1.2", "MUST NOT contain more than one EXT-X-VERSION", lambda p: p.text.count("EXT-X-VERSION") == 1),
    ("8", "EXT-X-SKIP: version 9 or higher", lambda p: int(p.header["EXT-X-VERSION"]) >= 9),
    ("4.4.3.1", "TARGETDURATION is REQUIRED", lambda p: all(tag in p.header for tag in HEAD)),
    (
        "4.4.3.1",
        "EXTINF rounded to the nearest integer MUST be at most the target duration",
        lambda p: all(round(one.duration or 0) <= target(p) for one in p.complete),
    ),
    ("4.4.3.7", "PART-INF is REQUIRED with EXT-X-PART", lambda p: not p.parts or p.part_target > 0),
    ("4.4.3.8", "CAN-BLOCK-RELOAD=YES", lambda p: p.control["CAN-BLOCK-RELOAD"] == "YES"),
    (
        "4.4.3.8",
        "The Skip Boundary MUST be at least six times the Target Duration",
        lambda p: float(p.control["CAN-SKIP-UNTIL"]) >= 6 * target(p),
    ),
    (
        "4.4.3.8",
        "PART-HOLD-BACK SHOULD be at least three times the Part Target Duration",
        lambda p: float(p.control["PART-HOLD-BACK"]) >= 3 * p.part_target - 1e-9,
    ),
    ("4.4.4.1", "EXTINF is REQUIRED for each segment", lambda p: all(one.duration for one in p.complete)),
    (
        "4.4.4.5",
        "every segment has a Media Initialization Section",
        lambda p: all(s.map_uri for s in p.segments),
    ),
    (
        "4.4.4.6",
        "PROGRAM-DATE-TIME SHOULD indicate a time zone and milliseconds",
        lambda p: all(one.date is not None and one.date.tzinfo is not None for one in p.segments),
    ),
    ("6.2.1", "dates and durations tell the same time", _dates_follow),
    (
        "4.4.4.9",
        "The duration of a Partial Segment MUST be at most the Part Target Duration",
        lambda p: all(part.duration <= p.part_target + 1e-6 for part in p.parts),
    ),
    ("4.4.4.9", "MUST be at least 85% of the Part Target Duration, with exceptions", _long_enough),
    ("3.1", "the Partial Segments of a segment are the whole of it", _parts_add_up),
    ("6.2.2", "parts further than three target durations from the end SHOULD go", _old_parts_gone),
    (
        "6.2.2",
        "a live playlist SHOULD last three target durations",
        lambda p: (
            p.skipped > 0
            or sum(one.duration or 0 for one in p.complete) + sum(q.duration for q in p.segments[-1].parts)
            >= 3 * target(p)
        ),
    ),
    ("4.4.5.2", "EXT-X-SKIP MUST NOT appear more than once", lambda p: p.text.count("#EXT-X-SKIP") <= 1),
    ("6.2.5.1", "only what is older than the Skip Boundary is skipped", _delta_goes_back_far_enough),
    (
        "4.4.5.3",
        "with EXT-X-ENDLIST there MUST NOT be an EXT-X-PRELOAD-HINT",
        lambda p: (p.hint is None) == p.ended,
    ),
    (
        "4.4.5.3",
        "TYPE and URI are REQUIRED",
        lambda p: p.hint is None or (p.hint["TYPE"] == "PART" and p.hint["URI"].startswith("part-")),
    ),
    (
        "4.4.5.4",
        "URI MUST be relative; LAST-MSN and LAST-PART are REQUIRED",
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
    ("4.4.3.4", "an ended playlist needs no parts any more", lambda p: not p.ended or not p.parts),
    ("4.4.3.4", "an ended playlist has no open segment", lambda p: not p.ended or p.segments == p.complete),
]


@pytest.mark.parametrize(
    ("clause", "words", "rule"), RULES, ids=[f"{clause}: {words}" for clause, words, _ in RULES]
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
    assert any(len(one.reports) == 2 for one in found.values())


def test_hints_come_true() -> None:
    """4.4.5.3: the URI MUST match the URI that will be subsequently added to the Playlist."""
    studio = Studio()
    studio.connect("endoscope", ago=0.5)
    studio.connect(SOUND, ago=0.5)
    hinted: dict[str, set[str]] = {"endoscope": set(), SOUND: set()}
    seen: dict[str, set[str]] = {"endoscope": set(), SOUND: set()}
    for step in range(60):
        studio.run(0.15)
        if step == 30:
            studio.disconnect("endoscope")
        for key, hints in hinted.items():
            playlist = parse(studio.channel.playlist(key))
            assert playlist.hint is not None
            seen[key].update(part.uri for part in playlist.parts)
            assert playlist.hint["URI"] not in seen[key]
            hints.add(playlist.hint["URI"])
    for key, uris in hinted.items():
        # Only the newest has not come yet.
        assert len(uris - seen[key]) == 1


def test_sequences_count_what_left_the_playlist() -> None:
    """4.4.3.2, 4.4.3.3 and 6.2.2: both numbers grow by exactly what was removed."""
    studio = Studio(limits=Limits(window_s=24))
    studio.connect(SOUND)
    known: dict[int, tuple[int, str | None]] = {}
    for turn in range(12):
        studio.connect("endoscope", ago=0.3)
        studio.run(2.6)
        studio.disconnect("endoscope")
        if turn % 3 == 0:
            studio.sleep(3600)
            studio.run(1)
        playlist = parse(studio.channel.playlist("endoscope"))
        number = playlist.discontinuity_sequence
        for segment in playlist.segments:
            number += segment.discontinuities
            if segment.uri is not None:
                assert known.setdefault(segment.msn, (number, segment.uri)) == (number, segment.uri)
    assert len(known) > 30


def test_discontinuities_stand_in_all_renditions_at_the_same_place() -> None:
    """6.2.4: matching content MUST have the same Discontinuity Sequence Number."""
    studio = Studio()
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(3)
    first = parse(studio.channel.playlist(SOUND)).discontinuity_sequence
    for _ in range(2):
        studio.sleep(3600)
        studio.run(3)
    found = []
    for key in ("endoscope", SOUND):
        playlist = parse(studio.channel.playlist(key))
        at = [(one.date, one.discontinuities) for one in playlist.segments if one.discontinuities]
        found.append((playlist.discontinuity_sequence, at))
    assert found[0] == found[1]
    # What was before the second sleep has left the window, and is counted.
    assert len(found[0][1]) == 1
    assert found[0][0] == first + 1


def test_other_changes_are_told_by_a_map_alone() -> None:
    """4.4.4.3: time stamps and tracks go on, so EXT-X-DISCONTINUITY need not be."""
    studio = Studio()
    studio.connect("endoscope")
    studio.run(3)
    studio.disconnect("endoscope")
    studio.connect("endoscope")
    studio.run(3)
    studio.channel.stop(studio.now)
    studio.run(3)
    playlist = parse(studio.channel.playlist("endoscope"))
    assert not any(segment.discontinuities for segment in playlist.segments)
    maps = [segment.map_uri for segment in playlist.segments]
    assert len(list(dict.fromkeys(maps))) == 5


def test_master_playlist_offers_angles_with_one_sound() -> None:
    """4.4.6.1 and 4.4.6.2."""
    studio = Studio("endoscope", "overview")
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(8)
    lines = studio.channel.master().splitlines()
    media = attributes(lines[2].removeprefix("#EXT-X-MEDIA:"))
    assert media["TYPE"] == "AUDIO"
    assert (media["GROUP-ID"], media["URI"], media["CHANNELS"]) == ("sound", "sound/audio.m3u8", "2")
    assert (media["DEFAULT"], media["AUTOSELECT"]) == ("YES", "YES")
    variants = [attributes(line.removeprefix("#EXT-X-STREAM-INF:")) for line in lines[3::2]]
    assert [one["STABLE-VARIANT-ID"] for one in variants] == ["endoscope", "overview"]
    assert lines[4::2] == ["endoscope/video.m3u8", "overview/video.m3u8"]
    first = variants[0]
    assert first["CODECS"] == "avc1.4d401e,mp4a.40.2"
    assert (first["RESOLUTION"], first["FRAME-RATE"], first["AUDIO"]) == ("640x360", "30.000", "sound")
    assert int(first["BANDWIDTH"]) >= int(first["AVERAGE-BANDWIDTH"]) > 0


def test_master_playlist_of_one_angle() -> None:
    studio = Studio("endoscope", "overview")
    assert studio.channel.master("overview").count("#EXT-X-STREAM-INF") == 1
    assert "overview/video.m3u8" in studio.channel.master("overview")
