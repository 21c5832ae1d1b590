"""Calendars, read back with another eye than the one that wrote them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from icalendar import Calendar, Event

from konsilium.programme.actions import load_programme
from konsilium.programme.calendar import Entry, calendar_bytes
from konsilium.programme.models import SlotKind
from tests.factories.programme import cast, make_congress, make_hall, make_person, make_slot
from tests.programme.files import GOOD

RIGA = ZoneInfo("Europe/Riga")


def entry(**changes: object) -> Entry:
    values: dict[str, object] = {
        "uid": "1@konsilium",
        "sequence": 3,
        "changed_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "starts_at": datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
        "ends_at": datetime(2026, 3, 29, 2, 0, tzinfo=UTC),
        "title": "Лобэктомия; cT2, N0",
        "description": "Строка один\nстрока два",
        "location": "Операционная 1, Рига",
        "url": "https://example.org/slots/1/",
        "categories": ("live operation",),
        "estimated": True,
        "cancelled": False,
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


def events_of(data: bytes) -> dict[str, Event]:
    return {str(event["UID"]): event for event in Calendar.from_ical(data).walk("VEVENT")}


def test_an_entry_is_read_back_as_it_was_written() -> None:
    data = calendar_bytes(title="Неделя", language="ru", zone=RIGA, entries=[entry()])
    calendar = Calendar.from_ical(data)
    assert str(calendar["X-WR-CALNAME"]) == "Неделя"
    event = events_of(data)["1@konsilium"]
    assert str(event["SUMMARY"]) == "Лобэктомия; cT2, N0"
    assert event["SUMMARY"].params["LANGUAGE"] == "ru"
    assert str(event["DESCRIPTION"]) == "Строка один\nстрока два"
    assert event["SEQUENCE"] == 3
    assert event["LAST-MODIFIED"].dt == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert event["DTSTART"].dt.astimezone(UTC) == entry().starts_at
    assert event["DTEND"].dt.astimezone(UTC) == entry().ends_at, "the night in which the clocks go forward"
    assert event["DTSTART"].params["TZID"] == "Europe/Riga"
    assert str(event["STATUS"]) == "TENTATIVE"


def test_the_zone_of_the_congress_is_in_the_file_with_its_rules() -> None:
    data = calendar_bytes(title="x", language="en", zone=RIGA, entries=[entry()])
    zones = Calendar.from_ical(data).walk("VTIMEZONE")
    assert [str(zone["TZID"]) for zone in zones] == ["Europe/Riga"]
    assert {part.name for part in zones[0].subcomponents} == {"STANDARD", "DAYLIGHT"}


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    data = calendar_bytes(title="Ұ" * 200, language="kk", zone=RIGA, entries=[entry(title="ұзын " * 60)])
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    data.decode()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, "TENTATIVE"), ({"estimated": False}, "CONFIRMED"), ({"cancelled": True}, "CANCELLED")],
)
def test_status(changes: dict[str, object], expected: str) -> None:
    data = calendar_bytes(title="x", language="en", zone=RIGA, entries=[entry(**changes)])
    assert str(events_of(data)["1@konsilium"]["STATUS"]) == expected


@pytest.fixture
def browser() -> Client:
    cache.clear()
    return Client(SERVER_NAME="127.0.0.1")


@pytest.mark.django_db
def test_congress_and_hall_calendars_in_the_language_of_their_address(browser: Client, now: datetime) -> None:
    congress = make_congress(now, slug="week")
    theatre, hall = make_hall(congress, "theatre"), make_hall(congress, "hall")
    live = make_slot(congress, now, hall=theatre, kind=SlotKind.LIVE, estimated=True)
    live.title = {"en": "Lobectomy", "kk": "Лобэктомия (kk)"}
    live.save()
    talk = make_slot(congress, now, hall=hall, title="Talk")
    gone = make_slot(congress, now, hall=hall, title="Gone", withdrawn=True)
    off = make_slot(congress, now, hall=hall, title="Off", cancelled=True)
    cast(talk, make_person(congress, "Dr Speaker", city="Riga"))
    answer = browser.get("/congresses/week/calendar.ics?lang=kk")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Language"] == "kk"
    events = events_of(answer.content)
    assert {uid.split("@")[0]: str(event["STATUS"]) for uid, event in events.items()} == {
        str(live.pk): "TENTATIVE",
        str(talk.pk): "CONFIRMED",
        str(gone.pk): "CANCELLED",
        str(off.pk): "CANCELLED",
    }
    assert str(events[f"{live.pk}@konsilium"]["SUMMARY"]) == "Лобэктомия (kk)"
    described = events[f"{talk.pk}@konsilium"]
    assert "Dr Speaker, Riga" in str(described["DESCRIPTION"])
    assert str(described["URL"]) == f"http://127.0.0.1/slots/{talk.pk}/"
    of_hall = browser.get("/congresses/week/halls/theatre/calendar.ics?lang=en")
    assert list(events_of(of_hall.content)) == [f"{live.pk}@konsilium"]
    assert browser.get("/congresses/week/halls/none/calendar.ics").status_code == 404


@pytest.mark.django_db
def test_a_calendar_that_has_not_changed_is_not_sent_again(browser: Client, now: datetime) -> None:
    load_programme(data=GOOD.encode(), file="week.yaml", actor=None, now=now)
    path = "/congresses/week/calendar.ics?lang=en"
    first = browser.get(path)
    again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    other = browser.get(f"{path[:-2]}ru", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    later = now + timedelta(minutes=1)
    load_programme(data=GOOD.replace("09:00", "09:30").encode(), file="week.yaml", actor=None, now=later)
    changed = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    before, after = events_of(first.content), events_of(changed.content)
    assert before.keys() == after.keys()
    sequences = [int(event["SEQUENCE"]) for event in after.values()]
    assert sorted(sequences) == [0, 1, 1]
