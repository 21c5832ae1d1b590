"""The recordings that are shown in place of theatres: made ready beside what is on air, kept while wanted."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from konsilium.mediaplane.plan import ChannelPlan
from konsilium.mediaplane.playback import Playback
from konsilium.mediaplane.vault import Recorded

log = logging.getLogger(__name__)

Showing = tuple[str, str, datetime]
#: A store that is away comes back, a film is just being put away: looked for again after so long.
_AGAIN_S = 1.0
#: Longer than the patience of `Attachment`.
_CHANGE_OVER_S = 5.0


def _showing(channel: ChannelPlan) -> Showing | None:
    shown = channel.showing
    return None if shown is None or channel.state == "ended" else (channel.id, shown.recording, shown.since)


class Playbacks:
    """`ready` is called with a channel's id when what it is to show can be shown."""

    def __init__(self, recording: Callable[[str], Recorded | None], *, ready: Callable[[str], None]) -> None:
        self._recording = recording
        self._ready = ready
        self._running: dict[Showing, Playback] = {}
        self._tasks: dict[Showing, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def of(self, channel: ChannelPlan) -> Playback | None:
        """None as well while the recording is not ready: whether one is wanted, `channel.showing` says."""
        showing = _showing(channel)
        return None if showing is None else self._running.get(showing)

    def follow(self, channels: Iterable[ChannelPlan], *, destroyed: Collection[str] = ()) -> None:
        showings = {showing for channel in channels if (showing := _showing(channel)) is not None}
        wanted = {showing for showing in showings if showing[1] not in destroyed}
        for showing in wanted - self._tasks.keys():
            self._tasks[showing] = asyncio.create_task(self._prepare(showing), name=f"showing {showing[1]}")
        for showing in self._tasks.keys() - wanted:
            # Whoever still shows it changes over first, at the next key frame; what is destroyed is over at once.
            self._end(showing, after_s=0.0 if showing[1] in destroyed else _CHANGE_OVER_S)

    async def _prepare(self, showing: Showing) -> None:
        """Tried for as long as it is wanted; meanwhile the audience sees what it saw before, or the slate."""
        channel, recording, since = showing
        told = ""
        while True:
            try:
                playback = await self._made(recording, since)
                break
            except Exception as error:
                if repr(error) != told:
                    log.warning("channel %s: recording %s cannot be shown", channel, recording, exc_info=True)
                told = repr(error)
            await asyncio.sleep(_AGAIN_S)
        playback.start()
        self._running[showing] = playback
        self._ready(channel)

    async def _made(self, recording: str, since: datetime) -> Playback:
        recorded = self._recording(recording)
        if recorded is None:
            raise LookupError(f"recording {recording} is not there")
        await recorded.prepare()
        return Playback(recording, recorded, since=since)

    def _end(self, showing: Showing, *, after_s: float) -> None:
        self._tasks.pop(showing).cancel()
        playback = self._running.pop(showing, None)
        if playback is not None:
            task = asyncio.create_task(_end_later(playback, after_s), name=f"ending {showing[1]}")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def stop(self) -> None:
        for task in (*self._tasks.values(), *self._ending):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), *self._ending, return_exceptions=True)
        await asyncio.gather(*(playback.stop() for playback in self._running.values()))


async def _end_later(playback: Playback, after_s: float) -> None:
    try:
        await asyncio.sleep(after_s)
    finally:
        await playback.stop()
