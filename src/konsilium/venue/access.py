"""Fetching for the venue's pages."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from konsilium.foundation.errors import Forbidden, Missing
from konsilium.people.models import User
from konsilium.rooms.decisions import Viewer
from konsilium.theatre.access import access_as, parts_in, viewer_of
from konsilium.theatre.decisions import NoEntry, Part
from konsilium.theatre.models import Operation

RELATED = ("room", "channel", "slot__congress", "slot__hall", "slot__specialty")


def access_announcement(
    actor: User | AnonymousUser, operation_id: UUID, now: datetime
) -> tuple[Operation, frozenset[Part] | NoEntry]:
    """The operation as the programme announces it, to anybody, and what the reader is in it."""
    operation = Operation.objects.select_related(*RELATED).filter(pk=operation_id).first()
    if operation is None:
        raise Missing
    return operation, parts_in(operation, actor, now)


def access_room_page(
    actor: User | AnonymousUser, operation_id: UUID, now: datetime, *, ability: frozenset[str] = frozenset()
) -> tuple[Operation, Viewer]:
    """The operation and who the reader is in its room; with `ability` given, only with one of these."""
    operation, parts = access_as(actor, operation_id, now)
    if not isinstance(actor, User):
        raise Missing
    viewer = viewer_of(operation, actor, parts)
    if ability and ability.isdisjoint(viewer.abilities):
        raise Forbidden
    return operation, viewer
