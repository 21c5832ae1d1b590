"""What the venue tells the programme: where the page of an operation slot is, and what is to be said of it."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.queries import recording_states
from konsilium.broadcast.registry import register_recording_page
from konsilium.programme.models import OPERATION_KINDS
from konsilium.programme.registry import SlotLink, register_slot_link
from konsilium.theatre.decisions import OperationState
from konsilium.theatre.live import SUBJECT
from konsilium.theatre.queries import operations_of_slots
from konsilium.venue.pages import operation_url

#: Scheduled says nothing that the time does not say.
STATE_WORDS: dict[OperationState, str | Promise] = {
    OperationState.STOPPED: _("stopped"),
    OperationState.ENDED: _("ended"),
}

#: Instead of "ended", where its recording can be watched.
RECORDED = _("recording there")


def slot_links(slots: Sequence[UUID]) -> dict[UUID, SlotLink]:
    """The pages of the operations in these slots; of one that was recorded, that is said."""
    operations = operations_of_slots(slots)
    ended = [one.channel_id for one in operations.values() if one.state == OperationState.ENDED]
    states = recording_states(channel for channel in ended if channel)
    return {
        slot: SlotLink(
            url=operation_url(operation.pk),
            on_air=operation.state == OperationState.ON_AIR,
            over=operation.state == OperationState.ENDED,
            state=str(
                RECORDED
                if operation.channel_id and states.get(operation.channel_id) == RecordingState.KEPT
                else STATE_WORDS.get(OperationState(operation.state), "")
            ),
        )
        for slot, operation in operations.items()
    }


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    for kind in OPERATION_KINDS:
        register_slot_link(kind, slot_links)
    register_recording_page(SUBJECT, partial(operation_url, page="recording"))
