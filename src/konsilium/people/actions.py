"""The only writer of accounts, verifications and login links."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from konsilium.foundation import clock
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Missing, Refused
from konsilium.people.decisions import (
    LinkFacts,
    LinkVerdict,
    NoVerification,
    decide_verification,
    judge_link,
)
from konsilium.people.decisions import Refused as NotGiven
from konsilium.people.models import LoginLink, User, Verification
from konsilium.people.queries import valid_verifications
from konsilium.people.registry import rights_changed

LINK_LIFETIME = timedelta(hours=12)
WHY_NOT: dict[NoVerification, str | Promise] = {
    NoVerification.ONESELF: _("Nobody can verify themselves. Ask another organiser."),
    NoVerification.INACTIVE: _("This account is closed."),
    NoVerification.ALREADY_OVER: _("The verification must end in the future."),
    NoVerification.TOO_LONG: _(
        "A verification holds for five years at most; then the licence is looked at again."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What somebody says of themselves."""

    full_name: str
    affiliation: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    time_zone: str = ""


def _fill(user: User, profile: Profile) -> None:
    user.full_name = profile.full_name
    user.affiliation = profile.affiliation
    user.city = profile.city
    user.country = profile.country
    user.language = profile.language
    user.time_zone = profile.time_zone


def change_profile(*, actor: User, profile: Profile) -> User:
    """Everybody writes their own profile."""
    _fill(actor, profile)
    actor.save(update_fields=[field.name for field in fields(Profile)])
    return actor


def ensure_account(*, email: str, profile: Profile) -> tuple[User, bool]:
    """The account with this address, made if there is none; what its owner has written stays."""
    with transaction.atomic():
        user = User.objects.filter(email=email.lower()).first()
        if user is not None:
            return user, False
        user = User.objects.create_user(email)
        _fill(user, profile)
        user.save()
        return user, True


def verify_physician(
    *,
    actor: User,
    user: User,
    valid_until: datetime,
    now: datetime,
    licence: str = "",
    country: str = "",
) -> Verification:
    """Record that the actor looked at this person's licence; an earlier verification that holds is replaced."""
    decision = decide_verification(
        oneself=actor.pk == user.pk, active=user.is_active, valid_until=valid_until, now=now
    )
    if isinstance(decision, NotGiven):
        raise Refused(WHY_NOT[decision.reason], code=decision.reason.value)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        valid_verifications(now).filter(user=user).update(revoked_at=now, revoked_by=actor)
        verification = Verification.objects.create(
            user=user,
            verified_by=actor,
            verified_at=now,
            valid_until=valid_until,
            licence=licence,
            country=country,
        )
        record_audit(
            actor=actor,
            action="people.verify_physician",
            subject=f"user:{user.pk}",
            now=now,
            detail={"valid_until": valid_until.isoformat(), "licence": licence, "country": country},
        )
    return verification


def revoke_verification(*, actor: User, user: User, now: datetime) -> int:
    """End every verification of this person that holds, from this moment on; how many there were."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        ended = valid_verifications(now).filter(user=user).update(revoked_at=now, revoked_by=actor)
        if ended:
            record_audit(actor=actor, action="people.revoke_verification", subject=f"user:{user.pk}", now=now)
            rights_changed(user.pk)
    return ended


def issue_login_link(user: User, *, now: datetime | None = None, lifetime: timedelta = LINK_LIFETIME) -> str:
    """The path of a link that signs this person in once; of its token only the hash is kept. Demo only."""
    now = now or clock.now()
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        LoginLink.objects.filter(user=user, expires_at__lt=now).delete()
        LoginLink.objects.create(
            user=user, token_hash=_hashed(token), issued_at=now, expires_at=now + lifetime
        )
    return reverse("login_link", args=[token])


def make_administrator(*, email: str, now: datetime) -> User:
    """Give the account of this address every right, making it if there is none. Its address counts as confirmed."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(
            email=email.lower()
        ).first() or User.objects.create_user(email)
        user.is_staff = user.is_superuser = user.is_active = True
        user.save()
        EmailAddress.objects.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )
        record_audit(actor=None, action="people.make_administrator", subject=f"user:{user.pk}", now=now)
    return user


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    """What came of a link: whose it is, and whether it signs in this time."""

    user: User
    verdict: LinkVerdict


def redeem_login_link(*, token: str, now: datetime) -> Redeemed:
    """Use the link up. Of several requests at once, exactly one is told that it is good."""
    with transaction.atomic():
        link = (
            LoginLink.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(token_hash=_hashed(token), user__is_active=True)
            .first()
        )
        if link is None:
            raise Missing(_("This link is not known here. Ask for a new one."))
        verdict = judge_link(LinkFacts(expires_at=link.expires_at, used_at=link.used_at), now=now)
        if verdict is LinkVerdict.GOOD:
            link.used_at = now
            link.save(update_fields=["used_at"])
            record_audit(
                actor=link.user, action="people.use_login_link", subject=f"user:{link.user_id}", now=now
            )
        return Redeemed(user=link.user, verdict=verdict)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def set_account_open(*, actor: User, user: User, is_open: bool, now: datetime) -> None:
    """Close an account, from this request on, or open it again. What its owner did stays attributable."""
    if actor.pk == user.pk:
        raise Refused(
            _("Nobody can close their own account here. Ask another administrator."), code="oneself"
        )
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, is_active=not is_open).update(is_active=is_open)
        if changed:
            action = "people.open_account" if is_open else "people.close_account"
            record_audit(actor=actor, action=action, subject=f"user:{user.pk}", now=now)
            rights_changed(user.pk)


def administer_account(*, actor: User, user: User, changed: Iterable[str], now: datetime) -> None:
    """Save what an administrator changed in somebody's account, rights included."""
    with transaction.atomic():
        user.save()
        record_audit(
            actor=actor,
            action="people.administer_account",
            subject=f"user:{user.pk}",
            now=now,
            detail={name: getattr(user, name) for name in changed},
        )
        rights_changed(user.pk)
