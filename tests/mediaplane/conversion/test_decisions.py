"""What becomes of a film, from what ffmpeg said of real files."""

import pytest

from konsilium.mediaplane.conversion import decisions
from konsilium.mediaplane.conversion.decisions import Refused, Treatment, Work, plan_work
from konsilium.mediaplane.conversion.probing import Film, read_report
from konsilium.mediaplane.status import FilmFault

HEAD = b"\0\0\0\x20ftypisom"
MP4 = "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:x':\n  Duration: 01:02:03.50, start: 0.000000, bitrate: 335 kb/s\n"
PICTURE = (
    "  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), "
    "1920x1080 [SAR 1:1 DAR 16:9], 4257 kb/s, 25 fps, 25 tbr, 12800 tbn (default)\n"
)
SOUND = "  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 69 kb/s (default)\n"


def film_of(*lines: str, head: str = MP4) -> Film:
    film = read_report(head + "".join(lines))
    assert film is not None
    return film


def planned(*lines: str, head: str = MP4) -> Work | Refused:
    return plan_work(film_of(*lines, head=head), size=1000, head=HEAD, locked=False)


def work_of(*lines: str) -> Work:
    work = planned(*lines)
    assert isinstance(work, Work)
    return work


def test_a_report_is_read() -> None:
    film = film_of(PICTURE, SOUND)
    assert film.duration_s == 3723.5
    assert film.picture is not None
    assert (film.picture.codec, film.picture.profile, film.picture.pixels) == ("h264", "High", "yuv420p")
    assert (film.picture.width, film.picture.height, film.picture.fps, film.picture.kbps) == (
        1920,
        1080,
        25,
        4257,
    )
    assert film.sound is not None
    assert (film.sound.codec, film.sound.profile, film.sound.sample_rate, film.sound.channels) == (
        "aac",
        "LC",
        48000,
        2,
    )


def test_what_every_browser_plays_is_copied() -> None:
    work = work_of(PICTURE, SOUND)
    assert (work.picture, work.sound) == (Treatment.COPY, Treatment.COPY)
    assert work.frame_rate == 25


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("h264 (High)", "h264 (High 10)"),
        ("h264 (High)", "hevc (Main)"),
        ("yuv420p", "yuv422p"),
        ("yuv420p", "yuv420p10le"),
        ("progressive", "top first"),
        ("tv, bt709, progressive", "tv, bt709"),
        ("1920x1080", "3840x2160"),
        ("SAR 1:1", "SAR 16:15"),
        ("4257 kb/s", "42570 kb/s"),
        ("25 fps, 25 tbr", "24.2 fps, 30 tbr"),
        ("25 fps, 25 tbr", "5 fps, 5 tbr"),
        ("25 fps, 25 tbr", "120 fps, 120 tbr"),
        (
            "12800 tbn (default)\n",
            "12800 tbn (default)\n    Side data:\n      Display Matrix: rotation of -90.00 degrees\n",
        ),
    ],
)
def test_anything_else_is_coded_once(before: str, after: str) -> None:
    assert before in PICTURE
    assert work_of(PICTURE.replace(before, after), SOUND).picture is Treatment.CODE


@pytest.mark.parametrize(
    ("said", "rate", "number"),
    [
        ("25 fps, 25 tbr", "25", 25),
        ("29.97 fps, 29.97 tbr", "30000/1001", 29.97),
        ("24.2 fps, 30 tbr", "24", 24),
        ("120 fps, 120 tbr", "60", 60),
        ("15 fps, 15 tbr", "30", 30),
        ("0.5 fps, 0.5 tbr", "25", 25),
        ("60k fps, 25 tbr", "25", 25),
        ("90k tbn", "25", 25),
    ],
)
def test_films_are_brought_to_a_usual_frame_rate(said: str, rate: str, number: float) -> None:
    work = work_of(PICTURE.replace("h264", "vp9").replace("25 fps, 25 tbr", said))
    assert (work.rate, work.frame_rate) == (rate, number)


def test_hdr_is_brought_to_a_usual_screen() -> None:
    line = PICTURE.replace("yuv420p(tv, bt709", "yuv420p10le(tv, bt2020nc/bt2020/smpte2084")
    assert work_of(line).tone_map
    assert not work_of(PICTURE).tone_map


@pytest.mark.parametrize(
    ("before", "after"), [("48000", "44100"), ("stereo", "5.1"), ("stereo", "mono"), ("aac (LC)", "mp3")]
)
def test_other_sound_is_coded(before: str, after: str) -> None:
    assert work_of(PICTURE, SOUND.replace(before, after)).sound is Treatment.CODE


def test_missing_sound_is_none() -> None:
    assert work_of(PICTURE).sound is Treatment.NONE


def test_of_several_pictures_the_main_one_is_taken_and_never_a_cover() -> None:
    cover = "  Stream #0:2: Video: mjpeg (Baseline), yuvj420p, 600x600, 90k tbr, 90k tbn (attached pic)\n"
    second = PICTURE.replace("#0:0", "#0:3").replace(" (default)", "")
    film = film_of(cover, second, PICTURE, SOUND)
    assert film.picture is not None
    assert film.picture.index == 0
    assert film_of(cover, SOUND).picture is None


@pytest.mark.parametrize(
    ("size", "head", "fault"),
    [
        (0, b"", FilmFault.EMPTY),
        (9, b"hello wor", FilmFault.NO_FILM),
        (900, HEAD, FilmFault.NO_INDEX),
    ],
)
def test_what_cannot_be_opened_is_named(size: int, head: bytes, fault: FilmFault) -> None:
    assert plan_work(None, size=size, head=head, locked=False) == Refused(fault)


def test_what_is_no_film_is_named() -> None:
    assert planned(SOUND) == Refused(FilmFault.NO_PICTURE)
    still = "Input #0, png_pipe, from 'file:x':\n  Duration: N/A, bitrate: N/A\n"
    assert planned(PICTURE, head=still) == Refused(FilmFault.STILL)
    film = film_of(PICTURE)
    assert plan_work(film, size=1, head=HEAD, locked=True) == Refused(FilmFault.LOCKED)


def test_a_film_that_ends_too_early_is_not_taken_for_whole() -> None:
    assert not decisions.is_cut_off(3600.0, 3599.0)
    assert not decisions.is_cut_off(None, 3.0)
    assert decisions.is_cut_off(3600.0, 1800.0)


def test_protected_media_are_recognised_by_their_sample_entries() -> None:
    assert decisions.says_locked(b"....encv....sinf....schm....cenc")
    assert not decisions.says_locked(b"....avc1....")


@pytest.mark.parametrize("text", ["", "\0\0", "Input #0, , from", "Stream #0:0: Video: ", PICTURE * 3])
def test_any_text_is_read_without_a_fault(text: str) -> None:
    read_report(text)


@pytest.mark.parametrize(
    ("said", "fps"),
    [
        ("29.97 fps", 29.97),
        ("1k fps", 1000.0),
        (". fps", None),
        ("1.2.3 fps", None),
        # Python reads no number of more than 4,300 digits.
        ("9" * 5000 + " kb/s, " + "9" * 5000 + " fps", None),
    ],
)
def test_a_rate_that_is_none_is_left_out(said: str, fps: float | None) -> None:
    line = f"  Stream #0:0: Video: h264 (High), yuv420p, 1920x1080, {said}, 90k tbn\n"
    film = read_report(f"Input #0, mov, from 'film.mp4':\n{line}")
    assert film is not None
    assert film.picture is not None
    assert film.picture.fps == fps
