"""The pages of an account, asked for as a browser does."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from konsilium.foundation import clock
from konsilium.foundation.models import AuditEntry
from konsilium.people.actions import issue_login_link
from konsilium.people.models import User
from konsilium.people.queries import is_verified
from tests.factories.people import make_physician, make_user

pytestmark = pytest.mark.django_db

SIGN_UP = {
    "full_name": "  Aigul   Testova ",
    "email": "Aigul@Example.org",
    "password1": "long enough a phrase",
    "affiliation": "Clinic",
    "city": "Semey",
    "country": "KZ",
    "language": "kk",
}


@pytest.fixture(autouse=True)
def _no_rate_limit_of_the_test_before() -> None:
    cache.clear()


@pytest.fixture
def browser() -> Client:
    return Client(SERVER_NAME="127.0.0.1")


@pytest.fixture
def demo(settings: Settings) -> None:
    settings.OPTIONS = replace(settings.OPTIONS, demo=True)


def test_sign_up_keeps_who_somebody_is_and_writes_in_their_language(browser: Client) -> None:
    with translation.override("kk"):
        answer = browser.post("/accounts/signup/", SIGN_UP, headers={"Accept-Language": "kk"})
    assert answer.status_code == 302
    user = User.objects.get()
    said = (user.email, user.full_name, user.affiliation, user.city, user.country, user.language)
    assert said == ("aigul@example.org", "Aigul Testova", "Clinic", "Semey", "KZ", "kk")
    assert user.check_password(SIGN_UP["password1"])
    assert not is_verified(user, clock.now())
    assert len(mail.outbox) == 1
    assert mail.outbox[0].to == ["aigul@example.org"]
    assert mail.outbox[0].subject.startswith("Konsilium: ")


def test_sign_up_needs_a_name_and_loses_nothing_typed(browser: Client) -> None:
    answer = browser.post("/accounts/signup/", SIGN_UP | {"full_name": " "})
    assert answer.status_code == 200
    assert not User.objects.exists()
    assert 'value="Semey"' in answer.content.decode()


def test_sign_up_does_not_tell_who_has_an_account(browser: Client) -> None:
    make_user(email="aigul@example.org")
    taken = browser.post("/accounts/signup/", SIGN_UP)
    free = Client(SERVER_NAME="127.0.0.1").post("/accounts/signup/", SIGN_UP | {"email": "free@example.org"})
    assert (taken.status_code, taken["Location"]) == (free.status_code, free["Location"])


def test_settings_are_saved_and_speak_the_new_language(browser: Client) -> None:
    user = make_user("Before")
    browser.force_login(user)
    page = browser.get("/people/settings/")
    assert page.status_code == 200
    said = {
        "full_name": "After", "affiliation": "", "city": "Riga", "country": "LV",
        "language": "en", "time_zone": "Europe/Riga",
    }  # fmt: skip
    answer = browser.post("/people/settings/", said)
    assert answer.status_code == 302
    user.refresh_from_db()
    assert {name: getattr(user, name) for name in said} == said
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_settings_refuse_what_is_no_zone(browser: Client) -> None:
    user = make_user("Before")
    browser.force_login(user)
    answer = browser.post(
        "/people/settings/", {"full_name": "After", "language": "en", "time_zone": "Mars/Base"}
    )
    assert answer.status_code == 422
    user.refresh_from_db()
    assert user.full_name == "Before"


def test_settings_ask_to_sign_in(browser: Client) -> None:
    answer = browser.get("/people/settings/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("path", ["/people/verification/"])
def test_verification_page_speaks_to_everybody(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 200
    browser.force_login(make_user())
    assert browser.get(path).status_code == 200
    browser.force_login(make_physician(clock.now()))
    assert "verified" in browser.get(path).content.decode()


def test_login_link_works_only_in_the_demo(browser: Client) -> None:
    assert browser.get(issue_login_link(make_user())).status_code == 404
    assert "_auth_user_id" not in browser.session


@pytest.mark.usefixtures("demo")
def test_login_link_signs_in_and_again_in_the_same_browser(browser: Client) -> None:
    user = make_user()
    path = issue_login_link(user)
    assert browser.get(path)["Location"] == "/"
    assert browser.session["_auth_user_id"] == str(user.pk)
    assert browser.get(path)["Location"] == "/"
    assert AuditEntry.objects.filter(action="people.use_login_link").count() == 1


@pytest.mark.usefixtures("demo")
def test_login_link_is_refused_to_another_browser(browser: Client) -> None:
    path = issue_login_link(make_user())
    browser.get(path)
    other = Client(SERVER_NAME="127.0.0.1")
    answer = other.get(path, follow=True)
    assert answer.status_code == 409
    assert answer.redirect_chain == [(f"{path}?again=1", 302)]
    assert "_auth_user_id" not in other.session


@pytest.mark.usefixtures("demo")
def test_login_link_that_is_too_old_is_refused(browser: Client) -> None:
    path = issue_login_link(make_user(), now=clock.now() - timedelta(days=2))
    assert browser.get(path).status_code == 409


@pytest.mark.usefixtures("demo")
def test_login_link_of_another_person_changes_who_is_signed_in(browser: Client) -> None:
    first, second = make_user(), make_user()
    browser.get(issue_login_link(first))
    browser.get(issue_login_link(second))
    assert browser.session["_auth_user_id"] == str(second.pk)


def test_administrator_verifies_through_the_actions(browser: Client) -> None:
    administrator = User.objects.create_superuser("admin@example.org", "a phrase of some length")
    user, closed = make_user("Physician"), make_user("Closed", is_active=False)
    browser.force_login(administrator)
    assert browser.get("/administration/people/user/").status_code == 200
    chosen = {
        "action": "verify_for_a_year",
        "_selected_action": [str(user.pk), str(closed.pk), str(administrator.pk)],
    }
    browser.post("/administration/people/user/", chosen)
    assert is_verified(user, clock.now())
    assert not is_verified(closed, clock.now())
    assert not is_verified(administrator, clock.now())
    assert AuditEntry.objects.filter(action="people.verify_physician", actor=administrator).count() == 1
    browser.post("/administration/people/user/", chosen | {"action": "revoke"})
    assert not is_verified(user, clock.now())


def test_administrator_changes_rights_with_a_trace(browser: Client) -> None:
    administrator = User.objects.create_superuser("admin@example.org", "a phrase of some length")
    user = make_user("Physician")
    browser.force_login(administrator)
    path = f"/administration/people/user/{user.pk}/change/"
    page = browser.get(path).content.decode()
    assert re.search(r'name="is_staff"', page)
    data = {"full_name": "Physician", "is_staff": "on"} | {
        f"verifications-{name}": "0"
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    assert browser.post(path, data).status_code == 302
    user.refresh_from_db()
    assert user.is_staff
    assert AuditEntry.objects.get(action="people.administer_account").detail == {"is_staff": True}
    assert browser.get("/administration/people/user/add/").status_code == 403
