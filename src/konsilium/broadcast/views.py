"""Handing out viewing grants."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from konsilium.broadcast.access import access_channel
from konsilium.broadcast.actions import open_viewing
from konsilium.broadcast.queries import channel_event
from konsilium.foundation import clock
from konsilium.mediaplane.grants import GRANT_COOKIE, GRANT_TTL, issue_grant
from konsilium.people.access import access_account

#: The page asks again well before the grant runs out, so that one lost request does no harm.
RENEW_AFTER = timedelta(seconds=45)


@require_POST
def grant(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """A short-lived grant for this person and this channel, as a cookie that only the media paths get."""
    now = clock.now()
    channel = access_channel(request.user, channel_id, now)
    viewer = access_account(request.user)
    open_viewing(channel=channel, actor=viewer, now=now)
    token = issue_grant(settings.MEDIA_GRANT_KEY, holder=str(viewer.pk), channel=str(channel.pk), now=now)
    response = JsonResponse(
        {
            "at": now.isoformat(),
            "master_url": channel_event(channel).master_url,
            "expires": (now + timedelta(seconds=GRANT_TTL)).isoformat(),
            "renew_after": RENEW_AFTER.total_seconds(),
        },
        headers={"Cache-Control": "no-store"},
    )
    response.set_cookie(
        GRANT_COOKIE,
        token,
        max_age=GRANT_TTL,
        path=f"/media/{channel.pk}/",
        httponly=True,
        secure=settings.SECURE,
        samesite="Lax",
    )
    return response
