"""What is said of picture and sound before going on air."""

from datetime import datetime, timedelta

import pytest

from konsilium.broadcast.models import Feed
from konsilium.broadcast.preflight import preflight_of
from konsilium.broadcast.queries import studio_folder
from konsilium.broadcast.reports import disk_report
from konsilium.mediaplane.status import DiskStatus, DoorStatus, Status
from tests.factories.broadcast import make_theatre

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

PICTURE = {"codec": "h264", "width": 1920, "height": 1080, "fps": 30.0, "key_frames_s": 1.0}
SOUND = {
    "codec": "aac",
    "sample_rate": 48000,
    "channels": 2,
    "rms_db": -20.0,
    "peak_db": -9.0,
    "loudest_db": -6.0,
}


def report(status: Status) -> None:
    studio_folder().mkdir(parents=True, exist_ok=True)
    (studio_folder() / "status.json").write_text(status.model_dump_json(), encoding="utf-8")


def found(now: datetime, **changes: object) -> list[tuple[object, object, object]]:
    hall = make_theatre(now, feeds=("endoscope",))
    feed = Feed.objects.get()
    facts = {"signal": "live", "since": now, "bitrate": 4_000_000, "video": PICTURE, "audio": SOUND} | changes
    report(Status(at=now, version=1, doors={feed.door: DoorStatus.model_validate(facts)}))
    return [(check["level"], check["code"], check["text"]) for check in preflight_of(hall, now=now)]


def test_all_is_well(now: datetime) -> None:
    assert found(now) == [("ok", "ready", "Picture and sound are fit to go on air.")]


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({"signal": "none"}, "failed", "No signal on Endoscope."),
        ({"signal": "lost"}, "failed", "No signal on Endoscope."),
        ({"signal": "unreadable"}, "failed", "Endoscope sends something that is not a picture we can read."),
        (
            {"signal": "unreadable", "trouble": "scrambled"},
            "failed",
            "Endoscope: The encoder scrambles its stream. Switch that off: SRT with a passphrase encrypts it already.",
        ),
        (
            {"video": None, "trouble": "undecodable-picture", "sends": "H.265, AAC"},
            "failed",
            (
                "Endoscope: Only the sound is on air: the picture (H.265, AAC) cannot be decoded. "
                "Choose H.264 in the encoder."
            ),
        ),
        ({"signal": "starting"}, "warning", "Endoscope is just starting."),
        ({"audio": None}, "failed", "No sound on Endoscope."),
        ({"audio": SOUND | {"silent_since": "2026-03-10T04:00:00Z"}}, "failed", "No sound on Endoscope."),
        ({"audio": SOUND | {"loudest_db": -52.0}}, "warning", "The sound of Endoscope is very quiet."),
        (
            {"audio": SOUND | {"loudest_db": 0.0}},
            "warning",
            "The sound of Endoscope is too loud and distorted. Turn it down at the mixer.",
        ),
        (
            {"audio": SOUND | {"only_side": "left"}},
            "warning",
            "The sound of Endoscope is on the left side only. Send it to both sides.",
        ),
        (
            {"audio": SOUND | {"only_side": "right"}},
            "warning",
            "The sound of Endoscope is on the right side only. Send it to both sides.",
        ),
        ({"video": None}, "failed", "No picture on Endoscope."),
        (
            {"video": PICTURE | {"black_since": "2026-03-10T04:00:00Z"}},
            "failed",
            "The picture of Endoscope is black.",
        ),
        (
            {"video": PICTURE | {"frozen_since": "2026-03-10T04:00:00Z"}},
            "warning",
            "The picture of Endoscope stands still.",
        ),
        (
            {"video": PICTURE | {"fps": 10.0}},
            "warning",
            "Endoscope sends only 10 pictures a second. Set its encoder to 25 or more.",
        ),
        (
            {"video": PICTURE | {"width": 720, "height": 576}},
            "warning",
            "The picture of Endoscope is small (720 × 576). Set its encoder to 1280 × 720 or more.",
        ),
        (
            {"video": PICTURE | {"width": 1080, "height": 1920}},
            "warning",
            (
                "The picture of Endoscope has an unusual shape (1080 × 1920): viewers see wide borders. "
                "Check how the camera is turned and what its encoder is set to."
            ),
        ),
        (
            {"video": PICTURE | {"sizes": 3}},
            "warning",
            "The picture of Endoscope keeps changing its size. Set its encoder to one resolution.",
        ),
        (
            {"video": PICTURE | {"interlaced": True}},
            "warning",
            (
                "Endoscope sends an interlaced picture. Set its camera or encoder to progressive, "
                "for example 1080p instead of 1080i."
            ),
        ),
        (
            {"video": PICTURE | {"key_frames_s": 10.0}},
            "warning",
            (
                "Set the key frame interval of Endoscope to 1 or 2 seconds. At 10 seconds, as now, "
                "viewers wait that long when they join or change cameras."
            ),
        ),
        ({"bitrate": 200_000}, "warning", "The picture of Endoscope is coarse: its encoder sends little."),
        (
            {"lost": 90},
            "warning",
            "90 packets of Endoscope were lost in ten seconds. Check the line of its encoder.",
        ),
        (
            {"lost": 1},
            "warning",
            "1 packet of Endoscope was lost in ten seconds. Check the line of its encoder.",
        ),
        (
            {"rung": "dropped"},
            "warning",
            (
                "Endoscope has no lower quality at the moment: this server has no power left for it. "
                "Viewers with thin lines may stall."
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(
    now: datetime, changes: dict[str, object], level: str, text: str
) -> None:
    assert [(told[0], told[2]) for told in found(now, **changes)] == [(level, text)]


@pytest.mark.parametrize(
    "usual",
    [
        PICTURE | {"width": 1280, "height": 720, "fps": 25.0, "key_frames_s": 2.0},
        PICTURE | {"width": 3840, "height": 2160, "fps": 60.0, "key_frames_s": 4.0},
        # An ultrasound's and an endoscope's own shapes.
        PICTURE | {"width": 1024, "height": 768},
        PICTURE | {"width": 1080, "height": 1080, "sizes": 2},
    ],
)
def test_of_usual_pictures_nothing_is_said(now: datetime, usual: dict[str, object]) -> None:
    assert [code for _, code, _ in found(now, video=usual)] == ["ready"]


@pytest.mark.parametrize(
    ("more", "code"), [({}, "ready"), ({"black_since": "2026-03-10T04:00:00Z"}, "black")]
)
def test_what_is_simulated_has_no_encoder_to_be_set(
    now: datetime, more: dict[str, object], code: str
) -> None:
    drawn = PICTURE | {"width": 640, "height": 360, "fps": 10.0, "key_frames_s": 5.0} | more
    checks = found(now, source="stand_in", bitrate=300_000, video=drawn)
    assert [told[1] for told in checks] == [code]


def test_everything_that_is_wrong_is_said(now: datetime) -> None:
    changes = {
        "video": PICTURE
        | {"fps": 12.5, "interlaced": True, "key_frames_s": 8.0, "width": 640, "height": 360},
        "audio": SOUND | {"loudest_db": 0.0, "only_side": "left"},
        "lost": 3,
        "rung": "dropped",
    }
    codes = [code for _, code, _ in found(now, **changes)]
    assert codes == ["small", "slow", "interlaced", "key_frames", "loud", "one_sided", "lost", "no_rung"]


def test_of_a_media_plane_that_fell_silent_nothing_good_is_said(now: datetime) -> None:
    assert [code for _, code, _ in found(now)] == ["ready"]
    hall = Feed.objects.get().hall
    later = now + timedelta(seconds=11)
    told = [(check["level"], check["text"]) for check in preflight_of(hall, now=later)]
    assert told == [("failed", "The media plane does not answer.")]


def test_of_a_media_plane_that_fell_silent_no_disk_is_told(now: datetime) -> None:
    report(Status(at=now, version=1, disk=DiskStatus(free_bytes=5, total_bytes=10)))
    disk = disk_report(now + timedelta(seconds=9))
    assert disk is not None
    assert disk.free_bytes == 5
    assert disk_report(now + timedelta(seconds=11)) is None
