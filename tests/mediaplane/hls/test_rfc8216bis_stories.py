"""Rules of RFC 8216bis that only a story shows: what came of a hint, what left the playlist, what was encrypted.

Quotation marks as in `test_rfc8216bis.py`.
"""

import itertools

from konsilium.mediaplane.cmaf import Fragment, Kind, Reader
from konsilium.mediaplane.hls import SOUND, Limits
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.hls_factory import CIPHER, Studio, init_section, picture


def test_hints_come_true() -> None:
    """4.4.5.3: "It MUST match the URI that will be subsequently added to the Playlist as a non-hinted resource"."""
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
    """6.2.4: "Matching content [...] MUST have matching Discontinuity Sequence Numbers"."""
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


def test_what_is_encrypted_with_a_key_is_what_its_playlist_says() -> None:
    """4.4.4.4 and 5.2, as a player does it: the key by its URI, the IV by counting."""
    studio = Studio()
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(20)
    for key in ("endoscope", SOUND):
        timeline = studio.rendition(key).timeline
        for segment in parse(studio.channel.playlist(key)).segments:
            assert segment.key is not None
            assert segment.key[1] is not None
            number = int(segment.key[1].removeprefix("../key-").removesuffix(".bin"))
            names = [(part.uri, timeline.part) for part in segment.parts]
            pieces = [of(int(uri.split("-")[1].split(".")[0])) for uri, of in names]
            if segment.uri is not None:
                whole = timeline.segment(int(segment.uri.split("-")[1].split(".")[0]))
                assert whole is not None
                assert whole.data is not None
                clear = CIPHER.decrypt(whole.data, number, segment.msn)
                assert clear[4:8] == b"moof"
            for piece in pieces:
                assert piece is not None
                assert CIPHER.decrypt(piece.data, number, segment.msn)[4:8] == b"moof"


def vectors(text: str) -> list[tuple[int, str]]:
    """Of a playlist without hints: each segment's number and the last IV before it."""
    number = int(text.split("#EXT-X-MEDIA-SEQUENCE:")[1].split("\n", maxsplit=1)[0])
    found, vector = [], ""
    for line in text.splitlines():
        if line.startswith("#EXT-X-SKIP"):
            number += int(line.split("=")[1])
        elif line.startswith("#EXT-X-KEY:METHOD=AES-128"):
            assert not vector, "one for each segment"
            vector = line.split(",IV=")[1]
        elif line.startswith("seg-"):
            found.append((number, vector))
            number, vector = number + 1, ""
    return found


def test_a_player_that_does_not_count_is_told_each_iv() -> None:
    """5.2: without an IV it is the Media Sequence Number; with `iv=explicit` the same stands in the playlist."""
    studio = Studio()
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(50)
    studio.disconnect("endoscope")
    for _ in range(2):
        # Once more, now that its lines are kept.
        studio.run(12)
        for key, skip in itertools.product(("endoscope", SOUND), (False, True)):
            counted = parse(studio.channel.playlist(key, skip=skip))
            told = parse(studio.channel.playlist(key, skip=skip, explicit_iv=True))
            assert told.segments == counted.segments
            assert (told.header, told.skipped) == (counted.header, counted.skipped)
            assert told.hint is None
            assert counted.hint is not None
            assert {one["URI"].partition("?")[2] for one in told.reports} == {"iv=explicit"}
            of = vectors(told.text)
            assert len(of) > 4
            assert of == [(number, f"0x{number:032x}") for number, _ in of]
    studio.channel.end()
    studio.run(1)
    assert "#EXT-X-ENDLIST" in studio.channel.playlist(SOUND, explicit_iv=True)


def test_what_is_called_independent_is() -> None:
    """4.4.4.9: "is YES if the Partial Segment contains an independent frame"; with ours, it begins with it."""
    studio = Studio()
    studio.connect("endoscope", picture(fps=25, gop=40))
    studio.run(9)
    studio.disconnect("endoscope")
    studio.run(3)
    timeline = studio.rendition("endoscope").timeline
    by_uri = {part.uri: part for part in parse(studio.channel.playlist("endoscope")).parts}
    found = []
    for segment in timeline.segments:
        for part in segment.parts:
            said = by_uri.get(f"part-{part.start}.m4s")
            if said is not None:
                (chunk,) = Reader().feed(
                    init_section(Kind.VIDEO) + CIPHER.decrypt(part.data, segment.key, segment.msn)
                )[1:]
                assert isinstance(chunk, Fragment)
                assert said.independent == any(sample.sync for sample in chunk.samples)
                assert said.independent == chunk.samples[0].sync
                found.append(said.independent)
    assert found.count(True) > 5
    assert found.count(False) > 20
