"""Writing the broadcast: feeds, channels, viewings, and the plan that the media plane runs."""

import fcntl
import os
import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.decisions import (
    ChannelState,
    Opened,
    Renewed,
    allot_port,
    decide_viewing,
    next_state,
)
from konsilium.broadcast.models import Channel, Feed, FeedSignal, Viewing
from konsilium.broadcast.queries import channel_event, current_plan, signal_event, studio_folder
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Refused
from konsilium.mediaplane.status import DoorStatus
from konsilium.people.models import User
from konsilium.programme.models import Hall
from konsilium.rooms.actions import append_event, lock_room
from konsilium.rooms.models import Room

EVERYONE = frozenset({"everyone"})


def prepare_feed(
    *, hall: Hall, key: str, title: dict[str, str], position: int, carries_sound: bool = False
) -> Feed:
    """The theatre's feed of that key, made with a port and a passphrase of its own when there is none yet."""
    with transaction.atomic():
        feed = Feed.objects.select_for_update().filter(hall=hall, key=key).first()
        if feed is None:
            taken = list(Feed.objects.values_list("port", flat=True))
            feed = Feed(
                hall=hall,
                key=key,
                port=allot_port(first=settings.OPTIONS.srt_port, taken=taken),
                passphrase=secrets.token_urlsafe(18),
            )
        feed.title = title
        feed.position = position
        feed.carries_sound = carries_sound
        feed.save()
        transaction.on_commit(write_plan)
    return feed


def open_channel(*, hall: Hall, room: Room, actor: User | None, now: datetime) -> Channel:
    """Put the theatre's picture on air for the room; a channel that is there goes on."""
    with transaction.atomic():
        others = Channel.objects.select_for_update().filter(hall=hall).exclude(state=ChannelState.ENDED)
        if others.exclude(room=room).exists():
            raise Refused(
                _("Another operation is on air from this theatre. End it first."), code="theatre_on_air"
            )
        channel = Channel.objects.filter(room=room).first()
        if channel is None:
            channel = Channel(room=room, hall=hall, opened_at=now)
        channel.hall = hall
        channel.state = ChannelState.LIVE
        channel.ended_at = None
        channel.save()
        _announce(channel=channel, actor=actor, now=now, act="opened")
    return channel


def stop_channel(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """Nothing that was not yet released leaves any more; viewers see the slate."""
    return _command(channel=channel, command="stop", actor=actor, now=now)


def resume_channel(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """Back on air, from now on."""
    return _command(channel=channel, command="resume", actor=actor, now=now)


def end_channel(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """The broadcast is over."""
    return _command(channel=channel, command="end", actor=actor, now=now)


def _command(*, channel: Channel, command: str, actor: User | None, now: datetime) -> Channel:
    with transaction.atomic():
        channel = Channel.objects.select_for_update().select_related("room", "hall").get(pk=channel.pk)
        following = next_state(ChannelState(channel.state), command)
        if following is None:
            # Two people pressing together is no error: the second finds done what they wanted.
            return channel
        channel.state = following
        channel.ended_at = now if following is ChannelState.ENDED else None
        channel.save()
        _announce(channel=channel, actor=actor, now=now, act=command)
    return channel


def _announce(*, channel: Channel, actor: User | None, now: datetime, act: str) -> None:
    append_event(
        room=channel.room,
        event=channel_event(channel),
        audience=EVERYONE,
        actor=actor,
        now=now,
        media_time=now,
    )
    record_audit(actor=actor, action=f"channel.{act}", subject=f"channel:{channel.pk}", now=now)
    transaction.on_commit(write_plan)


def write_plan() -> None:
    """Write the plan for the media plane, whole or not at all.

    The lock makes the last writer the one that read last, so an older plan never replaces a newer one.
    """
    folder = studio_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "plan.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "plan.json"
        counter = folder / "plan.version"
        version = int(counter.read_text()) + 1 if counter.exists() else 1
        draft = folder / "plan.json.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(current_plan(version=version).model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        counter.write_text(str(version))
        draft.replace(path)


def open_viewing(*, channel: Channel, actor: User, now: datetime) -> Viewing:
    """Note that the person has the picture before them until the grant runs out; opening it is audited."""
    with transaction.atomic():
        running = (
            Viewing.objects.select_for_update()
            .filter(channel=channel, user=actor)
            .order_by("-valid_until")
            .first()
        )
        match decide_viewing(now=now, valid_until=running.valid_until if running else None):
            case Renewed(until=until) if running is not None:
                running.valid_until = until
                running.save(update_fields=["valid_until"])
                return running
            case Opened(until=until) | Renewed(until=until):
                record_audit(
                    actor=actor,
                    action="picture.opened",
                    subject=f"channel:{channel.pk}",
                    now=now,
                    detail={"room": str(channel.room_id)},
                )
                return Viewing.objects.create(channel=channel, user=actor, opened_at=now, valid_until=until)


def report_signal(*, channel: Channel, feed: Feed, status: DoorStatus, now: datetime) -> bool:
    """Tell the room of a feed's signal when it differs from what the room was told last; True if it did."""
    with transaction.atomic():
        lock_room(channel.room_id)
        known = FeedSignal.objects.select_for_update().filter(channel=channel, feed=feed).first()
        source = status.source or ""
        if known is not None and (known.signal, known.source) == (status.signal, source):
            return False
        known = known or FeedSignal(channel=channel, feed=feed)
        known.signal, known.source, known.since = status.signal, source, status.since
        known.save()
        append_event(
            room=channel.room,
            event=signal_event(known),
            audience=EVERYONE,
            actor=None,
            now=now,
            media_time=status.since,
        )
    return True
