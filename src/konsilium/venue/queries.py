"""Reading for the venue's pages."""

from datetime import datetime

from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import recording_of
from konsilium.foundation.localised import localised
from konsilium.programme.models import OPERATION_KINDS, PersonRole, Slot, SlotKind
from konsilium.programme.registry import slot_links
from konsilium.theatre.decisions import OperationState
from konsilium.theatre.models import Operation
from konsilium.venue.pages import NextLine, OperationFacts, TeamLine, operation_url

#: What follows is a hint beside the picture, not a programme.
NEXT_SHOWN = 3


def operation_facts(operation: Operation) -> OperationFacts:
    """What the programme says of the operation, in the reader's language."""
    slot = operation.slot
    return OperationFacts(
        id=str(operation.pk),
        title=localised(slot.title),
        kind=slot.kind,
        kind_label=str(SlotKind(slot.kind).label),
        state=operation.state,
        abstract=localised(slot.description),
        specialty=localised(slot.specialty.title) if slot.specialty else "",
        congress=localised(slot.congress.title),
        congress_slug=slot.congress.slug,
        congress_zone=slot.congress.time_zone,
        hall=localised(slot.hall.title),
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        estimated=slot.estimated,
        team=team_lines(slot),
        next=next_lines(slot),
    )


def recording_in(operation: Operation) -> Recording | None:
    """What was recorded of the operation, in whatever state; None if it never was on air."""
    return recording_of(operation.channel) if operation.channel else None


def team_lines(slot: Slot) -> list[TeamLine]:
    """Who operates and who stands by, in the programme's order."""
    return [
        TeamLine(
            name=localised(entry.person.name),
            role=entry.role,
            role_label=str(PersonRole(entry.role).label),
            affiliation=localised(entry.person.affiliation),
            city=localised(entry.person.city),
        )
        for entry in slot.people.select_related("person").order_by("position")
    ]


def next_lines(slot: Slot) -> list[NextLine]:
    """What follows in the same hall on the same day."""
    slots = list(
        Slot.objects.filter(
            hall_id=slot.hall_id,
            day_id=slot.day_id,
            starts_at__gt=slot.starts_at,
            withdrawn=False,
            cancelled=False,
        ).order_by("starts_at")[:NEXT_SHOWN]
    )
    links = slot_links((following.pk, following.kind) for following in slots)
    return [
        NextLine(
            title=localised(following.title),
            starts_at=following.starts_at,
            url=links[following.pk].url if following.pk in links else "",
        )
        for following in slots
    ]


def operations_on_air(now: datetime) -> list[dict[str, str]]:
    """What the bar on top of every page shows: operations that anybody may know to be on air."""
    operations = Operation.objects.filter(
        state=OperationState.ON_AIR, slot__kind__in=OPERATION_KINDS
    ).select_related("slot__hall")
    return [
        {
            "url": operation_url(operation.pk, "live"),
            "place": localised(operation.slot.hall.title),
            "title": localised(operation.slot.title),
        }
        for operation in operations.order_by("slot__starts_at")
    ]
