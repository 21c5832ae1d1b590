"""The shelf of one rendition while its channel runs: takes segments in the event loop, has a thread write them."""

import logging
from collections.abc import Sequence
from typing import Final

from konsilium.mediaplane.cmaf import Init, Kind
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.shelf import Kept
from konsilium.mediaplane.vault.facts import Facts, facts_of
from konsilium.mediaplane.vault.files import RenditionFiles
from konsilium.mediaplane.vault.index import Entry, Section
from konsilium.mediaplane.vault.keeping import Keeping
from konsilium.mediaplane.vault.reading import Reading
from konsilium.mediaplane.vault.room import Room

log = logging.getLogger(__name__)

TOO_SLOW: Final = "The disk is too slow: pieces of the recording are missing."
TOO_FULL: Final = "The disk is full: recording has stopped, live goes on."
NOT_WRITTEN: Final = "The disk does not take what is recorded: {reason}."


class RenditionShelf:
    """A `Shelf`. Everything but `read` is called in one thread (the event loop's) and returns at once."""

    def __init__(
        self, files: RenditionFiles, *, cipher: Cipher, keeping: Keeping, reading: Reading, room: Room
    ) -> None:
        self.files = files
        self.kind: Kind = files.header.kind
        self._cipher = cipher
        self._keeping = keeping
        self._reading = reading
        self._room = room
        self._sections = dict(files.index.sections)
        #: What has not reached the disk yet can be read all the same.
        self._waiting: dict[int, tuple[Kept, bytes]] = {}
        #: Why the last segment was not kept, or nothing.
        self.trouble = ""
        #: Segments that were not kept.
        self.lost = 0
        self.closed = False
        #: In ticks.
        self._needed_from = 0

    # --- Shelf ---------------------------------------------------------------------------------------

    def keep_init(self, number: int, init: Init) -> None:
        section = Section.of(number, init)
        self._sections[number] = section
        self._keeping.put(lambda: self.files.add_section(section))

    def keep(self, kept: Kept, data: bytes) -> None:
        if self.closed:
            return
        if self._room.full:
            self._lose(TOO_FULL)
            return
        self._waiting[kept.start] = (kept, data)
        if not self._keeping.put(lambda: self._write(kept, data), len(data)):
            del self._waiting[kept.start]
            self._lose(TOO_SLOW)

    @property
    def past(self) -> Sequence[Kept]:
        # A channel whose feeds change begins anew on its own shelves, with some of it not yet on the disk.
        waiting = [kept for kept, _ in list(self._waiting.values())]
        entries = self.files.index.entries
        written = [kept_of(entries[index]) for index in range(len(entries))]
        last = written[-1].end if written else 0
        return written + [kept for kept in waiting if kept.start >= last]

    def let_go(self, before: int) -> None:
        self._needed_from = before

    def past_init(self, number: int) -> bytes | None:
        section = self._sections.get(number)
        return None if section is None else section.data

    def holds(self, start: int) -> bool:
        return start in self._waiting or self.files.index.entries.find(start) is not None

    async def read(self, start: int) -> bytes | None:
        waiting = self._waiting.get(start)
        if waiting is not None:
            return waiting[1]
        entry = self.files.index.entries.find(start)
        if entry is None:
            return None
        return await self._reading.segment(self.files.header.channel, self.files.header.rendition, entry)

    # --- In the writing thread -----------------------------------------------------------------------

    def _write(self, kept: Kept, data: bytes) -> None:
        try:
            entry = self.files.append(kept, data, self._facts(kept, data))
        except OSError as error:
            self._lose(NOT_WRITTEN.format(reason=error.strerror or str(error)))
        else:
            if entry is None:
                self._lose("A segment did not follow what was recorded before it.")
            else:
                self._room.note(len(data))
                self.trouble = ""
                self.files.let_go(self._needed_from)
        finally:
            self._waiting.pop(kept.start, None)

    def _facts(self, kept: Kept, data: bytes) -> Facts:
        try:
            return facts_of(self._cipher.decrypt(data, kept.key, kept.msn))
        except ValueError:
            return Facts()

    def _lose(self, why: str) -> None:
        self.lost += 1
        if why != self.trouble:
            header = self.files.header
            log.warning("recording of %s, %s: %s", header.channel, header.rendition, why)
        self.trouble = why


class NoShelf:
    """In place of one on a disk that does not even take a first file: live goes on, nothing is kept."""

    def __init__(self, kind: Kind, why: OSError) -> None:
        self.kind = kind
        self.trouble = NOT_WRITTEN.format(reason=why.strerror or str(why))
        self.lost = 0
        self.closed = False

    def keep_init(self, number: int, init: Init) -> None:
        pass

    def keep(self, kept: Kept, data: bytes) -> None:
        del kept, data
        self.lost += 1

    @property
    def past(self) -> Sequence[Kept]:
        return ()

    def let_go(self, before: int) -> None:
        del before

    def past_init(self, number: int) -> bytes | None:
        del number
        return None

    def holds(self, start: int) -> bool:
        del start
        return False

    async def read(self, start: int) -> bytes | None:
        del start
        return None


def kept_of(entry: Entry) -> Kept:
    return Kept(
        msn=entry.msn,
        start=entry.start,
        duration=entry.duration,
        init=entry.init,
        discontinuities=entry.discontinuities,
        key=entry.key,
        size=entry.size,
    )
