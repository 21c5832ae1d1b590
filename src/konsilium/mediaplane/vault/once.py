"""What many viewers ask for is fetched or made once, and the last of it kept in memory, so many bytes and no more."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

#: A channel, and what of it.
Place = tuple[str, *tuple[object, ...]]
Make = Callable[[], Awaitable[bytes | None]]


class Once:
    """To be used in one event loop."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Place, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[Place, asyncio.Future[bytes | None]] = {}

    async def get(self, place: Place, make: Make) -> bytes | None:
        known = self._kept.get(place)
        if known is not None:
            self._kept.move_to_end(place)
            return known
        waiting = self._under_way.get(place)
        if waiting is None:
            waiting = asyncio.ensure_future(self._made(place, make))
            self._under_way[place] = waiting
        # A viewer who goes away must not take it from the others.
        return await asyncio.shield(waiting)

    async def _made(self, place: Place, make: Make) -> bytes | None:
        try:
            data = await make()
            if data is not None:
                self._keep(place, data)
            return data
        finally:
            del self._under_way[place]

    def _keep(self, place: Place, data: bytes) -> None:
        self._kept[place] = data
        self._kept_bytes += len(data)
        while self._kept_bytes > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest)

    def forget(self, channel: str) -> None:
        for place in [place for place in self._kept if place[0] == channel]:
            self._kept_bytes -= len(self._kept.pop(place))
