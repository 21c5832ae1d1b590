"""Writing uploads: a film comes in pieces into a file of its own, and becomes a recording.

How much there is, the file's length alone says: whatever a crash left of a piece, the sender goes on from there.
"""

import errno
import fcntl
import os
import shutil
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.actions.plan import write_plan
from konsilium.broadcast.decisions import (
    ChunkVerdict,
    NoUpload,
    RecordingAct,
    RecordingState,
    decide_upload,
    judge_chunk,
    may_abandon,
    next_recording_state,
)
from konsilium.broadcast.models import Recording, RecordingKind
from konsilium.broadcast.queries import GB, held_of, promised_bytes, upload_limit, upload_path, uploads_folder
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Invalid, KonsiliumError, Missing, Refused
from konsilium.people.models import User
from konsilium.programme.models import Congress

NO_ROOM = _(
    "The server's disk is full. Nothing was lost; free some space, and the upload goes on where it stopped."
)


class TooLarge(KonsiliumError):
    """More than may be sent."""

    code = "too_large"
    status = 413


class NoRoom(KonsiliumError):
    """The disk is full."""

    code = "no_room"
    status = 507


class Busy(KonsiliumError):
    """Another request is writing the same upload."""

    code = "upload_busy"
    status = 423


def begin_upload(
    *, congress: Congress, size: int, title: str, file_name: str, actor: User, now: datetime
) -> Recording:
    """A place for a film of `size` bytes."""
    folder = uploads_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # Until they are converted, films lie here as they came: nobody else on the machine looks in.
    folder.chmod(0o700)
    most = upload_limit()
    why_not = decide_upload(
        size=size, most=most, free=shutil.disk_usage(folder).free, promised=promised_bytes()
    )
    if why_not is NoUpload.EMPTY:
        # Nothing that would change by sending it again.
        raise Invalid(_("This file is empty."), code=why_not.value)
    if why_not is NoUpload.TOO_LARGE:
        sentence = _("This film is too large: at most %(most)d GB can be uploaded.") % {"most": most // GB}
        raise TooLarge(sentence, code=why_not.value)
    if why_not is NoUpload.NO_ROOM:
        raise NoRoom(NO_ROOM, code=why_not.value)
    with transaction.atomic():
        recording = Recording.objects.create(
            congress=congress,
            kind=RecordingKind.UPLOAD,
            title={"und": title[:120] or file_name[:120]},
            state=RecordingState.UPLOADING,
            made_at=now,
            made_by=actor,
            size=size,
            file_name=file_name[:200],
            touched_at=now,
        )
        os.close(os.open(upload_path(recording), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _audit(recording, "upload.begun", actor, now)
    return recording


def adopt_film(
    *, congress: Congress, path: Path, title: dict[str, str], actor: User | None, now: datetime
) -> Recording:
    """A film that lies on this machine already goes the way of an uploaded one; the file itself stays."""
    folder = uploads_folder()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with transaction.atomic():
        recording = Recording.objects.create(
            congress=congress,
            kind=RecordingKind.UPLOAD,
            title=title,
            state=RecordingState.CONVERTING,
            made_at=now,
            made_by=actor,
            size=path.stat().st_size,
            file_name=path.name[:200],
            touched_at=now,
        )
        shutil.copyfile(path, upload_path(recording))
        upload_path(recording).chmod(0o600)
        _audit(recording, "upload.finished", actor, now)
        transaction.on_commit(write_plan)
    return recording


def take_chunk(*, upload: Recording, offset: int, data: bytes, now: datetime) -> int:
    """Write one piece; how many bytes there are now. The last one hands the film to the studio."""
    if upload.state != RecordingState.UPLOADING:
        raise Missing
    try:
        descriptor = os.open(upload_path(upload), os.O_WRONLY)
    except FileNotFoundError:
        raise Missing from None
    try:
        held = _write(descriptor, upload, offset, data)
    finally:
        os.close(descriptor)
    Recording.objects.filter(pk=upload.pk).update(touched_at=now)
    if held == upload.size:
        _finish(upload, now)
    return held


def finish_upload(*, upload: Recording, now: datetime) -> bool:
    """Hand a film to the studio that is whole although its last request failed; False if it is not.

    The sender learns from its length that all is there, and sends nothing any more.
    """
    if upload.state != RecordingState.UPLOADING or held_of(upload) < upload.size:
        return False
    descriptor = os.open(upload_path(upload), os.O_WRONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fsync(descriptor)
    except BlockingIOError:
        # The request that brings the last piece is still at it.
        return False
    finally:
        os.close(descriptor)
    _finish(upload, now)
    return True


def _write(descriptor: int, upload: Recording, offset: int, data: bytes) -> int:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Busy(_("Another window is sending the same film.")) from None
    held = os.fstat(descriptor).st_size
    free = shutil.disk_usage(uploads_folder()).free
    verdict = judge_chunk(offset=offset, length=len(data), held=held, size=upload.size, free=free)
    if verdict is ChunkVerdict.WRONG_OFFSET:
        raise Refused(_("This piece does not continue what is there."), code="wrong_offset")
    if verdict is ChunkVerdict.TOO_LONG:
        raise TooLarge(_("This piece is longer than what is missing, or than one request may carry."))
    if verdict is ChunkVerdict.NO_ROOM:
        raise NoRoom(NO_ROOM)
    try:
        written = os.pwrite(descriptor, data, held)
        if held + written == upload.size:
            os.fsync(descriptor)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoom(NO_ROOM) from error
        raise
    return held + written


def _finish(upload: Recording, now: datetime) -> None:
    with transaction.atomic():
        recording = Recording.objects.select_for_update().get(pk=upload.pk)
        following = next_recording_state(RecordingState(recording.state), RecordingAct.FINISH)
        if following is None:
            return
        recording.state = following
        recording.save(update_fields=["state"])
        _audit(recording, "upload.finished", recording.made_by, now)
        transaction.on_commit(write_plan)


def abandon_upload(*, upload: Recording, actor: User | None, now: datetime) -> None:
    """Throw away a film that is not whole."""
    with transaction.atomic():
        recording = Recording.objects.select_for_update().get(pk=upload.pk)
        if recording.state != RecordingState.UPLOADING:
            raise Refused(
                _("This film has been uploaded. Remove it on the page of recordings."), code="upload_whole"
            )
        own = actor is None or actor.pk == recording.made_by_id
        if not may_abandon(own=own, touched_at=recording.touched_at, now=now):
            raise Refused(
                _("Somebody is sending this film at the moment. Ask them to pause it."), code="upload_running"
            )
        path = upload_path(recording)
        transaction.on_commit(partial(path.unlink, missing_ok=True), robust=True)
        _audit(recording, "upload.abandoned", actor, now)
        recording.delete()


def _audit(recording: Recording, action: str, actor: User | None, now: datetime) -> None:
    detail: dict[str, object] = {"file": recording.file_name, "size": recording.size}
    record_audit(actor=actor, action=action, subject=f"recording:{recording.pk}", now=now, detail=detail)
