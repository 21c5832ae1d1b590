"""Handing out grants: for viewing, for the director's desk, for downloads."""

from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from konsilium.broadcast.access import access_channel, access_download, access_hall, access_recording
from konsilium.broadcast.actions import give_pass, note_download, note_preview, open_viewing
from konsilium.broadcast.decisions import DOWNLOAD_TTL, RecordingState
from konsilium.broadcast.models import PassKind
from konsilium.broadcast.queries import channel_event, media_base, recording_of
from konsilium.foundation import clock
from konsilium.foundation.errors import Missing, Refused
from konsilium.mediaplane.grants import DIRECT, DOWNLOAD, GRANT_COOKIE, GRANT_TTL, issue_grant
from konsilium.people.models import User

#: The page asks again well before the grant runs out, so that one lost request does no harm.
RENEW_AFTER = timedelta(seconds=45)
LIFE = timedelta(seconds=GRANT_TTL)
#: What a download may ask for; the media plane says what is wrong with the values.
FILM_ARGUMENTS = ("feed", "from", "to")


@require_POST
def grant(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """A short-lived grant for this person and this channel, as a cookie that only the media paths get."""
    now = clock.now()
    seeing = access_channel(request.user, channel_id, now)
    open_viewing(channel=seeing.channel, actor=seeing.user, now=now)
    token = _token(seeing.user, seeing.channel.pk, now)
    facts = {"master_url": channel_event(seeing.channel).master_url}
    return _with_cookie(_granted(now, facts), token, seeing.channel.pk)


@require_POST
def desk_grant(request: HttpRequest, hall_id: UUID) -> HttpResponse:
    """The same for the director's desk: the state and the small pictures of a theatre's feeds."""
    now = clock.now()
    hall, user = access_hall(request.user, hall_id)
    give_pass(channel_id=hall.pk, actor=user, now=now, kind=PassKind.DESK, lasts=LIFE)
    token = _token(user, hall.pk, now, acts={DIRECT})
    return _with_cookie(_granted(now, {"desk_url": f"{media_base(hall.pk)}/desk"}), token, hall.pk)


@require_POST
def preview_grant(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """The same for an uploaded film, to those who look after the recordings."""
    now = clock.now()
    recording, user = access_recording(request.user, recording_id)
    if recording.state != RecordingState.KEPT or recording.channel_id is not None:
        raise Missing
    give_pass(channel_id=recording.pk, actor=user, now=now, kind=PassKind.DESK, lasts=LIFE)
    note_preview(recording=recording, actor=user, now=now)
    token = _token(user, recording.pk, now)
    facts = {"master_url": f"{media_base(recording.pk)}/master.m3u8"}
    return _with_cookie(_granted(now, facts), token, recording.pk)


@require_GET
@never_cache
def film(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """A copy to take along: written into the audit trail, then the way to the media plane."""
    now = clock.now()
    seeing = access_download(request.user, channel_id, now)
    if channel_event(seeing.channel).recording_url is None:
        raise Refused(_("The recording is not there yet."), code="recording_not_ready")
    asked = {name: request.GET[name][:60] for name in FILM_ARGUMENTS if request.GET.get(name)}
    recorded = recording_of(seeing.channel)
    if recorded is None or asked.get("feed", "") not in {"", *recorded.feeds}:
        raise Missing(_("This camera is not in the recording."))
    note_download(channel=seeing.channel, actor=seeing.user, detail={**asked}, now=now)
    query = f"?{urlencode(asked)}" if asked else ""
    place = seeing.channel.pk
    give_pass(channel_id=place, actor=seeing.user, now=now, kind=PassKind.FILM, lasts=DOWNLOAD_TTL)
    token = _token(seeing.user, place, now, acts={DOWNLOAD}, ttl=int(DOWNLOAD_TTL.total_seconds()))
    answer = HttpResponseRedirect(f"{media_base(place)}/film.mp4{query}")
    # A path of its own: the viewing grant beside it is renewed, and must not shorten a long download.
    return _with_cookie(answer, token, place, page="film.mp4", ttl=DOWNLOAD_TTL)


def _token(
    user: User,
    media: UUID,
    now: datetime,
    *,
    acts: frozenset[str] | set[str] = frozenset(),
    ttl: int = GRANT_TTL,
) -> str:
    return issue_grant(
        settings.MEDIA_GRANT_KEY, holder=str(user.pk), channel=str(media), now=now, acts=acts, ttl=ttl
    )


def _granted(now: datetime, facts: dict[str, str]) -> JsonResponse:
    return JsonResponse(
        {
            "at": now.isoformat(),
            **facts,
            "expires": (now + LIFE).isoformat(),
            "renew_after": RENEW_AFTER.total_seconds(),
        },
        headers={"Cache-Control": "no-store"},
    )


def _with_cookie(
    response: HttpResponse,
    token: str,
    media: UUID,
    *,
    page: str = "",
    ttl: timedelta = LIFE,
) -> HttpResponse:
    response.set_cookie(
        GRANT_COOKIE,
        token,
        max_age=ttl,
        path=f"/media/{media}/{page}",
        httponly=True,
        secure=settings.SECURE,
        samesite="Lax",
    )
    return response
