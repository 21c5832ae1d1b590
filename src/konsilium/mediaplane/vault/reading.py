"""Segments read back: in threads, each once for however many viewers ask for it, the last ones kept in memory."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from konsilium.mediaplane.vault.files import believed, read_segment
from konsilium.mediaplane.vault.index import Entry
from konsilium.mediaplane.vault.store import Store, StoreAway, volume_name

#: Half a minute of eight angles. Viewers who go back together are that close to each other.
MOST_KEPT_BYTES: Final = 64 << 20
READERS: Final = 4

Place = tuple[str, str, int]
T = TypeVar("T")


class Reading:
    """To be used in one event loop."""

    def __init__(self, folder: Path, store: Store | None, *, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._folder = folder
        self._store = store
        self._most = most_bytes
        self._kept: OrderedDict[Place, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[Place, asyncio.Future[bytes | None]] = {}
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="vault-read")
        #: How often a disk or store was asked.
        self.reads = 0

    async def segment(self, channel: str, rendition: str, entry: Entry) -> bytes | None:
        place = (channel, rendition, entry.start)
        known = self._kept.get(place)
        if known is not None:
            self._kept.move_to_end(place)
            return known
        waiting = self._under_way.get(place)
        if waiting is None:
            waiting = asyncio.ensure_future(self._fetched(place, entry))
            self._under_way[place] = waiting
        # A viewer who goes away must not take the segment from the others.
        return await asyncio.shield(waiting)

    async def _fetched(self, place: Place, entry: Entry) -> bytes | None:
        try:
            data = await self.run(self.read, place[0], place[1], entry)
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

    async def run(self, do: Callable[..., T], *arguments: object) -> T:
        """In one of the reading threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(do, *arguments))

    def ahead(self, do: Callable[[], None]) -> None:
        """In a reading thread, and nobody waits for it."""
        self._threads.submit(do)

    def read(self, channel: str, rendition: str, entry: Entry) -> bytes | None:
        """From this machine's disk, else from the store; blocks."""
        self.reads += 1
        data = read_segment(self._folder / channel / rendition, entry)
        if data is not None or self._store is None:
            return data
        name = volume_name(channel, rendition, entry.volume)
        try:
            found = self._store.get(name, entry.offset, entry.offset + entry.size)
        except StoreAway:
            return None
        return None if found is None else believed(entry, found)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
