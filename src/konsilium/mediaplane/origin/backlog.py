"""Work for viewers that waits for its turn, so that something urgent comes between.

When a part appears, 1,500 viewers are answered and ask again: done in one go, that is a quarter of a second in
which the event loop hears nothing else, and a stop that was pressed meanwhile waits behind all of them.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

#: So long the event loop may be kept at a time: some 150 answers.
SLICE_S: Final = 0.01

Work = Callable[[], None]


class Backlog:
    """First come, first served, a slice in each turn of the event loop; for one event loop at a time."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: deque[Work] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, work: Work) -> None:
        """To be called in the event loop, by which it is done, soon."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._go_on)
        self._waiting.append(work)

    def _go_on(self) -> None:
        until = self._clock() + SLICE_S
        while self._waiting:
            # The first one stays until it is done: what it adds must not call for a second turn.
            try:
                self._waiting[0]()
            except Exception:
                # Whatever is wrong with one of them, the others wait for theirs.
                log.exception("a viewer could not be answered")
            self._waiting.popleft()
            if self._clock() >= until:
                break
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._go_on)
