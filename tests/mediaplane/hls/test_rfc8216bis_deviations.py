"""Where we do otherwise than draft-pantos-hls-rfc8216bis-22 says: which words, why, and how far it goes.

Each test fails if we deviate further than is written here, and if we no longer do.
"""

import re
from datetime import timedelta

from konsilium.mediaplane.hls import SOUND
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.hls_factory import Studio, picture


def test_a_change_of_coding_is_told_by_a_map_alone() -> None:
    """6.2.1: "Any changes in encoding parameters (such as codec, resolution, file format, and tracks) or timing
    information MUST be signalled by the use of EXT-X-DISCONTINUITY."

    File format, tracks and timing never change on the channel clock; the coding does, with each loss of signal, and
    hls.js leaves out sound where a discontinuity tells it (decision 0011).
    """
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


# --- PART-HOLD-BACK ----------------------------------------------------------------------------------------


def hold_back(studio: Studio) -> float:
    found = re.search(r"PART-HOLD-BACK=([0-9.]+)", studio.channel.playlist("endoscope"))
    assert found is not None
    return float(found[1])


def room_to_begin(studio: Studio) -> float:
    """Seconds of sound after the place where a player begins: PART-HOLD-BACK before the picture's end (4.4.3.8)."""
    picture_line, sound = (studio.rendition(key).timeline for key in ("endoscope", SOUND))
    begins = picture_line.date(picture_line.end) - timedelta(seconds=hold_back(studio))
    return (sound.date(sound.end) - begins).total_seconds()


def test_the_hold_back_grows_while_pictures_come_without_sound() -> None:
    """6.2.1: "The server MUST NOT change the Media Playlist file, except to" append, remove, count and end.

    A server's promises are not among that. Silence follows the clock a second behind, so that sound that comes back
    finds its place free; filled up closer, such sound would have to wait for 3 s and then be out of step with the
    picture. A player that began 0.63 s from the pictures' end would find them there and no sound: hls.js then waits,
    and gives up. A second more for everybody, always, would be a second more from theatre to screen.
    """
    studio = Studio()
    studio.connect("endoscope")
    studio.run(8)
    assert (hold_back(studio), room_to_begin(studio) > 0.35) == (1.63, True), "a picture alone"
    studio.connect(SOUND, ago=0.3)
    studio.run(4)
    assert (hold_back(studio), room_to_begin(studio) > 0.35) == (0.63, True), "both"
    studio.disconnect(SOUND)
    studio.run(8)
    assert (hold_back(studio), room_to_begin(studio) > 0.35) == (1.63, True), "the sound is lost"
    studio.disconnect("endoscope")
    studio.run(4)
    assert (hold_back(studio), room_to_begin(studio) > 0.35) == (0.63, True), "nothing comes"


def test_nothing_else_of_the_head_changes_when_sound_comes_and_goes() -> None:
    studio = Studio()
    studio.connect("endoscope")
    heads: list[dict[str, str]] = []
    for step in range(60):
        if step == 15:
            studio.connect(SOUND, ago=0.3)
        if step == 40:
            studio.disconnect(SOUND)
        studio.run(0.4)
        for key in studio.channel.renditions:
            playlist = parse(studio.channel.playlist(key))
            control = playlist.control
            assert float(control.pop("PART-HOLD-BACK")) in {0.63, 1.63}
            heads.append(
                control | {name: playlist.header[name] for name in ("EXT-X-TARGETDURATION", "EXT-X-PART-INF")}
            )
    assert all(head == heads[0] for head in heads)


# --- The pause on loss of signal -----------------------------------------------------------------------------


def pauses(studio: Studio, key: str, seconds: float) -> list[float]:
    """Between one new part and the next."""
    found, since, known = [], studio.now, studio.rendition(key).timeline.end
    until = studio.now + timedelta(seconds=seconds)
    while studio.now < until:
        studio.run(0.05)
        if studio.rendition(key).timeline.end != known:
            found.append((studio.now - since).total_seconds())
            since, known = studio.now, studio.rendition(key).timeline.end
    return found


def test_when_a_signal_is_lost_the_next_part_takes_longer() -> None:
    """6.2.1: "the Server MUST add a new Partial Segment to the Playlist within one Part Target Duration after it added
    the previous Partial Segment."

    A sender is taken for gone after 1.5 s of silence: a network that falters for less costs a wait, where slate after
    0.2 s would cost a flash of it, and the picture that arrives a moment later its place on the clock.
    """
    studio = Studio()
    studio.connect("endoscope", picture(fps=25))
    studio.connect(SOUND)
    studio.run(5)
    # The clock of these tests moves by 50 ms.
    longest = studio.limits.part_target_ms / 1000 + 0.05
    assert max(pauses(studio, "endoscope", 6)) <= longest
    studio.disconnect("endoscope", noticed=1.5)
    first, *others = pauses(studio, "endoscope", 6)
    assert longest < 1.5 + first <= 1.5 + longest
    assert max(others) <= longest, "slate comes as regularly as a picture"
