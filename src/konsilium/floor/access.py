"""Fetching a question of a room."""

from uuid import UUID

from konsilium.floor.models import Question
from konsilium.foundation.errors import Missing
from konsilium.rooms.models import Room


def access_question(room: Room, question_id: UUID) -> Question:
    """The question, if it was asked in this room; who may do what with it is the command's matter."""
    question = Question.objects.select_related("asker").filter(room=room, pk=question_id).first()
    if question is None:
        raise Missing
    return question
