"""The page of a congress's recordings: uploads on their way, what is kept, which slot shows what."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from konsilium.broadcast.access import Library, access_library, access_recording, access_recordings
from konsilium.broadcast.actions import DestroyReason, abandon_upload, convert_again, destroy_recording
from konsilium.broadcast.decisions import ChannelState, RecordingState
from konsilium.broadcast.queries import library_of, recordings_of, upload_limit
from konsilium.broadcast.reports import disk_report
from konsilium.foundation import clock
from konsilium.foundation.errors import Missing, Refused
from konsilium.foundation.localised import localised
from konsilium.people.roles import Role
from konsilium.programme.access import access_as_organiser, membership_of
from konsilium.programme.models import Congress
from konsilium.theatre.actions import attach_film
from konsilium.theatre.queries import operation_with_film, operations_with_film
from konsilium.venue.bootstraps import preview_bootstrap, site_facts
from konsilium.venue.forms import ConfirmForm
from konsilium.venue.library import can_be_looked_at, recording_line
from konsilium.venue.recording import DESTROY_WORD


@dataclass(frozen=True, kw_only=True)
class Choice:
    id: str
    title: str
    ready: bool
    chosen: bool


@require_GET
@never_cache
def recordings(request: HttpRequest, slug: str) -> HttpResponse:
    """The library; to those in charge also uploads with their progress, and the slots that show a recording."""
    now = clock.now()
    library = access_library(request.user, slug, now)
    disk = disk_report(now)
    context = {
        "congress": library.congress,
        "congress_title": localised(library.congress.title),
        "in_charge": library.in_charge,
        "slots": _slots(library.congress) if library.in_charge else [],
        "disk": disk if library.in_charge else None,
        "bootstrap": {
            **site_facts(request),
            "congress_zone": library.congress.time_zone,
            "uploads": {
                "tus_url": reverse("uploads", args=[slug]) if library.in_charge else None,
                "max_bytes": upload_limit(),
                "list_url": reverse("recordings_list", args=[slug]),
            },
            "recordings": _lines(library, now),
        },
    }
    return render(request, "venue/recordings.html", context)


def _slots(congress: Congress) -> list[dict[str, object]]:
    present = [one for one in recordings_of(congress) if one.state != RecordingState.DESTROYED]
    return [
        {
            "id": str(operation.pk),
            "title": localised(operation.slot.title),
            "kind": operation.slot.kind,
            "starts_at": operation.slot.starts_at,
            "choices": [
                Choice(
                    id=str(one.pk),
                    title=localised(one.title),
                    ready=one.state == RecordingState.KEPT,
                    chosen=one.pk == operation.film_id,
                )
                for one in present
                # Its own recording is not what it opens with.
                if one.channel_id is None or one.channel_id != operation.channel_id
            ],
        }
        for operation in operations_with_film(congress)
    ]


@require_GET
@never_cache
def recordings_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The same list, for the page to follow."""
    now = clock.now()
    return JsonResponse({"recordings": _lines(access_library(request.user, slug, now), now)})


def _lines(library: Library, now: datetime) -> list[dict[str, object]]:
    membership = membership_of(library.user, library.congress)
    organises = library.user.is_superuser or (membership is not None and membership.has(Role.ORGANISER))
    shown = recordings_of(library.congress) if library.in_charge else library_of(library.congress)
    return [recording_line(one, in_charge=library.in_charge, may_destroy=organises, now=now) for one in shown]


@require_POST
def attach(request: HttpRequest, slug: str, operation_id: UUID) -> HttpResponse:
    """Say which recording a slot shows."""
    congress, user = access_recordings(request.user, slug)
    operation = operation_with_film(congress, operation_id)
    if operation is None:
        raise Missing
    chosen = request.POST.get("recording", "")
    film = next((one for one in recordings_of(congress) if str(one.pk) == chosen), None)
    if chosen and film is None:
        raise Missing
    attach_film(operation=operation, film=film, actor=user, now=clock.now())
    messages.success(
        request, _("The recording of this slot is chosen.") if film else _("No recording is chosen.")
    )
    return redirect("recordings", slug=slug)


@require_http_methods(["GET", "POST", "DELETE"])
@never_cache
def destroy(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """Throw away an unfinished or failed upload at once; what can be watched, only after a typed word."""
    found, user = access_recording(request.user, recording_id)
    slug, now = found.congress.slug, clock.now()
    if request.method == "DELETE":
        if found.state == RecordingState.UPLOADING:
            abandon_upload(upload=found, actor=user, now=now)
        elif found.state in {RecordingState.CONVERTING, RecordingState.FAILED}:
            destroy_recording(recording=found, reason=DestroyReason.REMOVED, actor=user, now=now)
        else:
            raise Refused(_("This recording is removed on a page of its own."), code="confirm_first")
        return HttpResponse(status=204)
    access_as_organiser(request.user, slug)
    form = ConfirmForm(request.POST or None, word=str(DESTROY_WORD))
    if request.method == "POST" and form.is_valid():
        destroy_recording(recording=found, reason=DestroyReason.REMOVED, actor=user, now=now)
        messages.success(
            request, _("The key is destroyed. Nobody can watch a copy of this recording any more.")
        )
        return redirect("recordings", slug=slug)
    context = {
        "congress": found.congress,
        "congress_title": localised(found.congress.title),
        "title": localised(found.title),
        "form": form,
        "word": DESTROY_WORD,
        "destroyed": found.state == RecordingState.DESTROYED,
        "shown_now": found.shown_by.filter(state=ChannelState.LIVE).exists(),
    }
    return render(request, "venue/destroy.html", context, status=422 if form.is_bound else 200)


@require_GET
@never_cache
def preview(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """A film as it will be shown, to those in charge and before it is on air."""
    found, user = access_recording(request.user, recording_id)
    if not can_be_looked_at(found):
        raise Missing
    context = {
        "title": localised(found.title),
        "congress": found.congress,
        "bootstrap": preview_bootstrap(request, found, user),
    }
    return render(request, "venue/preview.html", context)


@require_POST
def convert(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """Try a failed conversion once more."""
    found, user = access_recording(request.user, recording_id)
    convert_again(recording=found, actor=user, now=clock.now())
    return redirect("recordings", slug=found.congress.slug)
