"""Requests that are held: grouped by what they wait for, so that waking 1,500 is one look at the timeline."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForReload:
    """Waits for a playlist that contains this."""

    msn: int
    part: int | None


@dataclass(frozen=True, slots=True)
class ForPart:
    """Waits for the part that begins here: the preload hint."""

    start: int


Target = ForReload | ForPart
Waiters = dict[asyncio.Future[bool], float]


class WaitingRoom:
    """One timer for all who wait for the same: a timeout of its own for each would cost more than its answer."""

    def __init__(self) -> None:
        self._waiters: dict[Target, Waiters] = {}
        self._timers: dict[Target, asyncio.TimerHandle] = {}

    @property
    def targets(self) -> list[Target]:
        return list(self._waiters)

    async def wait(self, target: Target, deadline: float) -> bool:
        """True if released, False if `deadline` of the loop's clock came first."""
        loop = asyncio.get_running_loop()
        if loop.time() >= deadline:
            return False
        future: asyncio.Future[bool] = loop.create_future()
        waiters = self._waiters.setdefault(target, {})
        waiters[future] = deadline
        if target not in self._timers:
            self._timers[target] = loop.call_at(deadline, self._expire, target)
        try:
            return await future
        finally:
            waiters.pop(future, None)

    def release(self, target: Target) -> None:
        for future in self._waiters.pop(target, {}):
            if not future.done():
                future.set_result(True)
        timer = self._timers.pop(target, None)
        if timer is not None:
            timer.cancel()

    def _expire(self, target: Target) -> None:
        loop = asyncio.get_running_loop()
        waiters = self._waiters.get(target, {})
        now = loop.time()
        for future, deadline in waiters.items():
            if deadline <= now and not future.done():
                future.set_result(False)
        left = [deadline for future, deadline in waiters.items() if not future.done()]
        if left:
            self._timers[target] = loop.call_at(min(left), self._expire, target)
        else:
            self._waiters.pop(target, None)
            self._timers.pop(target, None)
