"""Recordings: there when the operation ends, shown in place of a theatre, and gone for good when they must be."""

import json
from datetime import timedelta

import pytest

from konsilium.broadcast import actions, tasks
from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Channel, Clip, Recording
from konsilium.broadcast.queries import studio_folder, upload_path, uploads_folder
from konsilium.foundation import clock
from konsilium.foundation.errors import Refused
from konsilium.foundation.models import AuditEntry
from konsilium.mediaplane.grants import GRANT_COOKIE
from konsilium.mediaplane.status import ChannelStatus, ConversionStatus, FilmFault, RecordingStatus, Status
from konsilium.rooms.models import Event
from konsilium.theatre.actions import withdraw_consent
from tests.factories.broadcast import keep_recording, make_recording, planned
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration


def report(scene: Scene, **parts: object) -> None:
    status = Status.model_validate({"at": scene.now, "version": 1, **parts})
    (studio_folder() / "status.json").write_text(status.model_dump_json(), encoding="utf-8")
    assert tasks.follow_studio()


def of_channel(scene: Scene) -> Recording:
    return Recording.objects.get(channel__room=scene.room)


def told(scene: Scene) -> list[object]:
    events = Event.objects.filter(room=scene.room, type="channel.changed").order_by("version")
    return [event.data["recording_url"] for event in events]


def test_it_begins_with_the_broadcast_and_has_the_channels_id(scene: Scene) -> None:
    scene.do("director", "operation.open")
    recording = of_channel(scene)
    assert (recording.pk, recording.state) == (Channel.objects.get().pk, RecordingState.RECORDING)
    assert recording.title == {"en": "VATS lobectomy"}


def test_the_room_is_told_once_when_it_is_there(scene: Scene) -> None:
    scene.do("director", "operation.open")
    growing = RecordingStatus(state="recording", began=scene.now, duration_s=10, bytes=1000)
    key = str(of_channel(scene).pk)
    events = Event.objects.filter(room=scene.room).count()
    for seconds in range(3):
        report(scene, recordings={key: growing.model_copy(update={"duration_s": seconds})})
    assert Event.objects.filter(room=scene.room).count() == events
    scene.do("director", "operation.end")
    kept = RecordingStatus(
        state="kept", began=scene.now, duration_s=90.5, bytes=5_000, feeds=("endoscope",), sound=True
    )
    report(scene, recordings={key: kept})
    report(scene, recordings={key: kept})
    assert told(scene)[-2:] == [None, f"/operations/{scene.operation.pk}/recording/"]
    recording = of_channel(scene)
    assert (recording.state, recording.duration_s, recording.size) == ("kept", 90.5, 5000)
    assert (recording.feeds, recording.has_sound, recording.began_at) == (["endoscope"], True, scene.now)


def test_kept_is_only_what_has_ended(scene: Scene) -> None:
    """A media plane that was started anew may find the volumes of a broadcast that still runs."""
    scene.do("director", "operation.open")
    report(scene, recordings={str(of_channel(scene).pk): RecordingStatus(state="kept", began=scene.now)})
    assert of_channel(scene).state == RecordingState.RECORDING


def test_an_ended_channel_stays_in_the_plan_until_what_it_holds_came_out(scene: Scene) -> None:
    scene.now = clock.now()
    scene.do("director", "channel.delay", seconds=30)
    scene.do("director", "operation.open")
    scene.do("director", "operation.end")
    assert [(channel.state, channel.delay_s) for channel in planned().channels] == [("ended", 30)]
    assert actions.refresh_plan() is False
    Channel.objects.update(ended_at=clock.now() - timedelta(minutes=5, seconds=31))
    assert actions.refresh_plan() is True
    assert planned().channels == ()
    assert actions.refresh_plan() is False


def test_opening_a_recording_is_audited(scene: Scene) -> None:
    scene.now = clock.now()
    recording = keep_recording(scene)
    client = scene.client("delegate")
    assert client.post(f"/broadcast/channels/{recording.pk}/grant").status_code == 200
    assert client.post(f"/broadcast/channels/{recording.pk}/grant").status_code == 200
    entries = AuditEntry.objects.filter(action="recording.opened")
    assert [entry.actor for entry in entries] == [scene.people["delegate"]]


def test_a_download_is_audited_and_led_to_the_media_plane(scene: Scene) -> None:
    scene.now = clock.now()
    recording = keep_recording(scene)
    address = f"/broadcast/channels/{recording.pk}/film?feed=endoscope&evil=1"
    answer = scene.client("surgeon").get(address)
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/media/{recording.pk}/film.mp4?feed=endoscope",
    )
    assert answer.cookies[GRANT_COOKIE]["path"] == f"/media/{recording.pk}/film.mp4"
    assert AuditEntry.objects.get(action="recording.downloaded").actor == scene.people["surgeon"]
    assert scene.client("delegate").get(address).status_code == 403
    assert scene.client("stranger").get(address).status_code == 403


def test_a_camera_that_was_not_recorded_is_not_downloaded_and_leaves_no_line(scene: Scene) -> None:
    scene.now = clock.now()
    recording = keep_recording(scene)
    for feed in ("overview", "sound", "nonsense"):
        answer = scene.client("surgeon").get(f"/broadcast/channels/{recording.pk}/film?feed={feed}")
        assert answer.status_code == 404
    assert not AuditEntry.objects.filter(action="recording.downloaded").exists()


def test_there_is_nothing_to_download_while_it_runs(scene: Scene) -> None:
    scene.now = clock.now()
    scene.do("director", "operation.open")
    answer = scene.client("director").get(f"/broadcast/channels/{scene.room.pk}/film")
    assert (answer.status_code, answer.json()["code"]) == (409, "recording_not_ready")


def test_a_withdrawn_consent_ends_everything(scene: Scene) -> None:
    scene.now = clock.now()
    scene.do("director", "operation.open")
    withdraw_consent(operation=scene.operation, actor=scene.people["organiser"], now=scene.now)
    recording = of_channel(scene)
    assert (recording.state, recording.destroyed_at) == (RecordingState.DESTROYED, scene.now)
    assert scene.operation_now().state == "ended"
    assert planned().destroyed == (str(recording.pk),)
    assert planned().channels == ()
    for who in ("organiser", "surgeon", "delegate"):
        answer = scene.client(who).post(f"/broadcast/channels/{recording.pk}/grant")
        assert (answer.status_code, GRANT_COOKIE in answer.cookies) == (404, False)
    assert AuditEntry.objects.filter(action="recording.destroyed").count() == 1


def test_what_is_destroyed_stays_destroyed(scene: Scene) -> None:
    recording = keep_recording(scene)
    withdraw_consent(operation=scene.operation, actor=None, now=scene.now)
    report(scene, recordings={str(recording.pk): RecordingStatus(state="kept", began=scene.now)})
    assert of_channel(scene).state == RecordingState.DESTROYED
    assert told(scene)[-1] is None
    withdraw_consent(operation=scene.operation, actor=None, now=scene.now)
    assert AuditEntry.objects.filter(action="recording.destroyed").count() == 1


def test_what_is_on_air_is_not_destroyed_by_the_way(scene: Scene) -> None:
    scene.do("director", "operation.open")
    with pytest.raises(Refused):
        actions.destroy_recording(
            recording=of_channel(scene), reason=actions.DestroyReason.REMOVED, actor=None, now=scene.now
        )


def test_swapping_and_the_end_of_what_is_shown(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    scene.do("director", "operation.open")
    scene.do("director", "channel.show_recording", recording=str(film.pk))
    key = str(Channel.objects.get().pk)
    running = ChannelStatus(state="live", started=scene.now, showing=str(film.pk), left_s=4.0)
    report(scene, channels={key: running})
    assert not Channel.objects.get().showing_over
    report(scene, channels={key: running.model_copy(update={"left_s": 0.0})})
    channel = scene.state("delegate")["channel"]
    assert isinstance(channel, dict)
    assert channel["showing"] | {"since": ""} == {
        "kind": "recording",
        "title": {"en": "Nephrectomy"},
        "since": "",
        "over": True,
    }
    scene.do("director", "channel.show_live")
    assert planned().channels[0].showing is None


def test_what_is_shown_already_does_not_begin_again(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    scene.do("director", "operation.open")
    scene.do("director", "channel.show_recording", recording=str(film.pk))
    begun = scene.now
    scene.now += timedelta(minutes=5)
    scene.do("organiser", "channel.show_recording", recording=str(film.pk))
    assert Channel.objects.get().showing_since == begun
    assert AuditEntry.objects.filter(action="channel.show_recording").count() == 1
    actions.note_showing_over(channel=Channel.objects.get(), now=scene.now)
    scene.do("organiser", "channel.show_recording", recording=str(film.pk))
    assert Channel.objects.get().showing_since == scene.now


@pytest.mark.parametrize(
    "state", [RecordingState.CONVERTING, RecordingState.FAILED, RecordingState.DESTROYED]
)
def test_only_what_is_there_can_be_shown(scene: Scene, state: RecordingState) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=state)
    scene.do("director", "operation.open")
    answer = scene.command("director", "channel.show_recording", recording=str(film.pk))
    assert (answer.status, answer.body["code"]) == (409, "recording_not_ready")


def test_a_conversion_is_followed(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.CONVERTING)
    assert actions.refresh_plan()
    assert [one.recording for one in planned().conversions] == [str(film.pk)]
    key = str(film.pk)
    report(scene, conversions={key: ConversionStatus(state="converting", progress=0.5)})
    assert Recording.objects.get().state == RecordingState.CONVERTING
    done = ConversionStatus(state="ready", progress=1, duration_s=61.5, sha256="ab" * 32)
    kept = RecordingStatus(
        state="kept", began=scene.now, duration_s=61.5, bytes=700, feeds=("film",), sound=True
    )
    report(scene, conversions={key: done}, recordings={key: kept})
    film.refresh_from_db()
    assert (film.state, film.sha256, film.duration_s) == ("kept", "ab" * 32, 61.5)
    report(scene, recordings={key: kept.model_copy(update={"stored": False})})
    assert planned().conversions == ()


def test_of_a_converted_film_it_is_noted_what_the_vault_made_of_it(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.CONVERTING)
    Recording.objects.update(began_at=None, feeds=[], size=9_000)
    key = str(film.pk)
    done = ConversionStatus(state="ready", progress=1, duration_s=61.5, sha256="ab" * 32)
    kept = RecordingStatus(state="kept", began=scene.now, duration_s=61.5, bytes=700, feeds=("film",))
    for _ in range(2):
        report(scene, conversions={key: done}, recordings={key: kept})
    film.refresh_from_db()
    assert (film.began_at, film.feeds, film.size) == (scene.now, ["film"], 700)


def test_the_pieces_that_are_missing_are_noted(scene: Scene) -> None:
    scene.do("director", "operation.open")
    scene.do("director", "operation.end")
    kept = RecordingStatus(state="kept", began=scene.now, duration_s=90, bytes=5_000, lost=3)
    report(scene, recordings={str(of_channel(scene).pk): kept})
    assert of_channel(scene).lost == 3


def test_a_failed_conversion_can_be_tried_again(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.CONVERTING)
    failed = ConversionStatus(state="failed", fault=FilmFault.CUT_OFF, read_s=1800, said_s=3600)
    report(scene, conversions={str(film.pk): failed})
    film.refresh_from_db()
    assert (film.state, film.fault, film.read_s, film.said_s) == ("failed", "cut-off", 1800, 3600)
    with pytest.raises(Refused):
        actions.convert_again(recording=film, actor=scene.people["organiser"], now=scene.now)
    uploads_folder().mkdir(exist_ok=True)
    upload_path(film).write_bytes(b"film")
    actions.convert_again(recording=film, actor=scene.people["organiser"], now=scene.now)
    assert [one.file for one in planned().conversions] == [str(film.pk)]
    reason = actions.DestroyReason.REMOVED
    actions.destroy_recording(recording=film, reason=reason, actor=None, now=scene.now)
    assert not upload_path(film).exists()


def clip(
    scene: Scene, who: str, begin: float, end: float, title: str = "Hilum"
) -> tuple[int, dict[str, object]]:
    began = of_channel(scene).began_at
    assert began is not None
    body = {
        "title": title,
        "from": (began + timedelta(seconds=begin)).isoformat(),
        "to": (began + timedelta(seconds=end)).isoformat(),
    }
    address = f"/operations/{scene.operation.pk}/recording/clips/"
    answer = scene.client(who).post(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("surgeon", 201),
        ("moderator", 201),
        ("director", 201),
        ("delegate", 403),
        ("advocate", 403),
        ("stranger", 403),
    ],
)
def test_who_may_make_a_clip(scene: Scene, who: str, status: int) -> None:
    scene.now = clock.now()
    keep_recording(scene)
    assert clip(scene, who, 10, 70)[0] == status


@pytest.mark.parametrize(
    ("begin", "end", "title", "code"),
    [
        (70, 10, "Hilum", "clip_backwards"),
        (10, 10.4, "Hilum", "clip_too_short"),
        (10, 4000, "Hilum", "clip_outside"),
        (-60, 10, "Hilum", "clip_outside"),
        (10, 70, "  ", "clip_without_title"),
    ],
)
def test_a_clip_lies_within_its_recording(
    scene: Scene, begin: float, end: float, title: str, code: str
) -> None:
    scene.now = clock.now()
    keep_recording(scene)
    status, body = clip(scene, "director", begin, end, title)
    assert (status, body["code"]) == (422, code)


def test_a_clip_can_be_removed_and_brought_back(scene: Scene) -> None:
    scene.now = clock.now()
    keep_recording(scene)
    _status, made = clip(scene, "director", 10, 70)
    address = f"/operations/{scene.operation.pk}/recording/clips/{made['id']}/"
    assert scene.client("delegate").delete(address).status_code == 403
    assert scene.client("surgeon").delete(address).status_code == 204
    assert Clip.objects.get().removed_at is not None
    assert scene.client("surgeon").post(f"{address}restore/").json() == made
    assert Clip.objects.get().removed_at is None
