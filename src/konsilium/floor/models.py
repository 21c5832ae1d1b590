from django.conf import settings
from django.db import models

from konsilium.floor.decisions import QuestionState
from konsilium.foundation.models import IdentifiedModel
from konsilium.rooms.models import Room
from konsilium.rooms.text import QUESTION_LENGTH


class Question(IdentifiedModel):
    """What somebody in the room wants to know, on its way to the theatre and to its place in the recording."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="questions")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=QUESTION_LENGTH)
    #: As it was typed, once a moderator has edited it; else empty.
    original_text = models.CharField(max_length=QUESTION_LENGTH, blank=True)
    #: Counts the texts, so that two moderators cannot overwrite each other unseen.
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in QuestionState])
    position = models.BigIntegerField(null=True, blank=True)
    asked_at = models.DateTimeField()
    asked_media_time = models.DateTimeField()
    answering_at = models.DateTimeField(null=True, blank=True)
    answer_media_time = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_media_time = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("asked_at", "id")
        indexes = (
            models.Index(fields=("room", "state"), name="question_state"),
            models.Index(fields=("room", "asker", "asked_at"), name="question_asker"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("room",),
                condition=models.Q(state=QuestionState.ANSWERING.value),
                name="one_question_answering",
            ),
        )

    def __str__(self) -> str:
        return f"{self.state}: {self.text[:60]}"
