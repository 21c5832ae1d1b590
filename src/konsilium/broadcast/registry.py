"""What the broadcast asks of the layers above: what a room is about, and who follows a stop from the studio.

Filled in `AppConfig.ready` by the apps above.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from konsilium.people.roles import Role

if TYPE_CHECKING:
    from konsilium.people.models import User
    from konsilium.programme.models import Hall
    from konsilium.rooms.models import Room

#: Those of a congress who run its broadcasts.
IN_CHARGE = (Role.ORGANISER, Role.DIRECTOR)

#: May be granted by a subject's resolver.
DIRECT = "direct"
DOWNLOAD = "download"
STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class Staging:
    """Where something is shown from, and what it is called."""

    hall: "Hall"
    title: dict[str, str]


StagingOf = Callable[[UUID], Staging]
StopHook = Callable[["Room", "User | None", datetime], None]
PageOf = Callable[[UUID], str]

_stagings: dict[str, StagingOf] = {}
_stops: dict[str, StopHook] = {}
_pages: dict[str, PageOf] = {}


def register_staging(kind: str, staging: StagingOf) -> None:
    """Say from where rooms about this kind of thing are shown."""
    _once(_stagings, kind)
    _stagings[kind] = staging


def register_stop(kind: str, stop: StopHook) -> None:
    """Let `stop` carry out, in the caller's transaction, a stop that was pressed at the media plane."""
    _once(_stops, kind)
    _stops[kind] = stop


def register_recording_page(kind: str, page: PageOf) -> None:
    """Say where the recording of such a room is watched."""
    _once(_pages, kind)
    _pages[kind] = page


def staging_of(room: "Room") -> Staging | None:
    kind, subject = _subject(room)
    return _stagings[kind](subject) if kind in _stagings else None


def stop_of(room: "Room") -> StopHook | None:
    return _stops.get(_subject(room)[0])


def recording_page(room: "Room") -> str | None:
    kind, subject = _subject(room)
    return _pages[kind](subject) if kind in _pages else None


def _subject(room: "Room") -> tuple[str, UUID]:
    kind, _, subject = room.subject.partition(":")
    return kind, UUID(subject)


def _once(table: Mapping[str, object], key: str) -> None:
    if key in table:
        raise ValueError(f"{key} is registered already")
