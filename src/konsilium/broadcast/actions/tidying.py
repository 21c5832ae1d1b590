"""Removing films that lie in the clear and are of no use any more: nobody has to remember them."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from konsilium.broadcast.actions.recordings import DestroyReason, destroy_recording
from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import recording_states, uploads_folder

logger = logging.getLogger("konsilium.broadcast")

#: The row of an upload is there some moments after its file.
UNNAMED_FOR = timedelta(hours=1)


def remove_stale_films(*, now: datetime) -> list[UUID]:
    """Uploads whose recording is whole, destroyed or gone, whatever kept them from being removed in time."""
    films = _films()
    states = recording_states(films)
    stale = [key for key, path in films.items() if _is_stale(states.get(key), path, now)]
    for key in stale:
        films[key].unlink(missing_ok=True)
        logger.warning("a film that lay in the clear is removed", extra={"recording": str(key)})
    return stale


def destroy_failed_films(*, before: datetime, now: datetime) -> None:
    """Uploads that could not be converted, and of which nobody has wanted anything since."""
    failed = Recording.objects.filter(state=RecordingState.FAILED, touched_at__lt=before)
    for recording in failed.select_related("channel__room"):
        destroy_recording(recording=recording, reason=DestroyReason.REMOVED, actor=None, now=now)


def _films() -> dict[UUID, Path]:
    folder = uploads_folder()
    found: dict[UUID, Path] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            found[UUID(path.name)] = path
        except ValueError:
            # Nothing that we put there.
            continue
    return found


def _is_stale(state: str | None, path: Path, now: datetime) -> bool:
    if state is not None:
        return state in {RecordingState.KEPT, RecordingState.DESTROYED}
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return False
    return now - written > UNNAMED_FOR
