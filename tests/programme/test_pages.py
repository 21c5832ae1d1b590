"""The pages of congresses and programmes, asked for as a browser does."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from konsilium.foundation import clock
from konsilium.people.actions import verify_physician
from konsilium.people.queries import is_verified
from konsilium.people.roles import Role
from konsilium.programme import registry
from konsilium.programme.actions import load_programme
from konsilium.programme.models import Congress, Membership, PersonRole, SlotKind
from konsilium.programme.queries import on_next, on_now
from konsilium.programme.registry import SlotLink
from tests.factories.people import make_physician, make_user
from tests.factories.programme import (
    cast,
    fill_programme,
    make_congress,
    make_hall,
    make_member,
    make_person,
    make_slot,
)
from tests.programme.files import GOOD

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """Neither a rate limit of the test before, nor what the parts above say of operations."""
    cache.clear()
    links, on_air = dict(registry._links), list(registry._on_air)
    registry._links.clear()
    registry._on_air.clear()
    yield
    registry._links.update(links)
    registry._on_air[:] = on_air


@pytest.fixture
def browser() -> Client:
    return Client(SERVER_NAME="127.0.0.1", headers={"Accept-Language": "en"})


@pytest.fixture
def moment() -> datetime:
    """The page's own present, to the second."""
    return clock.now().replace(microsecond=0)


def text_of(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def queries_of(browser: Client, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


def test_empty_pages_say_what_will_be_there(browser: Client, moment: datetime) -> None:
    assert "No congress yet" in text_of(browser, "/")
    assert "Nothing is on at this moment" in text_of(browser, "/now/")
    congress = make_congress(moment, slug="empty", days=1)
    congress.days.all().delete()
    assert "have not been announced yet" in text_of(browser, "/congresses/empty/")
    assert "No programme yet" in text_of(browser, "/congresses/empty/programme/")


def test_home_says_what_is_on_air_what_is_next_and_where_to_go(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week", title={"en": "Surgery week"})
    live = make_slot(
        congress, moment - HOUR, kind=SlotKind.LIVE, minutes=90, title="Lobectomy", estimated=True
    )
    make_slot(congress, moment - HOUR, minutes=90, title="Talk under way")
    make_slot(congress, moment - 3 * HOUR, title="Talk long over")
    make_slot(congress, moment - HOUR, kind=SlotKind.BREAK, minutes=90, title="Long lunch")
    make_slot(congress, moment + HOUR, kind=SlotKind.LIVE, title="Cystectomy")
    make_slot(congress, moment + HOUR, title="Talk to come")
    cast(live, make_person(congress, "Dr Host"), PersonRole.HOST)
    cast(live, make_person(congress, "Dr Guest", city="Tbilisi"), PersonRole.GUEST)
    registry.register_slot_link(
        SlotKind.LIVE,
        lambda slots: {slot: SlotLink(url=f"/x/{slot}/", on_air=slot == live.pk) for slot in slots},
    )
    home = text_of(browser, "/")
    for shown in (
        "Lobectomy",
        "Talk under way",
        "Cystectomy",
        "Surgery week",
        "Dr Host",
        "guest: Dr Guest, Tbilisi",
    ):
        assert shown in home
    for hidden in ("Talk long over", "Long lunch", "Talk to come"):
        assert hidden not in home
    assert f'href="/x/{live.pk}/"' in home
    assert "Talk to come" in text_of(browser, "/now/")


def test_on_now_follows_what_is_on_air_and_not_only_the_programme(moment: datetime) -> None:
    congress = make_congress(moment)
    overrun = make_slot(congress, moment - 3 * HOUR, kind=SlotKind.LIVE, minutes=60)
    ended = make_slot(congress, moment - HOUR, kind=SlotKind.LIVE, minutes=120)
    early = make_slot(congress, moment + HOUR, kind=SlotKind.LIVE, minutes=60)
    cancelled = make_slot(congress, moment - HOUR, minutes=120, cancelled=True)
    withdrawn = make_slot(congress, moment - HOUR, minutes=120, withdrawn=True)
    talk = make_slot(congress, moment - HOUR, minutes=120)

    def links(slots: Sequence[UUID]) -> dict[UUID, SlotLink]:
        on_air = {overrun.pk, early.pk}
        return {slot: SlotLink(url="/", on_air=slot in on_air, over=slot == ended.pk) for slot in slots}

    registry.register_slot_link(SlotKind.LIVE, links)
    registry.register_on_air(lambda now: [overrun.pk, early.pk])
    assert {slot.id for slot in on_now(moment).slots} == {overrun.pk, early.pk, talk.pk}
    assert cancelled.pk not in {slot.id for slot in on_now(moment, congress).slots}
    assert withdrawn.pk not in {slot.id for slot in on_now(moment, congress).slots}
    assert on_next(moment, count=5).slots == []
    assert on_now(moment, make_congress(moment)).slots == []


def test_congress_page_says_how_the_reader_stands(browser: Client, moment: datetime) -> None:
    make_congress(moment, slug="week")
    assert "Make an account" in text_of(browser, "/congresses/week/")
    user = make_user()
    browser.force_login(user)
    page = text_of(browser, "/congresses/week/")
    assert "Take part, on site or online" in page
    assert "You are not verified yet" in page
    answer = browser.post("/congresses/week/join/", {"attendance": "on_site"})
    assert answer["Location"] == "/congresses/week/"
    assert "You take part on site." in text_of(browser, "/congresses/week/")
    verify_physician(actor=make_user(), user=user, valid_until=moment + HOUR * 24, now=moment)
    page = text_of(browser, "/congresses/week/")
    assert "Verified physician until" in page
    assert "You are not verified yet" not in page
    assert Membership.objects.get().roles == ["delegate"]


def test_joining_asks_to_sign_in_and_is_no_get(browser: Client, moment: datetime) -> None:
    make_congress(moment, slug="week")
    assert browser.post("/congresses/week/join/")["Location"].startswith("/accounts/login/")
    assert browser.get("/congresses/week/join/").status_code == 405


def test_programme_shows_a_day_hall_by_hall_with_kinds_in_words(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week")
    theatre, hall = make_hall(congress, "theatre"), make_hall(congress, "lectures")
    make_slot(
        congress, moment, hall=theatre, kind=SlotKind.AS_LIVE, title="Recorded operation", estimated=True
    )
    make_slot(congress, moment, hall=hall, title="<script>alert(1)</script>")
    make_slot(congress, moment, hall=hall, kind=SlotKind.CEREMONY, title="Opening", cancelled=True)
    make_slot(congress, moment, hall=hall, title="Withdrawn", withdrawn=True)
    make_slot(congress, moment, hall=hall, title="Other day", day=congress.days.get(key="day-2"))
    page = text_of(browser, "/congresses/week/programme/?day=day-1")
    for shown in (
        "Recorded operation",
        "As live",
        "talk",
        "ceremony",
        "≈\u00a0",
        "Cancelled",
        "Theatre",
        "Lectures",
    ):
        assert shown in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "Withdrawn" not in page
    assert "Other day" not in page
    assert "Other day" in text_of(browser, "/congresses/week/programme/?day=day-2")
    one = text_of(browser, "/congresses/week/programme/?day=day-1&hall=lectures")
    assert "Opening" in one
    assert "Recorded operation" not in one


def test_programme_in_my_time_or_the_congresses(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week")
    start = moment.replace(hour=4, minute=0, second=0)
    make_slot(congress, start, title="Early talk")
    browser.cookies["konsilium_time_zone"] = "Asia/Tbilisi"
    mine = text_of(browser, "/congresses/week/programme/?day=day-1")
    assert re.search(r'<time [^>]*title="09:00 at the congress">08:00</time>', mine)
    theirs = text_of(browser, "/congresses/week/programme/?day=day-1&tz=congress")
    assert re.search(r"<time [^>]*>09:00</time>", theirs)
    for page in (mine, theirs):
        assert "Tbilisi" in page
        assert "Almaty" in page
    browser.cookies["konsilium_time_zone"] = "Asia/Almaty"
    assert 'aria-label="Time zone"' not in text_of(browser, "/congresses/week/programme/?day=day-1")


def test_a_date_is_told_where_it_is_another_one(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week")
    start = datetime.combine(congress.starts_on, time(23), UTC)
    make_slot(congress, start, title="Late operation", kind=SlotKind.LIVE)
    browser.cookies["konsilium_time_zone"] = "UTC"
    date = rf'<span class="slot-length">[A-Z][a-z]+ {start.day}</span>'
    assert not re.search(date, text_of(browser, "/congresses/week/programme/?day=day-1"))
    browser.cookies["konsilium_time_zone"] = "Asia/Tokyo"
    after = rf'<span class="slot-length">[A-Z][a-z]+ {(start + HOUR * 9).day}</span>'
    assert re.search(after, text_of(browser, "/congresses/week/programme/?day=day-1"))


def test_what_is_wrong_in_an_address_is_ignored_or_missing(browser: Client, moment: datetime) -> None:
    make_slot(make_congress(moment, slug="week"), moment, title="Talk")
    assert "Talk" in text_of(browser, "/congresses/week/programme/?day=nonsense&hall=%3Cx%3E&tz=Mars")
    for path in ("/congresses/none/", "/congresses/none/programme/", "/congresses/none/calendar.ics"):
        assert browser.get(path).status_code == 404
    nothing = UUID(int=7)
    assert browser.get(f"/slots/{nothing}/").status_code == 404
    assert browser.get(f"/sessions/{nothing}/").status_code == 404


def test_slot_page_tells_everything_and_an_operation_leads_to_its_own(
    browser: Client, moment: datetime
) -> None:
    congress = make_congress(moment, slug="week")
    talk = make_slot(congress, moment, title="Margins", description={"en": "What the pathologist sees."})
    cast(talk, make_person(congress, "Dr Speaker", city="Riga"))
    page = text_of(browser, f"/slots/{talk.pk}/")
    for shown in ("Margins", "What the pathologist sees.", "Dr Speaker", "Riga", "speaker", "30 minutes"):
        assert shown in page
    live = make_slot(congress, moment, title="Lobectomy", kind=SlotKind.LIVE, estimated=True)
    page = text_of(browser, f"/slots/{live.pk}/")
    assert "The start is an estimate" in page
    assert "verified physicians only" in page
    registry.register_slot_link(
        SlotKind.LIVE, lambda slots: {slot: SlotLink(url="/elsewhere/") for slot in slots}
    )
    assert browser.get(f"/slots/{live.pk}/")["Location"] == "/elsewhere/"
    withdrawn = make_slot(congress, moment, title="Gone", withdrawn=True)
    assert "No longer in the programme" in text_of(browser, f"/slots/{withdrawn.pk}/")


def test_texts_come_in_the_readers_language_or_the_nearest(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week", title={"ru": "Неделя", "kk": "Апта", "en": "Week"})
    make_slot(congress, moment)
    for language, title in {"ru": "Неделя", "kk": "Апта", "en": "Week"}.items():
        browser.cookies["konsilium_language"] = language
        assert title in text_of(browser, "/congresses/week/")
        assert "Slot" in text_of(browser, "/congresses/week/programme/")


def test_a_programme_is_kept_in_memory_only_while_it_is_the_same(browser: Client, now: datetime) -> None:
    path = "/congresses/week/programme/?day=day-1"

    def load(text: str, moment: datetime) -> str:
        load_programme(data=text.encode(), file="week.yaml", actor=None, now=moment)
        return text_of(browser, path)

    first = queries_of(browser, path) if load(GOOD, now) else 0
    assert "Operation" in text_of(browser, path)
    assert queries_of(browser, path) == first
    renamed = load(GOOD.replace("name: Guest", "name: Other guest"), now + HOUR)
    assert "Other guest" in renamed
    assert "Renamed operation" in load(
        GOOD.replace("title: Operation", "title: Renamed operation"), now + 2 * HOUR
    )
    without = re.sub(r"          - \{key: talk.*\n", "", GOOD)
    assert "Talk" not in load(without, now + 3 * HOUR)
    congress = Congress.objects.get()
    make_slot(congress, now, title="Put in by hand", changed_at=now)
    assert "Put in by hand" in text_of(browser, path)


@pytest.mark.parametrize("path", ["/congresses/week/programme/?day=day-1", "/congresses/week/", "/", "/now/"])
def test_a_page_asks_as_often_for_a_thousand_slots_as_for_three(
    browser: Client, moment: datetime, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    congress = make_congress(moment, slug="week")
    # An empty list asks for nobody's name: something is on and something comes next from the beginning.
    for starts_at in (moment - HOUR, moment + 23 * HOUR):
        slot = make_slot(congress, starts_at, kind=SlotKind.LIVE, minutes=90)
        cast(slot, make_person(congress))
    counts = [queries_of(browser, path)]
    for more in (3, 997):
        fill_programme(congress, slots=more, halls=2)
        counts.append(queries_of(browser, path))
    assert len(set(counts)) == 1, counts
    with django_assert_num_queries(counts[0]):
        browser.get(path)


def test_members_page_is_the_organisers(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week")
    organiser = make_user("Organiser")
    make_member(congress, organiser, [Role.ORGANISER])
    delegate = make_member(congress, make_user("Aliya Delegate", city="Semey"))
    physician = make_physician(moment, "Physician")
    make_member(congress, physician)
    assert browser.get("/congresses/week/members/").status_code == 302
    browser.force_login(delegate.user)
    assert browser.get("/congresses/week/members/").status_code == 403
    browser.force_login(organiser)
    page = text_of(browser, "/congresses/week/members/")
    for shown in ("Aliya Delegate", "Semey", "Physician", "not verified", "Verifier"):
        assert shown in page
    found = text_of(browser, "/congresses/week/members/?q=semey")
    assert "Aliya Delegate" in found
    assert "Physician" not in found
    assert "Nobody found" in text_of(browser, "/congresses/week/members/?q=nobody-at-all")
    once = queries_of(browser, "/congresses/week/members/")
    for _ in range(5):
        make_member(congress, make_physician(moment))
    assert queries_of(browser, "/congresses/week/members/") == once


def test_organiser_verifies_revokes_and_gives_roles(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week")
    organiser = make_member(congress, make_user("Organiser"), [Role.ORGANISER])
    membership = make_member(congress, make_user("Delegate"))
    path = f"/congresses/week/members/{membership.pk}/"
    browser.force_login(organiser.user)
    until = (moment + timedelta(days=90)).date().isoformat()
    assert browser.post(path, {"act": "verify", "valid_until": until, "licence": "KZ-77"}).status_code == 302
    assert is_verified(membership.user, clock.now())
    page = text_of(browser, path)
    assert "KZ-77" in page
    assert "Organiser" in page
    assert browser.post(path, {"act": "revoke"}).status_code == 302
    assert not is_verified(membership.user, clock.now())
    browser.post(path, {"act": "roles", "roles": ["moderator", "delegate"]})
    membership.refresh_from_db()
    assert membership.roles == ["delegate", "moderator"]


def test_what_cannot_be_is_refused_on_the_form(browser: Client, moment: datetime) -> None:
    congress = make_congress(moment, slug="week")
    organiser = make_member(congress, make_user("Organiser"), [Role.ORGANISER])
    membership = make_member(congress, make_user("Delegate"))
    browser.force_login(organiser.user)
    path = f"/congresses/week/members/{membership.pk}/"
    for until in ("2020-01-01", "2199-01-01", "never"):
        assert browser.post(path, {"act": "verify", "valid_until": until}).status_code == 422
    assert browser.post(path, {"act": "roles", "roles": ["emperor"]}).status_code == 422
    assert browser.post(path, {"act": "dance"}).status_code == 422
    own = f"/congresses/week/members/{organiser.pk}/"
    refused = browser.post(own, {"act": "roles", "roles": ["delegate"]})
    assert refused.status_code == 422
    assert "A congress needs an organiser" in refused.content.decode()
    tomorrow = (moment + timedelta(days=2)).date().isoformat()
    assert browser.post(own, {"act": "verify", "valid_until": tomorrow}).status_code == 422
    assert not is_verified(organiser.user, clock.now())
    elsewhere = make_member(make_congress(moment), make_user())
    assert browser.get(f"/congresses/week/members/{elsewhere.pk}/").status_code == 404
