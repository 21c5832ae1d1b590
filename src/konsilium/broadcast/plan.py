"""The plan for the media plane, made of what the database says."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db.models import Q
from pydantic import ValidationError

from konsilium.broadcast.decisions import (
    BAR_KEPT,
    DRAIN,
    LONGEST_DELAY,
    MOST_FEEDS,
    STAND_IN_OFFSET,
    ChannelState,
    RecordingState,
)
from konsilium.broadcast.models import Bar, Channel, Feed, Recording
from konsilium.foundation.localised import localised
from konsilium.mediaplane.plan import (
    ChannelPlan,
    ConversionPlan,
    DoorPlan,
    FeedPlan,
    InterpreterPlan,
    LadderPlan,
    Plan,
    ShowingPlan,
)

Bars = dict[str, dict[str, datetime]]
P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("konsilium.broadcast")


def current_plan(*, version: int, now: datetime) -> Plan:
    """Everything the media plane has to run now: each theatre's doors, channels, conversions, destroyed keys."""
    options = settings.OPTIONS
    doors = {
        feed: door
        for feed in Feed.objects.select_related("hall").order_by("hall_id", "position", "key")
        if (door := _if_possible(_door, feed))
    }
    feeds = list(doors)
    bars = _bars(now)
    channels = tuple(_channels(feeds, bars, now))
    on_air = {channel.id for channel in channels}
    return Plan(
        version=version,
        bind=options.srt_bind,
        doors=tuple(doors.values()),
        channels=channels,
        barred={place: people for place, people in bars.items() if place not in on_air},
        conversions=tuple(_conversions()),
        destroyed=tuple(
            str(key)
            for key in Recording.objects.filter(state=RecordingState.DESTROYED)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
        ladder=LadderPlan(use=options.ladder, height=options.ladder_height, kbps=options.ladder_kbps),
        window_s=options.window_s,
        rotation_s=options.rotation_s,
    )


def _if_possible(make: Callable[P, T], *values: P.args, **named: P.kwargs) -> T | None:
    """What cannot be planned is left out, and off the air: nothing must keep a stop of another from the studio."""
    try:
        return make(*values, **named)
    except ValidationError:
        logger.exception("this cannot be planned, and is left out", extra={"what": str(values[0])})
        return None


def _door(feed: Feed) -> DoorPlan:
    return DoorPlan(
        id=feed.door,
        port=feed.port,
        passphrase=feed.passphrase,
        stand_in_port=feed.port + STAND_IN_OFFSET if settings.OPTIONS.demo else None,
        closed=feed.closed,
    )


def _bars(now: datetime) -> Bars:
    """Place → person → moment, without those that nothing old enough can still fall under."""
    bars: dict[str, dict[str, datetime]] = {}
    for bar in Bar.objects.filter(since__gt=now - BAR_KEPT).order_by("pk"):
        bars.setdefault(str(bar.channel_id), {})[str(bar.user_id)] = bar.since
    return bars


def _channels(feeds: Sequence[Feed], bars: Bars, now: datetime) -> Iterable[ChannelPlan]:
    """The channels on air, and those that ended so lately that what their delay held may still come out."""
    latest = DRAIN + timedelta(seconds=LONGEST_DELAY)
    running = Q(state__in=(ChannelState.LIVE, ChannelState.STOPPED))
    draining = Q(state=ChannelState.ENDED, ended_at__gt=now - latest)
    channels = Channel.objects.filter(running | draining).select_related("showing").order_by("opened_at")
    destroyed = Q(recording__state=RecordingState.DESTROYED)
    for channel in channels.exclude(destroyed):
        if channel.ended_at and now - channel.ended_at > DRAIN + timedelta(seconds=channel.delay_s):
            continue
        theirs = [feed for feed in feeds if feed.hall_id == channel.hall_id]
        if plan := _if_possible(_channel, channel, theirs, bars):
            yield plan


def _channel(channel: Channel, feeds: Sequence[Feed], bars: Bars) -> ChannelPlan | None:
    pictures = [feed for feed in feeds if not feed.language][:MOST_FEEDS]
    if not pictures:
        return None
    keys = {feed.key for feed in pictures}
    sound = next((feed for feed in pictures if feed.carries_sound), pictures[0])
    shown = channel.showing
    return ChannelPlan(
        id=str(channel.pk),
        state=_state(channel),
        sound=sound.key,
        feeds=tuple(FeedPlan(key=feed.key, door=feed.door, title=_title(feed)) for feed in pictures),
        interpreters=tuple(
            InterpreterPlan(key=feed.key, door=feed.door, title=_title(feed), language=feed.language)
            for feed in feeds
            if feed.language
        )[:MOST_FEEDS],
        programme=channel.programme if channel.programme in keys else None,
        delay_s=channel.delay_s,
        # Also one that cannot be shown any more: without it the theatre would be on air in its place.
        showing=ShowingPlan(recording=str(shown.pk), since=channel.showing_since or channel.opened_at)
        if shown
        else None,
        slate=channel.slate,
        live_since=channel.live_since,
        stop_known=channel.stop_known,
        barred=bars.get(str(channel.pk), {}),
    )


def _state(channel: Channel) -> str:
    return ChannelState(channel.state).value


def _title(feed: Feed) -> str:
    return localised(feed.title)[:120] or feed.key


def _conversions() -> Iterable[ConversionPlan]:
    waiting = Recording.objects.filter(state=RecordingState.CONVERTING).order_by("made_at")
    for recording in waiting:
        yield ConversionPlan(
            recording=str(recording.pk),
            file=str(recording.pk),
            title=localised(recording.title)[:120] or str(recording.pk),
        )
