from datetime import UTC, datetime, timedelta

import pytest

from konsilium.people.decisions import (
    LONGEST_VERIFICATION,
    Accepted,
    LinkFacts,
    LinkVerdict,
    NoVerification,
    Refused,
    VerificationFacts,
    any_holds,
    decide_verification,
    holds,
    judge_link,
)

NOW = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("verified_at", "valid_until", "revoked_at", "expected"),
    [
        (NOW - DAY, NOW + DAY, None, True),
        (NOW, NOW + DAY, None, True),
        (NOW + SECOND, NOW + DAY, None, False),
        (NOW - DAY, NOW + SECOND, None, True),
        (NOW - DAY, NOW, None, False),
        (NOW - DAY, NOW - SECOND, None, False),
        (NOW - DAY, NOW + DAY, NOW - SECOND, False),
        (NOW - DAY, NOW + DAY, NOW, False),
        (NOW - DAY, NOW + DAY, NOW + SECOND, True),
    ],
)
def test_holds_at_its_edges(
    verified_at: datetime, valid_until: datetime, revoked_at: datetime | None, expected: bool
) -> None:
    facts = VerificationFacts(verified_at=verified_at, valid_until=valid_until, revoked_at=revoked_at)
    assert holds(facts, now=NOW) is expected


def test_any_holds_needs_one_that_does() -> None:
    over = VerificationFacts(verified_at=NOW - 2 * DAY, valid_until=NOW - DAY)
    good = VerificationFacts(verified_at=NOW - DAY, valid_until=NOW + DAY)
    assert not any_holds([], now=NOW)
    assert not any_holds([over], now=NOW)
    assert any_holds([over, good], now=NOW)


@pytest.mark.parametrize(
    ("oneself", "active", "valid_until", "expected"),
    [
        (False, True, NOW + DAY, Accepted()),
        (False, True, NOW + LONGEST_VERIFICATION, Accepted()),
        (True, True, NOW + DAY, Refused(reason=NoVerification.ONESELF)),
        (False, False, NOW + DAY, Refused(reason=NoVerification.INACTIVE)),
        (False, True, NOW, Refused(reason=NoVerification.ALREADY_OVER)),
        (False, True, NOW + LONGEST_VERIFICATION + SECOND, Refused(reason=NoVerification.TOO_LONG)),
    ],
)
def test_decide_verification(
    oneself: bool, active: bool, valid_until: datetime, expected: Accepted | Refused
) -> None:
    assert decide_verification(oneself=oneself, active=active, valid_until=valid_until, now=NOW) == expected


@pytest.mark.parametrize(
    ("expires_at", "used_at", "expected"),
    [
        (NOW + SECOND, None, LinkVerdict.GOOD),
        (NOW, None, LinkVerdict.EXPIRED),
        (NOW + DAY, NOW - SECOND, LinkVerdict.USED),
        (NOW - DAY, NOW - 2 * DAY, LinkVerdict.USED),
    ],
)
def test_judge_link(expires_at: datetime, used_at: datetime | None, expected: LinkVerdict) -> None:
    assert judge_link(LinkFacts(expires_at=expires_at, used_at=used_at), now=NOW) is expected
