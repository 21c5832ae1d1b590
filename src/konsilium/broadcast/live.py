"""What the broadcast tells its rooms, and its commands: registered when the application starts."""

from uuid import UUID

from konsilium.broadcast import actions, events
from konsilium.broadcast.decisions import CHANNEL_LIFECYCLE, RECORDING_LIFECYCLE
from konsilium.broadcast.models import Channel, FeedSignal
from konsilium.broadcast.queries import channel_event, channel_of, signal_event
from konsilium.broadcast.registry import DIRECT, staging_of
from konsilium.foundation import clock
from konsilium.foundation.errors import Missing
from konsilium.rooms.bell import follow_rights
from konsilium.rooms.decisions import JSON, Put, Replace, Viewer
from konsilium.rooms.models import Room
from konsilium.rooms.registry import (
    Call,
    register_command,
    register_event,
    register_lifecycle,
    register_part,
)

DIRECTING = frozenset({DIRECT})


def _channel_part(room: Room, viewer: Viewer) -> JSON | None:
    channel = channel_of(room)
    return channel_event(channel).model_dump(mode="json") if channel else None


def _signals_part(room: Room, viewer: Viewer) -> JSON:
    signals = FeedSignal.objects.filter(channel__room=room).select_related("feed")
    ordered = signals.order_by("feed__position", "feed__key")
    return {signal.feed.key: signal_event(signal).model_dump(mode="json") for signal in ordered}


def _channel(call: Call) -> Channel:
    """The room's channel; whoever directs finds it ready before the operation is on air."""
    staging = staging_of(call.room)
    if staging is None:
        raise Missing
    return actions.prepare_channel(room=call.room, hall=staging.hall, actor=call.actor, now=call.now)


def set_delay(call: Call, data: events.SetDelay) -> None:
    actions.set_delay(channel=_channel(call), seconds=data.seconds, actor=call.actor, now=call.now)


def set_programme(call: Call, data: events.SetProgramme) -> None:
    actions.set_programme(channel=_channel(call), feed=data.feed, actor=call.actor, now=call.now)


def show_recording(call: Call, data: events.ShowRecording) -> None:
    actions.show_recording(
        channel=_channel(call), recording_id=data.recording, actor=call.actor, now=call.now
    )


def show_live(call: Call, _data: events.ShowLive) -> None:
    actions.show_live(channel=_channel(call), actor=call.actor, now=call.now)


def set_slate(call: Call, data: events.SetSlate) -> None:
    actions.set_slate(channel=_channel(call), on=data.on, actor=call.actor, now=call.now)


def open_feed(call: Call, data: events.OpenFeed) -> None:
    actions.open_feed(channel=_channel(call), key=data.feed, actor=call.actor, now=call.now)


def close_feed(call: Call, data: events.CloseFeed) -> None:
    actions.close_feed(channel=_channel(call), key=data.feed, actor=call.actor, now=call.now)


def rejudge(user_id: UUID) -> None:
    """Somebody's rights have changed: what they hold is judged anew."""
    actions.rejudge_person(user_id=user_id, now=clock.now())


def register() -> None:
    """Called once, from `AppConfig.ready`."""
    follow_rights(rejudge)
    register_event(
        "channel.changed",
        events.ChannelChanged,
        Replace("channel"),
        meaning="The picture went on air, was stopped, went on or ended, or is run differently.",
    )
    register_event(
        "signal.changed",
        events.SignalChanged,
        Put("signal"),
        meaning="The signal of a feed came, went or changed its source; or the feed was closed or opened.",
    )
    register_part(
        "channel",
        events.ChannelChanged,
        _channel_part,
        keyed=False,
        meaning="The channel on which the room's picture is shown.",
    )
    register_part(
        "signal",
        events.SignalChanged,
        _signals_part,
        keyed=True,
        meaning="The signal of each feed, by the feed's key.",
    )
    register_lifecycle("Channel", CHANNEL_LIFECYCLE)
    register_lifecycle("Recording", RECORDING_LIFECYCLE)
    _register_commands()


def _register_commands() -> None:
    register_command(
        "channel.delay",
        events.SetDelay,
        set_delay,
        abilities=DIRECTING,
        meaning="Let the picture leave so many seconds after it was taken, so that it can still be cut.",
    )
    register_command(
        "channel.programme",
        events.SetProgramme,
        set_programme,
        abilities=DIRECTING,
        meaning="Say which feed they see who have chosen none.",
    )
    register_command(
        "channel.show_recording",
        events.ShowRecording,
        show_recording,
        abilities=DIRECTING,
        meaning="Show a recording of the congress in place of the theatre, from its beginning.",
    )
    register_command(
        "channel.show_live",
        events.ShowLive,
        show_live,
        abilities=DIRECTING,
        meaning="Go back from the recording to the theatre.",
    )
    register_command(
        "channel.slate",
        events.SetSlate,
        set_slate,
        abilities=DIRECTING,
        meaning="Show the slate in place of the picture, for a short break; or the picture again.",
    )
    register_command(
        "feed.open", events.OpenFeed, open_feed, abilities=DIRECTING, meaning="Let a feed's encoder in."
    )
    register_command(
        "feed.close",
        events.CloseFeed,
        close_feed,
        abilities=DIRECTING,
        meaning="Put a feed's encoder out, and let none in.",
    )
