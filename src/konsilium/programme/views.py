"""Pages of congresses and programmes: read, present, write out."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from konsilium.foundation import clock
from konsilium.foundation.localised import localised
from konsilium.foundation.templatetags.konsilium import zone_city
from konsilium.people.access import access_account
from konsilium.programme import present
from konsilium.programme.access import access_congress, access_session, access_slot
from konsilium.programme.actions import join_congress
from konsilium.programme.models import Attendance, Congress
from konsilium.programme.pages import CongressPage, HomePage, NowPage, ProgrammePage
from konsilium.programme.queries import (
    congresses_by_time,
    counts_of,
    days_of,
    faculty_of,
    halls_of,
    on_next,
    on_now,
    programme_of,
    sessions_of,
)
from konsilium.programme.registry import slot_links
from konsilium.programme.rows import Reading, rows_of

NEXT_ON_HOME = 6
NEXT_ON_NOW = 12
NEXT_ON_CONGRESS = 4


def _reading(congress: Congress | None, now: datetime) -> Reading:
    mine = ZoneInfo(timezone.get_current_timezone_name())
    return Reading(
        zone=mine, there=congress.zone if congress else mine, now=now, of_date=timezone.localdate(now)
    )


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is on air now, what comes next in my time, and the congresses."""
    now = clock.now()
    current, following = on_now(now), on_next(now, count=NEXT_ON_HOME, operations=True)
    reading, places = _reading(None, now), present.places_of(current, following)
    rows = rows_of(current, reading, places=places)
    running, coming, over = congresses_by_time(timezone.localdate(now))
    page = HomePage(
        on_air_rows=[row for row in rows if row.on_air],
        now_rows=[row for row in rows if not row.on_air],
        next_rows=rows_of(following, reading, places=places),
        running=[present.card_of(congress) for congress in running],
        coming=[present.card_of(congress) for congress in coming],
        over=[present.card_of(congress) for congress in over],
    )
    return render(request, "programme/home.html", vars(page))


@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Everything that is on at this moment, and what comes next."""
    moment = clock.now()
    current, following = on_now(moment), on_next(moment, count=NEXT_ON_NOW)
    reading, places = _reading(None, moment), present.places_of(current, following)
    rows = rows_of(current, reading, places=places)
    page = NowPage(
        on_air_rows=[row for row in rows if row.on_air],
        now_rows=[row for row in rows if not row.on_air],
        next_rows=rows_of(following, reading, places=places),
        moment=moment,
    )
    return render(request, "programme/now.html", vars(page))


@require_GET
def congress(request: HttpRequest, slug: str) -> HttpResponse:
    """One congress: what it is, how the reader stands towards it, what is on, who speaks and operates."""
    moment = clock.now()
    found = access_congress(request.user, slug)
    current, following = on_now(moment, found), on_next(moment, count=NEXT_ON_CONGRESS, congress=found)
    reading, halls = _reading(found, moment), halls_of(found)
    places = present.hall_names(halls)
    page = CongressPage(
        congress=found,
        title=localised(found.title),
        description=localised(found.description),
        organiser=localised(found.organiser),
        city=localised(found.city),
        country=present.country_of(found),
        zone_city=zone_city(found.time_zone),
        standing=present.standing_of(request.user, found, moment),
        days=present.day_tabs(found, days_of(found), chosen=None, query=""),
        now_rows=rows_of(current, reading, places=places),
        next_rows=rows_of(following, reading, places=places),
        places=present.faculty_by_place(faculty_of(found)),
        calendars=present.calendar_links(request, found, halls),
        **vars(counts_of(found)),
    )
    return render(request, "programme/congress.html", vars(page))


@require_POST
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Take part in a congress as a delegate."""
    user = access_account(request.user)
    found = access_congress(user, slug)
    chosen = request.POST.get("attendance", "")
    attendance = Attendance(chosen) if chosen in Attendance.values else Attendance.ONLINE
    join_congress(actor=user, congress=found, now=clock.now(), attendance=attendance)
    return redirect("congress", slug=slug)


@require_GET
def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """The programme of one day, hall by hall: `?day=`, `?hall=`, `?tz=congress`."""
    moment = clock.now()
    found = access_congress(request.user, slug)
    days, halls = days_of(found), halls_of(found)
    day = present.chosen_day(days, request.GET.get("day", ""), found, moment)
    hall = next((hall for hall in halls if hall.key == request.GET.get("hall")), None)
    theirs = request.GET.get("tz") == present.THEIRS
    mine = timezone.get_current_timezone_name()
    zone = found.zone if theirs else ZoneInfo(mine)
    with timezone.override(zone):
        reading = Reading(zone=zone, there=found.zone, now=moment, of_date=day.date if day else None)
        listing = programme_of(found, day=day, hall=hall)
        page = ProgrammePage(
            congress=found,
            title=localised(found.title),
            days=present.day_tabs(found, days, chosen=day, query=present.query_of(hall=hall, theirs=theirs)),
            halls=present.columns(
                request, found, [hall] if hall else halls, sessions_of(day) if day else [], listing, reading
            ),
            zones=present.zone_choices(found, mine=mine, day=day, hall=hall, theirs=theirs),
            one_hall=localised(hall.title) if hall else "",
            all_halls_url=present.programme_url(found, day=day, theirs=theirs),
            calendar_url=present.calendar_url(request, found),
        )
        return render(request, "programme/programme.html", vars(page))


@require_GET
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One session: what it is about, who chairs it, its slots."""
    found = access_session(request.user, session_id)
    return render(request, "programme/session.html", vars(present.session_page(found, clock.now())))


@require_GET
def slot(request: HttpRequest, slot_id: UUID) -> HttpResponse:
    """One slot; one that has a page of its own, as an operation has, sends its reader there."""
    found = access_slot(request.user, slot_id)
    if link := slot_links([(found.pk, found.kind)]).get(found.pk):
        return redirect(link.url)
    return render(request, "programme/slot.html", vars(present.slot_page(found)))
