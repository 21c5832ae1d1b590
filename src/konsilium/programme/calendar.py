"""A programme as an iCalendar file (RFC 5545): values in, bytes out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText

PRODUCT = "-//Konsilium//Programme//EN"
#: How often a calendar that follows the programme should look again.
REFRESH = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event. `uid` never changes; `sequence` grows with every change (RFC 5545, 3.8.7.4)."""

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    description: str
    location: str
    url: str
    categories: tuple[str, ...]
    estimated: bool
    cancelled: bool


def calendar_bytes(*, title: str, language: str, zone: ZoneInfo, entries: Iterable[Entry]) -> bytes:
    """The calendar, its times in the congress's zone, with the rules of that zone in it."""
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", _text(title, language))
    calendar.add("X-WR-CALNAME", title)
    calendar.add("X-WR-TIMEZONE", zone.key)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT15M")
    for entry in entries:
        calendar.add_component(_event(entry, language, zone))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _event(entry: Entry, language: str, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("UID", entry.uid)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.changed_at)
    event.add("LAST-MODIFIED", entry.changed_at)
    event.add("DTSTART", entry.starts_at.astimezone(zone))
    event.add("DTEND", entry.ends_at.astimezone(zone))
    event.add("SUMMARY", _text(entry.title, language))
    if entry.description:
        event.add("DESCRIPTION", _text(entry.description, language))
    if entry.location:
        event.add("LOCATION", _text(entry.location, language))
    if entry.categories:
        event.add("CATEGORIES", list(entry.categories))
    event.add("URL", entry.url)
    event.add("STATUS", _status(entry))
    # Others may plan something at the same time: following a programme takes nobody's hour.
    event.add("TRANSP", "TRANSPARENT")
    return event


def _status(entry: Entry) -> str:
    if entry.cancelled:
        return "CANCELLED"
    return "TENTATIVE" if entry.estimated else "CONFIRMED"


def _text(text: str, language: str) -> vText:
    value = vText(text)
    value.params["LANGUAGE"] = language
    return value
