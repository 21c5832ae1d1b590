"""Who may see the picture: whoever may be in its room. Fetching is authorising."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from konsilium.broadcast.decisions import ChannelState
from konsilium.broadcast.models import Channel
from konsilium.foundation.errors import Missing
from konsilium.people.access import access_account
from konsilium.people.models import User
from konsilium.rooms.access import access_room


def access_channel(actor: User | AnonymousUser, channel_id: UUID, now: datetime) -> Channel:
    """The channel, not ended, if the actor may be in its room. Raises SignInNeeded, Missing or Forbidden."""
    user = access_account(actor)
    channel = Channel.objects.select_related("room").filter(pk=channel_id).first()
    if channel is None:
        raise Missing
    access_room(user, channel.room_id, now)
    if channel.state == ChannelState.ENDED:
        raise Missing
    return channel
