"""Brings closed volumes, indexes and what was withheld to the store, again and again until they are there.

What was not brought stays on the disk; what the store has leaves the disk when viewers no longer go back to it.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from konsilium.mediaplane.hls.clock import date_of
from konsilium.mediaplane.vault.about import About
from konsilium.mediaplane.vault.files import INDEX, SUFFIX, RenditionFiles, replace_whole, volume_path
from konsilium.mediaplane.vault.holding import STORED, Holding
from konsilium.mediaplane.vault.index import stored_line
from konsilium.mediaplane.vault.keeping import Keeping
from konsilium.mediaplane.vault.sealed import object_name, sealed_in
from konsilium.mediaplane.vault.store import ABOUT, Store, StoreAway, volume_name

log = logging.getLogger(__name__)

LOOK_S: Final = 2.0
LONGEST_PAUSE_S: Final = 30.0
AWAY: Final = "The store cannot be reached; recordings wait on the disk. {reason}"


class Uploads:
    def __init__(
        self,
        store: Store,
        holdings: Callable[[], list[Holding]],
        *,
        folder: Path,
        keeping: Keeping,
        found: Callable[[Holding], None],
        keep_local: timedelta,
        look_s: float = LOOK_S,
        discards: bool = True,
    ) -> None:
        """`discards`: what was destroyed is removed from the store."""
        self._store = store
        self._holdings = holdings
        self._folder = folder
        self._keeping = keeping
        self._found = found
        self._keep_local = keep_local
        self._look_s = look_s
        self._discards = discards
        self._pause_s = look_s
        self._index_sent: dict[tuple[str, str], int] = {}
        self._about_sent: dict[str, About] = {}
        self._cleared: set[str] = set()
        self._removing: deque[str] = deque()
        #: Channels of which something sealed may not be in the store yet.
        self._sealed: deque[str] = deque()
        #: Why the store could not be reached when it was last tried, or nothing.
        self.trouble = ""
        self._discovered = False
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="vault-upload", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def sealed(self, channel: str) -> None:
        """Something more of it was withheld."""
        self._sealed.append(channel)
        self._wake.set()

    def remove(self, channel: str) -> None:
        """Whatever the store has of it, before anything else is brought there."""
        self._removing.append(channel)
        self._wake.set()

    def close(self, timeout_s: float = 5.0) -> None:
        self._ending = True
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._ending:
            try:
                self.look()
            except StoreAway as error:
                self._note_away(str(error))
            except Exception as error:
                log.exception("bringing recordings to the store stumbled")
                self._note_away(type(error).__name__)
            else:
                self.trouble, self._pause_s = "", self._look_s
            self._wake.wait(self._pause_s)
            self._wake.clear()

    def _note_away(self, reason: str) -> None:
        if not self.trouble:
            log.warning("the store cannot be reached: %s", reason)
        self.trouble = AWAY.format(reason=reason)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def look(self) -> None:
        while self._removing:
            self._store.remove(f"{self._removing[0]}/")
            channel = self._removing.popleft()
            self._about_sent.pop(channel, None)
            self._index_sent = {key: mark for key, mark in self._index_sent.items() if key[0] != channel}
        if not self._discovered:
            self._discover()
            self._discovered = True
            # A former run may have ended before it had brought all.
            self._sealed.extend(holding.channel for holding in self._holdings())
        while self._sealed and not self._ending:
            self._bring_sealed(self._sealed[0])
            self._sealed.popleft()
        for holding in self._holdings():
            if self._ending:
                return
            if holding.destroyed:
                if self._discards:
                    self._discard(holding)
            elif (holding.folder / STORED).exists():
                self._clear_whole(holding)
            else:
                self._bring(holding)

    # --- Towards the store ---------------------------------------------------------------------------

    def _bring(self, holding: Holding) -> None:
        kept = holding.about.state == "kept"
        if kept and not holding.files:
            # A former run finished it and was ended before the store had everything.
            self._keeping.put(lambda: _open(holding))
            self._keeping.drain(30)
        whole = kept
        for files in list(holding.files.values()):
            whole &= self._bring_volumes(files)
            self._bring_index(files)
            self._clear_local(files)
        self._bring_about(holding)
        if whole and holding.files:
            self._keeping.put(lambda: _close(holding))

    def _bring_sealed(self, channel: str) -> None:
        """Ciphertext, as all that goes there. It stays on the disk as well: an inquiry may come years later."""
        holding = next((one for one in self._holdings() if one.channel == channel), None)
        if holding is None or holding.destroyed or not (here := sealed_in(holding.folder)):
            return
        there = set(self._store.names(object_name(channel, "")))
        for one in here:
            name = object_name(channel, one.path.name)
            if name not in there:
                self._store.put(name, one.path)

    def _bring_volumes(self, files: RenditionFiles) -> bool:
        """Whether the store has them all."""
        header, index = files.header, files.index
        for volume in list(index.volumes):
            if volume in index.stored or self._ending:
                continue
            if volume == files.open_volume:
                return False
            self._store.put(
                volume_name(header.channel, header.rendition, volume), volume_path(files.folder, volume)
            )
            index.stored.add(volume)
            self._keeping.put(lambda volume=volume: files.note_stored(volume))  # type: ignore[misc]
        return index.stored.issuperset(index.volumes)

    def _bring_index(self, files: RenditionFiles) -> None:
        """When another volume is there, and at the end."""
        header, index = files.header, files.index
        mark = len(index.stored) * 2 + index.finished
        if self._index_sent.get((header.channel, header.rendition)) == mark:
            return
        # As it is now: it may grow while it is on its way.
        self._store.put(f"{header.channel}/{header.rendition}/{INDEX}", (files.folder / INDEX).read_bytes())
        self._index_sent[header.channel, header.rendition] = mark

    def _bring_about(self, holding: Holding) -> None:
        about = holding.about
        if self._about_sent.get(holding.channel) == about or not (holding.folder / ABOUT).exists():
            return
        self._store.put(f"{holding.channel}/{ABOUT}", (holding.folder / ABOUT).read_bytes())
        self._about_sent[holding.channel] = about

    def _clear_local(self, files: RenditionFiles) -> None:
        before = datetime.now(UTC) - self._keep_local
        for volume, end in list(files.index.volumes.items()):
            if volume in files.index.stored and date_of(end, files.header.timescale) < before:
                volume_path(files.folder, volume).unlink(missing_ok=True)

    def _clear_whole(self, holding: Holding) -> None:
        ended = holding.about.ended
        if holding.channel in self._cleared or (ended and ended > datetime.now(UTC) - self._keep_local):
            return
        for path in holding.folder.glob(f"*/*{SUFFIX}"):
            path.unlink(missing_ok=True)
        self._cleared.add(holding.channel)

    def _discard(self, holding: Holding) -> None:
        if holding.channel in self._about_sent or not (holding.folder / STORED).exists():
            self._store.remove(f"{holding.channel}/")
            self._about_sent.pop(holding.channel, None)
            holding.folder.mkdir(parents=True, exist_ok=True)
            (holding.folder / STORED).touch()

    # --- From the store ------------------------------------------------------------------------------

    def _discover(self) -> None:
        """Recordings this machine's disk does not have: their small files are fetched, volumes as needed."""
        known = {holding.channel for holding in self._holdings()}
        for channel in self._store.channels():
            if channel in known or self._ending:
                continue
            about = self._store.get(f"{channel}/{ABOUT}")
            if about is None:
                continue
            folder = self._folder / channel
            self._fetch_indexes(channel, folder)
            folder.mkdir(parents=True, exist_ok=True)
            replace_whole(folder / ABOUT, about)
            self._found(Holding(folder))

    def _fetch_indexes(self, channel: str, folder: Path) -> None:
        volumes: dict[str, list[int]] = {}
        for name in self._store.names(f"{channel}/"):
            _, rendition, file = (*name.split("/"), "", "")[:3]
            stem = file.removesuffix(".vol")
            if file and stem != file and stem.isdecimal():
                volumes.setdefault(rendition, []).append(int(stem))
        for rendition, stored in volumes.items():
            index = self._store.get(f"{channel}/{rendition}/{INDEX}")
            if index is None or "/" in rendition or rendition.startswith("."):
                continue
            (folder / rendition).mkdir(parents=True, exist_ok=True)
            # A new line first, should the object end in the middle of one.
            lines = b"".join(stored_line(volume) for volume in sorted(stored))
            replace_whole(folder / rendition / INDEX, index + lines)


def _open(holding: Holding) -> None:
    holding.open_all()


def _close(holding: Holding) -> None:
    (holding.folder / STORED).touch()
    holding.close_files()
