"""The page of a theatre's feeds: its cameras and interpreters, and where their encoders call."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from konsilium.broadcast.access import access_as_in_charge
from konsilium.broadcast.actions import add_feed, change_feed
from konsilium.broadcast.decisions import has_room
from konsilium.broadcast.models import Feed
from konsilium.broadcast.queries import channel_running, feeds_in, sounding_feed
from konsilium.foundation import clock
from konsilium.foundation.errors import Missing
from konsilium.foundation.localised import language_name, localised
from konsilium.people.models import User
from konsilium.programme.access import access_congress
from konsilium.programme.models import Congress, Hall
from konsilium.venue.bootstraps import srt_address
from konsilium.venue.forms import FeedChangeForm, FeedForm


@dataclass(frozen=True, kw_only=True)
class FeedRow:
    feed: Feed
    title: str
    language: str
    srt: str
    sounds: bool
    form: FeedChangeForm


@require_http_methods(["GET", "POST"])
@never_cache
def feeds(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """All feeds; `POST` adds one."""
    congress, hall, user = _in_charge(request, slug, key)
    form = FeedForm(request.POST or None, hall=hall)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        add_feed(
            hall=hall,
            key=said["key"],
            title={"und": said["title"]},
            carries_sound=said["carries_sound"],
            language=said["language"],
            actor=user,
            now=clock.now(),
        )
        messages.success(request, _("The feed has a port and a passphrase of its own."))
        if channel_running(hall):
            messages.info(request, _("It joins what is on air. Whoever watches finds it after a reload."))
        return redirect("hall_feeds", slug=slug, key=key)
    return _page(request, congress, hall, form)


@require_POST
def feed(request: HttpRequest, slug: str, key: str, feed_id: UUID) -> HttpResponse:
    """Another name, everybody's sound, a new passphrase."""
    congress, hall, user = _in_charge(request, slug, key)
    found = Feed.objects.filter(hall=hall, pk=feed_id).first()
    if found is None:
        raise Missing
    form = FeedChangeForm(request.POST, feed=found)
    if not form.is_valid():
        return _page(request, congress, hall, FeedForm(hall=hall), changed=form)
    said = form.cleaned_data
    change_feed(
        feed=found,
        # A name in several languages stays as it is, unless somebody wrote another.
        title={"und": said["title"]} if "title" in form.changed_data else found.title,
        carries_sound=said["carries_sound"],
        new_passphrase=said["new_passphrase"],
        actor=user,
        now=clock.now(),
    )
    if said["new_passphrase"]:
        messages.success(request, _("The feed has a new passphrase. Put the new address into its encoder."))
    else:
        messages.success(request, _("The feed is changed."))
    return redirect("hall_feeds", slug=slug, key=key)


def _in_charge(request: HttpRequest, slug: str, key: str) -> tuple[Congress, Hall, User]:
    congress = access_congress(request.user, slug)
    user = access_as_in_charge(request.user, congress)
    hall = Hall.objects.filter(congress=congress, key=key).first()
    if hall is None:
        raise Missing
    return congress, hall, user


def _page(
    request: HttpRequest,
    congress: Congress,
    hall: Hall,
    form: FeedForm,
    changed: FeedChangeForm | None = None,
) -> HttpResponse:
    present = feeds_in(hall)
    sounding = sounding_feed(present)
    context = {
        "congress": congress,
        "congress_title": localised(congress.title),
        "hall": localised(hall.title),
        "hall_key": hall.key,
        "feeds": [
            FeedRow(
                feed=feed,
                title=localised(feed.title),
                language=language_name(feed.language),
                srt=srt_address(feed),
                sounds=feed == sounding,
                form=changed if changed and changed.feed == feed else FeedChangeForm(feed=feed),
            )
            for feed in present
        ],
        "form": form,
        "full": not any(has_room(present, interpreter=interpreter) for interpreter in (False, True)),
    }
    status = 422 if form.is_bound or changed else 200
    return render(request, "venue/feeds.html", context, status=status)
