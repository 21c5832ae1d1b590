"""The recordings that are shown in place of theatres: made ready beside what is on air, kept while wanted."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from konsilium.mediaplane.plan import ChannelPlan
from konsilium.mediaplane.playback import Playback
from konsilium.mediaplane.vault import Recorded

log = logging.getLogger(__name__)

Showing = tuple[str, str, datetime]


def _showing(channel: ChannelPlan) -> Showing | None:
    shown = channel.showing
    return None if shown is None or channel.state == "ended" else (channel.id, shown.recording, shown.since)


class Playbacks:
    """`ready` is called with a channel's id when what it is to show can be shown."""

    def __init__(self, recording: Callable[[str], Recorded | None], *, ready: Callable[[str], None]) -> None:
        self._recording = recording
        self._ready = ready
        self._wanted: set[Showing] = set()
        self._running: dict[Showing, Playback] = {}
        self._tasks: dict[Showing, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def of(self, channel: ChannelPlan) -> Playback | None:
        """None: the theatre is shown, or the recording is not ready yet."""
        showing = _showing(channel)
        return None if showing is None else self._running.get(showing)

    def follow(self, channels: Iterable[ChannelPlan]) -> None:
        self._wanted = {showing for channel in channels if (showing := _showing(channel)) is not None}
        for showing in self._wanted - self._tasks.keys():
            self._tasks[showing] = asyncio.create_task(self._prepare(showing), name=f"showing {showing[1]}")
        for showing in self._tasks.keys() - self._wanted:
            self._end(showing)

    async def _prepare(self, showing: Showing) -> None:
        channel, recording, since = showing
        try:
            recorded = self._recording(recording)
            if recorded is None:
                log.warning("channel %s: recording %s is not there", channel, recording)
                return
            await recorded.prepare()
            playback = Playback(recording, recorded, since=since)
        except Exception:
            log.exception("channel %s: recording %s cannot be shown", channel, recording)
            return
        playback.start()
        self._running[showing] = playback
        self._ready(channel)

    def _end(self, showing: Showing) -> None:
        self._tasks.pop(showing).cancel()
        playback = self._running.pop(showing, None)
        if playback is not None:
            # Whoever still shows it changes over first: at the next key frame.
            task = asyncio.create_task(_end_later(playback), name=f"ending {showing[1]}")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def stop(self) -> None:
        for task in (*self._tasks.values(), *self._ending):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), *self._ending, return_exceptions=True)
        await asyncio.gather(*(playback.stop() for playback in self._running.values()))


#: Longer than the patience of `Attachment`.
_CHANGE_OVER_S = 5.0


async def _end_later(playback: Playback) -> None:
    try:
        await asyncio.sleep(_CHANGE_OVER_S)
    finally:
        await playback.stop()
