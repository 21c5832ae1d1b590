"""Beside the director's desk: what happened, and whether one can go on air."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from konsilium.broadcast.preflight import preflight_of
from konsilium.broadcast.registry import DIRECT
from konsilium.broadcast.reports import disk_report
from konsilium.foundation import clock
from konsilium.venue.access import access_room_page
from konsilium.venue.bootstraps import feeds_facts, showable_facts
from konsilium.venue.log import log_of

DIRECTING = frozenset({DIRECT})


@require_GET
@never_cache
def log(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """What happened to the broadcast, by whom, in words, the latest last; and the desk's lists as they are now."""
    found, _viewer = access_room_page(request.user, operation_id, clock.now(), ability=DIRECTING)
    facts = {
        "log": log_of(found),
        "recordings": showable_facts(found),
        "feeds": feeds_facts(found.slot.hall),
    }
    return JsonResponse(facts)


@require_GET
@never_cache
def preflight(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Whether picture and sound are fit to go on air, and what is wrong."""
    now = clock.now()
    found, _viewer = access_room_page(request.user, operation_id, now, ability=DIRECTING)
    disk = disk_report(now)
    checks = preflight_of(found.slot.hall, now=now, film=found.film)
    return JsonResponse({"checks": checks, "disk": disk.facts() if disk else None})
