"""How much room the disk has, looked at by the writing thread and known to everybody else."""

import shutil
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from konsilium.mediaplane.status import DiskStatus
from konsilium.mediaplane.vault.space import SpaceLimits, hours_left, space_state

#: Over which time the rate of now is measured.
RATE_S: Final = 60.0
#: What is written within so long is one number.
SUMMED_S: Final = 1.0

#: Free and total bytes of the disk a folder lies on.
Usage = Callable[[Path], tuple[int, int]]


def disk_usage(folder: Path) -> tuple[int, int]:
    found = shutil.disk_usage(folder)
    return found.free, found.total


class Room:
    def __init__(self, folder: Path, *, limits: SpaceLimits, usage: Usage = disk_usage) -> None:
        self._folder = folder
        self._limits = limits
        self._usage = usage
        self._written: deque[tuple[float, int]] = deque()
        self._written_bytes = 0
        self._state: Literal["good", "low", "full"] = "good"
        self.status = DiskStatus(free_bytes=0, total_bytes=0)
        self.look()

    @property
    def full(self) -> bool:
        return self._state == "full"

    def note(self, size: int) -> None:
        """So many bytes were written."""
        now = time.monotonic()
        if self._written and now - self._written[-1][0] < SUMMED_S:
            since, before = self._written.pop()
            self._written.append((since, before + size))
        else:
            self._written.append((now, size))
        self._written_bytes += size

    def look(self) -> None:
        since = time.monotonic() - RATE_S
        while self._written and self._written[0][0] < since:
            self._written_bytes -= self._written.popleft()[1]
        try:
            free, total = self._usage(self._folder)
        except OSError:
            return
        rate = self._written_bytes / RATE_S
        if self._written:
            # A recording that has just begun: what it wrote in the seconds there were.
            rate = self._written_bytes / min(RATE_S, max(5.0, time.monotonic() - self._written[0][0]))
        self._state = space_state(free, rate, self._limits, before=self._state)
        left = hours_left(free, rate, self._limits)
        self.status = DiskStatus(
            free_bytes=free,
            total_bytes=total,
            state=self._state,
            hours_left=None if left is None else round(left, 2),
        )
