"""Reading rooms."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from konsilium.rooms import registry, wire
from konsilium.rooms.decisions import JSON, KEPT_EVENTS, Viewer
from konsilium.rooms.models import Event, Room, Watching

#: A process renews its count every 30 s; after this long it is taken for dead.
WATCHING_VALID = timedelta(seconds=75)
#: Tries for a snapshot between two events before one is taken that events will put right.
SNAPSHOT_TRIES = 5


def snapshot(room: Room, viewer: Viewer, *, now: datetime) -> JSON:
    """The room as this viewer may see it, at one version.

    No lock is taken: the version is read before and after, and an event in between means to read again. Under
    a storm of events the older version stands beside a newer state; as effects are absolute, following the
    log from there still ends in the right state.
    """
    for _ in range(SNAPSHOT_TRIES):
        # Anew for every try: parts may keep on the room what they have read of it.
        fresh = Room.objects.get(pk=room.pk)
        state = {
            part.key: value
            for part in registry.parts.values()
            if (value := part.read(fresh, viewer)) is not None
        }
        if version_of(room.pk) == fresh.version:
            break
    return {
        "id": str(room.pk),
        "version": fresh.version,
        "subject": room.subject,
        "now": wire.iso(now),
        "you": {
            "id": str(viewer.user_id),
            "name": viewer.name,
            "tokens": sorted(viewer.tokens),
            "commands": sorted(
                name for name, command in registry.commands.items() if command.allowed(viewer)
            ),
        },
        "watching": watching_in([room.pk], now=now).get(room.pk, 0),
        "state": state,
    }


def version_of(room_id: UUID) -> int:
    return Room.objects.values_list("version", flat=True).get(pk=room_id)


def versions_of(room_ids: Iterable[UUID]) -> dict[UUID, int]:
    return dict(Room.objects.filter(pk__in=list(room_ids)).values_list("pk", "version"))


def events_after(room_id: UUID, version: int, *, limit: int = KEPT_EVENTS) -> list[Event]:
    """The room's events after `version`, oldest first."""
    return list(Event.objects.filter(room_id=room_id, version__gt=version).order_by("version")[:limit])


def latest_events(room_id: UUID, *, limit: int = KEPT_EVENTS) -> list[Event]:
    """The last events of a room, oldest first."""
    return list(Event.objects.filter(room_id=room_id).order_by("-version")[:limit])[::-1]


def watching_in(room_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, int]:
    """How many people each room has, in all living processes together."""
    rows = Watching.objects.filter(room_id__in=list(room_ids), at__gt=now - WATCHING_VALID)
    return {row["room_id"]: row["people"] for row in rows.values("room_id").annotate(people=Sum("people"))}
