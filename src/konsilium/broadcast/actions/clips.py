"""Writing clips: a stretch of a recording gets a title, loses it, gets it back. Nothing is coded anew."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.decisions import NoClip, RecordingState, decide_clip
from konsilium.broadcast.models import Clip, Recording
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Invalid, Missing, Refused
from konsilium.people.models import User

SENTENCES = {
    NoClip.BACKWARDS: _("A clip ends after it begins."),
    NoClip.TOO_SHORT: _("A clip has at least one second."),
    NoClip.OUTSIDE: _("A clip lies within its recording."),
    NoClip.NO_TITLE: _("Give the clip a title."),
}


def make_clip(
    *,
    recording: Recording,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: User,
    now: datetime,
) -> Clip:
    """Give a stretch of the recording a title; its ends are on the recording's clock."""
    why_not = decide_clip(
        title=title.strip(),
        starts_at=starts_at,
        ends_at=ends_at,
        began_at=recording.began_at,
        duration_s=recording.duration_s,
    )
    if why_not is not None:
        raise Invalid(SENTENCES[why_not], code=why_not.value)
    with transaction.atomic():
        recording = Recording.objects.select_for_update().get(pk=recording.pk)
        if recording.state != RecordingState.KEPT:
            raise Refused(_("The recording is not there yet."), code="recording_not_ready")
        clip = Clip.objects.create(
            recording=recording,
            title=title.strip()[:120],
            starts_at=starts_at,
            ends_at=ends_at,
            made_by=actor,
            made_at=now,
        )
        _audit(clip, "clip.made", actor, now)
    return clip


def remove_clip(*, recording: Recording, clip_id: UUID, actor: User, now: datetime) -> Clip:
    """Take a clip away; it can be brought back."""
    return _mark(recording=recording, clip_id=clip_id, removed=True, actor=actor, now=now)


def restore_clip(*, recording: Recording, clip_id: UUID, actor: User, now: datetime) -> Clip:
    """Bring a clip back."""
    return _mark(recording=recording, clip_id=clip_id, removed=False, actor=actor, now=now)


def _mark(*, recording: Recording, clip_id: UUID, removed: bool, actor: User, now: datetime) -> Clip:
    with transaction.atomic():
        clip = Clip.objects.select_for_update().filter(recording=recording, pk=clip_id).first()
        if clip is None:
            raise Missing
        if (clip.removed_at is not None) != removed:
            clip.removed_at = now if removed else None
            clip.save(update_fields=["removed_at"])
            _audit(clip, "clip.removed" if removed else "clip.restored", actor, now)
    return clip


def _audit(clip: Clip, action: str, actor: User, now: datetime) -> None:
    detail: dict[str, object] = {"clip": str(clip.pk), "title": clip.title}
    subject = f"recording:{clip.recording_id}"
    record_audit(actor=actor, action=action, subject=subject, now=now, detail=detail)
