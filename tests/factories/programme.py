"""Congresses with a programme. Everything is in Almaty and in English unless said otherwise."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from konsilium.people.models import User
from konsilium.people.roles import Role
from konsilium.programme.models import (
    Congress,
    Day,
    Hall,
    HallKind,
    Membership,
    Person,
    PersonRole,
    Session,
    Slot,
    SlotKind,
    SlotPerson,
)

_numbers = count(1)


def make_congress(now: datetime, *, slug: str = "", days: int = 3, **fields: object) -> Congress:
    """A congress whose first day is the day of `now` where it takes place."""
    slug = slug or f"congress-{next(_numbers)}"
    zone = ZoneInfo(str(fields.get("time_zone", "Asia/Almaty")))
    today = now.astimezone(zone).date()
    values: dict[str, object] = {
        "title": {"en": slug.title(), "ru": f"Конгресс {slug}"},
        "city": {"en": "Oskemen", "ru": "Усть-Каменогорск"},
        "country": "KZ",
        "time_zone": "Asia/Almaty",
        "starts_on": today,
        "ends_on": today + timedelta(days=days - 1),
        "loaded_at": now,
    }
    congress = Congress.objects.create(slug=slug, **(values | fields))
    for number in range(days):
        Day.objects.create(
            congress=congress, key=f"day-{number + 1}", position=number, date=today + timedelta(days=number)
        )
    return congress


def make_hall(congress: Congress, key: str = "", *, kind: HallKind = HallKind.HALL) -> Hall:
    position = congress.halls.count()
    key = key or f"hall-{position + 1}"
    return Hall.objects.create(
        congress=congress, key=key, kind=kind, title={"en": key.title()}, position=position
    )


def make_slot(
    congress: Congress,
    starts_at: datetime,
    *,
    kind: SlotKind = SlotKind.TALK,
    minutes: int = 30,
    hall: Hall | None = None,
    day: Day | None = None,
    session: Session | None = None,
    title: str = "",
    changed_at: datetime | None = None,
    **fields: object,
) -> Slot:
    number = next(_numbers)
    return Slot.objects.create(
        congress=congress,
        key=f"slot-{number}",
        kind=kind,
        title={"en": title or f"Slot {number}"},
        starts_at=starts_at,
        minutes=minutes,
        hall=hall or congress.halls.first() or make_hall(congress),
        day=day or congress.days.get(key="day-1"),
        session=session,
        changed_at=changed_at or congress.loaded_at,
        **fields,
    )


def make_person(
    congress: Congress, name: str = "", *, city: str = "Almaty", user: User | None = None
) -> Person:
    number = next(_numbers)
    return Person.objects.create(
        congress=congress,
        key=f"person-{number}",
        name={"en": name or f"Dr {number}"},
        city={"en": city},
        user=user,
        position=number,
    )


def cast(slot: Slot, person: Person, role: PersonRole = PersonRole.SPEAKER) -> SlotPerson:
    return SlotPerson.objects.create(slot=slot, person=person, role=role, position=slot.people.count())


def make_member(congress: Congress, user: User, roles: Iterable[Role] = (Role.DELEGATE,)) -> Membership:
    return Membership.objects.create(
        congress=congress, user=user, roles=[role.value for role in roles], joined_at=congress.loaded_at
    )


def fill_programme(congress: Congress, *, slots: int, halls: int = 4) -> None:
    """Many slots on the first day, each with two people, without a query for each."""
    day = congress.days.get(key="day-1")
    rooms = [make_hall(congress) for _ in range(halls)]
    people = [make_person(congress, city="Tbilisi") for _ in range(40)]
    midnight = datetime(day.date.year, day.date.month, day.date.day, tzinfo=UTC)
    kinds = [SlotKind.TALK, SlotKind.LIVE, SlotKind.DISCUSSION, SlotKind.BREAK]
    first = congress.slots.count()
    rows = [
        Slot(
            congress=congress,
            day=day,
            hall=rooms[number % halls],
            key=f"many-{first + number}",
            kind=kinds[number % len(kinds)],
            title={"ru": f"Доклад {number}", "kk": f"Баяндама {number}", "en": f"Talk {number}"},
            starts_at=midnight + timedelta(minutes=number // halls * 5 % 1380),
            minutes=5,
            estimated=number % 2 == 0,
            changed_at=congress.loaded_at,
        )
        for number in range(slots)
    ]
    Slot.objects.bulk_create(rows, batch_size=500)
    SlotPerson.objects.bulk_create(
        [
            SlotPerson(slot=slot, person=people[(number + part) % 40], role=role, position=part)
            for number, slot in enumerate(rows)
            for part, role in enumerate((PersonRole.HOST, PersonRole.GUEST))
        ],
        batch_size=500,
    )
