"""Who may see the picture: whoever may be in its room. Fetching is authorising."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from konsilium.broadcast.decisions import ChannelState, RecordingState
from konsilium.broadcast.models import Channel, Recording
from konsilium.broadcast.queries import recording_of
from konsilium.broadcast.registry import DOWNLOAD, IN_CHARGE
from konsilium.foundation.errors import Forbidden, Missing
from konsilium.people.access import access_account, access_as_physician
from konsilium.people.models import User
from konsilium.people.roles import Role
from konsilium.programme.access import access_congress, access_membership, membership_of
from konsilium.programme.models import Congress, Hall
from konsilium.rooms.access import access_room
from konsilium.rooms.decisions import Viewer


@dataclass(frozen=True, kw_only=True)
class Seeing:
    """A channel that the person may see, and who they are in its room."""

    channel: Channel
    user: User
    viewer: Viewer


def access_channel(actor: User | AnonymousUser, channel_id: UUID, now: datetime) -> Seeing:
    """The channel on air, or ended with a recording, if the actor may be in its room.

    Raises SignInNeeded, Missing or Forbidden.
    """
    user = access_account(actor)
    channel = Channel.objects.select_related("room", "hall", "showing").filter(pk=channel_id).first()
    if channel is None:
        raise Missing
    _room, viewer = access_room(user, channel.room_id, now)
    recording = recording_of(channel)
    destroyed = recording is not None and recording.state == RecordingState.DESTROYED
    if destroyed or channel.state == ChannelState.READY:
        raise Missing
    if channel.state == ChannelState.ENDED and recording is None:
        raise Missing
    return Seeing(channel=channel, user=user, viewer=viewer)


def access_download(actor: User | AnonymousUser, channel_id: UUID, now: datetime) -> Seeing:
    """The channel, to those who may keep a copy of its recording."""
    seeing = access_channel(actor, channel_id, now)
    if DOWNLOAD not in seeing.viewer.abilities:
        raise Forbidden
    return seeing


def access_as_in_charge(actor: User | AnonymousUser, congress: Congress) -> User:
    """The actor, if they direct or organise the congress, or administer the installation."""
    user = access_account(actor)
    if not user.is_superuser:
        access_membership(user, congress, *IN_CHARGE)
    return user


def access_recordings(actor: User | AnonymousUser, slug: str) -> tuple[Congress, User]:
    """The congress whose recordings the actor looks after."""
    congress = access_congress(actor, slug)
    return congress, access_as_in_charge(actor, congress)


@dataclass(frozen=True, kw_only=True)
class Library:
    """A congress whose recordings the person may look through, and whether they look after them."""

    congress: Congress
    user: User
    in_charge: bool


def access_library(actor: User | AnonymousUser, slug: str, now: datetime) -> Library:
    """The library of a congress: to those who run it, its moderators, and its verified physicians."""
    congress = access_congress(actor, slug)
    user = access_account(actor)
    membership = membership_of(user, congress)
    in_charge = user.is_superuser or (membership is not None and membership.has(*IN_CHARGE))
    if not in_charge:
        if membership is None:
            raise Forbidden
        if not membership.has(Role.MODERATOR):
            access_as_physician(user, now)
    return Library(congress=congress, user=user, in_charge=in_charge)


def access_hall(actor: User | AnonymousUser, hall_id: UUID) -> tuple[Hall, User]:
    """The hall, to those who run the broadcasts of its congress."""
    hall = Hall.objects.select_related("congress").filter(pk=hall_id).first()
    if hall is None:
        raise Missing
    return hall, access_as_in_charge(actor, hall.congress)


def access_recording(actor: User | AnonymousUser, recording_id: UUID) -> tuple[Recording, User]:
    """A recording or upload, to those who run the broadcasts of its congress."""
    user = access_account(actor)
    recording = Recording.objects.select_related("congress", "channel__room").filter(pk=recording_id).first()
    if recording is None:
        raise Missing
    access_as_in_charge(user, recording.congress)
    return recording, user
