"""What listens to and looks at one feed beside its way to the audience, and what is made of it for thin lines."""

import asyncio
import logging
import os
from collections.abc import Mapping

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.encoder.decisions import wants_rung
from konsilium.mediaplane.encoder.habits import Habits
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.picture_monitor import PictureMonitor
from konsilium.mediaplane.encoder.rung import Rung
from konsilium.mediaplane.encoder.sound_monitor import SoundMonitor
from konsilium.mediaplane.encoder.tools import has_nvenc
from konsilium.mediaplane.plan import LadderPlan

log = logging.getLogger(__name__)


class Monitors:
    """Three helpers that come and go by themselves; without any of them the feed is on air all the same."""

    def __init__(self, name: str, outlets: Mapping[Kind, Outlet], ladder: LadderPlan) -> None:
        self._name = name
        self._ladder = ladder
        self.sound = SoundMonitor(name)
        self.picture = PictureMonitor(name)
        self.rung = Rung(name, ladder)
        self.habits = Habits()
        outlets[Kind.AUDIO].follow(self.sound)
        outlets[Kind.VIDEO].follow(self.picture)
        outlets[Kind.VIDEO].follow(self.rung)
        outlets[Kind.VIDEO].follow(self.habits)
        self.low_outlets = {Kind.AUDIO: self.sound.lower.outlet, Kind.VIDEO: self.rung.lower.outlet}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._ladder.use != "off":
            self._task = asyncio.create_task(self._choose(), name=f"ladder {self._name}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(self.sound.stop(), self.picture.stop(), self.rung.stop())

    def look(self, now: float) -> None:
        """Some ten times a second."""
        self.sound.look()
        self.rung.look(now)

    @property
    def pids(self) -> dict[str, list[int]]:
        """Of the children."""
        found = {"sounds": self.sound.pid, "pictures": self.picture.pid, "rungs": self.rung.pid}
        return {what: [pid] if pid else [] for what, pid in found.items()}

    async def _choose(self) -> None:
        nvenc = await asyncio.to_thread(has_nvenc)
        if wants_rung(self._ladder.use, nvenc=nvenc, cores=os.cpu_count() or 1):
            log.info(
                "feed %s: a lower rung, coded by the %s processor",
                self._name,
                "graphics" if nvenc else "main",
            )
            self.rung.enable(nvenc=nvenc)
