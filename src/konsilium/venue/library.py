"""A recording as one line of the library, in the reader's language."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Recording, RecordingKind
from konsilium.broadcast.queries import held_of
from konsilium.broadcast.registry import recording_page
from konsilium.broadcast.reports import conversion_report
from konsilium.broadcast.troubles import holes_in
from konsilium.foundation.localised import localised

#: May be thrown away without a typed word: nobody has watched it.
UNFINISHED = frozenset({RecordingState.UPLOADING, RecordingState.CONVERTING, RecordingState.FAILED})


def can_be_looked_at(recording: Recording) -> bool:
    """An uploaded film that is ready; what was on air has a page of its own, with its chapters."""
    ready = recording.state == RecordingState.KEPT and recording.began_at is not None
    return ready and recording.channel_id is None


def recording_line(
    recording: Recording, *, in_charge: bool, may_destroy: bool, now: datetime
) -> dict[str, object]:
    """`in_charge`: the reader looks after the recordings; `may_destroy`: and organises the congress."""
    state, progress, detail = _state(recording, now)
    if in_charge:
        detail = " ".join(filter(None, (detail, _not_stored(recording))))
    page = None
    if recording.state == RecordingState.KEPT and recording.channel is not None:
        page = recording_page(recording.channel.room)
    elif in_charge and can_be_looked_at(recording):
        page = reverse("recording_preview", args=[recording.pk])
    gone = recording.state == RecordingState.DESTROYED
    address = reverse("recording_destroy", args=[recording.pk])
    failed = recording.state == RecordingState.FAILED
    return {
        "id": str(recording.pk),
        "title": localised(recording.title),
        "state": state,
        "progress": progress,
        "duration_s": recording.duration_s or None,
        "bytes": recording.size,
        "detail": detail,
        "sha256": recording.sha256,
        "page_url": page,
        "source": "upload" if recording.kind == RecordingKind.UPLOAD else "operation",
        "created": recording.made_at.isoformat(),
        "by": recording.made_by.full_name if recording.made_by else "",
        "upload_url": reverse("upload", args=[recording.pk])
        if recording.state == RecordingState.UPLOADING
        else None,
        "delete_url": address if recording.state in UNFINISHED else None,
        "destroy_url": address if may_destroy and not gone and recording.state not in UNFINISHED else None,
        "retry_url": reverse("recording_convert", args=[recording.pk]) if failed else None,
    }


def _state(recording: Recording, now: datetime) -> tuple[str, float, str]:
    if recording.state == RecordingState.UPLOADING:
        return recording.state, held_of(recording) / recording.size if recording.size else 0.0, ""
    if recording.state in {RecordingState.CONVERTING, RecordingState.FAILED}:
        return conversion_report(recording, now)
    return recording.state, 1.0, holes_in(recording)


def _not_stored(recording: Recording) -> str:
    if recording.state != RecordingState.KEPT or recording.stored:
        return ""
    return _("Not all of it has reached the store yet; a part lies on this server's disk alone.")
