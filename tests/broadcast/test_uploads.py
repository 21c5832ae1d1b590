"""Resumable uploads, as tus 1.0.0 has them."""

import base64
import fcntl
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from konsilium.broadcast import actions, tasks, uploads
from konsilium.broadcast.actions import uploads as writing
from konsilium.broadcast.decisions import (
    ABANDONED_AFTER,
    LONGEST_CHUNK,
    SPARE_BYTES,
    NoUpload,
    decide_upload,
)
from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import upload_path, uploads_folder
from konsilium.foundation import clock
from konsilium.foundation.models import AuditEntry
from tests.factories.broadcast import planned
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration

FILM = bytes(range(256)) * 40
GB = 1_000_000_000


def said(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def begin(scene: Scene, who: str = "organiser", *, size: int = len(FILM), **headers: str) -> Any:
    slug = scene.operation.slot.congress.slug
    sent = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(size),
        "Upload-Metadata": said(filename="нефрэктомия.mov", title="Нефрэктомия"),
        **headers,
    }
    return scene.client(who).post(f"/broadcast/congresses/{slug}/uploads/", headers=sent)


def send(scene: Scene, address: str, offset: int, data: bytes, who: str = "organiser", **headers: str) -> Any:
    sent = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers}
    return scene.client(who).patch(address, data, content_type=uploads.CHUNK_TYPE, headers=sent)


def head(scene: Scene, address: str, who: str = "organiser") -> Any:
    return scene.client(who).head(address, headers={"Tus-Resumable": "1.0.0"})


def delete(scene: Scene, address: str, who: str) -> Any:
    return scene.client(who).delete(address, headers={"Tus-Resumable": "1.0.0"})


def test_what_the_server_can(scene: Scene) -> None:
    slug = scene.operation.slot.congress.slug
    answer = scene.client("organiser").options(f"/broadcast/congresses/{slug}/uploads/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert set(answer["Tus-Extension"].split(",")) >= {"creation", "checksum", "termination", "expiration"}
    assert answer["Tus-Max-Size"] == str(20 * GB)
    assert "sha1" in answer["Tus-Checksum-Algorithm"]


def test_a_film_comes_in_pieces_and_goes_on_to_the_studio(scene: Scene) -> None:
    made = begin(scene)
    assert made.status_code == 201
    address = made["Location"]
    upload = Recording.objects.get()
    path = upload_path(upload)
    assert (path.stat().st_mode & 0o777, uploads_folder().stat().st_mode & 0o777) == (0o600, 0o700)
    offset = 0
    for size in (1000, 4000, len(FILM) - 5000):
        answer = send(scene, address, offset, FILM[offset : offset + size])
        offset += size
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(offset))
    assert path.read_bytes() == FILM
    upload.refresh_from_db()
    assert (upload.state, upload.title, upload.file_name) == (
        "converting",
        {"und": "Нефрэктомия"},
        "нефрэктомия.mov",
    )
    assert [(one.recording, one.file) for one in planned().conversions] == [(str(upload.pk), str(upload.pk))]
    assert [entry.action for entry in AuditEntry.objects.filter(subject=f"recording:{upload.pk}")] == [
        "upload.begun",
        "upload.finished",
    ]
    # The last answer may have been lost: asked again, all of it is there.
    assert head(scene, address)["Upload-Offset"] == str(len(FILM))


def test_after_a_break_it_goes_on_where_it_ended(scene: Scene) -> None:
    address = begin(scene)["Location"]
    send(scene, address, 0, FILM[:3000])
    # What a crash left of a piece counts, although nobody was told.
    with upload_path(Recording.objects.get()).open("ab") as file:
        file.write(FILM[3000:3500])
    answer = head(scene, address)
    assert (answer["Upload-Offset"], answer["Upload-Length"]) == ("3500", str(len(FILM)))
    assert answer["Cache-Control"] == "no-store"
    assert send(scene, address, 3500, FILM[3500:]).status_code == 204
    assert upload_path(Recording.objects.get()).read_bytes() == FILM


def test_a_piece_that_does_not_continue_is_refused(scene: Scene) -> None:
    address = begin(scene)["Location"]
    send(scene, address, 0, FILM[:100])
    for offset in (0, 99, 101):
        answer = send(scene, address, offset, FILM[100:200])
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
    assert upload_path(Recording.objects.get()).stat().st_size == 100


def test_checksums(scene: Scene) -> None:
    address = begin(scene)["Location"]
    right = base64.b64encode(hashlib.sha1(FILM[:100], usedforsecurity=False).digest()).decode()
    wrong = send(scene, address, 0, FILM[:101], **{"Upload-Checksum": f"sha1 {right}"})
    assert (wrong.status_code, wrong.json()["code"]) == (460, "wrong_checksum")
    assert send(scene, address, 0, FILM[:100], **{"Upload-Checksum": "crc32 AAAA"}).status_code == 422
    assert send(scene, address, 0, FILM[:100], **{"Upload-Checksum": f"sha1 {right}"}).status_code == 204


@pytest.mark.parametrize(
    ("size", "status", "code"),
    [(0, 422, "upload_empty"), (20 * GB + 1, 413, "upload_too_large")],
)
def test_what_is_not_taken(scene: Scene, size: int, status: int, code: str) -> None:
    answer = begin(scene, size=size)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert not Recording.objects.exists()


def test_room_is_kept_for_what_is_on_air() -> None:
    assert decide_upload(size=GB, most=20 * GB, free=3 * GB) is NoUpload.NO_ROOM
    assert decide_upload(size=GB, most=20 * GB, free=4 * GB) is None
    assert decide_upload(size=GB, most=20 * GB, free=4 * GB, promised=1) is NoUpload.NO_ROOM


@dataclass
class Disk:
    free: int


def test_what_others_were_promised_is_not_free(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _folder: Disk(SPARE_BYTES + 4 * len(FILM)))
    first = begin(scene)["Location"]
    second = begin(scene)["Location"]
    assert begin(scene).json()["code"] == "upload_no_room"
    send(scene, first, 0, FILM)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _folder: Disk(SPARE_BYTES + 3 * len(FILM)))
    assert begin(scene, size=1).json()["code"] == "upload_no_room", "the first one is not converted yet"
    assert send(scene, second, 0, FILM).status_code == 204


def test_uploads_leave_what_a_recording_needs(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    address = begin(scene)["Location"]
    send(scene, address, 0, FILM[:100])
    with monkeypatch.context() as patch:
        patch.setattr(writing.shutil, "disk_usage", lambda _folder: Disk(SPARE_BYTES + 99))
        answer = send(scene, address, 100, FILM[100:200])
        assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
        assert head(scene, address)["Upload-Offset"] == "100"
        assert send(scene, address, 100, FILM[100:199]).status_code == 204
    assert send(scene, address, 199, FILM[199:]).status_code == 204


def test_a_full_disk_is_said_and_loses_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    address = begin(scene)["Location"]
    send(scene, address, 0, FILM[:100])

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing.os, "pwrite", full)
        answer = send(scene, address, 100, FILM[100:])
    assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
    assert "disk is full" in answer.json()["message"]
    assert send(scene, address, 100, FILM[100:]).status_code == 204


def test_more_than_announced_or_than_a_piece_may_have(scene: Scene) -> None:
    address = begin(scene)["Location"]
    assert send(scene, address, 0, FILM + b"more").status_code == 413
    large = begin(scene, size=LONGEST_CHUNK * 2)["Location"]
    assert send(scene, large, 0, bytes(LONGEST_CHUNK + 1)).status_code == 413
    assert send(scene, large, 0, bytes(LONGEST_CHUNK)).status_code == 204


@pytest.mark.parametrize(
    ("headers", "kind", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, uploads.CHUNK_TYPE, 412),
        ({}, "application/json", 415),
        ({"Upload-Offset": "-1"}, uploads.CHUNK_TYPE, 422),
        ({"Upload-Offset": "٣"}, uploads.CHUNK_TYPE, 422),
        ({"Upload-Offset": "1" * 30}, uploads.CHUNK_TYPE, 422),
    ],
)
def test_what_is_no_piece(scene: Scene, headers: dict[str, str], kind: str, status: int) -> None:
    address = begin(scene)["Location"]
    sent = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", **headers}
    answer = scene.client("organiser").patch(address, FILM[:10], content_type=kind, headers=sent)
    assert answer.status_code == status
    assert answer["Tus-Resumable"] == "1.0.0"


@pytest.mark.parametrize(
    "who", ["organiser", "director", "moderator", "surgeon", "delegate", "unverified", "stranger"]
)
def test_who_may_upload(scene: Scene, who: str) -> None:
    allowed = who in {"organiser", "director"}
    assert (begin(scene, who).status_code == 201) is allowed
    address = begin(scene)["Location"]
    assert (head(scene, address, who).status_code == 200) is allowed
    assert (send(scene, address, 0, FILM[:10], who).status_code == 204) is allowed


def test_never_mind(scene: Scene) -> None:
    address = begin(scene)["Location"]
    path = upload_path(Recording.objects.get())
    assert delete(scene, address, "organiser").status_code == 204
    assert not path.exists()
    assert head(scene, address).status_code == 404


def test_what_somebody_is_sending_is_not_thrown_away_by_another(scene: Scene) -> None:
    address = begin(scene)["Location"]
    send(scene, address, 0, FILM[:100])
    upload = Recording.objects.get()
    for way in (address, f"/recordings/{upload.pk}/destroy/"):
        answer = delete(scene, way, "director")
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_running")
    assert upload_path(upload).exists()
    Recording.objects.update(touched_at=clock.now() - timedelta(seconds=31))
    assert delete(scene, address, "director").status_code == 204
    assert not Recording.objects.exists()


def test_what_was_abandoned_is_thrown_away(scene: Scene) -> None:
    begin(scene)
    begin(scene)
    old, young = Recording.objects.order_by("made_at")
    Recording.objects.filter(pk=old.pk).update(touched_at=clock.now() - ABANDONED_AFTER - timedelta(hours=1))
    tasks.keep_tidy()
    assert list(Recording.objects.all()) == [young]
    assert not upload_path(old).exists()


@pytest.fixture
def unfinished(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> str:
    """All of a film has come, and then the database was away."""
    address: str = begin(scene)["Location"]

    def away(*_arguments: object) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_finish", away)
        with pytest.raises(OperationalError):
            send(scene, address, 0, FILM)
    assert Recording.objects.get().state == "uploading"
    return address


def test_who_asks_whether_all_is_there_is_told_and_it_is_true(scene: Scene, unfinished: str) -> None:
    assert head(scene, unfinished)["Upload-Offset"] == str(len(FILM))
    upload = Recording.objects.get()
    assert upload.state == "converting"
    assert AuditEntry.objects.filter(subject=f"recording:{upload.pk}", action="upload.finished").count() == 1
    assert head(scene, unfinished)["Upload-Offset"] == str(len(FILM))


def test_a_whole_film_is_finished_though_nobody_asks(scene: Scene, unfinished: str) -> None:
    begin(scene)
    Recording.objects.update(touched_at=clock.now() - ABANDONED_AFTER - timedelta(hours=1))
    tasks.keep_tidy()
    assert [recording.state for recording in Recording.objects.all()] == ["converting"]
    assert upload_path(Recording.objects.get()).read_bytes() == FILM


def test_while_the_last_piece_is_written_nobody_else_finishes(scene: Scene, unfinished: str) -> None:
    upload = Recording.objects.get()
    with upload_path(upload).open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert head(scene, unfinished)["Upload-Offset"] == str(len(FILM))
        assert Recording.objects.get().state == "uploading"


def test_two_windows_do_not_write_over_each_other(scene: Scene) -> None:
    address = begin(scene)["Location"]
    path: Path = upload_path(Recording.objects.get())
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        answer = send(scene, address, 0, FILM[:10])
    assert (answer.status_code, answer.json()["code"]) == (423, "upload_busy")


def test_a_whole_film_is_not_abandoned_by_accident(scene: Scene) -> None:
    address = begin(scene)["Location"]
    send(scene, address, 0, FILM)
    answer = scene.client("organiser").delete(address, headers={"Tus-Resumable": "1.0.0"})
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_whole")
    assert actions.abandon_upload is not None
