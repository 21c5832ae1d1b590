"""Calendars that follow a programme. They know no session and no cookie: the language is in the address."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from konsilium.foundation.errors import Missing
from konsilium.foundation.localised import localised
from konsilium.programme.access import access_congress
from konsilium.programme.calendar import Entry, calendar_bytes
from konsilium.programme.models import Congress, Hall, PersonRole, Slot, SlotKind, SlotPerson
from konsilium.programme.queries import last_change

#: Who is named in a calendar's entry, in this order.
NAMED = (PersonRole.HOST, PersonRole.GUEST, PersonRole.SPEAKER, PersonRole.MODERATOR, PersonRole.PANELLIST)


@require_safe
def congress_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    return _calendar(request, access_congress(request.user, slug), None)


@require_safe
def hall_calendar(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    congress = access_congress(request.user, slug)
    hall = Hall.objects.filter(congress=congress, key=key).first()
    if hall is None:
        raise Missing
    return _calendar(request, congress, hall)


def _calendar(request: HttpRequest, congress: Congress, hall: Hall | None) -> HttpResponse:
    asked = request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else translation.get_language() or "en"
    changed = last_change(congress)
    etag = quote_etag(f"{congress.pk.hex}-{hall.pk.hex if hall else 'all'}-{language}-{changed.timestamp()}")
    modified = int(changed.timestamp())
    if answer := get_conditional_response(request, etag=etag, last_modified=modified):
        return answer
    with translation.override(language):
        title = localised(congress.title)
        body = calendar_bytes(
            title=f"{title}: {localised(hall.title)}" if hall else title,
            language=language,
            zone=congress.zone,
            entries=_entries(request, congress, hall),
        )
    name = f"{congress.slug}-{hall.key}.ics" if hall else f"{congress.slug}.ics"
    return HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": etag,
            "Last-Modified": http_date(modified),
            "Cache-Control": "public, max-age=300",
            "Content-Disposition": f'inline; filename="{name}"',
            "Content-Language": language,
        },
    )


def _entries(request: HttpRequest, congress: Congress, hall: Hall | None) -> list[Entry]:
    """Every slot, also what was cancelled or withdrawn: calendars that have it must learn that it is off."""
    slots = Slot.objects.filter(congress=congress).select_related("hall", "specialty").order_by("starts_at")
    slots = slots.filter(hall=hall) if hall else slots
    people = _people(slots.values_list("pk", flat=True))
    city = localised(congress.city)
    return [
        Entry(
            uid=f"{slot.pk}@konsilium",
            sequence=slot.revision,
            changed_at=slot.changed_at,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            title=localised(slot.title),
            description="\n".join(_description(slot, people.get(slot.pk, []))),
            location=", ".join(part for part in (localised(slot.hall.title), city) if part),
            url=request.build_absolute_uri(reverse("slot", args=[slot.pk])),
            categories=_categories(slot),
            estimated=slot.estimated,
            cancelled=slot.cancelled or slot.withdrawn,
        )
        for slot in slots
    ]


def _people(slots: Iterable[UUID]) -> dict[UUID, list[str]]:
    parts = SlotPerson.objects.filter(slot__in=slots, role__in=NAMED).select_related("person")
    people: dict[UUID, list[str]] = defaultdict(list)
    for part in parts.order_by("position"):
        city = localised(part.person.city)
        name = localised(part.person.name)
        people[part.slot_id].append(
            f"{PersonRole(part.role).label}: {name}, {city}"
            if city
            else f"{PersonRole(part.role).label}: {name}"
        )
    return people


def _description(slot: Slot, people: list[str]) -> list[str]:
    lines = [str(SlotKind(slot.kind).label), *people]
    if slot.estimated:
        lines.append(_("The start is an estimate."))
    if text := localised(slot.description):
        lines.append(text)
    return lines


def _categories(slot: Slot) -> tuple[str, ...]:
    kind = str(SlotKind(slot.kind).label)
    return (kind, localised(slot.specialty.title)) if slot.specialty else (kind,)
