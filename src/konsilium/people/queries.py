"""What is known of accounts."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from konsilium.people.models import User, Verification


def valid_verifications(now: datetime) -> QuerySet[Verification]:
    """The verifications that hold; the same rule as `decisions.holds`, for the database."""
    return Verification.objects.filter(
        Q(revoked_at__isnull=True) | Q(revoked_at__gt=now), verified_at__lte=now, valid_until__gt=now
    )


def is_verified(user: User | AnonymousUser, now: datetime) -> bool:
    """Whether this person is, at this moment, known to be a physician."""
    return user.pk is not None and user.is_active and valid_verifications(now).filter(user=user.pk).exists()


def verified_until(users: Iterable[UUID], now: datetime) -> dict[UUID, Verification]:
    """For each of these people who is verified, the verification that holds longest."""
    rows = valid_verifications(now).filter(user__in=list(users)).select_related("verified_by")
    return {row.user_id: row for row in rows.order_by("valid_until")}


def current_verification(user: User | AnonymousUser, now: datetime) -> Verification | None:
    """The verification of this person that holds longest, if any does."""
    if user.pk is None:
        return None
    rows = valid_verifications(now).filter(user=user.pk).select_related("verified_by")
    return rows.order_by("-valid_until").first()
