"""Who may be in an operation's room, and as what. Fetching is authorising."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from konsilium.foundation.errors import Missing
from konsilium.people.models import User
from konsilium.people.queries import is_verified
from konsilium.programme.models import Membership
from konsilium.rooms.decisions import Viewer, person
from konsilium.theatre.decisions import NoEntry, Part, abilities_of, audiences_of, decide_entry
from konsilium.theatre.models import Operation
from konsilium.theatre.refusals import no_entry


def access_operation(actor: User | AnonymousUser | None, operation_id: UUID, now: datetime) -> Operation:
    """The operation, to those who may see it; raises a `KonsiliumError` that says why not."""
    operation, _parts = access_as(actor, operation_id, now)
    return operation


def access_as(
    actor: User | AnonymousUser | None, operation_id: UUID, now: datetime
) -> tuple[Operation, frozenset[Part]]:
    """The operation, and what the actor is in it."""
    operation = (
        Operation.objects.select_related("room", "channel", "slot__congress", "slot__hall", "shown_question")
        .filter(pk=operation_id)
        .first()
    )
    if operation is None:
        raise Missing
    parts = parts_in(operation, actor, now)
    if isinstance(parts, NoEntry):
        raise no_entry(parts)
    return operation, parts


def parts_in(
    operation: Operation, actor: User | AnonymousUser | None, now: datetime
) -> frozenset[Part] | NoEntry:
    user = actor if isinstance(actor, User) and actor.is_active else None
    if user is None:
        return decide_entry(signed_in=False, verified=False, member=False, roles=(), team=())
    membership = Membership.objects.filter(congress_id=operation.slot.congress_id, user=user).first()
    return decide_entry(
        signed_in=True,
        verified=is_verified(user, now),
        member=membership is not None,
        roles=membership.roles if membership else (),
        team=list(operation.team.filter(user=user).values_list("role", flat=True)),
    )


def resolve_viewer(actor: User | None, operation_id: UUID, now: datetime) -> Viewer:
    """Who somebody is in an operation's room."""
    operation, parts = access_as(actor, operation_id, now)
    if actor is None:  # parts_in has refused them
        raise Missing
    return viewer_of(operation, actor, parts)


def viewer_of(_operation: Operation, actor: User, parts: frozenset[Part]) -> Viewer:
    return Viewer(
        user_id=actor.pk,
        name=actor.full_name,
        tokens=audiences_of(parts) | {person(actor.pk)},
        abilities=abilities_of(parts),
    )
