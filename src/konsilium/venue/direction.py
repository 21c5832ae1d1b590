"""Beside the director's desk: what happened, whether one can go on air, the feeds of a theatre."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from konsilium.broadcast.access import access_as_in_charge
from konsilium.broadcast.actions import prepare_feed
from konsilium.broadcast.decisions import MOST_FEEDS
from konsilium.broadcast.models import Feed
from konsilium.broadcast.preflight import preflight_of
from konsilium.broadcast.queries import channel_running
from konsilium.broadcast.registry import DIRECT
from konsilium.broadcast.reports import disk_report
from konsilium.foundation import clock
from konsilium.foundation.errors import Missing
from konsilium.foundation.localised import language_name, localised
from konsilium.programme.access import access_congress
from konsilium.programme.models import Hall
from konsilium.venue.access import access_room_page
from konsilium.venue.bootstraps import srt_address
from konsilium.venue.forms import FeedForm
from konsilium.venue.log import log_of

DIRECTING = frozenset({DIRECT})


@require_GET
@never_cache
def log(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """What happened to the broadcast, by whom, in words; the latest last."""
    found, _viewer = access_room_page(request.user, operation_id, clock.now(), ability=DIRECTING)
    return JsonResponse({"log": log_of(found)})


@require_GET
@never_cache
def preflight(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Whether picture and sound are fit to go on air, and what is wrong."""
    now = clock.now()
    found, _viewer = access_room_page(request.user, operation_id, now, ability=DIRECTING)
    disk = disk_report(now)
    checks = preflight_of(found.slot.hall, now=now, film=found.film)
    return JsonResponse({"checks": checks, "disk": disk.facts() if disk else None})


@require_http_methods(["GET", "POST"])
@never_cache
def feeds(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The cameras and devices of a theatre, and where their encoders call."""
    congress = access_congress(request.user, slug)
    access_as_in_charge(request.user, congress)
    hall = Hall.objects.filter(congress=congress, key=key).first()
    if hall is None:
        raise Missing
    present = list(Feed.objects.filter(hall=hall).order_by("position", "key"))
    form = FeedForm(request.POST or None, hall=hall)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        prepare_feed(
            hall=hall,
            key=said["key"],
            title={"und": said["title"]},
            position=len(present),
            carries_sound=said["carries_sound"],
            language=said["language"],
        )
        messages.success(request, _("The feed has a port and a passphrase of its own."))
        if channel_running(hall):
            messages.info(request, _("It joins what is on air. Whoever watches finds it after a reload."))
        return redirect("hall_feeds", slug=slug, key=key)
    context = {
        "congress": congress,
        "congress_title": localised(congress.title),
        "hall": localised(hall.title),
        "feeds": [
            {
                "feed": feed,
                "title": localised(feed.title),
                "language": language_name(feed.language),
                "srt": srt_address(feed),
            }
            for feed in present
        ],
        "form": form,
        "full": len(present) >= 2 * MOST_FEEDS,
    }
    return render(request, "venue/feeds.html", context, status=422 if form.is_bound else 200)
