"""The theatre's commands: primitives in, one action called."""

from konsilium.broadcast.registry import STOP, register_staging, register_stop
from konsilium.floor.registry import MODERATE, RELAY, register_stage
from konsilium.programme.registry import register_on_air, register_programme_loaded
from konsilium.rooms.decisions import JSON, Replace
from konsilium.rooms.registry import (
    Call,
    register_command,
    register_event,
    register_lifecycle,
    register_part,
    register_subject,
)
from konsilium.theatre import access, actions, events, queries
from konsilium.theatre.decisions import LIFECYCLE, QUIET, RUN, OperationState
from konsilium.theatre.models import Operation

SUBJECT = "operation"

RUNNING = frozenset({RUN})
STOPPING = frozenset({STOP})
QUIETING = frozenset({QUIET})
BOARD = frozenset({RELAY, MODERATE})


def _operation(call: Call) -> Operation:
    """The room's operation; that the caller may be in the room was established by resolving the viewer."""
    return Operation.objects.get(room=call.room)


def open_(call: Call, _data: events.Open) -> None:
    actions.open_operation(operation=_operation(call), actor=call.actor, now=call.now)


def stop(call: Call, _data: events.Stop) -> JSON:
    operation = actions.stop_operation(
        operation=_operation(call), actor=call.actor, pressed_at=call.pressed_at, now=call.now
    )
    return {"overtaken": True} if operation.state == OperationState.ON_AIR else {}


def resume(call: Call, data: events.Resume) -> None:
    actions.resume_operation(
        operation=_operation(call), stopped_at=data.stopped_at, actor=call.actor, now=call.now
    )


def end(call: Call, data: events.End) -> None:
    actions.end_operation(
        operation=_operation(call), stopped_at=data.stopped_at, actor=call.actor, now=call.now
    )


def set_quiet(call: Call, _data: events.SetQuiet) -> None:
    actions.set_quiet(operation=_operation(call), quiet=True, actor=call.actor, now=call.now)


def clear_quiet(call: Call, _data: events.ClearQuiet) -> None:
    actions.set_quiet(operation=_operation(call), quiet=False, actor=call.actor, now=call.now)


def show_on_board(call: Call, data: events.ShowOnBoard) -> None:
    actions.show_on_board(operation=_operation(call), question_id=data.id, actor=call.actor, now=call.now)


def register() -> None:
    """Tell the rooms, the floor and the programme of operations; called once, when the app is ready."""
    register_subject(SUBJECT, access.resolve_viewer)
    register_stage(SUBJECT, queries.stage_of)
    register_staging(SUBJECT, queries.staging_of)
    register_stop(SUBJECT, actions.follow_stop)
    register_on_air(queries.slots_on_air)
    register_programme_loaded(actions.plan_operations)
    register_part(
        "operation",
        events.OperationData,
        queries.operation_part,
        keyed=False,
        meaning="The operation's broadcast.",
    )
    register_part(
        "quiet", events.QuietData, queries.quiet_part, keyed=False, meaning="Whether the theatre wants quiet."
    )
    register_part(
        "board",
        events.BoardData,
        queries.board_part,
        keyed=False,
        meaning="What the theatre's board is turned to; for the theatre and the moderators.",
    )
    register_lifecycle("Operation", LIFECYCLE)
    _register_events()
    _register_commands()


def _register_events() -> None:
    operation, quiet = Replace("operation"), Replace("quiet")
    register_event("operation.opened", events.OperationOpened, operation, meaning="The operation is on air.")
    register_event(
        "operation.stopped", events.OperationStopped, operation, meaning="The picture was taken away."
    )
    register_event(
        "operation.resumed", events.OperationResumed, operation, meaning="The operation is on air again."
    )
    register_event("operation.ended", events.OperationEnded, operation, meaning="The broadcast is over.")
    register_event(
        "quiet.set", events.QuietSet, quiet, meaning="The theatre wants quiet; questions are held."
    )
    register_event("quiet.cleared", events.QuietCleared, quiet, meaning="Questions may come again.")
    register_event(
        "board.shown", events.BoardShown, Replace("board"), meaning="The board was turned to a question."
    )


def _register_commands() -> None:
    register_command(
        "operation.open", events.Open, open_, abilities=RUNNING, meaning="Put the operation on air."
    )
    register_command(
        "operation.stop",
        events.Stop,
        stop,
        abilities=STOPPING,
        meaning="Take the picture away at once. No reason is asked, and it is never refused to those in charge."
        " One from before the picture went on air comes too late.",
    )
    register_command(
        "operation.resume",
        events.Resume,
        resume,
        abilities=RUNNING,
        meaning="Go on after the stop of this moment; refused if somebody has decided since.",
    )
    register_command(
        "operation.end",
        events.End,
        end,
        abilities=RUNNING,
        meaning="End the broadcast and the questions; refused if another stop holds than the one named.",
    )
    register_command(
        "quiet.set",
        events.SetQuiet,
        set_quiet,
        abilities=QUIETING,
        meaning="Ask for quiet, from the theatre.",
    )
    register_command(
        "quiet.clear", events.ClearQuiet, clear_quiet, abilities=QUIETING, meaning="Let questions come again."
    )
    register_command(
        "board.show",
        events.ShowOnBoard,
        show_on_board,
        abilities=BOARD,
        meaning="Turn the theatre's board to a chosen question; null: to the first of the queue.",
    )
