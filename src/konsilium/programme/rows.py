"""A slot as one row of a list: everything said in the reader's language and time zone, nothing left to look up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from konsilium.foundation.localised import localised
from konsilium.programme.models import OPERATION_KINDS, PersonRole, SlotKind
from konsilium.programme.queries import CastFacts, Listing, PersonFacts, SlotFacts, Text
from konsilium.programme.registry import SlotLink

NOWHERE = UUID(int=0)
SPACE = "\u00a0"
# Plain words: the hash of an enum's member is computed in Python, every time.
MINOR_KINDS = frozenset({SlotKind.BREAK.value, SlotKind.CEREMONY.value})
OPERATIONS = frozenset(kind.value for kind in OPERATION_KINDS)
GUEST = PersonRole.GUEST.value


class SlotRow(NamedTuple):
    # A frozen dataclass of as many fields takes four times as long to make.
    id: UUID
    url: str
    kind: str
    title: str
    moment: datetime
    when: str
    #: The same moment where the congress is, and whether it is an estimate; for hover and tap.
    when_elsewhere: str
    #: The date, where it is not the one the list is about.
    other_date: str
    length: str
    operating: tuple[str, ...]
    others: tuple[str, ...]
    place: str
    on_air: bool
    now: bool
    past: bool
    cancelled: bool
    state: str

    @property
    def minor(self) -> bool:
        return self.kind in MINOR_KINDS

    @property
    def is_operation(self) -> bool:
        return self.kind in OPERATIONS


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a list is read: the time zone it is shown in, the one of the congress, and the moment of reading."""

    zone: tzinfo
    there: ZoneInfo
    now: datetime
    #: The date that goes without saying.
    of_date: date | None = None


def slot_url(slot: UUID) -> str:
    before, after = _around_id()
    return f"{before}{slot}{after}"


@lru_cache(maxsize=1)
def _around_id() -> tuple[str, str]:
    # Reversing a URL a thousand times takes longer than the thousand rows.
    before, _id, after = reverse("slot", args=[NOWHERE]).partition(str(NOWHERE))
    return before, after


@lru_cache(maxsize=1000)
def short_date(day: date, language: str) -> str:
    """Day and month in the few letters that fit beside a time: 23 Nov, 23 нояб."""
    return format_skeleton("MMMd", day, locale=Locale.parse(language, sep="-"))


def rows_of(listing: Listing, reading: Reading, *, places: dict[UUID, str] | None = None) -> list[SlotRow]:
    """The rows of a listing; `places` says where a slot is, by its hall."""
    words = _Words()
    return [
        _row(
            slot,
            listing.cast.get(slot.id, ()),
            listing.links.get(slot.id),
            reading,
            words,
            (places or {}).get(slot.hall_id, ""),
        )
        for slot in listing.slots
    ]


class _Words:
    """What is looked up once for a list."""

    def __init__(self) -> None:
        self.language = translation.get_language() or "en"
        self.minutes = _("%(minutes)s min")
        self.estimated = _("Estimated")
        self.guest = pgettext("before a guest surgeon's name", "guest:")
        self.elsewhere = _("%(time)s at the congress")

        self.names: dict[int, tuple[str, str]] = {}

    def of(self, content: Text) -> str:
        return content.get(self.language) or localised(content, self.language)

    def person(self, person: PersonFacts) -> tuple[str, str]:
        """Name, and name with city: a guest says where from. One person stands in many rows."""
        key = id(person)
        if key not in self.names:
            name, city = self.of(person.name), self.of(person.city)
            self.names[key] = (name, f"{self.guest} {name}, {city}" if city else f"{self.guest} {name}")
        return self.names[key]


def _row(
    slot: SlotFacts,
    cast: Sequence[CastFacts],
    link: SlotLink | None,
    reading: Reading,
    words: _Words,
    place: str,
) -> SlotRow:
    mine = slot.starts_at.astimezone(reading.zone)
    on_air = link is not None and link.on_air
    over = link is not None and link.over
    ends_at = slot.ends_at
    operating, others = _people(cast, words)
    moment = f"{mine.hour:02}:{mine.minute:02}"
    return SlotRow(
        id=slot.id,
        url=link.url if link else slot_url(slot.id),
        kind=slot.kind,
        title=words.of(slot.title),
        moment=mine,
        when=f"≈{SPACE}{moment}" if slot.estimated else moment,
        when_elsewhere=_elsewhere(slot, mine, reading, words),
        other_date=short_date(mine.date(), words.language)
        if reading.of_date and mine.date() != reading.of_date
        else "",
        length=words.minutes % {"minutes": slot.minutes},
        operating=operating,
        others=others,
        place=place,
        on_air=on_air,
        now=not on_air and not over and slot.starts_at <= reading.now < ends_at,
        past=not on_air and (over or ends_at <= reading.now),
        cancelled=slot.cancelled,
        state=link.state if link else "",
    )


def _people(cast: Sequence[CastFacts], words: _Words) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those of the house, or who speak; and the guests with where they come from."""
    first: list[str] = []
    others: list[str] = []
    for role, person in cast:
        name, as_guest = words.person(person)
        if role == GUEST:
            others.append(as_guest)
        else:
            first.append(name)
    return tuple(first), tuple(others)


def _elsewhere(slot: SlotFacts, mine: datetime, reading: Reading, words: _Words) -> str:
    if reading.zone == reading.there:
        return words.estimated if slot.estimated else ""
    parts = [words.estimated] if slot.estimated else []
    there = slot.starts_at.astimezone(reading.there)
    if there.utcoffset() != mine.utcoffset():
        text = f"{there:%H:%M}"
        if there.date() != mine.date():
            text = f"{short_date(there.date(), words.language)}, {text}"
        parts.append(words.elsewhere % {"time": text})
    return " · ".join(parts)
