"""Background work: following what the media plane reports, and keeping the plan and the uploads tidy."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings

from konsilium.broadcast import actions
from konsilium.broadcast.decisions import ABANDONED_AFTER, ChannelState, RecordingState
from konsilium.broadcast.models import Channel, Recording
from konsilium.broadcast.queries import (
    abandoned_uploads,
    open_uploads,
    signals_told,
    studio_folder,
    studio_status,
)
from konsilium.foundation import clock
from konsilium.mediaplane.status import Status
from konsilium.people.models import User

logger = logging.getLogger("konsilium.broadcast")

#: The status is a small file; a change of signal is seen within this many seconds.
LOOK_EVERY = 0.25
#: How often it is looked after what time alone changes.
REFRESH_EVERY = timedelta(seconds=30)


def follow_stops(status: Status, now: datetime) -> None:
    """A stop pressed at the media plane becomes an ordinary one, by whoever pressed it."""
    pressed = {
        key: channel.stop for name, channel in status.channels.items() if channel.stop and (key := _id(name))
    }
    for channel in Channel.objects.filter(pk__in=list(pressed)).select_related("room"):
        stop = pressed[channel.pk]
        if channel.stop_known is None or channel.stop_known < stop.at:
            person = User.objects.filter(pk=key).first() if (key := _id(stop.person)) else None
            actions.note_stop(channel=channel, at=stop.at, person=person, now=now)


def follow_signals(status: Status, now: datetime) -> None:
    """Compare the studio's report with what each room was told, and tell it what is new."""
    channels = Channel.objects.exclude(state=ChannelState.ENDED).select_related("room", "hall")
    for channel in channels:
        told = signals_told(channel)
        for feed in channel.hall.feeds.all():
            door = status.doors.get(feed.door)
            if door is not None and told.get(feed.door) != (door.signal, door.source or ""):
                actions.report_signal(channel=channel, feed=feed, status=door, now=now)


def follow_showings(status: Status, now: datetime) -> None:
    """A recording that was shown to its end is noted, and the director sees it."""
    over = [
        key
        for key, channel in status.channels.items()
        if channel.showing and channel.left_s is not None and channel.left_s <= 0
    ]
    running = Channel.objects.filter(pk__in=filter(None, map(_id, over)), showing_over=False)
    for channel in running.exclude(showing=None).select_related("room"):
        if status.channels[str(channel.pk)].showing == str(channel.showing_id):
            actions.note_showing_over(channel=channel, now=now)


def follow_recordings(status: Status, now: datetime) -> None:
    """Recordings that are there, and conversions that are done."""
    reported = {_id(key): value for key, value in status.recordings.items()}
    converted = {_id(key): value for key, value in status.conversions.items()}
    known = Recording.objects.filter(pk__in=[key for key in (*reported, *converted) if key])
    open_ones = known.exclude(state__in=(RecordingState.DESTROYED, RecordingState.UPLOADING))
    for recording in open_ones.select_related("channel__room"):
        if (conversion := converted.get(recording.pk)) is not None:
            actions.follow_conversion(recording=recording, status=conversion, now=now)
        if (report := reported.get(recording.pk)) is not None and _says_more(recording, report.state):
            actions.follow_recording(recording=recording, status=report, now=now)


def _says_more(recording: Recording, state: str) -> bool:
    """Whether the report may hold something new: a recording that grows does so every second."""
    if recording.state == RecordingState.KEPT:
        # Of a film that was just converted nobody has noted yet what the vault made of it.
        return not recording.stored or not recording.size or recording.began_at is None
    if recording.state == RecordingState.RECORDING:
        return state == "kept" or recording.began_at is None
    return False


#: Stops first: whatever goes wrong further down must not keep one waiting.
FOLLOWERS: tuple[Callable[[Status, datetime], None], ...] = (
    follow_stops,
    follow_signals,
    follow_showings,
    follow_recordings,
)


def follow_studio() -> bool:
    """Follow the studio's report in every respect; False if something has to be tried again."""
    status = studio_status()
    if status is None:
        return True
    whole = True
    for follow in FOLLOWERS:
        try:
            follow(status, clock.now())
        except Exception:
            # The database may be away for a moment; the next look finds what this one missed.
            logger.exception("the studio's report could not be passed on", extra={"step": follow.__name__})
            whole = False
    return whole


def refresh_plan(_now: datetime) -> None:
    """Drained channels, bars that are over, and whatever a plan that could not be written would have said."""
    actions.refresh_plan()


def rejudge_holders(now: datetime) -> None:
    actions.rejudge_holders(now=now)


def finish_uploads(now: datetime) -> None:
    for upload in open_uploads():
        actions.finish_upload(upload=upload, now=now)


def abandon_uploads(now: datetime) -> None:
    for upload in abandoned_uploads(now - ABANDONED_AFTER):
        actions.abandon_upload(upload=upload, actor=None, now=now)


def remove_films(now: datetime) -> None:
    actions.destroy_failed_films(before=now - timedelta(days=settings.OPTIONS.failed_films_days), now=now)
    actions.remove_stale_films(now=now)


TIDIERS: tuple[Callable[[datetime], None], ...] = (
    refresh_plan,
    rejudge_holders,
    finish_uploads,
    abandon_uploads,
    remove_films,
)


def keep_tidy() -> None:
    """What time alone brings about, and what got lost on its way."""
    for tidy in TIDIERS:
        try:
            tidy(clock.now())
        except Exception:
            logger.exception("something was not tidied", extra={"step": tidy.__name__})


async def watch_studio() -> None:
    """Write the plan once, then follow the studio's report until cancelled."""
    written = False
    seen: int | None = None
    tidied = clock.now()
    while True:
        try:
            if not written:
                await sync_to_async(actions.write_plan)()
                written = True
            path = studio_folder() / "status.json"
            changed = path.stat().st_mtime_ns if path.exists() else None
            if changed != seen and await sync_to_async(follow_studio)():
                seen = changed
            if clock.now() - tidied >= REFRESH_EVERY:
                tidied = clock.now()
                await sync_to_async(keep_tidy)()
        except Exception:
            logger.exception("the watch on the studio stumbled")
        await asyncio.sleep(LOOK_EVERY)


def _id(text: str) -> UUID | None:
    """The id, if it is one of ours: the plan of another installation may have run here before."""
    try:
        return UUID(text)
    except ValueError:
        return None
