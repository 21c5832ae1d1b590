"""RFC 8216bis where it speaks of several playlists: one beside its predecessor, its delta, the other renditions.

Quotation marks as in `test_rfc8216bis.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from konsilium.mediaplane.hls import SOUND, Limits
from tests.mediaplane.hls.m3u8 import Playlist, Segment, parse
from tests.mediaplane.hls_factory import Studio, picture

ANGLES = ("endoscope", "overview")


@dataclass(frozen=True)
class Moment:
    """All playlists at one moment, by rendition."""

    full: dict[str, Playlist]
    delta: dict[str, Playlist]


def _moment(studio: Studio) -> Moment:
    keys = tuple(studio.channel.renditions)
    return Moment(
        {key: parse(studio.channel.playlist(key)) for key in keys},
        {key: parse(studio.channel.playlist(key, skip=True)) for key in keys},
    )


def _story() -> Iterator[Moment]:
    """An encoder that comes and goes, a stop, a machine that sleeps, a window that fills, an end."""
    studio = Studio(*ANGLES, limits=Limits(window_s=40))
    yield _moment(studio)
    studio.connect(SOUND, ago=0.3)
    studio.connect("overview", picture(fps=25, gop=250), ago=0.3)
    for turn in range(3):
        studio.connect("endoscope", picture(fps=30 - 5 * turn), ago=0.3)
        for _ in range(12):
            studio.run(0.7)
            yield _moment(studio)
        studio.disconnect("endoscope")
        yield _moment(studio)
    studio.channel.stop(studio.now)
    studio.run(3)
    yield _moment(studio)
    studio.channel.resume(studio.now)
    for _ in range(20):
        studio.run(2.3)
        yield _moment(studio)
    studio.sleep(3600)
    for _ in range(18):
        studio.run(2.7)
        yield _moment(studio)
    studio.channel.end()
    yield _moment(studio)


@cache
def story() -> tuple[Moment, ...]:
    return tuple(_story())


# -- a playlist and the one that came before it ----------------------------------------------------------


def _by_number(playlist: Playlist) -> dict[int, Segment]:
    return {segment.msn: segment for segment in playlist.segments}


def _without_parts(segment: Segment) -> Segment:
    return replace(segment, parts=[], discontinuities=0)


def _complete_segments_stay_as_they_are(before: Playlist, after: Playlist) -> bool:
    now = _by_number(after)
    return all(
        _without_parts(one) == _without_parts(now[one.msn]) for one in before.complete if one.msn in now
    )


def _parts_are_only_appended(before: Playlist, after: Playlist) -> bool:
    """Or removed, all of a segment's."""
    now = _by_number(after)
    return all(
        not now[one.msn].parts or now[one.msn].parts[: len(one.parts)] == one.parts
        for one in before.segments
        if one.msn in now and one.parts
    )


def _removed_from_the_beginning(before: Playlist, after: Playlist) -> bool:
    numbers = [one.msn for one in after.segments]
    gone = [one.msn for one in before.segments if one.msn not in numbers]
    return all(number < after.media_sequence for number in gone)


def _discontinuities_are_counted(before: Playlist, after: Playlist) -> bool:
    """The number of a segment that is in both playlists is the same in both."""

    def numbers(playlist: Playlist) -> dict[int, int]:
        number, found = playlist.discontinuity_sequence, {}
        for one in playlist.segments:
            number += one.discontinuities
            found[one.msn] = number
        return found

    old, new = numbers(before), numbers(after)
    return all(new[msn] == number for msn, number in old.items() if msn in new)


Reload = Callable[[Playlist, Playlist], bool]
RELOADS: list[tuple[str, str, Reload]] = [
    (
        "6.2.1",
        '"The server MUST NOT change the Media Playlist file, except to: Append lines to it"',
        _complete_segments_stay_as_they_are,
    ),
    (
        "6.2.1",
        '"Remove EXT-X-PART tags no longer at the live edge"; other changes to parts are none',
        _parts_are_only_appended,
    ),
    (
        "6.2.1",
        '"MUST be removed from the Playlist in the order that they appear in the Playlist"',
        _removed_from_the_beginning,
    ),
    (
        "6.2.1",
        '"The value of the EXT-X-TARGETDURATION tag in the Media Playlist MUST NOT change"',
        lambda a, b: a.header["EXT-X-TARGETDURATION"] == b.header["EXT-X-TARGETDURATION"],
    ),
    ("4.4.3.7", "the Part Target Duration stays", lambda a, b: a.part_target == b.part_target),
    (
        "6.2.1",
        "the server's promises stay while the sound does (deviations)",
        lambda a, b: a.control == b.control,
    ),
    (
        "6.2.2",
        'EXT-X-MEDIA-SEQUENCE "MUST NOT decrease or wrap"',
        lambda a, b: a.media_sequence <= b.media_sequence,
    ),
    (
        "6.2.2",
        '"The value of the EXT-X-DISCONTINUITY-SEQUENCE tag MUST NOT decrease or wrap"',
        lambda a, b: a.discontinuity_sequence <= b.discontinuity_sequence,
    ),
    ("6.2.2", "what is removed is counted in both sequences", _discontinuities_are_counted),
    ("4.4.3.4", "nothing is added once there was an EXT-X-ENDLIST", lambda a, b: not a.ended),
]


@pytest.mark.parametrize(("clause", "words", "rule"), RELOADS, ids=[f"{row[0]}: {row[1]}" for row in RELOADS])
def test_every_reload_keeps_the_rule(clause: str, words: str, rule: Reload) -> None:
    broken = [
        f"{number} {key}"
        for number, (before, after) in enumerate(zip(story(), story()[1:], strict=False))
        for key in before.full
        if not rule(before.full[key], after.full[key])
    ]
    assert not broken, f"{clause} ({words}) is broken by: {', '.join(broken)}"


# -- a playlist and its delta ----------------------------------------------------------------------------

DELTAS: list[tuple[str, str, Reload]] = [
    (
        "6.2.5.1",
        '"All tags that were not skipped MUST remain in the Playlist Delta Update"',
        lambda full, delta: full.segments[delta.skipped :] == delta.segments,
    ),
    ("6.2.5.1", "the Media Playlist Tags are there too", lambda full, delta: full.header == delta.header),
    ("6.2.5.1", "hint and reports are the same", lambda a, b: (a.hint, a.reports) == (b.hint, b.reports)),
    (
        "4.4.5.2",
        "as many are skipped as are missing",
        lambda a, b: len(a.segments) == b.skipped + len(b.segments),
    ),
    (
        "6.2.5.1",
        '"A Server MUST ignore the _HLS_skip directive if [...] it contains an EXT-X-ENDLIST tag"',
        lambda full, delta: not full.ended or delta.text == full.text,
    ),
    ("4.4.3.4", "the end is told in both", lambda full, delta: full.ended == delta.ended),
]


@pytest.mark.parametrize(("clause", "words", "rule"), DELTAS, ids=[f"{row[0]}: {row[1]}" for row in DELTAS])
def test_every_delta_keeps_the_rule(clause: str, words: str, rule: Reload) -> None:
    broken = [
        f"{number} {key}"
        for number, moment in enumerate(story())
        for key in moment.full
        if not rule(moment.full[key], moment.delta[key])
    ]
    assert not broken, f"{clause} ({words}) is broken by: {', '.join(broken)}"


# -- all renditions at one moment ------------------------------------------------------------------------


def _reports_are_true(moment: Moment) -> bool:
    """LAST-MSN and LAST-PART are those of the newest part that the other playlist has."""
    for key, playlist in moment.full.items():
        names = {other: "video" if other in ANGLES else "audio" for other in moment.full if other != key}
        others = {f"../{other}/{name}.m3u8": other for other, name in names.items()}
        if not playlist.ended and {report["URI"] for report in playlist.reports} != set(others):
            return False
        for report in playlist.reports:
            last = moment.full[others[report["URI"]]].segments[-1]
            if playlist.ended and not last.parts:
                continue
            if (int(report["LAST-MSN"]), int(report["LAST-PART"])) != (last.msn, len(last.parts) - 1):
                return False
    return True


def _numbers_by_date(playlist: Playlist) -> list[tuple[float, int]]:
    number, found = playlist.discontinuity_sequence, []
    for one in playlist.segments:
        number += one.discontinuities
        assert one.date is not None
        found.append((one.date.timestamp(), number))
    return found


def _discontinuities_match(moment: Moment) -> bool:
    """Two segments that begin within a second of each other are of the same stretch, but where it turns."""
    tables = [_numbers_by_date(playlist) for playlist in moment.full.values()]
    for table in tables[1:]:
        for date, number in tables[0]:
            near = [other for at, other in table if abs(at - date) < 1]
            if near and number not in near:
                return False
    return True


Together = Callable[[Moment], bool]
TOGETHER: list[tuple[str, str, Together]] = [
    (
        "6.2.4",
        '"Each Media Playlist in each Variant Stream and Rendition MUST have the same Target Duration"',
        lambda m: len({one.header["EXT-X-TARGETDURATION"] for one in m.full.values()}) == 1,
    ),
    (
        "6.2.4",
        '"Matching content [...] MUST have matching Discontinuity Sequence Numbers"',
        _discontinuities_match,
    ),
    (
        "6.2.4",
        "all have an EXT-X-PROGRAM-DATE-TIME if one has",
        lambda m: all(segment.date for one in m.full.values() for segment in one.segments),
    ),
    (
        "4.4.3.7",
        "all have the same Part Target Duration",
        lambda m: len({one.part_target for one in m.full.values()}) == 1,
    ),
    (
        "4.4.3.8",
        '"all Media Playlists [...] MUST contain that tag, with the same attributes and values" (6.2.4)',
        lambda m: len({str(p.control) for p in m.full.values()}) == 1,
    ),
    ("4.4.5.4", "a report for each other rendition, with its newest part", _reports_are_true),
    ("4.4.3.4", "all end together", lambda m: len({one.ended for one in m.full.values()}) == 1),
]


@pytest.mark.parametrize(
    ("clause", "words", "rule"), TOGETHER, ids=[f"{row[0]}: {row[1]}" for row in TOGETHER]
)
def test_all_renditions_keep_the_rule(clause: str, words: str, rule: Together) -> None:
    broken = [str(number) for number, moment in enumerate(story()) if not rule(moment)]
    assert not broken, f"{clause} ({words}) is broken at: {', '.join(broken)}"


# -- what is no longer in a playlist ---------------------------------------------------------------------


def test_removed_segments_stay_available() -> None:
    """6.2.2: for as long as the segment lasts, and the longest playlist that contained it."""
    studio = Studio(limits=Limits(window_s=24))
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(30)
    timeline = studio.rendition("endoscope").timeline
    first = parse(studio.channel.playlist("endoscope")).complete[0]
    assert first.uri is not None
    start = int(first.uri.removeprefix("seg-").removesuffix(".m4s"))
    waited = 0.0
    while any(one.uri == first.uri for one in parse(studio.channel.playlist("endoscope")).complete):
        studio.run(0.5)
    while waited < 24 + (first.duration or 0):
        assert timeline.segment(start) is not None, f"gone after {waited} s"
        studio.run(0.5)
        waited += 0.5


def test_removed_parts_stay_available() -> None:
    """6.2.2: "at least three Target Durations after the EXT-X-PART tag is removed from the Playlist"."""
    studio = Studio()
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(20)
    for key in ("endoscope", SOUND):
        timeline = studio.rendition(key).timeline
        until = 3 * timeline.limits.target_duration_s
        parts = {part.uri for part in parse(studio.channel.playlist(key)).parts}
        gone: dict[str, float] = {}
        waited = 0.0
        while len(gone) < len(parts) or waited <= max(gone.values()) + until:
            studio.run(0.5)
            waited += 0.5
            left = {part.uri for part in parse(studio.channel.playlist(key)).parts}
            gone |= {uri: waited for uri in parts - left if uri not in gone}
            for uri in parts:
                if uri not in gone or waited < gone[uri] + until:
                    start = int(uri.removeprefix("part-").removesuffix(".m4s"))
                    assert timeline.part(start) is not None, f"{uri} is gone after {waited} s"


def test_the_story_contains_what_the_rules_are_about() -> None:
    assert any(moment.delta["endoscope"].skipped for moment in story())
    assert any(one.discontinuities for moment in story() for one in moment.full["endoscope"].segments)
    assert story()[-1].full[SOUND].ended
    assert len({one.key for moment in story() for one in moment.full["endoscope"].segments}) > 2
    assert len({one.map_uri for moment in story() for one in moment.full["endoscope"].segments}) > 5
    assert (
        story()[-2].full["endoscope"].discontinuity_sequence
        > story()[0].full["endoscope"].discontinuity_sequence
    )
