"""The page of an operation's recording: watching it, its clips, and its end when a consent is withdrawn."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import AwareDatetime, Field, ValidationError

from konsilium.broadcast.actions import make_clip, remove_clip, restore_clip
from konsilium.broadcast.decisions import ChannelState, RecordingState
from konsilium.broadcast.models import Recording
from konsilium.broadcast.registry import DOWNLOAD
from konsilium.foundation import clock
from konsilium.foundation.errors import Invalid, KonsiliumError, Missing
from konsilium.foundation.localised import localised
from konsilium.people.access import access_account
from konsilium.people.models import User
from konsilium.programme.access import access_as_organiser
from konsilium.rooms.registry import Wire
from konsilium.theatre.actions import withdraw_consent
from konsilium.theatre.decisions import CLIP, OperationState
from konsilium.theatre.models import Operation
from konsilium.theatre.queries import copies_of_patient, film_of_patient
from konsilium.venue.access import access_room_page
from konsilium.venue.bootstraps import clip_facts, recording_bootstrap
from konsilium.venue.forms import ConfirmForm
from konsilium.venue.pages import operation_url
from konsilium.venue.queries import operation_facts, recording_in

BODY_LIMIT = 4096
#: What is typed before something is destroyed for good.
DESTROY_WORD = gettext_lazy("DESTROY")


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A recording that is destroyed along with another one."""

    title: str
    made_at: datetime
    on_air: bool

    @classmethod
    def of(cls, recording: Recording) -> "Copy":
        channel = recording.channel
        return cls(
            title=localised(recording.title),
            made_at=recording.made_at,
            on_air=channel is not None and channel.state == ChannelState.LIVE,
        )


class ClipIn(Wire):
    """What is asked for; both ends are on the recording's clock."""

    title: str = Field(max_length=120)
    begin: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")


@require_GET
@never_cache
def recording(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The recording with its chapters and clips, to everybody who may be in the room."""
    found, viewer = access_room_page(request.user, operation_id, clock.now())
    kept = recording_in(found)
    context = {
        "operation": operation_facts(found),
        "abilities": viewer.abilities,
        "state": kept.state if kept else "none",
        "destroyed_at": kept.destroyed_at if kept else None,
        "bootstrap": recording_bootstrap(
            request,
            found,
            viewer,
            may_clip=CLIP in viewer.abilities,
            may_download=DOWNLOAD in viewer.abilities,
        ),
    }
    return render(request, "venue/recording.html", context)


@require_POST
def clips(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """A new clip."""
    try:
        kept, user = _clipping(request, operation_id)
        try:
            asked = ClipIn.model_validate_json(request.body[:BODY_LIMIT])
        except ValidationError:
            raise Invalid(_("A clip needs a title, a beginning and an end.")) from None
        made = make_clip(
            recording=kept,
            title=asked.title,
            starts_at=asked.begin,
            ends_at=asked.end,
            actor=user,
            now=clock.now(),
        )
    except KonsiliumError as error:
        return _refusal(error)
    return JsonResponse(clip_facts(made), status=201)


@require_http_methods(["DELETE"])
def clip(request: HttpRequest, operation_id: UUID, clip_id: UUID) -> HttpResponse:
    """Take a clip away."""
    try:
        kept, user = _clipping(request, operation_id)
        remove_clip(recording=kept, clip_id=clip_id, actor=user, now=clock.now())
    except KonsiliumError as error:
        return _refusal(error)
    return HttpResponse(status=204)


@require_POST
def clip_restore(request: HttpRequest, operation_id: UUID, clip_id: UUID) -> HttpResponse:
    """Bring it back."""
    try:
        kept, user = _clipping(request, operation_id)
        restored = restore_clip(recording=kept, clip_id=clip_id, actor=user, now=clock.now())
    except KonsiliumError as error:
        return _refusal(error)
    return JsonResponse(clip_facts(restored))


@require_http_methods(["GET", "POST"])
@never_cache
def consent(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The patient has withdrawn their consent: what that does is said, and a typed word does it."""
    found = (
        Operation.objects.select_related("slot__congress", "slot__hall", "channel", "film")
        .filter(pk=operation_id)
        .first()
    )
    if found is None:
        raise Missing
    organising = access_as_organiser(request.user, found.slot.congress.slug)
    form = ConfirmForm(request.POST or None, word=str(DESTROY_WORD))
    if request.method == "POST" and form.is_valid():
        withdraw_consent(operation=found, actor=organising.organiser, now=clock.now())
        shown = recording_in(found) or film_of_patient(found)
        messages.success(
            request,
            _("The key is destroyed. Nobody can watch a copy of this operation any more.")
            if shown
            else _("This operation cannot go on air any more."),
        )
        return redirect(operation_url(found.pk))
    kept = recording_in(found)
    context = {
        "operation": operation_facts(found),
        "form": form,
        "word": DESTROY_WORD,
        "recorded": kept is not None and kept.state != RecordingState.DESTROYED,
        "destroyed": kept is not None and kept.state == RecordingState.DESTROYED,
        "copies": [Copy.of(one) for one in copies_of_patient(found)],
        # Whatever was never on air and yet has ended, ended so.
        "withdrawn": found.state == OperationState.ENDED and found.on_air_since is None,
    }
    return render(request, "venue/consent.html", context, status=422 if form.is_bound else 200)


def _clipping(request: HttpRequest, operation_id: UUID) -> tuple[Recording, User]:
    """The recording, to those who may give its stretches titles."""
    found, _viewer = access_room_page(request.user, operation_id, clock.now(), ability=frozenset({CLIP}))
    kept = recording_in(found)
    if kept is None or kept.state == RecordingState.DESTROYED:
        raise Missing
    return kept, access_account(request.user)


def _refusal(error: KonsiliumError) -> HttpResponse:
    return JsonResponse({"code": error.code, "message": str(error.message)}, status=error.status)
