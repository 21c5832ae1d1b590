"""The only writer of questions. Each act runs in the caller's transaction, the room's row locked.

Everybody who may see a question gets it whole with every change; when it stops being public, everybody loses
it first (`question.hidden`) and those who may still see it get it back with the next event.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from konsilium.floor import events
from konsilium.floor.access import access_question
from konsilium.floor.decisions import (
    PUBLIC,
    Accepted,
    Act,
    Earlier,
    QuestionState,
    Refused,
    Verdict,
    believed_media_time,
    decide,
    decide_answer,
    decide_asking,
    decide_edit,
    position_at_end,
    positions_after_move,
)
from konsilium.floor.models import Question
from konsilium.floor.queries import question_fields, queue
from konsilium.floor.refusals import refusal
from konsilium.floor.registry import MODERATORS, stage_of
from konsilium.people.models import User
from konsilium.rooms.actions import append_event
from konsilium.rooms.decisions import EVERYONE, person
from konsilium.rooms.models import Room


def ask_question(
    *, room: Room, actor: User, text: str, media_time: datetime | None, now: datetime
) -> Question:
    mine = Question.objects.filter(room=room, asker=actor)
    earlier = [
        Earlier(row.text, QuestionState(row.state), row.asked_at)
        for row in mine.only("text", "state", "asked_at")
    ]
    _state_after(decide_asking(text, earlier=earlier, stage=stage_of(room.subject), now=now))
    question = Question.objects.create(
        room=room,
        asker=actor,
        text=text,
        state=QuestionState.ASKED,
        asked_at=now,
        asked_media_time=believed_media_time(media_time, now=now),
    )
    _tell(question, events.QuestionAsked, actor=actor, now=now, media_time=question.asked_media_time)
    return question


def edit_question(
    *, room: Room, actor: User, question_id: UUID, text: str, revision: int, now: datetime
) -> Question:
    question = access_question(room, question_id)
    _state_after(decide_edit(QuestionState(question.state), revision=question.revision, expected=revision))
    if text == question.text:
        return question
    question.original_text = question.original_text or question.text
    question.text = text
    question.revision += 1
    question.save(update_fields=["text", "original_text", "revision"])
    _tell(question, events.QuestionEdited, actor=actor, now=now)
    kept = events.OriginalKept(id=question.pk, text=question.original_text)
    append_event(room=room, event=kept, audience=[MODERATORS], actor=actor, now=now)
    return question


def approve_question(*, room: Room, actor: User, question_id: UUID, now: datetime) -> Question:
    question = access_question(room, question_id)
    _apply(question, Act.APPROVE, position=position_at_end(queue(room)))
    _tell(question, events.QuestionApproved, actor=actor, now=now)
    return question


def unapprove_question(*, room: Room, actor: User, question_id: UUID, now: datetime) -> Question:
    question = access_question(room, question_id)
    _apply(question, Act.UNAPPROVE, position=None)
    _hide(question, actor=actor, now=now)
    _tell(question, events.QuestionUnapproved, actor=actor, now=now)
    return question


def dismiss_question(*, room: Room, actor: User, question_id: UUID, now: datetime) -> Question:
    """Set a question aside. Its author learns that it was, never by whom."""
    question = access_question(room, question_id)
    was_public = QuestionState(question.state) in PUBLIC
    _apply(question, Act.DISMISS, position=None)
    if was_public:
        _hide(question, actor=actor, now=now)
    _tell(question, events.QuestionDismissed, actor=actor, now=now)
    return question


def restore_question(*, room: Room, actor: User, question_id: UUID, now: datetime) -> Question:
    question = access_question(room, question_id)
    _apply(question, Act.RESTORE)
    _tell(question, events.QuestionRestored, actor=actor, now=now)
    return question


def move_question(
    *, room: Room, actor: User, question_id: UUID, before: UUID | None, now: datetime
) -> Question:
    question = access_question(room, question_id)
    _state_after(decide(QuestionState(question.state), Act.MOVE))
    changes = positions_after_move(queue(room), question.pk, before=before)
    if isinstance(changes, Refused):
        raise refusal(changes.reason)
    for moved in Question.objects.filter(room=room, pk__in=changes).select_related("asker"):
        moved.position = changes[moved.pk]
        moved.save(update_fields=["position"])
        _tell(moved, events.QuestionMoved, actor=actor, now=now)
    question.refresh_from_db(fields=["position"])
    return question


def answer_question(
    *, room: Room, actor: User, question_id: UUID, media_time: datetime | None, now: datetime
) -> Question:
    """Take a question up. One is answered at a time: the one before it is thereby answered."""
    question = access_question(room, question_id)
    state = _state_after(decide_answer(QuestionState(question.state), stage_of(room.subject)))
    place = believed_media_time(media_time, now=now)
    for other in Question.objects.filter(room=room, state=QuestionState.ANSWERING).select_related("asker"):
        _finish(other, actor=actor, place=place, now=now)
    question.state = state
    question.answering_at, question.answer_media_time = now, place
    question.answered_at = question.answered_media_time = None
    question.save(
        update_fields=["state", "answering_at", "answer_media_time", "answered_at", "answered_media_time"]
    )
    _tell(question, events.QuestionAnswering, actor=actor, now=now, media_time=place)
    return question


def defer_question(*, room: Room, actor: User, question_id: UUID, now: datetime) -> Question:
    """Later: to the end of the queue."""
    question = access_question(room, question_id)
    question.answering_at = question.answer_media_time = None
    _apply(question, Act.DEFER, position=position_at_end(queue(room)))
    _tell(question, events.QuestionDeferred, actor=actor, now=now)
    return question


def finish_question(
    *, room: Room, actor: User, question_id: UUID, media_time: datetime | None, now: datetime
) -> Question:
    question = access_question(room, question_id)
    _finish(question, actor=actor, place=believed_media_time(media_time, now=now), now=now)
    return question


def _finish(question: Question, *, actor: User, place: datetime, now: datetime) -> None:
    question.answered_at, question.answered_media_time = now, place
    _apply(question, Act.FINISH, position=question.position)
    _tell(question, events.QuestionAnswered, actor=actor, now=now, media_time=place)


def _apply(question: Question, act: Act, *, position: int | None = None) -> None:
    question.state = _state_after(decide(QuestionState(question.state), act))
    question.position = position
    question.save(
        update_fields=[
            "state",
            "position",
            "answering_at",
            "answer_media_time",
            "answered_at",
            "answered_media_time",
        ]
    )


def _state_after(verdict: Verdict) -> QuestionState:
    match verdict:
        case Refused(reason):
            raise refusal(reason)
        case Accepted(state):
            return state


def _tell(
    question: Question,
    event: type[events.QuestionData],
    *,
    actor: User,
    now: datetime,
    media_time: datetime | None = None,
) -> None:
    _append(
        question, event.model_validate(question_fields(question)), _readers(question), actor, now, media_time
    )


def _hide(question: Question, *, actor: User, now: datetime) -> None:
    _append(question, events.QuestionHidden(id=question.pk), [EVERYONE], actor, now, None)


def _append(
    question: Question,
    event: BaseModel,
    audience: Iterable[str],
    actor: User,
    now: datetime,
    media_time: datetime | None,
) -> None:
    append_event(
        room=question.room, event=event, audience=audience, actor=actor, now=now, media_time=media_time
    )


def _readers(question: Question) -> list[str]:
    """Who may see the question as it is now; the same rule as `queries.questions_seen_by`."""
    return [EVERYONE] if QuestionState(question.state) in PUBLIC else [MODERATORS, person(question.asker_id)]
