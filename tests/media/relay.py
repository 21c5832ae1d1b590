"""A bad line between an encoder and its door: UDP packets that get lost, by dice with a seed."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.media.theatre import free_udp_port


class Line:
    """Counts what came and what it lost, in both directions."""

    def __init__(self, to: int, *, loss: float, seed: int = 1) -> None:
        self.port = free_udp_port()
        self.loss = loss
        self.came = 0
        self.lost = 0
        self._to = ("127.0.0.1", to)
        self._dice = random.Random(seed)
        self._ends: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._front: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _Front(self), local_addr=("127.0.0.1", self.port)
        )

    def close(self) -> None:
        for end in (self._front, *self._ends.values()):
            if end is not None:
                end.close()

    def survives(self) -> bool:
        self.came += 1
        kept = self._dice.random() >= self.loss
        self.lost += not kept
        return kept

    async def forward(self, data: bytes, sender: tuple[str, int]) -> None:
        end = self._ends.get(sender)
        if end is None:
            loop = asyncio.get_running_loop()
            end, _ = await loop.create_datagram_endpoint(lambda: _Back(self, sender), remote_addr=self._to)
            self._ends[sender] = end
        end.sendto(data)

    def there(self, sender: tuple[str, int]) -> asyncio.DatagramTransport | None:
        return self._ends.get(sender)

    def back(self, data: bytes, sender: tuple[str, int]) -> None:
        if self._front is not None and self.survives():
            self._front.sendto(data, sender)


class _Front(asyncio.DatagramProtocol):
    def __init__(self, line: Line) -> None:
        self._line = line
        self._opening: set[asyncio.Task[None]] = set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._line.survives():
            return
        end = self._line.there(addr)
        if end is not None:
            end.sendto(data)
            return
        task = asyncio.ensure_future(self._line.forward(data, addr))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)


class _Back(asyncio.DatagramProtocol):
    def __init__(self, line: Line, sender: tuple[str, int]) -> None:
        self._line = line
        self._sender = sender

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._line.back(data, self._sender)


@asynccontextmanager
async def bad_line(to: int, *, loss: float, seed: int = 1) -> AsyncIterator[Line]:
    line = Line(to, loss=loss, seed=seed)
    await line.open()
    try:
        yield line
    finally:
        line.close()
