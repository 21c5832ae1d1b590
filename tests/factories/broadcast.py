"""A theatre with feeds and a room to show them in."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from konsilium.broadcast import actions
from konsilium.broadcast.actions import prepare_feed
from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Recording, RecordingKind
from konsilium.broadcast.queries import studio_folder
from konsilium.foundation.ids import new_id
from konsilium.mediaplane.plan import Plan
from konsilium.mediaplane.status import RecordingStatus
from konsilium.people.models import User
from konsilium.programme.models import Congress, Hall, HallKind
from konsilium.rooms.actions import open_room
from konsilium.rooms.decisions import EVERYONE, Viewer, person
from konsilium.rooms.models import Room

if TYPE_CHECKING:
    from tests.factories.theatre import Scene


def make_theatre(
    now: datetime, *, key: str = "theatre-1", feeds: tuple[str, ...] = ("endoscope", "overview")
) -> Hall:
    congress, _ = Congress.objects.get_or_create(
        slug="week",
        defaults={
            "title": {"en": "Week"},
            "time_zone": "Asia/Almaty",
            "starts_on": date(2026, 3, 9),
            "ends_on": date(2026, 3, 11),
            "loaded_at": now,
        },
    )
    hall = Hall.objects.create(congress=congress, key=key, kind=HallKind.THEATRE, title={"en": key})
    for position, feed in enumerate(feeds):
        prepare_feed(
            hall=hall, key=feed, title={"en": feed.title()}, position=position, carries_sound=not position
        )
    return hall


def make_recording(
    congress: Congress,
    now: datetime,
    *,
    state: RecordingState = RecordingState.KEPT,
    title: str = "Nephrectomy",
) -> Recording:
    """A film that was uploaded and, unless said otherwise, is ready to be shown."""
    return Recording.objects.create(
        congress=congress,
        kind=RecordingKind.UPLOAD,
        title={"en": title},
        state=state,
        made_at=now,
        touched_at=now,
        began_at=now,
        duration_s=3600,
        feeds=["picture"],
        has_sound=True,
    )


def make_room() -> Room:
    return open_room(subject=f"open:{new_id()}")


def viewer_of(user: User) -> Viewer:
    return Viewer(
        user_id=user.pk,
        name=user.full_name,
        tokens=frozenset({EVERYONE, person(user.pk)}),
        abilities=frozenset(),
    )


def keep_recording(scene: "Scene", *, began: datetime | None = None, minutes: int = 60) -> Recording:
    """The scene's operation runs, if it does not yet, and ends; the vault has kept it."""
    if scene.operation_now().state == "scheduled":
        scene.do("director", "operation.open")
    scene.do("director", "operation.end")
    recording = Recording.objects.get(channel__room=scene.room)
    report = RecordingStatus(
        state="kept",
        began=began or scene.now,
        duration_s=minutes * 60,
        bytes=1_000_000,
        feeds=("endoscope",),
        sound=True,
    )
    actions.follow_recording(recording=recording, status=report, now=scene.now)
    recording.refresh_from_db()
    return recording


def planned() -> Plan:
    """The plan as the media plane reads it."""
    return Plan.model_validate_json((studio_folder() / "plan.json").read_text(encoding="utf-8"))
