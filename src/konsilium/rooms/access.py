"""Fetching a room is asking who one is there."""

from datetime import datetime
from uuid import UUID

from konsilium.foundation.errors import Missing
from konsilium.people.models import User
from konsilium.rooms import registry
from konsilium.rooms.decisions import Viewer
from konsilium.rooms.models import Room


def access_room(actor: User | None, room_id: UUID, now: datetime) -> tuple[Room, Viewer]:
    """The room and who the actor is in it; raises a `KonsiliumError` if they may not be there."""
    room = Room.objects.filter(pk=room_id).first()
    if room is None:
        raise Missing
    return room, viewer_in(room, actor, now)


def viewer_in(room: Room, actor: User | None, now: datetime) -> Viewer:
    kind, _, subject_id = room.subject.partition(":")
    if kind not in registry.subjects:
        raise Missing
    return registry.subjects[kind](actor, UUID(subject_id), now)
