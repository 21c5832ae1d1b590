"""Chapters of a recording: what happened in the room, at the place in the recording where it is seen."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from konsilium.broadcast.decisions import DelayStep, channel_time
from konsilium.broadcast.models import Recording
from konsilium.floor.decisions import PUBLIC, QuestionState
from konsilium.floor.models import Question
from konsilium.rooms.decisions import Viewer
from konsilium.rooms.models import Event
from konsilium.theatre.models import Operation

Chapter = dict[str, object]

#: Of the room's events those that a chapter begins with.
TURNS = {
    "operation.opened": "start",
    "operation.stopped": "stop",
    "operation.resumed": "resume",
    "operation.ended": "end",
}


def chapters_of(found: Operation, recording: Recording, viewer: Viewer) -> list[Chapter]:
    """In the order of time. A question is where it was answered, else where it was asked."""
    steps = found.channel.delay_steps if found.channel else []
    chapters = [*_turns(found, recording, steps), *_questions(found, recording, steps)]
    return sorted(chapters, key=lambda chapter: str(chapter["at"]))


def _turns(found: Operation, recording: Recording, steps: list[DelayStep]) -> Iterator[Chapter]:
    words = {
        "start": _("On air"),
        "stop": _("The broadcast is stopped"),
        "resume": _("On air again"),
        "end": _("The broadcast ends"),
    }
    for event in Event.objects.filter(room_id=found.room_id, type__in=TURNS).order_by("version"):
        kind = TURNS[event.type]
        # A stop cuts what viewers see at that very moment; what the delay held was never seen.
        delays = [] if kind == "stop" else steps
        yield _chapter(kind, words[kind], _at(event.media_time or event.at, recording, delays))
    yield from _showings(found, recording, steps)


def _showings(found: Operation, recording: Recording, steps: list[DelayStep]) -> Iterator[Chapter]:
    """Where a recording took the theatre's place, and where the theatre came back."""
    shown: object = "live"
    since: object = None
    for event in Event.objects.filter(room_id=found.room_id, type="channel.changed").order_by("version"):
        showing = event.data.get("showing") or {}
        if (showing.get("kind"), showing.get("since")) == (shown, since):
            continue
        before, (shown, since) = shown, (showing.get("kind"), showing.get("since"))
        if shown == "recording":
            title = _("A recording is shown as live")
        elif before == "recording":
            title = _("Back to the theatre")
        else:
            continue
        yield _chapter("phase", title, _at(event.at, recording, steps))


def _questions(found: Operation, recording: Recording, steps: list[DelayStep]) -> Iterator[Chapter]:
    questions = Question.objects.filter(room_id=found.room_id, state__in=PUBLIC).select_related("asker")
    for question in questions:
        answered = question.state == QuestionState.ANSWERED and question.answer_media_time is not None
        moment = question.answer_media_time if answered else question.asked_media_time
        if moment is None:
            continue
        until = question.answered_media_time
        yield {
            **_chapter("answer" if answered else "question", question.text, _at(moment, recording, steps)),
            "who": ", ".join(part for part in (question.asker.full_name, question.asker.city) if part),
            "until": _at(until, recording, steps) if answered and until else None,
        }


def _chapter(kind: str, title: str, at: str) -> Chapter:
    return {"kind": kind, "title": title, "at": at, "text": "", "who": "", "until": None}


def _at(moment: datetime, recording: Recording, steps: list[DelayStep]) -> str:
    """On the recording's clock; nothing lies before its beginning."""
    there = channel_time(moment, steps)
    if recording.began_at is not None:
        there = max(there, recording.began_at)
    return there.isoformat()
