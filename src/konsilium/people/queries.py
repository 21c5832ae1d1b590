"""What is known of accounts."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.urls import reverse

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


def password_path(user: User) -> str:
    """The path under which this person, and nobody else, can choose a password once."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def verifications_of(user: User) -> list[Verification]:
    """Every verification this person ever had, the latest first."""
    rows = Verification.objects.filter(user=user).select_related("verified_by", "revoked_by")
    return list(rows.order_by("-verified_at"))


def names_of(users: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these people: one query for a whole page."""
    return dict(User.objects.filter(pk__in=set(users)).values_list("pk", "full_name"))
