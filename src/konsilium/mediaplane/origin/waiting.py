"""Requests that are held: grouped by what they wait for, so that waking 1,500 is one look at the timeline."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


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
#: Called once: True if there is a reason to look again, False if the time was over first.
Done = Callable[[bool], None]


class Place:
    """Of one request in the room. Compared by identity."""

    __slots__ = ("deadline", "done", "waiters")

    def __init__(self, waiters: "dict[Place, None]", deadline: float, done: Done) -> None:
        self.waiters = waiters
        self.deadline = deadline
        self.done = done

    def leave(self) -> None:
        """Not to be called any more; whoever has been called has left already."""
        self.waiters.pop(self, None)


class WaitingRoom:
    """One timer for all who wait for the same: a timeout of its own for each would cost more than its answer."""

    def __init__(self) -> None:
        self._waiters: dict[Target, dict[Place, None]] = {}
        self._timers: dict[Target, asyncio.TimerHandle] = {}

    @property
    def targets(self) -> list[Target]:
        return list(self._waiters)

    def __len__(self) -> int:
        return sum(len(waiters) for waiters in self._waiters.values())

    def hold(self, target: Target, deadline: float, done: Done) -> Place:
        """Until `target` is released or `deadline` of the loop's clock has come."""
        waiters = self._waiters.setdefault(target, {})
        place = Place(waiters, deadline, done)
        waiters[place] = None
        if target not in self._timers:
            self._timers[target] = asyncio.get_running_loop().call_at(deadline, self._expire, target)
        return place

    async def wait(self, target: Target, deadline: float) -> bool:
        """True if released, False if `deadline` of the loop's clock came first."""
        loop = asyncio.get_running_loop()
        if loop.time() >= deadline:
            return False
        future: asyncio.Future[bool] = loop.create_future()
        place = self.hold(target, deadline, lambda released: _settle(future, released))
        try:
            return await future
        finally:
            place.leave()

    def release(self, target: Target) -> None:
        timer = self._timers.pop(target, None)
        if timer is not None:
            timer.cancel()
        waiters = self._waiters.pop(target, {})
        for place in list(waiters):
            # An answer to one may let another one go.
            if place in waiters:
                place.leave()
                _call(place, released=True)

    def _expire(self, target: Target) -> None:
        loop = asyncio.get_running_loop()
        waiters = self._waiters.get(target, {})
        now = loop.time()
        due = [place for place in waiters if place.deadline <= now]
        for place in due:
            place.leave()
        if waiters:
            first = min(place.deadline for place in waiters)
            self._timers[target] = loop.call_at(first, self._expire, target)
        else:
            self._waiters.pop(target, None)
            self._timers.pop(target, None)
        for place in due:
            _call(place, released=False)


def _settle(future: "asyncio.Future[bool]", released: bool) -> None:
    if not future.done():
        future.set_result(released)


def _call(place: Place, *, released: bool) -> None:
    try:
        place.done(released)
    except Exception:
        # Whatever is wrong with one of them, the other 1,499 wait for the same.
        log.exception("an answer could not be given")
