"""Reading questions."""

from django.db.models import Q, QuerySet

from konsilium.floor.decisions import PUBLIC, Place, QuestionState
from konsilium.floor.events import Asker, OriginalData, QuestionData
from konsilium.floor.models import Question
from konsilium.floor.registry import MODERATORS
from konsilium.rooms.decisions import JSON, Viewer
from konsilium.rooms.models import Room


def questions_seen_by(room: Room, viewer: Viewer) -> QuerySet[Question]:
    """Moderators see every question; everybody else the chosen ones and their own."""
    questions = Question.objects.filter(room=room).select_related("asker")
    if viewer.sees([MODERATORS]):
        return questions
    return questions.filter(Q(state__in=PUBLIC) | Q(asker_id=viewer.user_id))


def questions_part(room: Room, viewer: Viewer) -> JSON:
    return {
        str(question.pk): question_data(question).model_dump(mode="json")
        for question in questions_seen_by(room, viewer)
    }


def originals_part(room: Room, viewer: Viewer) -> JSON | None:
    if not viewer.sees([MODERATORS]):
        return None
    edited = Question.objects.filter(room=room).exclude(original_text="")
    return {
        str(question.pk): OriginalData(id=question.pk, text=question.original_text).model_dump(mode="json")
        for question in edited
    }


def question_data(question: Question) -> QuestionData:
    return QuestionData(**question_fields(question))


def question_fields(question: Question) -> dict[str, object]:
    asker = question.asker
    return {
        "id": question.pk,
        "text": question.text,
        "state": QuestionState(question.state),
        "revision": question.revision,
        "edited": bool(question.original_text),
        "position": question.position,
        "asker": Asker(id=asker.pk, name=asker.full_name, city=asker.city),
        "asked_at": question.asked_at,
        "asked_media_time": question.asked_media_time,
        "answering_at": question.answering_at,
        "answer_media_time": question.answer_media_time,
        "answered_at": question.answered_at,
        "answered_media_time": question.answered_media_time,
    }


def queue(room: Room) -> list[Place]:
    """The chosen questions in the order in which they go to the theatre."""
    chosen = Question.objects.filter(
        room=room, state=QuestionState.APPROVED, position__isnull=False
    ).order_by("position", "id")
    return [
        Place(key, position) for key, position in chosen.values_list("id", "position") if position is not None
    ]
