"""Whether somebody's verification as a physician holds, and whether one may be given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: A licence is looked at again after this time at the latest.
LONGEST_VERIFICATION = timedelta(days=5 * 366)


@dataclass(frozen=True, kw_only=True)
class VerificationFacts:
    verified_at: datetime
    valid_until: datetime
    revoked_at: datetime | None = None


def holds(verification: VerificationFacts, *, now: datetime) -> bool:
    """Valid from the moment somebody looked at the licence, up to but not including its end or its revocation."""
    if verification.revoked_at is not None and verification.revoked_at <= now:
        return False
    return verification.verified_at <= now < verification.valid_until


def any_holds(verifications: Iterable[VerificationFacts], *, now: datetime) -> bool:
    return any(holds(verification, now=now) for verification in verifications)


class NoVerification(StrEnum):
    """Why a verification is not given."""

    ONESELF = "oneself"
    ALREADY_OVER = "already_over"
    TOO_LONG = "too_long"
    INACTIVE = "inactive"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    pass


@dataclass(frozen=True, kw_only=True)
class Refused:
    reason: NoVerification


def decide_verification(
    *, oneself: bool, active: bool, valid_until: datetime, now: datetime
) -> Accepted | Refused:
    """Nobody verifies themselves; a verification ends in the future, and within five years."""
    if oneself:
        return Refused(reason=NoVerification.ONESELF)
    if not active:
        return Refused(reason=NoVerification.INACTIVE)
    if valid_until <= now:
        return Refused(reason=NoVerification.ALREADY_OVER)
    if valid_until > now + LONGEST_VERIFICATION:
        return Refused(reason=NoVerification.TOO_LONG)
    return Accepted()


@dataclass(frozen=True, kw_only=True)
class LinkFacts:
    expires_at: datetime
    used_at: datetime | None


class LinkVerdict(StrEnum):
    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"


def judge_link(link: LinkFacts, *, now: datetime) -> LinkVerdict:
    """What a one-time link is worth at this moment."""
    if link.used_at is not None:
        return LinkVerdict.USED
    return LinkVerdict.GOOD if now < link.expires_at else LinkVerdict.EXPIRED
