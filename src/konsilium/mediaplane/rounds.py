"""One beat for everything that looks again and again: what is due in the same moment wakes the process once.

A feed's own work is 1.5 % of a core; being woken up for it 125 times a second was twice as much.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

log = logging.getLogger(__name__)

#: Divides no usual frame's duration: each frame waits differently long, and the shortest delay still tells when they
#: come. What an encoder sends waits for 15 ms on average.
ROUND_S: Final = 0.029


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """Is called on every beat whose number `every` divides, so that all who look equally often look together."""

    call: Callable[[], None]
    every: int


class Rounds:
    """Of one event loop. Its timer runs only for beats on which somebody listens."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0

    def listen(self, call: Callable[[], None], *, every: int = 1) -> Listener:
        listener = Listener(call, every)
        self._listeners[listener] = None
        self._await_next()
        return listener

    def leave(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    def _await_next(self) -> None:
        now = self._loop.time()
        # A timer may go off just before its beat, and that one must not be heard twice.
        last = round(now / ROUND_S)
        following = min((last // one.every + 1) * one.every for one in self._listeners)
        if self._timer is not None:
            if self._next <= following:
                return
            self._timer.cancel()
        self._next = following
        self._timer = self._loop.call_later(following * ROUND_S - now, self._beat)

    def _beat(self) -> None:
        number, self._timer = self._next, None
        for listener in list(self._listeners):
            if number % listener.every == 0 and listener in self._listeners:
                try:
                    listener.call()
                except Exception:
                    # The others have their turn too.
                    log.exception("what is done in every round stumbled")
        if self._listeners:
            self._await_next()


_rounds: WeakKeyDictionary[asyncio.AbstractEventLoop, Rounds] = WeakKeyDictionary()


def rounds() -> Rounds:
    loop = asyncio.get_running_loop()
    found = _rounds.get(loop)
    if found is None:
        found = _rounds[loop] = Rounds()
    return found
