"""What the studio reports, in the reader's words: conversions, disk, and whether one can go on air."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import fresh_status
from konsilium.broadcast.troubles import film_fault


def conversion_report(recording: Recording, now: datetime) -> tuple[str, float, str]:
    """State, share done and a sentence of a film that becomes a recording."""
    status = fresh_status(now)
    told = status.conversions.get(str(recording.pk)) if status else None
    if recording.state == RecordingState.FAILED:
        return "failed", 0.0, film_fault(recording)
    if told is None or told.state in {"failed", "ready"}:
        # What the studio found is about to be noted here.
        return "waiting", 0.0, ""
    return told.state, told.progress, ""


@dataclass(frozen=True, kw_only=True)
class DiskReport:
    """What the disk of the recordings has left."""

    state: str
    free_bytes: int
    hours_left: float | None
    #: A sentence; empty while all is well.
    text: str

    def facts(self) -> dict[str, object]:
        return asdict(self)


def disk_report(now: datetime) -> DiskReport | None:
    """None where the studio does not tell."""
    status = fresh_status(now)
    if status is None or status.disk is None:
        return None
    disk = status.disk
    words = {
        "low": _("The disk of the recordings is nearly full. Free some space; what is on air goes on."),
        "full": _("The disk is full: nothing is recorded any more. What is on air goes on."),
    }
    return DiskReport(
        state=disk.state,
        free_bytes=disk.free_bytes,
        hours_left=disk.hours_left,
        text=words.get(disk.state, ""),
    )
