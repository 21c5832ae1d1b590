"""The only writer of operations: planning, opening, stopping, resuming, ending; quiet; the theatre's board."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from pydantic import BaseModel

from konsilium.broadcast import actions as broadcast
from konsilium.broadcast.decisions import RecordingState, StopVerdict, judge_stop
from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import channel_of
from konsilium.floor.decisions import PUBLIC
from konsilium.floor.models import Question
from konsilium.foundation import errors
from konsilium.foundation.actions import record_audit
from konsilium.people.models import User
from konsilium.programme.models import OPERATION_KINDS, Congress, PersonRole, Slot, SlotKind
from konsilium.rooms.actions import append_event, lock_room, open_room
from konsilium.rooms.bell import recheck_on_commit
from konsilium.rooms.decisions import EVERYONE
from konsilium.rooms.models import Room
from konsilium.theatre import events
from konsilium.theatre.decisions import Act, OperationState, Part, Reason, Refused, decide
from konsilium.theatre.models import Operation, TeamMember
from konsilium.theatre.queries import BOARD_READERS, film_of_patient, operation_fields, quiet_fields
from konsilium.theatre.refusals import refusal

#: Hosts and guests both operate. Who chairs or speaks has no part in the theatre.
PARTS_OF_PROGRAMME: dict[str, Part] = {
    PersonRole.HOST: Part.SURGEON,
    PersonRole.GUEST: Part.SURGEON,
    PersonRole.SPOKESPERSON: Part.SPOKESPERSON,
    PersonRole.ANAESTHETIST: Part.ANAESTHETIST,
    PersonRole.ADVOCATE: Part.ADVOCATE,
    PersonRole.MODERATOR: Part.MODERATOR,
}


def plan_operation(*, slot: Slot, actor: User | None, now: datetime) -> Operation:
    """The slot's operation with its room, and the team as the programme names it; again and again the same one."""
    with transaction.atomic():
        operation = Operation.objects.select_for_update().filter(slot=slot).first()
        if operation is None:
            operation = Operation(slot=slot)
            operation.room = open_room(subject=f"operation:{operation.pk}")
            operation.save()
            record_audit(
                actor=actor, action="operation.planned", subject=f"operation:{operation.pk}", now=now
            )
        _follow_programme(operation)
    return operation


def plan_operations(congress: Congress, now: datetime) -> None:
    """The operations of a programme that has just been loaded, in the same transaction."""
    slots = Slot.objects.filter(congress=congress, kind__in=OPERATION_KINDS, withdrawn=False, cancelled=False)
    for slot in slots:
        plan_operation(slot=slot, actor=None, now=now)


def _follow_programme(operation: Operation) -> None:
    named = {
        (person.person.user_id, PARTS_OF_PROGRAMME[person.role].value)
        for person in operation.slot.people.select_related("person")
        if person.person.user_id and person.role in PARTS_OF_PROGRAMME
    }
    present = {(member.user_id, member.role): member for member in operation.team.all()}
    for key, member in present.items():
        if member.from_programme and key not in named:
            member.delete()
            recheck_on_commit(member.user_id)
    for user_id, role in named - present.keys():
        TeamMember.objects.create(operation=operation, user_id=user_id, role=role, from_programme=True)
        recheck_on_commit(user_id)


def name_team_member(
    *, operation: Operation, user: User, role: Part, actor: User | None, now: datetime
) -> TeamMember:
    """Give somebody a part in one operation, by hand."""
    with transaction.atomic():
        member, made = TeamMember.objects.get_or_create(operation=operation, user=user, role=role)
        if made:
            subject, detail = f"operation:{operation.pk}", {"user": str(user.pk), "role": role.value}
            record_audit(actor=actor, action="team.named", subject=subject, now=now, detail=dict(detail))
            recheck_on_commit(user.pk)
    return member


def remove_team_member(*, member: TeamMember, actor: User | None, now: datetime) -> None:
    """Take a part in an operation away; the person's open room is judged anew at once."""
    with transaction.atomic():
        subject, detail = (
            f"operation:{member.operation_id}",
            {"user": str(member.user_id), "role": member.role},
        )
        record_audit(actor=actor, action="team.removed", subject=subject, now=now, detail=dict(detail))
        recheck_on_commit(member.user_id)
        member.delete()


def open_operation(*, operation: Operation, actor: User | None, now: datetime) -> Operation:
    """Put the operation on air."""
    with transaction.atomic():
        operation = _locked(operation)
        if not _advance(operation, Act.OPEN):
            return operation
        operation.on_air_since = now
        operation.channel = broadcast.open_channel(
            hall=operation.slot.hall,
            room=operation.room,
            actor=actor,
            now=now,
            showing=_film_of(operation),
        )
        _told(operation, events.OperationOpened, actor=actor, now=now)
    return operation


def _film_of(operation: Operation) -> Recording | None:
    """What an operation that was recorded before opens with.

    As-live without its recording is refused: whatever stands in that theatre was not meant to be seen.
    """
    if operation.slot.kind not in {SlotKind.AS_LIVE, SlotKind.SEMI_LIVE}:
        return None
    film = operation.film
    if film is not None and film.state == RecordingState.KEPT:
        return film
    if operation.slot.kind == SlotKind.AS_LIVE:
        raise refusal(Reason.NO_FILM)
    return None


def attach_film(
    *, operation: Operation, film: Recording | None, actor: User | None, now: datetime
) -> Operation:
    """Say which recording is shown at the operation's slot; it may still be on its way here."""
    with transaction.atomic():
        operation = _locked(operation)
        if film is not None and film.congress_id != operation.slot.congress_id:
            raise errors.Missing
        if operation.film_id == (film.pk if film else None):
            return operation
        operation.film = film
        operation.save(update_fields=["film"])
        detail: dict[str, object] = {"recording": str(film.pk) if film else None}
        record_audit(
            actor=actor,
            action="operation.film",
            subject=f"operation:{operation.pk}",
            now=now,
            detail=detail,
        )
    return operation


def withdraw_consent(*, operation: Operation, actor: User | None, now: datetime) -> Operation:
    """The patient took their consent back: nothing goes on air (again), and no copy can be read any more."""
    with transaction.atomic():
        operation = _locked(operation)
        if _advance(operation, Act.WITHDRAW):
            _end(operation, actor=actor, now=now)
        subject = f"operation:{operation.pk}"
        record_audit(actor=actor, action="operation.consent_withdrawn", subject=subject, now=now)
        if operation.channel is not None:
            congress = operation.slot.congress
            broadcast.forbid_recording(channel=operation.channel, congress=congress, actor=actor, now=now)
        if (film := film_of_patient(operation)) is not None:
            reason = broadcast.DestroyReason.CONSENT
            broadcast.destroy_recording(recording=film, reason=reason, actor=actor, now=now)
    return operation


def stop_operation(
    *, operation: Operation, actor: User | None, now: datetime, pressed_at: datetime | None = None
) -> Operation:
    """Take the picture away, at once and for everybody. No reason is asked, and nobody in charge is refused.

    One that was pressed before the picture last went on air, and was long on its way, changes nothing.
    """
    with transaction.atomic():
        operation = _locked(operation)
        if pressed_at is not None and _went_on_since(operation, pressed_at):
            subject, detail = f"operation:{operation.pk}", {"pressed_at": pressed_at.isoformat()}
            record_audit(
                actor=actor, action="operation.stop_overtaken", subject=subject, now=now, detail=dict(detail)
            )
            return operation
        if not _advance(operation, Act.STOP):
            return operation
        operation.stopped_at = now
        if operation.channel is not None:
            broadcast.stop_channel(channel=operation.channel, actor=actor, now=now)
        _told(operation, events.OperationStopped, actor=actor, now=now)
    return operation


def _went_on_since(operation: Operation, pressed_at: datetime) -> bool:
    if operation.channel is None or operation.state != OperationState.ON_AIR:
        return False
    verdict = judge_stop(at=pressed_at, known=None, live_since=operation.channel.live_since)
    return verdict is StopVerdict.OVERTAKEN


def follow_stop(room: Room, person: User | None, now: datetime) -> None:
    """A stop that somebody pressed at the media plane itself is theirs, like one pressed here."""
    stop_operation(operation=Operation.objects.get(room=room), actor=person, now=now)


def resume_operation(
    *, operation: Operation, stopped_at: datetime | None, actor: User | None, now: datetime
) -> Operation:
    """On air again, after the stop that whoever asks has seen."""
    with transaction.atomic():
        operation = _locked(operation)
        if not _advance(operation, Act.RESUME, overtaken=operation.stopped_at != stopped_at):
            return operation
        operation.stopped_at = None
        if operation.channel is not None:
            broadcast.resume_channel(channel=operation.channel, actor=actor, now=now)
        _told(operation, events.OperationResumed, actor=actor, now=now)
    return operation


def end_operation(
    *, operation: Operation, stopped_at: datetime | None, actor: User | None, now: datetime
) -> Operation:
    """The broadcast is over, and with it the questions. `stopped_at` is the stop that whoever asks has seen."""
    with transaction.atomic():
        operation = _locked(operation)
        if _advance(operation, Act.END, overtaken=operation.stopped_at != stopped_at):
            _end(operation, actor=actor, now=now)
    return operation


def _end(operation: Operation, *, actor: User | None, now: datetime) -> None:
    operation.ended_at = now
    channel = operation.channel or channel_of(operation.room)
    if channel is not None:
        broadcast.end_channel(channel=channel, actor=actor, now=now)
    _told(operation, events.OperationEnded, actor=actor, now=now)


def set_quiet(*, operation: Operation, quiet: bool, actor: User | None, now: datetime) -> Operation:
    """Hold questions, or let them come again; what is so already stays so."""
    with transaction.atomic():
        operation = _locked(operation)
        if operation.quiet == quiet:
            return operation
        operation.quiet = quiet
        operation.quiet_since = now if quiet else None
        operation.save(update_fields=["quiet", "quiet_since"])
        kind = events.QuietSet if quiet else events.QuietCleared
        event = kind.model_validate(quiet_fields(operation))
        append_event(
            room=operation.room, event=event, audience=[EVERYONE], actor=actor, now=now, media_time=now
        )
        action = "quiet.set" if quiet else "quiet.cleared"
        record_audit(actor=actor, action=action, subject=f"operation:{operation.pk}", now=now)
    return operation


def show_on_board(
    *, operation: Operation, question_id: UUID | None, actor: User | None, now: datetime
) -> Operation:
    """Turn the theatre's board to a chosen question, or back to the first of the queue."""
    with transaction.atomic():
        operation = _locked(operation)
        question = None
        if question_id is not None:
            question = Question.objects.filter(
                room_id=operation.room_id, pk=question_id, state__in=PUBLIC
            ).first()
            if question is None:
                raise refusal(Reason.NOT_CHOSEN)
        if operation.shown_question_id == question_id:
            return operation
        operation.shown_question = question
        operation.save(update_fields=["shown_question"])
        event = events.BoardShown(shown=question_id)
        append_event(room=operation.room, event=event, audience=BOARD_READERS, actor=actor, now=now)
    return operation


def _locked(operation: Operation) -> Operation:
    # The room first, always: commands come with its lock held.
    lock_room(operation.room_id)
    return (
        Operation.objects.select_for_update(of=("self",))
        .select_related("room", "channel__room", "slot__hall", "slot__congress", "film__channel__room")
        .get(pk=operation.pk)
    )


def _advance(operation: Operation, act: Act, *, overtaken: bool = False) -> bool:
    """Move along the lifecycle; False when there is nothing to do."""
    verdict = decide(OperationState(operation.state), act, overtaken=overtaken)
    if isinstance(verdict, Refused):
        raise refusal(verdict.reason)
    changed = operation.state != verdict.state
    operation.state = verdict.state
    return changed


def _told(operation: Operation, kind: type[BaseModel], *, actor: User | None, now: datetime) -> None:
    operation.save()
    event = kind.model_validate(operation_fields(operation))
    append_event(room=operation.room, event=event, audience=[EVERYONE], actor=actor, now=now, media_time=now)
    action = f"operation.{operation.state}"
    record_audit(actor=actor, action=action, subject=f"operation:{operation.pk}", now=now)
