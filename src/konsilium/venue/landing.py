"""Where somebody belongs who has just signed in: at their own place of the operation that is on air."""

from datetime import datetime

from konsilium.floor.registry import RELAY
from konsilium.people.models import User
from konsilium.people.registry import register_landing
from konsilium.programme.models import OPERATION_KINDS
from konsilium.theatre.access import parts_in
from konsilium.theatre.decisions import IN_THEATRE, NoEntry, OperationState, Part, abilities_of
from konsilium.theatre.models import Operation
from konsilium.venue.pages import operation_url

#: In the order in which somebody who is several things is wanted. An organiser has no place of their own.
PLACES: tuple[tuple[frozenset[Part], str], ...] = (
    (frozenset(part for part in IN_THEATRE if RELAY in abilities_of([part])), "board"),
    (frozenset({Part.DIRECTOR}), "director"),
    (frozenset({Part.MODERATOR}), "desk"),
    (IN_THEATRE | {Part.PHYSICIAN}, "live"),
)


def place_of(parts: frozenset[Part]) -> int | None:
    """The index of somebody's place in an operation; None without one."""
    if Part.ORGANISER in parts and parts <= {Part.ORGANISER, Part.PHYSICIAN}:
        return None
    return next((index for index, (those, _page) in enumerate(PLACES) if parts & those), None)


def landing_of(user: User, now: datetime) -> str:
    """The address of their page; empty where nothing is on air for them."""
    running = Operation.objects.filter(
        state__in=(OperationState.ON_AIR, OperationState.STOPPED), slot__kind__in=OPERATION_KINDS
    ).select_related("slot")
    found: list[tuple[int, str]] = []
    for operation in running.order_by("slot__starts_at"):
        parts = parts_in(operation, user, now)
        place = None if isinstance(parts, NoEntry) else place_of(parts)
        if place is not None:
            found.append((place, operation_url(operation.pk, PLACES[place][1])))
    return min(found, key=lambda one: one[0])[1] if found else ""


def register() -> None:
    """Tell the accounts where people belong; called once, when the app is ready."""
    register_landing(landing_of)
