"""Reading operations."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import copies_of, recording_of
from konsilium.broadcast.registry import Staging
from konsilium.floor.decisions import Stage
from konsilium.floor.registry import MODERATORS
from konsilium.programme.models import Congress, SlotKind
from konsilium.rooms.decisions import JSON, Viewer
from konsilium.rooms.models import Room
from konsilium.theatre.decisions import THEATRE, OperationState
from konsilium.theatre.events import BoardData, OperationData, QuietData
from konsilium.theatre.models import Operation

#: Those who see what the theatre's board shows.
BOARD_READERS = (THEATRE, MODERATORS)


def operation_fields(operation: Operation) -> dict[str, object]:
    return {
        "id": operation.pk,
        "state": OperationState(operation.state),
        "on_air_since": operation.on_air_since,
        "stopped_at": operation.stopped_at,
        "ended_at": operation.ended_at,
    }


def quiet_fields(operation: Operation) -> dict[str, object]:
    return {"on": operation.quiet, "since": operation.quiet_since}


def operation_of(room: Room) -> Operation | None:
    """The room's operation, read once for all parts of a snapshot, which brings a fresh room for each try."""
    try:
        return room.operation
    except Operation.DoesNotExist:
        return None


def copies_of_patient(operation: Operation) -> list[Recording]:
    """Recordings that a withdrawn consent destroys besides the operation's own: it was shown in them."""
    recorded = recording_of(operation.channel) if operation.channel else None
    shown = [one for one in (recorded, film_of_patient(operation)) if one is not None]
    copies = {copy.pk: copy for one in shown for copy in copies_of(one)}
    return [copy for key, copy in copies.items() if key not in {one.pk for one in shown}]


def operation_part(room: Room, _viewer: Viewer) -> JSON | None:
    operation = operation_of(room)
    if operation is None:
        return None
    return OperationData.model_validate(operation_fields(operation)).model_dump(mode="json")


def quiet_part(room: Room, _viewer: Viewer) -> JSON | None:
    operation = operation_of(room)
    if operation is None:
        return None
    return QuietData.model_validate(quiet_fields(operation)).model_dump(mode="json")


def board_part(room: Room, viewer: Viewer) -> JSON | None:
    operation = operation_of(room)
    if operation is None or not viewer.sees(BOARD_READERS):
        return None
    return BoardData(shown=operation.shown_question_id).model_dump(mode="json")


def stage_of(operation_id: UUID) -> Stage:
    """What is going on, as the floor asks: questions are taken until the end, and held while quiet."""
    state, quiet = Operation.objects.values_list("state", "quiet").get(pk=operation_id)
    return Stage(takes_questions=state != OperationState.ENDED, held=quiet)


def staging_of(operation_id: UUID) -> Staging:
    """Where the operation is shown from, as the broadcast asks."""
    operation = Operation.objects.select_related("slot__hall__congress").get(pk=operation_id)
    return Staging(hall=operation.slot.hall, title=operation.slot.title)


def film_of_patient(operation: Operation) -> Recording | None:
    """The film that shows the operation itself: one beside a live operation shows another patient."""
    return None if operation.slot.kind == SlotKind.LIVE else operation.film


def slots_on_air(_now: datetime) -> Iterable[UUID]:
    """The programme's slots whose operation is on air, whatever had been foreseen."""
    return Operation.objects.filter(state=OperationState.ON_AIR).values_list("slot_id", flat=True)


def operations_of_slots(slot_ids: Iterable[UUID]) -> dict[UUID, Operation]:
    """The operations of these slots, by slot: one query for a whole page."""
    return {
        operation.slot_id: operation for operation in Operation.objects.filter(slot_id__in=list(slot_ids))
    }


def operations_with_film(congress: Congress) -> list[Operation]:
    """The operations of a congress that show a recording, or may: those recorded before first."""
    operations = Operation.objects.filter(
        slot__congress=congress, slot__withdrawn=False, slot__cancelled=False
    ).exclude(state=OperationState.ENDED)
    found = operations.select_related("slot").order_by("slot__starts_at")
    return sorted(found, key=lambda operation: operation.slot.kind == SlotKind.LIVE)


def operation_with_film(congress: Congress, operation_id: UUID) -> Operation | None:
    return Operation.objects.filter(slot__congress=congress, pk=operation_id).select_related("room").first()
