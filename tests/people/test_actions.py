import threading
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from konsilium.foundation.errors import Missing, Refused, SignInNeeded
from konsilium.foundation.models import AuditEntry
from konsilium.foundation.queries import first_broken_audit_line
from konsilium.people.access import NotVerified, access_as_physician
from konsilium.people.actions import (
    Profile,
    administer_account,
    change_profile,
    ensure_account,
    issue_login_link,
    redeem_login_link,
    revoke_verification,
    set_account_open,
    verify_physician,
)
from konsilium.people.decisions import LinkVerdict, VerificationFacts, holds
from konsilium.people.models import LoginLink, User, Verification
from konsilium.people.queries import current_verification, is_verified, valid_verifications, verified_until
from tests.factories.people import make_physician, make_user

DAY = timedelta(days=1)


def token_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


@pytest.mark.django_db
def test_verify_physician_opens_operations_and_says_who_when_until(now: datetime) -> None:
    organiser, user = make_user("Organiser"), make_user()
    with pytest.raises(NotVerified):
        access_as_physician(user, now)
    verification = verify_physician(
        actor=organiser, user=user, valid_until=now + DAY, licence="KZ-123", country="KZ", now=now
    )
    assert access_as_physician(user, now) == user
    assert current_verification(user, now) == verification
    assert verified_until([user.pk], now) == {user.pk: verification}
    entry = AuditEntry.objects.get(action="people.verify_physician")
    assert (entry.actor, entry.at, entry.subject) == (organiser, now, f"user:{user.pk}")
    assert entry.detail == {"valid_until": (now + DAY).isoformat(), "licence": "KZ-123", "country": "KZ"}
    assert not is_verified(user, now + DAY)


@pytest.mark.django_db
def test_nobody_verifies_themselves(now: datetime) -> None:
    user = make_user()
    with pytest.raises(Refused) as refused:
        verify_physician(actor=user, user=user, valid_until=now + DAY, now=now)
    assert refused.value.code == "oneself"
    assert not is_verified(user, now)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_verifying_anew_replaces_the_one_before(now: datetime) -> None:
    organiser, user = make_user(), make_user()
    verify_physician(actor=organiser, user=user, valid_until=now + 90 * DAY, now=now)
    verify_physician(actor=organiser, user=user, valid_until=now + 5 * DAY, now=now + DAY)
    assert valid_verifications(now + 2 * DAY).filter(user=user).count() == 1
    assert not is_verified(user, now + 6 * DAY)
    assert user.verifications.count() == 2


@pytest.mark.django_db
def test_revoking_closes_at_once_and_twice_is_once(now: datetime) -> None:
    organiser, user = make_user(), make_physician(now)
    assert is_verified(user, now)
    assert revoke_verification(actor=organiser, user=user, now=now) == 1
    assert not is_verified(user, now)
    assert revoke_verification(actor=organiser, user=user, now=now + DAY) == 0
    revoked = Verification.objects.get(user=user)
    assert (revoked.revoked_at, revoked.revoked_by) == (now, organiser)
    assert AuditEntry.objects.filter(action="people.revoke_verification").count() == 1
    assert first_broken_audit_line() is None


@pytest.mark.django_db
def test_query_and_decision_agree(now: datetime) -> None:
    user, other = make_user(), make_user()
    moments = [now - DAY, now, now + DAY]
    for verified_at in moments:
        for valid_until in moments:
            for revoked_at in [None, *moments]:
                row = Verification.objects.create(
                    user=user,
                    verified_by=other,
                    verified_at=verified_at,
                    valid_until=valid_until,
                    revoked_at=revoked_at,
                )
                facts = VerificationFacts(
                    verified_at=verified_at, valid_until=valid_until, revoked_at=revoked_at
                )
                assert valid_verifications(now).filter(pk=row.pk).exists() is holds(facts, now=now), facts


@pytest.mark.django_db
def test_a_closed_account_is_no_physician(now: datetime) -> None:
    administrator, user = make_user(), make_physician(now)
    set_account_open(actor=administrator, user=user, is_open=False, now=now)
    user.refresh_from_db()
    assert not is_verified(user, now)
    with pytest.raises(SignInNeeded):
        access_as_physician(user, now)
    set_account_open(actor=administrator, user=user, is_open=True, now=now)
    user.refresh_from_db()
    assert is_verified(user, now)
    with pytest.raises(Refused):
        set_account_open(actor=user, user=user, is_open=False, now=now)
    actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert actions[1:] == ["people.close_account", "people.open_account"]


@pytest.mark.django_db
def test_nobody_signed_in_is_asked_to_sign_in(now: datetime) -> None:
    with pytest.raises(SignInNeeded):
        access_as_physician(AnonymousUser(), now)


@pytest.mark.django_db
def test_ensure_account_keeps_what_its_owner_wrote() -> None:
    user, created = ensure_account(email="New@Example.org", profile=Profile(full_name="First", city="Semey"))
    assert created
    assert (user.email, user.full_name, user.city) == ("new@example.org", "First", "Semey")
    assert not user.has_usable_password()
    change_profile(actor=user, profile=Profile(full_name="Changed"))
    again, created = ensure_account(email="new@example.org", profile=Profile(full_name="First"))
    assert (again.pk, created, again.full_name) == (user.pk, False, "Changed")


@pytest.mark.django_db
def test_administering_an_account_is_audited(now: datetime) -> None:
    administrator, user = make_user(), make_user()
    user.is_staff = True
    administer_account(actor=administrator, user=user, changed=["is_staff"], now=now)
    assert User.objects.get(pk=user.pk).is_staff
    assert AuditEntry.objects.get(action="people.administer_account").detail == {"is_staff": True}


@pytest.mark.django_db
def test_login_link_signs_in_once_and_keeps_no_token(now: datetime) -> None:
    user = make_user()
    token = token_of(issue_login_link(user, now=now))
    assert token not in {link.token_hash for link in LoginLink.objects.all()}
    assert redeem_login_link(token=token, now=now).verdict is LinkVerdict.GOOD
    second = redeem_login_link(token=token, now=now)
    assert (second.user, second.verdict) == (user, LinkVerdict.USED)


@pytest.mark.django_db
def test_login_link_expires_and_unknown_ones_are_missing(now: datetime) -> None:
    user = make_user()
    token = token_of(issue_login_link(user, now=now, lifetime=DAY))
    assert redeem_login_link(token=token, now=now + DAY).verdict is LinkVerdict.EXPIRED
    with pytest.raises(Missing):
        redeem_login_link(token="guess", now=now)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(Missing):
        redeem_login_link(token=token, now=now)


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_link_signs_in_once(now: datetime) -> None:
    token = token_of(issue_login_link(make_user(), now=now))
    verdicts: list[LinkVerdict] = []
    start = threading.Barrier(6)

    def redeem() -> None:
        start.wait()
        verdicts.append(redeem_login_link(token=token, now=now).verdict)
        connection.close()

    threads = [threading.Thread(target=redeem) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(verdicts) == [LinkVerdict.GOOD, *[LinkVerdict.USED] * 5]
