from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.floor.decisions import (
    GAP,
    LIFECYCLE,
    OPEN,
    PUBLIC,
    QUESTIONS_PER_WINDOW,
    WINDOW,
    Accepted,
    Act,
    Earlier,
    Place,
    QuestionState,
    Reason,
    Refused,
    Stage,
    believed_media_time,
    decide,
    decide_answer,
    decide_asking,
    decide_edit,
    position_at_end,
    positions_after_move,
    same_text,
)

NOW = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
S = QuestionState

#: Written out once more, so that a slip in the table is seen.
ALLOWED = {
    (S.ASKED, Act.EDIT): S.ASKED,
    (S.ASKED, Act.APPROVE): S.APPROVED,
    (S.ASKED, Act.DISMISS): S.DISMISSED,
    (S.APPROVED, Act.EDIT): S.APPROVED,
    (S.APPROVED, Act.MOVE): S.APPROVED,
    (S.APPROVED, Act.DEFER): S.APPROVED,
    (S.APPROVED, Act.UNAPPROVE): S.ASKED,
    (S.APPROVED, Act.DISMISS): S.DISMISSED,
    (S.APPROVED, Act.ANSWER): S.ANSWERING,
    (S.ANSWERING, Act.DEFER): S.APPROVED,
    (S.ANSWERING, Act.FINISH): S.ANSWERED,
    (S.ANSWERED, Act.ANSWER): S.ANSWERING,
    (S.DISMISSED, Act.RESTORE): S.ASKED,
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("act", Act)
def test_lifecycle(state: QuestionState, act: Act) -> None:
    after = ALLOWED.get((state, act))
    assert decide(state, act) == (Accepted(after) if after else Refused(Reason(f"is_{state}")))


def test_nothing_reaches_the_theatre_past_a_moderator() -> None:
    """From `asked` the only way into what everybody sees is `approve`."""
    ways = {act for act, after in LIFECYCLE[S.ASKED].items() if after in PUBLIC}
    assert ways == {Act.APPROVE}
    assert not any(after in PUBLIC for after in LIFECYCLE[S.DISMISSED].values())


def test_nothing_is_taken_up_while_the_theatre_wants_quiet() -> None:
    quiet = Stage(held=True)
    assert decide_answer(S.APPROVED, quiet) == Refused(Reason.HELD)
    assert decide_answer(S.APPROVED, Stage()) == Accepted(S.ANSWERING)
    assert decide_answer(S.ASKED, quiet) == Refused(Reason.IS_ASKED)


@pytest.mark.parametrize(
    ("state", "revision", "expected", "verdict"),
    [
        (S.ASKED, 1, 1, Accepted(S.ASKED)),
        (S.APPROVED, 4, 4, Accepted(S.APPROVED)),
        (S.ASKED, 2, 1, Refused(Reason.CHANGED)),
        (S.ASKED, 1, 2, Refused(Reason.CHANGED)),
        (S.ANSWERED, 1, 1, Refused(Reason.IS_ANSWERED)),
    ],
)
def test_edit(state: QuestionState, revision: int, expected: int, verdict: object) -> None:
    assert decide_edit(state, revision=revision, expected=expected) == verdict


def _earlier(state: QuestionState, minutes: float, text: str = "Another one?") -> Earlier:
    return Earlier(text, state, NOW - timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("earlier", "verdict"),
    [
        ([], Accepted(S.ASKED)),
        *(([_earlier(state, 60, "why  NOT open")], Refused(Reason.REPEATED)) for state in sorted(OPEN)),
        ([_earlier(S.ANSWERED, 60, "Why not open?")], Accepted(S.ASKED)),
        ([_earlier(S.DISMISSED, 60, "Why not open?")], Accepted(S.ASKED)),
        ([_earlier(S.ASKED, 1)] * (QUESTIONS_PER_WINDOW - 1), Accepted(S.ASKED)),
        ([_earlier(S.ASKED, 1)] * QUESTIONS_PER_WINDOW, Refused(Reason.TOO_OFTEN)),
        ([_earlier(S.DISMISSED, 1)] * QUESTIONS_PER_WINDOW, Refused(Reason.TOO_OFTEN)),
        ([_earlier(S.ASKED, WINDOW.total_seconds() / 60)] * 9, Accepted(S.ASKED)),
    ],
)
def test_asking(earlier: list[Earlier], verdict: object) -> None:
    assert decide_asking("Why not open?", earlier=earlier, stage=Stage(), now=NOW) == verdict


def test_asking_when_questions_are_closed() -> None:
    closed = Stage(takes_questions=False)
    assert decide_asking("Why?", earlier=[], stage=closed, now=NOW) == Refused(Reason.CLOSED)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Why?", "why", True),
        ("Қалай  болды?", "қалай болды", True),
        ("Why 5 mm?", "Why 6 mm?", False),
        ("???", "!!!", False),
        ("???", "???", True),
    ],
)
def test_same_text(one: str, other: str, same: bool) -> None:
    assert same_text(one, other) is same


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        (None, 0.0),
        (-3.0, -3.0),
        (5.0, 5.0),
        (60.0, 0.0),
        (-3600.0 * 13, 0.0),
    ],
)
def test_media_time(claimed: float | None, believed: float) -> None:
    moment = None if claimed is None else NOW + timedelta(seconds=claimed)
    assert believed_media_time(moment, now=NOW) == NOW + timedelta(seconds=believed)


def ids(*numbers: int) -> list[UUID]:
    return [UUID(int=number) for number in numbers]


def queue_of(*positions: int) -> list[Place]:
    return [Place(UUID(int=number), position) for number, position in enumerate(positions, 1)]


def test_a_move_changes_one_position() -> None:
    queue = queue_of(GAP, 2 * GAP, 3 * GAP)
    one, two, three = ids(1, 2, 3)
    assert positions_after_move(queue, three, before=one) == {three: GAP // 2}
    assert positions_after_move(queue, one, before=three) == {one: GAP * 5 // 2}
    assert positions_after_move(queue, one, before=None) == {one: 4 * GAP}
    assert positions_after_move(queue, one, before=two) == {}
    assert positions_after_move(queue, three, before=None) == {}


def test_neighbours_that_are_too_close_are_set_apart() -> None:
    one, two, three = ids(1, 2, 3)
    changes = positions_after_move(queue_of(5, 6, 7), three, before=two)
    assert changes == {one: GAP, three: 2 * GAP, two: 3 * GAP}


def test_what_is_not_in_the_queue_cannot_be_moved() -> None:
    one, nobody = ids(1, 9)
    refused = Refused(Reason.NOT_IN_QUEUE)
    assert positions_after_move(queue_of(GAP), nobody, before=None) == refused
    assert positions_after_move(queue_of(GAP), one, before=nobody) == refused
    assert positions_after_move(queue_of(GAP), one, before=one) == refused


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=60))
def test_any_moves_keep_the_order_they_asked_for(moves: list[tuple[int, int]]) -> None:
    order = ids(*range(1, 7))
    positions = {question: GAP * number for number, question in enumerate(order, 1)}
    for which, where in moves:
        moved = order[which]
        before = None if where == 6 else order[where]
        if before == moved:
            continue
        queue = [Place(question, position) for question, position in positions.items()]
        changes = positions_after_move(queue, moved, before=before)
        assert not isinstance(changes, Refused)
        positions |= changes
        order.remove(moved)
        order.insert(len(order) if before is None else order.index(before), moved)
        assert sorted(positions, key=positions.__getitem__) == order
        assert len(set(positions.values())) == len(order)


def test_the_end_of_the_queue() -> None:
    assert position_at_end([]) == GAP
    assert position_at_end(queue_of(5, 9)) == 9 + GAP
