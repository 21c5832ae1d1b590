"""What the broadcast tells its rooms: registered when the application starts."""

from konsilium.broadcast.events import ChannelChanged, SignalChanged
from konsilium.broadcast.models import FeedSignal
from konsilium.broadcast.queries import channel_event, channel_of, signal_event
from konsilium.rooms.decisions import JSON, Put, Replace, Viewer
from konsilium.rooms.models import Room
from konsilium.rooms.registry import register_event, register_part


def _channel(room: Room, viewer: Viewer) -> JSON | None:
    channel = channel_of(room)
    return channel_event(channel).model_dump(mode="json") if channel else None


def _signals(room: Room, viewer: Viewer) -> JSON:
    signals = FeedSignal.objects.filter(channel__room=room).select_related("feed").order_by("feed__position")
    return {signal.feed.key: signal_event(signal).model_dump(mode="json") for signal in signals}


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    register_event(
        "channel.changed",
        ChannelChanged,
        Replace("channel"),
        meaning="The picture went on air, was stopped, went on or ended.",
    )
    register_event(
        "signal.changed",
        SignalChanged,
        Put("signal"),
        meaning="The signal of a feed came, went or changed its source.",
    )
    register_part(
        "channel",
        ChannelChanged,
        _channel,
        keyed=False,
        meaning="The channel on which the room's picture is shown.",
    )
    register_part(
        "signal", SignalChanged, _signals, keyed=True, meaning="The signal of each feed, by the feed's key."
    )
