"""Whether somebody's verification as a physician holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


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
