"""Plays the clips into the stand-in doors, for ever."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from konsilium.mediaplane.encoder.command_lines import ListenAt, send
from konsilium.mediaplane.encoder.process import start_child
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.plan import Plan
from konsilium.mediaplane.simulation.clips import prepare_scenes

log = logging.getLogger(__name__)

#: A door that is just opening refuses for a moment; asking more often would not help.
_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class Sender:
    feed: str
    port: int
    passphrase: str = field(repr=False)
    latency_ms: int = 120


def senders_of(plan: Plan) -> tuple[Sender, ...]:
    """One for each door that has a stand-in; the last word of a door's id is the feed."""
    return tuple(
        Sender(door.id.rpartition(".")[2], door.stand_in_port, door.passphrase, door.latency_ms)
        for door in plan.doors
        if door.stand_in_port is not None
    )


class Simulator:
    """Sends the scenes of `senders`; draws missing ones first, without holding up the event loop."""

    def __init__(self, data_dir: Path, senders: Sequence[Sender]) -> None:
        self._data_dir = data_dir
        self._senders = tuple(senders)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        feeds = [sender.feed for sender in self._senders]
        clips = await asyncio.to_thread(prepare_scenes, self._data_dir, feeds)
        self._tasks = [
            asyncio.create_task(self._play(sender, clips[sender.feed]), name=f"simulated {sender.feed}")
            for sender in self._senders
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _play(self, sender: Sender, clip: Path) -> None:
        at = ListenAt("127.0.0.1", sender.port, sender.passphrase, sender.latency_ms)
        while True:
            try:
                child = await start_child(send(ffmpeg_path(), str(clip), at), secrets=(sender.passphrase,))
            except OSError as error:
                log.warning("simulated %s does not start: %s", sender.feed, error.strerror)
            else:
                try:
                    await child.over()
                finally:
                    await child.end()
                log.debug("simulated %s ended: %s", sender.feed, child.messages[-1:])
            await asyncio.sleep(_RETRY_S)
