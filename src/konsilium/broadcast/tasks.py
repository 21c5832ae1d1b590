"""Background work: telling the rooms what the media plane reports of their feeds."""

import asyncio
import logging

from asgiref.sync import sync_to_async

from konsilium.broadcast.actions import report_signal, write_plan
from konsilium.broadcast.decisions import ChannelState
from konsilium.broadcast.models import Channel
from konsilium.broadcast.queries import signals_told, studio_folder, studio_status
from konsilium.foundation import clock

logger = logging.getLogger("konsilium.broadcast")

#: The status is a small file; a change of signal is seen within this many seconds.
LOOK_EVERY = 0.25


def report_signals() -> None:
    """Compare the studio's report with what each room was told, and tell it what is new."""
    status = studio_status()
    if status is None:
        return
    channels = Channel.objects.exclude(state=ChannelState.ENDED).select_related("room", "hall")
    for channel in channels:
        told = signals_told(channel)
        for feed in channel.hall.feeds.all():
            door = status.doors.get(feed.door)
            if door is not None and told.get(feed.door) != (door.signal, door.source or ""):
                report_signal(channel=channel, feed=feed, status=door, now=clock.now())


async def watch_studio() -> None:
    """Write the plan once, then follow the studio's report until cancelled."""
    await sync_to_async(write_plan)()
    seen: int | None = None
    while True:
        try:
            path = studio_folder() / "status.json"
            changed = path.stat().st_mtime_ns if path.exists() else None
            if changed != seen:
                seen = changed
                await sync_to_async(report_signals)()
        except Exception:
            # The database may be away for a moment; the next look finds what this one missed.
            logger.exception("the studio's report could not be passed on")
            seen = None
        await asyncio.sleep(LOOK_EVERY)
