"""Where somebody gets who signs in."""

from dataclasses import replace
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.test import Client

from konsilium.people.actions import issue_login_link
from konsilium.people.registry import landing_of
from konsilium.theatre.actions import name_team_member
from konsilium.theatre.decisions import Part
from tests.factories.theatre import Scene

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

PLACES = [
    ("surgeon", "board"),
    ("spokesperson", "board"),
    ("anaesthetist", "live"),
    ("advocate", "live"),
    ("director", "director"),
    ("moderator", "desk"),
    ("delegate", "live"),
]


@pytest.mark.parametrize(("who", "page"), PLACES)
def test_each_gets_to_their_own_place(scene: Scene, now: datetime, who: str, page: str) -> None:
    assert landing_of(scene.people[who], now) == "/", "nothing is on air"
    scene.do("director", "operation.open")
    address = f"/operations/{scene.operation.pk}/{page}/"
    assert landing_of(scene.people[who], now) == address
    scene.do("director", "operation.stop")
    assert landing_of(scene.people[who], now) == address, "they are needed while it is stopped, too"
    assert scene.client(who).get(address).status_code == 200, "and they may be there"
    scene.do("director", "operation.end")
    assert landing_of(scene.people[who], now) == "/"


@pytest.mark.parametrize("who", ["organiser", "unverified", "stranger"])
def test_whoever_has_no_place_gets_home(scene: Scene, now: datetime, who: str) -> None:
    scene.do("director", "operation.open")
    assert landing_of(scene.people[who], now) == "/"


def test_who_is_several_things_is_wanted_in_the_theatre_first(scene: Scene, now: datetime) -> None:
    scene.do("director", "operation.open")
    moderator = scene.people["moderator"]
    name_team_member(operation=scene.operation, user=moderator, role=Part.SPOKESPERSON, actor=None, now=now)
    assert landing_of(moderator, now).endswith("/board/")


def test_a_login_link_leads_there(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "OPTIONS", replace(django_settings.OPTIONS, demo=True))
    scene.do("director", "operation.open")
    link = issue_login_link(scene.people["surgeon"])
    answer = Client().get(link)
    assert answer.headers["Location"] == f"/operations/{scene.operation.pk}/board/"


def test_a_page_that_was_asked_for_comes_first(scene: Scene) -> None:
    scene.do("director", "operation.open")
    surgeon = scene.people["surgeon"]
    surgeon.set_password("a long enough password")
    surgeon.save()
    EmailAddress.objects.create(user=surgeon, email=surgeon.email, verified=True, primary=True)
    said = {"login": surgeon.email, "password": "a long enough password"}
    for query, leads in (("", f"/operations/{scene.operation.pk}/board/"), ("?next=/now/", "/now/")):
        answer = Client().post(f"/accounts/login/{query}", {**said, "next": "/now/"} if query else said)
        assert answer.headers["Location"] == leads
