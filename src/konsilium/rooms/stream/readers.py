"""Those who follow a room: over a lent transport, over ASGI, or for the length of one poll."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import count

from konsilium.rooms.decisions import Viewer
from konsilium.rooms.stream.admission import Admission
from konsilium.rooms.stream.entries import Entry, chunk, unchunk

#: A reader with this much unread (minutes of a lively room) is cut off, and comes back when it can.
UNREAD_BYTES = 262_144
#: The same for readers over ASGI, where whole messages wait.
UNREAD_MESSAGES = 512

_numbers = count()


class Reader(ABC):
    """Somebody's open tail. All methods are called in the event loop."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.viewer: Viewer = admission.viewer
        self.number = next(_numbers)
        self.check_at = 0.0
        self.ended = asyncio.Event()

    @abstractmethod
    def take(self, entries: Sequence[Entry]) -> None:
        """There are new events."""

    @abstractmethod
    def tell(self, ready: bytes) -> None:
        """Pass on a ready chunk that is no event: a heartbeat, a count, a resync."""

    def end(self) -> None:
        """Let the reader go; a browser comes back by itself."""
        self.ended.set()


class TransportReader(Reader):
    """Ready chunks go straight to the connection: a third of what the way through ASGI costs."""

    def __init__(self, admission: Admission, transport: asyncio.WriteTransport) -> None:
        super().__init__(admission)
        self.transport = transport

    def take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.tell(entry.chunk_for(self.viewer))

    def tell(self, ready: bytes) -> None:
        if self.ended.is_set() or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > UNREAD_BYTES:
            self.transport.abort()
            self.end()
            return
        self.transport.write(ready)


class QueueReader(Reader):
    """Messages wait for the ASGI server's `send`: under any server that lends no transport."""

    def __init__(self, admission: Admission) -> None:
        super().__init__(admission)
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    def take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.tell(entry.chunk_for(self.viewer))

    def tell(self, ready: bytes) -> None:
        if self.ended.is_set():
            return
        if self.waiting.qsize() >= UNREAD_MESSAGES:
            self.end()
            return
        self.waiting.put_nowait(unchunk(ready))

    def end(self) -> None:
        super().end()
        self.waiting.put_nowait(None)


class PollReader(Reader):
    """Waits for the first news and then answers."""

    def __init__(self, admission: Admission) -> None:
        super().__init__(admission)
        self.news = asyncio.Event()

    def take(self, entries: Sequence[Entry]) -> None:
        if entries:
            self.news.set()

    def tell(self, ready: bytes) -> None:
        """A poll hears of nothing but events; the count comes with its answer."""

    def end(self) -> None:
        super().end()
        self.news.set()


#: A comment, which browsers ignore and proxies take for life.
HEARTBEAT = chunk(b":\n\n")
