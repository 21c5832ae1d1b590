"""Reading programmes. Lists read plain rows: 1,000 slots are shown in a constant number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db.models import CharField, Count, Max, Q, QuerySet
from django.db.models.functions import Cast

from konsilium.programme.decisions import LONGEST_SLOT_MINUTES, is_on
from konsilium.programme.models import (
    OPERATION_KINDS,
    Congress,
    Day,
    Hall,
    Membership,
    Person,
    PersonRole,
    Session,
    Slot,
    SlotKind,
    SlotPerson,
)
from konsilium.programme.registry import SlotLink, slot_links, slots_on_air

#: Who is named in a list; the others are named on the slot's own page.
LISTED_ROLES = (PersonRole.HOST, PersonRole.GUEST, PersonRole.SPEAKER)
Text = dict[str, str]


class SlotFacts(NamedTuple):
    id: UUID
    hall_id: UUID
    session_id: UUID | None
    kind: str
    title: Text
    starts_at: datetime
    minutes: int
    estimated: bool
    cancelled: bool

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


class PersonFacts(NamedTuple):
    name: Text
    city: Text


class CastFacts(NamedTuple):
    role: str
    person: PersonFacts


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Slots in the order of their times, with whom to name and where their pages are."""

    slots: Sequence[SlotFacts]
    cast: Mapping[UUID, Sequence[CastFacts]]
    links: Mapping[UUID, SlotLink]


class _Ids(dict[str, UUID]):
    """Keys as the database writes them, each made a UUID once: 1,000 slots name their hall 1,000 times."""

    def __missing__(self, text: str) -> UUID:
        return self.setdefault(text, UUID(text))


def _key(column: str) -> Cast:
    return Cast(column, CharField())


def listing_of(slots: QuerySet[Slot]) -> Listing:
    """These slots as a list needs them."""
    return _linked(*_facts_of(slots))


def _linked(facts: Sequence[SlotFacts], cast: Mapping[UUID, Sequence[CastFacts]]) -> Listing:
    return Listing(slots=facts, cast=cast, links=slot_links((slot.id, slot.kind) for slot in facts))


def _facts_of(slots: QuerySet[Slot]) -> tuple[Sequence[SlotFacts], Mapping[UUID, Sequence[CastFacts]]]:
    ids = _Ids()
    plain = [name for name in SlotFacts._fields if not name.endswith("id")]
    rows = slots.order_by("starts_at", "position").values_list(
        _key("id"), _key("hall_id"), _key("session_id"), *plain
    )
    facts = [
        SlotFacts(ids[slot], ids[hall], ids[session] if session else None, *rest)
        for slot, hall, session, *rest in rows
    ]
    parts = list(
        SlotPerson.objects.filter(slot__in=slots.order_by().values("pk"), role__in=LISTED_ROLES)
        .order_by("position")
        .values_list(_key("slot_id"), "role", _key("person_id"))
    )
    named = Person.objects.filter(pk__in={person for _, _, person in parts})
    people = {
        row[0]: PersonFacts._make(row[1:]) for row in named.values_list(_key("id"), *PersonFacts._fields)
    }
    cast: dict[str, list[CastFacts]] = defaultdict(list)
    for slot, role, person in parts:
        cast[slot].append(CastFacts(role, people[person]))
    by_slot = {ids[slot]: parts_of_slot for slot, parts_of_slot in cast.items()}
    return facts, by_slot


def slots_shown(congress: Congress | None = None) -> QuerySet[Slot]:
    """What a programme shows: everything but what has been withdrawn from it."""
    slots = Slot.objects.filter(withdrawn=False)
    return slots if congress is None else slots.filter(congress=congress)


def days_of(congress: Congress) -> list[Day]:
    return list(Day.objects.filter(congress=congress, withdrawn=False).order_by("date"))


def halls_of(congress: Congress) -> list[Hall]:
    return list(Hall.objects.filter(congress=congress, withdrawn=False).order_by("position"))


def sessions_of(day: Day) -> list[Session]:
    return list(Session.objects.filter(day=day, withdrawn=False).order_by("starts_at", "position"))


def programme_of(congress: Congress, *, day: Day | None = None, hall: Hall | None = None) -> Listing:
    """A congress's programme, or that of one day or hall; who is on air is asked anew each time."""
    last = Slot.objects.filter(congress=congress).aggregate(slots=Count("pk"), changed=Max("changed_at"))
    stamp = (congress.loaded_at, last["slots"], last["changed"])
    return _linked(*_kept_facts(congress.pk, day and day.pk, hall and hall.pk, stamp))


@lru_cache(maxsize=32)
def _kept_facts(
    congress_id: UUID,
    day_id: UUID | None,
    hall_id: UUID | None,
    _stamp: tuple[datetime, int, datetime | None],
) -> tuple[Sequence[SlotFacts], Mapping[UUID, Sequence[CastFacts]]]:
    """The rows, kept in memory while the programme's stamp is the same: half the time of a page of 1,000 slots.

    Every action that writes a programme moves its stamp: the congress's `loaded_at` or a slot's `changed_at`.
    """
    slots = Slot.objects.filter(withdrawn=False, congress=congress_id)
    if day_id is not None:
        slots = slots.filter(day=day_id)
    if hall_id is not None:
        slots = slots.filter(hall=hall_id)
    return _facts_of(slots)


def on_now(now: datetime, congress: Congress | None = None) -> Listing:
    """What is on: by the programme, or because it is on air whatever the programme says. Breaks are left out."""
    since = now - timedelta(minutes=LONGEST_SLOT_MINUTES)
    on_air = slots_on_air(now)
    slots = slots_shown(congress).filter(
        Q(starts_at__lte=now, starts_at__gt=since) | Q(pk__in=on_air), cancelled=False
    )
    found = listing_of(slots.exclude(kind=SlotKind.BREAK))

    def belongs(slot: SlotFacts) -> bool:
        link = found.links.get(slot.id)
        if slot.id in on_air or (link is not None and link.on_air):
            return True
        ended = link is not None and link.over
        return not ended and is_on(starts_at=slot.starts_at, ends_at=slot.ends_at, now=now)

    return Listing(slots=[slot for slot in found.slots if belongs(slot)], cast=found.cast, links=found.links)


def on_next(
    now: datetime, *, count: int, congress: Congress | None = None, operations: bool = False
) -> Listing:
    """What comes next in time, breaks left out; operations only, if asked."""
    slots = slots_shown(congress).filter(starts_at__gt=now, cancelled=False).exclude(kind=SlotKind.BREAK)
    if operations:
        slots = slots.filter(kind__in=OPERATION_KINDS)
    first = list(slots.order_by("starts_at", "position").values_list("pk", flat=True)[:count])
    found = listing_of(Slot.objects.filter(pk__in=first))
    on_air = slots_on_air(now)
    return Listing(
        slots=[slot for slot in found.slots if slot.id not in on_air], cast=found.cast, links=found.links
    )


def congresses_by_time(today: date) -> tuple[list[Congress], list[Congress], list[Congress]]:
    """Those under way, those to come (soonest first), and those that are over (latest first)."""
    running: list[Congress] = []
    coming: list[Congress] = []
    over: list[Congress] = []
    for congress in Congress.objects.order_by("starts_on", "slug"):
        # A programme of the last day may run past midnight, and the reader's day is not the congress's.
        if congress.ends_on < today - timedelta(days=1):
            over.insert(0, congress)
        elif congress.starts_on > today:
            coming.append(congress)
        else:
            running.append(congress)
    return running, coming, over


@dataclass(frozen=True, kw_only=True)
class CongressCounts:
    slots: int
    operations: int
    faculty: int


def counts_of(congress: Congress) -> CongressCounts:
    """Figures of a congress, each from its own rows."""
    counted = slots_shown(congress).aggregate(
        slots=Count("pk"), operations=Count("pk", filter=Q(kind__in=OPERATION_KINDS))
    )
    faculty = Person.objects.filter(congress=congress, withdrawn=False).count()
    return CongressCounts(faculty=faculty, **counted)


def faculty_of(congress: Congress) -> list[Person]:
    return list(Person.objects.filter(congress=congress, withdrawn=False).order_by("position"))


def last_change(congress: Congress) -> datetime:
    changed = Slot.objects.filter(congress=congress).aggregate(last=Max("changed_at"))["last"]
    return max(congress.loaded_at, changed) if changed else congress.loaded_at


def memberships_of(congress: Congress, *, text: str = "") -> QuerySet[Membership]:
    """Members by name; with `text`, those in whose name, address, city or place of work it occurs."""
    members = Membership.objects.filter(congress=congress).select_related("user")
    for word in text.split():
        members = members.filter(
            Q(user__full_name__icontains=word)
            | Q(user__email__icontains=word)
            | Q(user__city__icontains=word)
            | Q(user__affiliation__icontains=word)
        )
    return members.order_by("user__full_name", "user__email")
