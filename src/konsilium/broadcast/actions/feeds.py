"""Writing feeds: making them, letting encoders in or not, telling rooms of their signals."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.actions.plan import write_plan
from konsilium.broadcast.decisions import MOST_FEEDS, ChannelState, allot_port, has_room
from konsilium.broadcast.models import Channel, Feed, FeedSignal
from konsilium.broadcast.queries import feeds_in, signal_event
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Missing, Refused
from konsilium.mediaplane.status import DoorStatus
from konsilium.people.models import User
from konsilium.programme.models import Hall
from konsilium.rooms.actions import append_event, lock_room
from konsilium.rooms.decisions import EVERYONE

#: Of a hall in which nobody has set up cameras: what a recording is shown as.
PICTURE = {"en": "Picture", "ru": "Изображение", "kk": "Бейне"}

#: By whether it is an interpreter's.
NO_ROOM_FOR = {
    False: _("A theatre has at most %(most)d cameras and devices."),
    True: _("A theatre has at most %(most)d interpreters."),
}


def prepare_feed(
    *,
    hall: Hall,
    key: str,
    title: dict[str, str],
    position: int,
    carries_sound: bool = False,
    language: str = "",
    closed: bool = False,
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
                closed=closed,
            )
        feed.title = title
        feed.position = position
        feed.carries_sound = carries_sound
        feed.language = language
        feed.save()
        _keep_one_sound(feed)
        transaction.on_commit(write_plan)
    return feed


def add_feed(
    *,
    hall: Hall,
    key: str,
    title: dict[str, str],
    carries_sound: bool,
    language: str,
    actor: User,
    now: datetime,
) -> Feed:
    """One more camera, device or interpreter of the theatre."""
    with transaction.atomic():
        # One after another, so that two people together add no more than there may be.
        hall = Hall.objects.select_for_update().get(pk=hall.pk)
        present = feeds_in(hall)
        if any(feed.key == key for feed in present):
            raise Refused(_("This theatre has a feed of that name already."), code="feed_there")
        if not has_room(present, interpreter=bool(language)):
            raise Refused(NO_ROOM_FOR[bool(language)] % {"most": MOST_FEEDS}, code="feeds_full")
        position = max((feed.position + 1 for feed in present), default=0)
        feed = prepare_feed(
            hall=hall,
            key=key,
            title=title,
            position=position,
            carries_sound=carries_sound,
            language=language,
        )
        _audit(feed, "feed.added", actor, now)
    return feed


def change_feed(
    *,
    feed: Feed,
    title: dict[str, str],
    carries_sound: bool,
    new_passphrase: bool,
    actor: User,
    now: datetime,
) -> Feed:
    """Another name, everybody's sound or not, a new passphrase: what had the old one is put out."""
    with transaction.atomic():
        feed = Feed.objects.select_for_update().get(pk=feed.pk)
        renamed = feed.title != title
        sound = carries_sound and not feed.language
        changes = {"title": renamed, "sound": feed.carries_sound != sound, "passphrase": new_passphrase}
        if not any(changes.values()):
            return feed
        feed.title = title
        feed.carries_sound = sound
        if new_passphrase:
            feed.passphrase = secrets.token_urlsafe(18)
        feed.save()
        _keep_one_sound(feed)
        if renamed:
            _tell_rooms(feed, actor=actor, now=now)
        _audit(feed, "feed.changed", actor, now, changed=[name for name, new in changes.items() if new])
        transaction.on_commit(write_plan)
    return feed


def _keep_one_sound(feed: Feed) -> None:
    if feed.carries_sound:
        Feed.objects.filter(hall=feed.hall_id).exclude(pk=feed.pk).update(carries_sound=False)


def _audit(feed: Feed, action: str, actor: User, now: datetime, **more: object) -> None:
    detail: dict[str, object] = {"feed": feed.key, "feed_title": feed.title, **more}
    record_audit(actor=actor, action=action, subject=f"hall:{feed.hall_id}", now=now, detail=detail)


def ensure_picture(hall: Hall) -> None:
    """A hall without cameras gets one feed, closed, to show recordings on."""
    if not Feed.objects.filter(hall=hall, language="").exists():
        prepare_feed(hall=hall, key="picture", title=PICTURE, position=0, carries_sound=True, closed=True)


def open_feed(*, channel: Channel, key: str, actor: User | None, now: datetime) -> Feed:
    """Let the feed's encoder in."""
    return _set_closed(channel=channel, key=key, closed=False, actor=actor, now=now)


def close_feed(*, channel: Channel, key: str, actor: User | None, now: datetime) -> Feed:
    """Put the feed's encoder out, and let none in."""
    return _set_closed(channel=channel, key=key, closed=True, actor=actor, now=now)


def _set_closed(*, channel: Channel, key: str, closed: bool, actor: User | None, now: datetime) -> Feed:
    with transaction.atomic():
        feed = Feed.objects.select_for_update().filter(hall=channel.hall_id, key=key).first()
        if feed is None:
            raise Missing(_("This theatre has no such feed."))
        if feed.closed == closed:
            return feed
        feed.closed = closed
        feed.save(update_fields=["closed"])
        _tell_rooms(feed, actor=actor, now=now)
        record_audit(
            actor=actor,
            action="feed.closed" if closed else "feed.opened",
            subject=f"channel:{channel.pk}",
            now=now,
            detail={"feed": key, "feed_title": feed.title},
        )
        transaction.on_commit(write_plan)
    return feed


def _tell_rooms(feed: Feed, *, actor: User | None, now: datetime) -> None:
    """Each room in which it is shown: what the feed is called, and whether it is closed."""
    signals = FeedSignal.objects.filter(feed=feed).exclude(channel__state=ChannelState.ENDED)
    for signal in signals.select_related("channel__room", "feed"):
        signal.closed = feed.closed
        _tell(signal, actor=actor, now=now)


def announce_feeds(*, channel: Channel, actor: User | None, now: datetime) -> None:
    """Tell a room that has just got its channel which feeds there are."""
    for feed in Feed.objects.filter(hall=channel.hall_id).order_by("position", "key"):
        if not FeedSignal.objects.filter(channel=channel, feed=feed).exists():
            signal = FeedSignal(channel=channel, feed=feed, signal="none", since=now, closed=feed.closed)
            _tell(signal, actor=actor, now=now)


def report_signal(*, channel: Channel, feed: Feed, status: DoorStatus, now: datetime) -> bool:
    """Tell the room of a feed's signal when it differs from what the room was told last; True if it did."""
    with transaction.atomic():
        lock_room(channel.room_id)
        known = FeedSignal.objects.select_for_update().filter(channel=channel, feed=feed).first()
        source = status.source or ""
        if known is not None and (known.signal, known.source) == (status.signal, source):
            return False
        known = known or FeedSignal(channel=channel, feed=feed, closed=feed.closed)
        known.signal, known.source, known.since = status.signal, source, status.since
        _tell(known, actor=None, now=now, media_time=status.since)
    return True


def _tell(
    signal: FeedSignal, *, actor: User | None, now: datetime, media_time: datetime | None = None
) -> None:
    signal.save()
    append_event(
        room=signal.channel.room,
        event=signal_event(signal),
        audience=[EVERYONE],
        actor=actor,
        now=now,
        media_time=media_time or now,
    )
