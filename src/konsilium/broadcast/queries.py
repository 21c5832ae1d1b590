"""Reads of the broadcast: the plan for the media plane, a channel as its room sees it, what the studio reports."""

import json
from pathlib import Path

from django.conf import settings
from pydantic import ValidationError

from konsilium.broadcast.decisions import STAND_IN_OFFSET, ChannelState
from konsilium.broadcast.events import ChannelChanged, SignalChanged
from konsilium.broadcast.models import Channel, Feed, FeedSignal
from konsilium.foundation.localised import localised
from konsilium.mediaplane.plan import ChannelPlan, DoorPlan, FeedPlan, Plan
from konsilium.mediaplane.status import Status
from konsilium.rooms.models import Room


def studio_folder() -> Path:
    """Where plan and status are exchanged with the media plane."""
    return Path(settings.DATA) / "studio"


def current_plan(*, version: int) -> Plan:
    """Everything the media plane has to run now: each theatre's doors, and the channels that have not ended."""
    feeds = list(Feed.objects.select_related("hall").order_by("hall_id", "position"))
    channels = Channel.objects.exclude(state=ChannelState.ENDED)
    return Plan(
        version=version,
        bind=settings.OPTIONS.srt_bind,
        doors=tuple(_door(feed) for feed in feeds),
        channels=tuple(
            plan
            for channel in channels
            if (plan := _channel(channel, [feed for feed in feeds if feed.hall_id == channel.hall_id]))
        ),
    )


def _door(feed: Feed) -> DoorPlan:
    return DoorPlan(
        id=feed.door,
        port=feed.port,
        passphrase=feed.passphrase,
        stand_in_port=feed.port + STAND_IN_OFFSET if settings.OPTIONS.demo else None,
    )


def _channel(channel: Channel, feeds: list[Feed]) -> ChannelPlan | None:
    if not feeds:
        return None
    sound = next((feed for feed in feeds if feed.carries_sound), feeds[0])
    return ChannelPlan(
        id=str(channel.pk),
        state=ChannelState(channel.state).value,
        sound=sound.key,
        feeds=tuple(
            FeedPlan(key=feed.key, door=feed.door, title=localised(feed.title) or feed.key) for feed in feeds
        ),
    )


def channel_of(room: Room) -> Channel | None:
    """The room's channel; None before it first went on air."""
    return Channel.objects.filter(room=room).first()


def channel_event(channel: Channel) -> ChannelChanged:
    """The channel as its room sees it."""
    media = settings.OPTIONS.media_url.rstrip("/")
    return ChannelChanged(
        id=str(channel.pk),
        state=ChannelState(channel.state).value,
        master_url=f"{media}/media/{channel.pk}/master.m3u8",
        grant_url=f"/broadcast/channels/{channel.pk}/grant",
        opened_at=channel.opened_at,
    )


def signal_event(signal: FeedSignal) -> SignalChanged:
    """The signal of one feed as the room sees it."""
    return SignalChanged.model_validate(
        {
            "id": signal.feed.key,
            "title": signal.feed.title,
            "signal": signal.signal,
            "simulated": signal.source == "stand_in",
            "since": signal.since,
        }
    )


def signals_told(channel: Channel) -> dict[str, tuple[str, str]]:
    """Signal and source of each feed (by its door) as the channel's room was told them last."""
    signals = FeedSignal.objects.filter(channel=channel).select_related("feed")
    return {signal.feed.door: (signal.signal, signal.source) for signal in signals}


def studio_status() -> Status | None:
    """The media plane's last report; None if there is none that can be read."""
    try:
        return Status.model_validate(
            json.loads((studio_folder() / "status.json").read_text(encoding="utf-8"))
        )
    except (OSError, ValueError, ValidationError):
        return None
