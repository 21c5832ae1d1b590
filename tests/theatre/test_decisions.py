import pytest

from konsilium.people.roles import Role
from konsilium.theatre.decisions import (
    ABILITIES,
    IN_THEATRE,
    MODERATORS,
    QUIET,
    STOP,
    THEATRE,
    Accepted,
    Act,
    NoEntry,
    OperationState,
    Part,
    Reason,
    Refused,
    abilities_of,
    audiences_of,
    decide,
    decide_entry,
)

S = OperationState

TABLE: dict[tuple[OperationState, Act], OperationState | Reason] = {
    (S.SCHEDULED, Act.OPEN): S.ON_AIR,
    (S.SCHEDULED, Act.STOP): S.SCHEDULED,
    (S.SCHEDULED, Act.RESUME): Reason.NOT_OPENED,
    (S.SCHEDULED, Act.END): Reason.NOT_OPENED,
    (S.SCHEDULED, Act.WITHDRAW): S.ENDED,
    (S.ON_AIR, Act.OPEN): S.ON_AIR,
    (S.ON_AIR, Act.STOP): S.STOPPED,
    (S.ON_AIR, Act.RESUME): S.ON_AIR,
    (S.ON_AIR, Act.END): S.ENDED,
    (S.ON_AIR, Act.WITHDRAW): S.ENDED,
    (S.STOPPED, Act.OPEN): Reason.STOPPED,
    (S.STOPPED, Act.STOP): S.STOPPED,
    (S.STOPPED, Act.RESUME): S.ON_AIR,
    (S.STOPPED, Act.END): S.ENDED,
    (S.STOPPED, Act.WITHDRAW): S.ENDED,
    (S.ENDED, Act.OPEN): Reason.ENDED,
    (S.ENDED, Act.STOP): S.ENDED,
    (S.ENDED, Act.RESUME): Reason.ENDED,
    (S.ENDED, Act.END): S.ENDED,
    (S.ENDED, Act.WITHDRAW): S.ENDED,
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("act", Act)
def test_lifecycle(state: OperationState, act: Act) -> None:
    expected = TABLE[state, act]
    verdict = Refused(expected) if isinstance(expected, Reason) else Accepted(expected)
    assert decide(state, act) == verdict


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("act", Act)
def test_who_was_overtaken_changes_nothing(state: OperationState, act: Act) -> None:
    expected = TABLE[state, act]
    verdict = decide(state, act, overtaken=True)
    if isinstance(expected, Reason):
        assert verdict == Refused(expected), "the reason that lasts"
    else:
        assert verdict == (Accepted(state) if expected == state else Refused(Reason.OVERTAKEN))


@pytest.mark.parametrize("state", S)
def test_no_operation_goes_on_air_after_consent_was_withdrawn(state: OperationState) -> None:
    verdict = decide(state, Act.WITHDRAW)
    assert isinstance(verdict, Accepted)
    assert all(decide(verdict.state, act) != Accepted(S.ON_AIR) for act in Act)


@pytest.mark.parametrize("state", S)
def test_a_stop_is_never_refused(state: OperationState) -> None:
    assert isinstance(decide(state, Act.STOP), Accepted)
    assert decide(state, Act.STOP) != Accepted(S.ON_AIR)


def test_who_may_stop() -> None:
    assert {part for part in Part if STOP in ABILITIES[part]} == set(Part) - {Part.PHYSICIAN}


def test_quiet_is_the_theatres_own() -> None:
    assert {part for part in Part if QUIET in ABILITIES[part]} == set(IN_THEATRE)


def test_audiences() -> None:
    assert audiences_of({Part.ADVOCATE, Part.PHYSICIAN}) == {"everyone", THEATRE}
    assert audiences_of({Part.ORGANISER}) == {"everyone", MODERATORS}
    assert audiences_of({Part.PHYSICIAN}) == {"everyone"}
    assert abilities_of(set()) == frozenset()


@pytest.mark.parametrize(
    ("verified", "member", "roles", "team", "outcome"),
    [
        (True, True, ["delegate"], [], {Part.PHYSICIAN}),
        (False, True, ["delegate"], [], NoEntry.NOT_VERIFIED),
        (True, False, [], [], NoEntry.NOT_A_MEMBER),
        (False, False, [], [], NoEntry.NOT_A_MEMBER),
        (False, True, ["press"], [], NoEntry.NOT_VERIFIED),
        (False, True, ["interpreter", "speaker"], [], NoEntry.NOT_VERIFIED),
        (False, True, ["moderator"], [], {Part.MODERATOR}),
        (True, True, ["moderator", "director"], [], {Part.MODERATOR, Part.DIRECTOR, Part.PHYSICIAN}),
        (False, False, [], ["surgeon"], {Part.SURGEON}),
        (True, True, ["surgeon"], ["surgeon"], {Part.SURGEON, Part.PHYSICIAN}),
        # A surgeon of the congress is no surgeon of this operation.
        (True, True, ["surgeon", "advocate"], [], {Part.PHYSICIAN}),
        (False, True, ["surgeon"], [], NoEntry.NOT_VERIFIED),
    ],
)
def test_entry(verified: bool, member: bool, roles: list[str], team: list[str], outcome: object) -> None:
    decided = decide_entry(signed_in=True, verified=verified, member=member, roles=roles, team=team)
    assert decided == outcome


def test_nobody_gets_in_unsigned() -> None:
    entry = decide_entry(
        signed_in=False, verified=True, member=True, roles=list(Role), team=[part.value for part in Part]
    )
    assert entry is NoEntry.NOT_SIGNED_IN
