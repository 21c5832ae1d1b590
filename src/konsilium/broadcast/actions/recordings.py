"""Writing recordings: what the studio reports of them, and their end."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.actions.channels import halt_channel, tell_channel
from konsilium.broadcast.actions.plan import write_plan
from konsilium.broadcast.decisions import (
    ChannelState,
    RecordingAct,
    RecordingState,
    next_recording_state,
)
from konsilium.broadcast.models import Channel, Recording, RecordingKind
from konsilium.broadcast.queries import copies_of, upload_path
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Refused
from konsilium.foundation.models import AuditEntry
from konsilium.mediaplane.status import ConversionStatus, RecordingStatus
from konsilium.people.models import User
from konsilium.programme.models import Congress
from konsilium.rooms.actions import lock_room


class DestroyReason(StrEnum):
    #: The patient took their consent back.
    CONSENT = "consent"
    #: It is not needed any more.
    REMOVED = "removed"


OPENING_LASTS = timedelta(hours=1)
#: While it grows, its size is the studio's to tell; written down is what stays.
LASTING = ("began_at", "duration_s", "size", "feeds", "has_sound", "stored", "lost", "detail")


def follow_recording(*, recording: Recording, status: RecordingStatus, now: datetime) -> bool:
    """Note what the vault holds; the room is told when its recording is there. True if something was new."""
    with transaction.atomic():
        recording = _locked(recording)
        before = {name: getattr(recording, name) for name in LASTING}
        kept = status.state == "kept" and _is_over(recording)
        recording.began_at = status.began or recording.began_at
        if kept:
            recording.duration_s = status.duration_s
            recording.size = status.bytes
            recording.feeds = list(status.feeds)
            recording.has_sound = status.sound
            recording.stored = status.stored
            recording.lost = status.lost
            recording.detail = status.detail[:500]
        told = kept and _advance(recording, RecordingAct.KEEP)
        if not told and before == {name: getattr(recording, name) for name in LASTING}:
            return False
        recording.save()
        if told:
            _tell(recording, action="recording.kept", actor=None, now=now)
    return True


def follow_conversion(*, recording: Recording, status: ConversionStatus, now: datetime) -> bool:
    """Note how the conversion of an uploaded film came out; True if it has."""
    with transaction.atomic():
        recording = _locked(recording)
        if recording.state != RecordingState.CONVERTING or status.state not in {"ready", "failed"}:
            return False
        recording.fault = status.fault or ""
        recording.read_s, recording.said_s = status.read_s, status.said_s
        recording.duration_s = status.duration_s or recording.duration_s
        recording.sha256 = status.sha256 or recording.sha256
        ready = status.state == "ready"
        recording.touched_at = now
        _advance(recording, RecordingAct.KEEP if ready else RecordingAct.FAIL)
        recording.save()
        action = "recording.converted" if ready else "recording.failed"
        _tell(recording, action=action, actor=None, now=now)
    return True


def convert_again(*, recording: Recording, actor: User, now: datetime) -> Recording:
    """Try the conversion of a film once more."""
    with transaction.atomic():
        recording = _locked(recording)
        if not upload_path(recording).exists():
            raise Refused(_("The film is no longer there. Upload it again."), code="film_gone")
        if _advance(recording, RecordingAct.CONVERT):
            recording.fault = ""
            recording.save()
            _tell(recording, action="recording.convert_again", actor=actor, now=now)
    return recording


def destroy_recording(
    *, recording: Recording, reason: DestroyReason, actor: User | None, now: datetime
) -> Recording:
    """Destroy the secret, so that no copy anywhere can be read again. This cannot be taken back.

    Where a consent is withdrawn, the recordings that have it in them are destroyed as well, whatever else they hold.
    """
    with transaction.atomic():
        recording = _locked(recording)
        if _is_on_air(recording):
            raise Refused(_("The broadcast is still running. End it first."), code="channel_on_air")
        copies = copies_of(recording) if reason is DestroyReason.CONSENT else []
        _destroy(recording, reason=reason, actor=actor, now=now)
        for copy in copies:
            _destroy(_locked(copy), reason=reason, actor=actor, now=now, of=recording)
    return recording


def _destroy(
    recording: Recording,
    *,
    reason: DestroyReason,
    actor: User | None,
    now: datetime,
    of: Recording | None = None,
) -> None:
    """`of` is the recording that it has in it."""
    if not _advance(recording, RecordingAct.DESTROY):
        return
    recording.destroyed_at = now
    recording.save()
    # First, so that no fault of what follows leaves a film in the clear.
    path = upload_path(recording)
    transaction.on_commit(partial(path.unlink, missing_ok=True), robust=True)
    # Nobody goes on showing it, and what is shown instead is for somebody to decide.
    shows_it = Q(showing=recording) | Q(recording=recording)
    for channel in Channel.objects.filter(shows_it, state=ChannelState.LIVE).select_related("room"):
        halt_channel(channel=channel, actor=actor, now=now)
    detail: dict[str, object] = {"reason": reason.value, "title": recording.title}
    if of is not None:
        detail["of"] = str(of.pk)
    _tell(recording, action="recording.destroyed", actor=actor, now=now, detail=detail)


def forbid_recording(*, congress: Congress, channel: Channel, actor: User | None, now: datetime) -> None:
    """Destroy the recording of a channel, also when the studio has not told of one yet."""
    recording, _made = Recording.objects.get_or_create(
        channel=channel,
        defaults={
            "id": channel.pk,
            "congress": congress,
            "kind": RecordingKind.LIVE,
            "state": RecordingState.RECORDING,
            "made_at": now,
        },
    )
    destroy_recording(recording=recording, reason=DestroyReason.CONSENT, actor=actor, now=now)


def note_download(*, channel: Channel, actor: User, detail: dict[str, object], now: datetime) -> None:
    """Somebody takes a copy along: a line for the audit trail."""
    subject = f"channel:{channel.pk}"
    record_audit(actor=actor, action="recording.downloaded", subject=subject, now=now, detail=detail)


def note_unsealing(*, channel: Channel, actor: User, reason: str, stretches: int, now: datetime) -> None:
    """What a stop withheld is opened for an inquiry: a line for the audit trail, before anything is."""
    detail: dict[str, object] = {"reason": reason, "stretches": stretches}
    record_audit(
        actor=actor, action="withheld.opened", subject=f"channel:{channel.pk}", now=now, detail=detail
    )


def note_preview(*, recording: Recording, actor: User, now: datetime) -> None:
    """Somebody looks at an uploaded film; once an hour is often enough to say so."""
    subject, action = f"recording:{recording.pk}", "recording.opened"
    lately = AuditEntry.objects.filter(
        subject=subject, actor=actor, action=action, at__gt=now - OPENING_LASTS
    )
    if not lately.exists():
        record_audit(actor=actor, action=action, subject=subject, now=now)


def _locked(recording: Recording) -> Recording:
    if recording.channel is not None:
        lock_room(recording.channel.room_id)
    rows = Recording.objects.select_for_update(of=("self",)).select_related("channel__room")
    return rows.get(pk=recording.pk)


def _is_on_air(recording: Recording) -> bool:
    running = (ChannelState.LIVE, ChannelState.STOPPED)
    return recording.channel is not None and recording.channel.state in running


def _is_over(recording: Recording) -> bool:
    return recording.channel is None or recording.channel.state == ChannelState.ENDED


def _advance(recording: Recording, act: RecordingAct) -> bool:
    following = next_recording_state(RecordingState(recording.state), act)
    if following is None or following == recording.state:
        return False
    recording.state = following
    return True


def _tell(
    recording: Recording,
    *,
    action: str,
    actor: User | None,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    subject = f"recording:{recording.pk}"
    record_audit(actor=actor, action=action, subject=subject, now=now, detail=detail)
    if recording.channel is not None:
        tell_channel(channel=recording.channel, now=now)
    transaction.on_commit(write_plan)
