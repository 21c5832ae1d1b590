"""From rows of the database to what a page shows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from konsilium.foundation.localised import localised
from konsilium.foundation.templatetags.konsilium import zone_city
from konsilium.people.countries import country_name
from konsilium.people.models import User
from konsilium.people.queries import current_verification
from konsilium.people.roles import Role
from konsilium.programme.access import membership_of
from konsilium.programme.models import (
    Congress,
    Day,
    Hall,
    Person,
    PersonRole,
    Session,
    SessionPerson,
    Slot,
    SlotKind,
    SlotPerson,
)
from konsilium.programme.pages import (
    CalendarLink,
    CongressCard,
    DayTab,
    HallColumn,
    PersonLine,
    Place,
    SessionBlock,
    SessionPage,
    SlotPage,
    Standing,
    ZoneChoice,
)
from konsilium.programme.queries import Listing, listing_of, slots_shown
from konsilium.programme.rows import Reading, SlotRow, rows_of

#: The value of `?tz=` that shows a programme in the time of its congress.
THEIRS = "congress"


def card_of(congress: Congress) -> CongressCard:
    return CongressCard(
        title=localised(congress.title),
        slug=congress.slug,
        city=localised(congress.city),
        starts_on=congress.starts_on,
        ends_on=congress.ends_on,
        url=reverse("congress", args=[congress.slug]),
        demonstration=congress.demonstration,
    )


def hall_names(halls: Sequence[Hall]) -> dict[UUID, str]:
    return {hall.pk: localised(hall.title) for hall in halls}


def places_of(*listings: Listing) -> dict[UUID, str]:
    """Hall and congress for each hall of these listings, which may be of several congresses."""
    wanted = {slot.hall_id for listing in listings for slot in listing.slots}
    halls = Hall.objects.filter(pk__in=wanted).select_related("congress")
    return {hall.pk: f"{localised(hall.title)}, {localised(hall.congress.title)}" for hall in halls}


def country_of(congress: Congress) -> str:
    return country_name(congress.country) if congress.country else ""


def standing_of(actor: User | AnonymousUser, congress: Congress, now: datetime) -> Standing:
    membership = membership_of(actor, congress)
    administrator = isinstance(actor, User) and actor.is_superuser
    return Standing(
        signed_in=actor.is_authenticated,
        membership=membership,
        verification=current_verification(actor, now),
        may_join=congress.registration_open and membership is None,
        may_organise=administrator or (membership is not None and membership.has(Role.ORGANISER)),
        may_direct=administrator
        or (membership is not None and membership.has(Role.ORGANISER, Role.DIRECTOR)),
    )


def chosen_day(days: Sequence[Day], key: str, congress: Congress, now: datetime) -> Day | None:
    """The day asked for; else today's, where the congress is; else the first one to come, or the last."""
    if asked := next((day for day in days if day.key == key), None):
        return asked
    today = now.astimezone(congress.zone).date()
    return next((day for day in days if day.date >= today), days[-1] if days else None)


def query_of(*, day: Day | None = None, hall: Hall | None = None, theirs: bool = False) -> str:
    chosen = {"day": day.key if day else "", "hall": hall.key if hall else "", "tz": THEIRS if theirs else ""}
    return urlencode({name: value for name, value in chosen.items() if value})


def programme_url(
    congress: Congress, *, day: Day | None = None, hall: Hall | None = None, theirs: bool = False
) -> str:
    query = query_of(day=day, hall=hall, theirs=theirs)
    return reverse("programme", args=[congress.slug]) + (f"?{query}" if query else "")


def day_tabs(congress: Congress, days: Sequence[Day], *, chosen: Day | None, query: str) -> list[DayTab]:
    base = reverse("programme", args=[congress.slug])
    return [
        DayTab(
            key=day.key,
            number=number,
            date=day.date,
            title=localised(day.title),
            url=f"{base}?{urlencode({'day': day.key})}{f'&{query}' if query else ''}",
            current=chosen is not None and day.pk == chosen.pk,
        )
        for number, day in enumerate(days, 1)
    ]


def zone_choices(
    congress: Congress, *, mine: str, day: Day | None, hall: Hall | None, theirs: bool
) -> list[ZoneChoice]:
    """My time zone and the congress's; no choice where they are the same."""
    if mine == congress.time_zone:
        return []
    return [
        ZoneChoice(
            title=zone_city(mine), url=programme_url(congress, day=day, hall=hall), current=not theirs
        ),
        ZoneChoice(
            title=zone_city(congress.time_zone),
            url=programme_url(congress, day=day, hall=hall, theirs=True),
            current=theirs,
        ),
    ]


def columns(
    request: HttpRequest,
    congress: Congress,
    halls: Sequence[Hall],
    sessions: Sequence[Session],
    listing: Listing,
    reading: Reading,
) -> list[HallColumn]:
    """Each hall with its sessions in the order of time, and what belongs to no session between them."""
    in_hall: dict[UUID, dict[UUID | None, list[SlotRow]]] = defaultdict(lambda: defaultdict(list))
    for slot, row in zip(listing.slots, rows_of(listing, reading), strict=True):
        in_hall[slot.hall_id][slot.session_id].append(row)
    chairs = _chairs(sessions)
    known = {session.pk: session for session in sessions}
    first = _first_hall(halls, in_hall)
    return [
        HallColumn(
            key=hall.key,
            title=localised(hall.title),
            kind=hall.kind,
            first=hall.pk == first,
            calendar_url=calendar_url(request, congress, hall),
            blocks=[
                _block(known.get(key) if key else None, rows, chairs.get(key, "") if key else "")
                for key, rows in sorted(in_hall[hall.pk].items(), key=lambda item: item[1][0].moment)
            ],
        )
        for hall in halls
    ]


def _first_hall(halls: Sequence[Hall], in_hall: dict[UUID, dict[UUID | None, list[SlotRow]]]) -> UUID | None:
    """The hall a phone opens with: where something is on air, else where something is on."""

    def interest(hall: Hall) -> int:
        rows = [row for block in in_hall[hall.pk].values() for row in block]
        return max((2 * row.on_air + row.now for row in rows), default=-1)

    return max(halls, key=interest).pk if halls else None


def _block(session: Session | None, rows: list[SlotRow], chairs: str) -> SessionBlock:
    if session is None:
        return SessionBlock(rows=rows)
    return SessionBlock(
        title=localised(session.title), url=reverse("session", args=[session.pk]), chairs=chairs, rows=rows
    )


def _chairs(sessions: Sequence[Session]) -> dict[UUID, str]:
    parts = SessionPerson.objects.filter(
        session__in=[session.pk for session in sessions], role__in=(PersonRole.CHAIR, PersonRole.MODERATOR)
    )
    names: dict[UUID, list[str]] = defaultdict(list)
    for session, name in parts.order_by("position").values_list("session_id", "person__name"):
        names[session].append(localised(name))
    return {session: ", ".join(chairs) for session, chairs in names.items()}


def faculty_by_place(faculty: Sequence[Person]) -> list[Place]:
    """Faculty by the city they come from, the largest group first."""
    by_city: dict[str, list[PersonLine]] = defaultdict(list)
    for person in faculty:
        line = PersonLine(name=localised(person.name), origin=localised(person.affiliation))
        city = localised(person.city)
        country = country_name(person.country) if person.country else ""
        by_city[", ".join(part for part in (city, country) if part)].append(line)
    return [
        Place(city=city, people=people)
        for city, people in sorted(by_city.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def calendar_url(request: HttpRequest, congress: Congress, hall: Hall | None = None) -> str:
    """Absolute, and with the language in it: a calendar program sends no cookie."""
    path = (
        reverse("hall_calendar", args=[congress.slug, hall.key])
        if hall
        else reverse("congress_calendar", args=[congress.slug])
    )
    return request.build_absolute_uri(f"{path}?{urlencode({'lang': translation.get_language() or 'en'})}")


def calendar_links(request: HttpRequest, congress: Congress, halls: Sequence[Hall]) -> list[CalendarLink]:
    whole = CalendarLink(title=_("The whole congress"), url=calendar_url(request, congress))
    return [
        whole,
        *(
            CalendarLink(title=localised(hall.title), url=calendar_url(request, congress, hall))
            for hall in halls
        ),
    ]


def _line(part: SlotPerson | SessionPerson) -> PersonLine:
    person = part.person
    origin = ", ".join(text for text in (localised(person.affiliation), localised(person.city)) if text)
    return PersonLine(name=localised(person.name), origin=origin, role=str(PersonRole(part.role).label))


def session_page(session: Session, now: datetime) -> SessionPage:
    congress = session.congress
    zone = timezone.get_current_timezone()
    reading = Reading(
        zone=zone, there=congress.zone, now=now, of_date=session.starts_at.astimezone(zone).date()
    )
    parts = SessionPerson.objects.filter(session=session).select_related("person").order_by("position")
    return SessionPage(
        congress=congress,
        congress_title=localised(congress.title),
        title=localised(session.title),
        description=localised(session.description),
        hall=localised(session.hall.title),
        specialty=localised(session.specialty.title) if session.specialty else "",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        chairs=[_line(part) for part in parts],
        rows=rows_of(listing_of(slots_shown(congress).filter(session=session)), reading),
        programme_url=programme_url(congress, day=session.day),
    )


def slot_page(slot: Slot) -> SlotPage:
    congress = slot.congress
    parts = SlotPerson.objects.filter(slot=slot).select_related("person").order_by("position")
    return SlotPage(
        congress=congress,
        congress_title=localised(congress.title),
        title=localised(slot.title),
        description=localised(slot.description),
        kind=slot.kind,
        kind_label=str(SlotKind(slot.kind).label),
        hall=localised(slot.hall.title),
        specialty=localised(slot.specialty.title) if slot.specialty else "",
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        estimated=slot.estimated,
        cancelled=slot.cancelled,
        withdrawn=slot.withdrawn,
        is_operation=slot.is_operation,
        session_title=localised(slot.session.title) if slot.session else "",
        session_url=reverse("session", args=[slot.session_id]) if slot.session_id else "",
        people=[_line(part) for part in parts],
        programme_url=programme_url(congress, day=slot.day),
    )
