"""Segments read back, and playlists made: in threads, each once for however many viewers ask for it."""

import asyncio
import gzip
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from konsilium.mediaplane.vault.files import believed, read_segment
from konsilium.mediaplane.vault.index import Entry
from konsilium.mediaplane.vault.once import Once, Place
from konsilium.mediaplane.vault.store import Store, StoreAway, StoreRefuses, volume_name

#: Half a minute of eight angles. Viewers who go back together are that close to each other.
MOST_KEPT_BYTES: Final = 64 << 20
#: Some hundred playlists of four hours, packed.
MOST_PLAYLIST_BYTES: Final = 16 << 20
READERS: Final = 4
#: While the store is away, one request in so many seconds finds out whether it is back.
AWAY_S: Final = 5.0

T = TypeVar("T")


class Reading:
    """To be used in one event loop.

    The disk, the store and playlists have threads of their own: a store that hangs keeps nobody from what lies
    here, and whoever asks for one stretch of a recording after another waits for himself alone.
    """

    def __init__(self, folder: Path, store: Store | None, *, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._folder = folder
        self._store = store
        self._segments = Once(most_bytes)
        self._playlists = Once(MOST_PLAYLIST_BYTES)
        self._near = ThreadPoolExecutor(READERS, thread_name_prefix="vault-read")
        self._far = ThreadPoolExecutor(READERS, thread_name_prefix="vault-fetch")
        self._making = ThreadPoolExecutor(1, thread_name_prefix="vault-playlist")
        #: The store did not answer when it was last asked.
        self.is_away = False
        #: When the store may be asked again, on the monotonic clock.
        self._again_at = 0.0
        #: How often a disk or store was asked.
        self.reads = 0

    async def segment(self, channel: str, rendition: str, entry: Entry) -> bytes | None:
        place = (channel, rendition, entry.start)
        return await self._segments.get(place, partial(self.read, channel, rendition, entry))

    async def playlist(self, place: Place, render: Callable[[], str], *, packed: bool) -> bytes:
        """`place` says everything that the text depends on."""
        made = await self._playlists.get((*place, packed), partial(self._rendered, render, packed=packed))
        return made or b""

    async def _rendered(self, render: Callable[[], str], *, packed: bool) -> bytes:
        def make() -> bytes:
            text = render().encode()
            return gzip.compress(text, compresslevel=5, mtime=0) if packed else text

        return await asyncio.get_running_loop().run_in_executor(self._making, make)

    def forget(self, channel: str) -> None:
        self._segments.forget(channel)
        self._playlists.forget(channel)

    async def run(self, do: Callable[..., T], *arguments: object) -> T:
        """In one of the threads that read this machine's disk."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._near, partial(do, *arguments))

    def ahead(self, do: Callable[[], None]) -> None:
        """In a reading thread, and nobody waits for it."""
        self._near.submit(do)

    async def read(self, channel: str, rendition: str, entry: Entry) -> bytes | None:
        """From this machine's disk, else from the store."""
        self.reads += 1
        data = await self.run(read_segment, self._folder / channel / rendition, entry)
        if data is not None or self._store is None:
            return data
        fetch = partial(self._fetched, self._store, volume_name(channel, rendition, entry.volume), entry)
        return await asyncio.get_running_loop().run_in_executor(self._far, fetch)

    # --- In a thread for the store ---------------------------------------------------------------------

    def _fetched(self, store: Store, name: str, entry: Entry) -> bytes | None:
        if not self._may_ask():
            return None
        try:
            found = store.get(name, entry.offset, entry.offset + entry.size)
        except StoreRefuses:
            return None
        except StoreAway:
            self.is_away, self._again_at = True, time.monotonic() + AWAY_S
            return None
        self.is_away = False
        return None if found is None else believed(entry, found)

    def _may_ask(self) -> bool:
        """Those who wait behind one that found the store away are told at once, instead of finding it out each."""
        now = time.monotonic()
        if self.is_away and now < self._again_at:
            return False
        self._again_at = now + AWAY_S
        return True

    def close(self) -> None:
        for threads in (self._near, self._far, self._making):
            threads.shutdown(wait=False, cancel_futures=True)
