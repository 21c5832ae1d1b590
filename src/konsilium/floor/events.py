"""What is told of questions, and what may be asked of them."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from konsilium.floor.decisions import QuestionState
from konsilium.rooms.registry import Gone, Wire
from konsilium.rooms.text import QuestionText


class Asker(Wire):
    id: UUID
    name: str
    city: str


class QuestionData(Wire):
    """A question as everybody who may see it sees it."""

    id: UUID
    text: str
    state: QuestionState
    revision: int
    edited: bool
    position: int | None
    asker: Asker
    asked_at: datetime
    asked_media_time: datetime
    answering_at: datetime | None
    answer_media_time: datetime | None
    answered_at: datetime | None
    answered_media_time: datetime | None


class QuestionAsked(QuestionData): ...


class QuestionEdited(QuestionData): ...


class QuestionApproved(QuestionData): ...


class QuestionUnapproved(QuestionData): ...


class QuestionDismissed(QuestionData): ...


class QuestionRestored(QuestionData): ...


class QuestionMoved(QuestionData): ...


class QuestionAnswering(QuestionData): ...


class QuestionDeferred(QuestionData): ...


class QuestionAnswered(QuestionData): ...


class QuestionHidden(Gone): ...


class OriginalData(Wire):
    """What an edited question said as it was typed."""

    id: UUID
    text: str


class OriginalKept(OriginalData): ...


class Ask(Wire):
    text: QuestionText
    media_time: AwareDatetime | None = Field(
        default=None, description="wall-clock time of the picture the asker was looking at"
    )


class OfQuestion(Wire):
    id: UUID


class Edit(OfQuestion):
    text: QuestionText
    revision: int = Field(description="the revision this text was written upon")


class Approve(OfQuestion): ...


class Unapprove(OfQuestion): ...


class Dismiss(OfQuestion): ...


class Restore(OfQuestion): ...


class Move(OfQuestion):
    before: UUID | None = Field(description="the question it goes right before; null: to the end")


class Answer(OfQuestion):
    media_time: AwareDatetime | None = None


class Defer(OfQuestion): ...


class Finish(OfQuestion):
    media_time: AwareDatetime | None = None
