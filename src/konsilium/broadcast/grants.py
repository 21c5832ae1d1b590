"""The stop grant: a right of twelve hours that works without the web plane and its database."""

from datetime import datetime

from django.conf import settings

from konsilium.broadcast.actions import give_pass
from konsilium.broadcast.decisions import STOP_TTL
from konsilium.broadcast.queries import channel_of, media_base
from konsilium.broadcast.registry import STOP
from konsilium.mediaplane import grants
from konsilium.people.models import User
from konsilium.rooms.decisions import Viewer
from konsilium.rooms.models import Room


def stop_facts(*, room: Room, user: User, viewer: Viewer, now: datetime) -> dict[str, str | None]:
    """What a page of somebody who may stop holds in readiness: where to press, and with which right."""
    channel = channel_of(room)
    # The channel that is still to be made will have its room's id.
    key = channel.pk if channel else room.pk
    if STOP not in viewer.abilities:
        return {"stop_url": None, "stop_token": None}
    give_pass(channel_id=key, actor=user, now=now)
    token = grants.issue_grant(
        settings.MEDIA_GRANT_KEY,
        holder=str(user.pk),
        channel=str(key),
        now=now,
        name=user.full_name[:100],
        ttl=int(STOP_TTL.total_seconds()),
        acts={grants.STOP},
    )
    return {"stop_url": f"{media_base(key)}/stop", "stop_token": token}
