"""What the venue tells the programme: where the page of an operation slot is, and what is to be said of it."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from konsilium.programme.models import OPERATION_KINDS
from konsilium.programme.registry import SlotLink, register_slot_link
from konsilium.theatre.decisions import OperationState
from konsilium.theatre.queries import operations_of_slots
from konsilium.venue.pages import operation_url

#: Scheduled says nothing that the time does not say.
STATE_WORDS: dict[OperationState, str | Promise] = {
    OperationState.STOPPED: _("stopped"),
    OperationState.ENDED: _("ended"),
}


def slot_links(slots: Sequence[UUID]) -> dict[UUID, SlotLink]:
    """The pages of the operations in these slots."""
    return {
        slot: SlotLink(
            url=operation_url(operation.pk),
            on_air=operation.state == OperationState.ON_AIR,
            over=operation.state == OperationState.ENDED,
            state=str(STATE_WORDS.get(OperationState(operation.state), "")),
        )
        for slot, operation in operations_of_slots(slots).items()
    }


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    for kind in OPERATION_KINDS:
        register_slot_link(kind, slot_links)
