"""The life of a question, and the rules for asking, editing and ordering."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID


class QuestionState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    ANSWERING = "answering"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


class Act(StrEnum):
    EDIT = "edit"
    APPROVE = "approve"
    UNAPPROVE = "unapprove"
    DISMISS = "dismiss"
    RESTORE = "restore"
    MOVE = "move"
    ANSWER = "answer"
    DEFER = "defer"
    FINISH = "finish"


#: Asked → chosen by a moderator → on the theatre's board → spoken to → done. `approve` and `dismiss` have their
#: undo (`unapprove`, `restore`), and an answered question may be taken up again.
LIFECYCLE: Mapping[QuestionState, Mapping[Act, QuestionState]] = {
    QuestionState.ASKED: {
        Act.EDIT: QuestionState.ASKED,
        Act.APPROVE: QuestionState.APPROVED,
        Act.DISMISS: QuestionState.DISMISSED,
    },
    QuestionState.APPROVED: {
        Act.EDIT: QuestionState.APPROVED,
        Act.MOVE: QuestionState.APPROVED,
        Act.UNAPPROVE: QuestionState.ASKED,
        Act.DISMISS: QuestionState.DISMISSED,
        Act.ANSWER: QuestionState.ANSWERING,
        Act.DEFER: QuestionState.APPROVED,
    },
    QuestionState.ANSWERING: {Act.DEFER: QuestionState.APPROVED, Act.FINISH: QuestionState.ANSWERED},
    QuestionState.ANSWERED: {Act.ANSWER: QuestionState.ANSWERING},
    QuestionState.DISMISSED: {Act.RESTORE: QuestionState.ASKED},
}

#: The states in which everybody in the room sees a question.
PUBLIC = frozenset({QuestionState.APPROVED, QuestionState.ANSWERING, QuestionState.ANSWERED})
#: The states in which a question still waits, so that asking it again is asking twice.
OPEN = frozenset({QuestionState.ASKED, QuestionState.APPROVED, QuestionState.ANSWERING})


class Reason(StrEnum):
    """Why not; each has its sentence in `refusals.py`."""

    IS_ASKED = "is_asked"
    IS_APPROVED = "is_approved"
    IS_ANSWERING = "is_answering"
    IS_ANSWERED = "is_answered"
    IS_DISMISSED = "is_dismissed"
    CHANGED = "question_changed"
    REPEATED = "question_repeated"
    TOO_OFTEN = "too_many_questions"
    CLOSED = "questions_closed"
    HELD = "questions_held"
    NOT_IN_QUEUE = "not_in_queue"


@dataclass(frozen=True)
class Accepted:
    state: QuestionState


@dataclass(frozen=True)
class Refused:
    reason: Reason


Verdict = Accepted | Refused


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the layer above says of the moment: are questions taken, may one be put to the theatre?"""

    takes_questions: bool = True
    held: bool = False


def decide(state: QuestionState, act: Act) -> Verdict:
    """What the act makes of a question in this state."""
    after = LIFECYCLE[state].get(act)
    return Refused(Reason(f"is_{state}")) if after is None else Accepted(after)


def decide_answer(state: QuestionState, stage: Stage) -> Verdict:
    """Taking a question up, which waits while the theatre wants quiet."""
    verdict = decide(state, Act.ANSWER)
    if isinstance(verdict, Accepted) and stage.held:
        return Refused(Reason.HELD)
    return verdict


def decide_edit(state: QuestionState, *, revision: int, expected: int) -> Verdict:
    """A new text, written upon revision `expected`: never over somebody else's newer one."""
    verdict = decide(state, Act.EDIT)
    if isinstance(verdict, Accepted) and revision != expected:
        return Refused(Reason.CHANGED)
    return verdict


#: At most this many questions of one person within the window: enough for anybody who listens as well.
QUESTIONS_PER_WINDOW = 5
WINDOW = timedelta(minutes=3)


@dataclass(frozen=True)
class Earlier:
    """A question the same person has asked before in this room."""

    text: str
    state: QuestionState
    asked_at: datetime


def decide_asking(text: str, *, earlier: Iterable[Earlier], stage: Stage, now: datetime) -> Verdict:
    """Whether somebody may ask this now."""
    if not stage.takes_questions:
        return Refused(Reason.CLOSED)
    recent = 0
    for question in earlier:
        if question.state in OPEN and same_text(question.text, text):
            return Refused(Reason.REPEATED)
        recent += now - question.asked_at < WINDOW
    return Refused(Reason.TOO_OFTEN) if recent >= QUESTIONS_PER_WINDOW else Accepted(QuestionState.ASKED)


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ only in case, blanks and punctuation."""
    return _words(one) == _words(other)


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = "".join(character for character in folded if unicodedata.category(character)[0] in "LNM")
    return words or folded


#: How far a browser's media time may be from the server's clock before it is not believed.
MEDIA_TIME_PAST = timedelta(hours=12)
MEDIA_TIME_AHEAD = timedelta(seconds=10)


def believed_media_time(claimed: datetime | None, *, now: datetime) -> datetime:
    """The place in the recording: what the browser says it was showing, else the present moment."""
    if claimed is None or not now - MEDIA_TIME_PAST <= claimed <= now + MEDIA_TIME_AHEAD:
        return now
    return claimed.astimezone(UTC)


#: Distance between neighbours in the queue, so that a question moves by changing its own position alone.
GAP = 1 << 20


@dataclass(frozen=True)
class Place:
    id: UUID
    position: int


def position_at_end(queue: Sequence[Place]) -> int:
    return max((place.position for place in queue), default=0) + GAP


def positions_after_move(
    queue: Sequence[Place], moved: UUID, *, before: UUID | None
) -> dict[UUID, int] | Refused:
    """The positions that change when `moved` goes right before another one, or to the end; nothing if it is there.

    Neighbours that have come too close are all set apart again.
    """
    rest = [place for place in sorted(queue, key=lambda place: place.position) if place.id != moved]
    present = {place.id: place.position for place in queue}
    if moved not in present or (before is not None and before not in present) or before == moved:
        return Refused(Reason.NOT_IN_QUEUE)
    index = len(rest) if before is None else [place.id for place in rest].index(before)
    order = [place.id for place in rest]
    order.insert(index, moved)
    if order == [place.id for place in sorted(queue, key=lambda place: place.position)]:
        return {}
    low = rest[index - 1].position if index else 0
    high = rest[index].position if index < len(rest) else low + 2 * GAP
    if high - low >= 2:
        return {moved: (low + high) // 2}
    spread = {question: GAP * (number + 1) for number, question in enumerate(order)}
    return {question: position for question, position in spread.items() if present[question] != position}
