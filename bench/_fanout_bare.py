"""The limit: asyncio (uvloop) writing one ready chunk to every connection, and nothing else."""

import asyncio
import sys
import threading
import time
from typing import cast

import uvloop

from bench._fanout_readers import write_ready

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Bare(asyncio.Protocol):
    def __init__(self, readers: set[asyncio.WriteTransport]) -> None:
        self.readers = readers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are what asyncio's are, without being their children.
        self.transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, _data: bytes) -> None:
        self.transport.write(HEAD)
        self.readers.add(self.transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self.readers.discard(self.transport)


def event(number: int) -> bytes:
    """As long as Konsilium's."""
    data = b'id: %d\ndata: {"v":%d,"type":"bench.tick","made":%d,"text":"%s"}\n\n' % (
        number,
        number,
        time.time_ns(),
        b"x" * 200,
    )
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(folder: str, readers: int, rate: float) -> None:
    loop = asyncio.get_running_loop()
    connected: set[asyncio.WriteTransport] = set()
    server = await loop.create_server(lambda: Bare(connected), "127.0.0.1", 0, backlog=4096)
    begin = asyncio.Event()
    threading.Thread(
        target=lambda: (sys.stdin.readline(), loop.call_soon_threadsafe(begin.set)), daemon=True
    ).start()
    port = server.sockets[0].getsockname()[1]
    write_ready(folder, {"port": port, "paths": ["/"] * readers, "cookies": [""] * readers})
    await begin.wait()
    number, due = 0, loop.time()
    while True:
        number += 1
        ready = event(number)
        for transport in tuple(connected):
            transport.write(ready)
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - loop.time()))


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
