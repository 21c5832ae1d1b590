"""The floor's commands: primitives in, one action called, result out."""

from konsilium.floor import actions, events, queries
from konsilium.floor.decisions import LIFECYCLE
from konsilium.floor.models import Question
from konsilium.floor.registry import ASK, MODERATE, RELAY
from konsilium.rooms.decisions import JSON, Drop, Put
from konsilium.rooms.registry import Call, register_command, register_event, register_lifecycle, register_part

QUESTIONS = "questions"
ORIGINALS = "originals"

ASKING = frozenset({ASK})
MODERATING = frozenset({MODERATE})
RELAYING = frozenset({RELAY, MODERATE})


def _result(question: Question) -> JSON:
    return {"id": str(question.pk), "state": question.state, "revision": question.revision}


def ask(call: Call, data: events.Ask) -> JSON:
    return _result(
        actions.ask_question(
            room=call.room, actor=call.actor, text=data.text, media_time=data.media_time, now=call.now
        )
    )


def edit(call: Call, data: events.Edit) -> JSON:
    return _result(
        actions.edit_question(
            room=call.room,
            actor=call.actor,
            question_id=data.id,
            text=data.text,
            revision=data.revision,
            now=call.now,
        )
    )


def approve(call: Call, data: events.Approve) -> JSON:
    return _result(
        actions.approve_question(room=call.room, actor=call.actor, question_id=data.id, now=call.now)
    )


def unapprove(call: Call, data: events.Unapprove) -> JSON:
    return _result(
        actions.unapprove_question(room=call.room, actor=call.actor, question_id=data.id, now=call.now)
    )


def dismiss(call: Call, data: events.Dismiss) -> JSON:
    return _result(
        actions.dismiss_question(room=call.room, actor=call.actor, question_id=data.id, now=call.now)
    )


def restore(call: Call, data: events.Restore) -> JSON:
    return _result(
        actions.restore_question(room=call.room, actor=call.actor, question_id=data.id, now=call.now)
    )


def move(call: Call, data: events.Move) -> JSON:
    return _result(
        actions.move_question(
            room=call.room, actor=call.actor, question_id=data.id, before=data.before, now=call.now
        )
    )


def answer(call: Call, data: events.Answer) -> JSON:
    return _result(
        actions.answer_question(
            room=call.room, actor=call.actor, question_id=data.id, media_time=data.media_time, now=call.now
        )
    )


def defer(call: Call, data: events.Defer) -> JSON:
    return _result(
        actions.defer_question(room=call.room, actor=call.actor, question_id=data.id, now=call.now)
    )


def finish(call: Call, data: events.Finish) -> JSON:
    return _result(
        actions.finish_question(
            room=call.room, actor=call.actor, question_id=data.id, media_time=data.media_time, now=call.now
        )
    )


def register() -> None:
    """Tell the rooms of questions; called once, when the app is ready."""
    register_part(
        QUESTIONS,
        events.QuestionData,
        queries.questions_part,
        keyed=True,
        meaning="Questions: the chosen ones for everybody, one's own for their asker, all for moderators.",
    )
    register_part(
        ORIGINALS,
        events.OriginalData,
        queries.originals_part,
        keyed=True,
        meaning="What edited questions said as they were typed; moderators only.",
    )
    register_lifecycle("Question", LIFECYCLE)
    _register_events()
    _register_commands()


def _register_events() -> None:
    put, drop = Put(QUESTIONS), Drop(QUESTIONS)
    register_event("question.asked", events.QuestionAsked, put, meaning="A question came in.")
    register_event("question.edited", events.QuestionEdited, put, meaning="A moderator changed its words.")
    register_event(
        "question.approved", events.QuestionApproved, put, meaning="It was chosen for the theatre."
    )
    register_event(
        "question.unapproved", events.QuestionUnapproved, put, meaning="The choice was taken back."
    )
    register_event("question.dismissed", events.QuestionDismissed, put, meaning="It was set aside.")
    register_event("question.restored", events.QuestionRestored, put, meaning="It is waiting again.")
    register_event("question.moved", events.QuestionMoved, put, meaning="Its place in the queue changed.")
    register_event("question.answering", events.QuestionAnswering, put, meaning="The team is answering it.")
    register_event("question.deferred", events.QuestionDeferred, put, meaning="Later: it went to the end.")
    register_event("question.answered", events.QuestionAnswered, put, meaning="It has been answered.")
    register_event(
        "question.hidden",
        events.QuestionHidden,
        drop,
        meaning="It is no longer public; those who may still see it get it again with the next event.",
    )
    register_event(
        "question.original",
        events.OriginalKept,
        Put(ORIGINALS),
        meaning="What an edited question said as it was typed.",
    )


def _register_commands() -> None:
    register_command("question.ask", events.Ask, ask, abilities=ASKING, meaning="Ask the theatre.")
    register_command(
        "question.edit",
        events.Edit,
        edit,
        abilities=MODERATING,
        meaning="Change its words; refused if somebody else did meanwhile.",
    )
    register_command(
        "question.approve",
        events.Approve,
        approve,
        abilities=MODERATING,
        meaning="Choose it for the theatre.",
    )
    register_command(
        "question.unapprove",
        events.Unapprove,
        unapprove,
        abilities=MODERATING,
        meaning="Take the choice back.",
    )
    register_command(
        "question.dismiss", events.Dismiss, dismiss, abilities=MODERATING, meaning="Set it aside."
    )
    register_command(
        "question.restore", events.Restore, restore, abilities=MODERATING, meaning="Let it wait again."
    )
    register_command(
        "question.move", events.Move, move, abilities=MODERATING, meaning="Change its place in the queue."
    )
    register_command(
        "question.answer",
        events.Answer,
        answer,
        abilities=RELAYING,
        meaning="Take it up, or up again; the one being answered is thereby answered. Refused while quiet.",
    )
    register_command(
        "question.defer", events.Defer, defer, abilities=RELAYING, meaning="Later: to the end of the queue."
    )
    register_command(
        "question.finish", events.Finish, finish, abilities=RELAYING, meaning="It has been answered."
    )
