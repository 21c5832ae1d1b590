"""A rendition's files: volumes of about a minute of ciphertext one segment after the other, and their index.

Written by one thread. What a former run left is never written into again: its last volume is cut where its last
whole segment ends, and a new one is begun. So a volume that was closed stays as it is for good.
"""

import contextlib
import os
import threading
import zlib
from pathlib import Path
from typing import BinaryIO, Final

from konsilium.mediaplane.hls.shelf import Kept
from konsilium.mediaplane.vault.facts import Facts
from konsilium.mediaplane.vault.index import (
    Entry,
    Header,
    Index,
    Section,
    add_lines,
    end_line,
    entry_line,
    header_line,
    lying_whole,
    parse_index,
    section_line,
    stored_line,
    without,
    written_index,
)

INDEX: Final = "index"
SUFFIX: Final = ".vol"
#: A volume ends with the first segment that begins so much after its own beginning.
VOLUME_S: Final = 60


def write_whole(path: Path, data: bytes, *, mode: int = 0o640) -> None:
    """A new file, on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, data: bytes) -> None:
    """The old content or the new, never half of it."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.unlink(missing_ok=True)
    write_whole(unfinished, data)
    unfinished.replace(path)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def volume_path(folder: Path, volume: int) -> Path:
    return folder / f"{volume}{SUFFIX}"


def volume_sizes(folder: Path) -> dict[int, int]:
    sizes: dict[int, int] = {}
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as found:
        for file in found:
            name = file.name.removesuffix(SUFFIX)
            if name != file.name and name.isdecimal():
                sizes[int(name)] = file.stat().st_size
    return sizes


def read_index(folder: Path) -> Index:
    """What of the rendition in this folder lies whole, here or in the store."""
    try:
        data = (folder / INDEX).read_bytes()
    except FileNotFoundError:
        return Index()
    return lying_whole(parse_index(data), volume_sizes(folder))


def read_on(folder: Path, index: Index) -> None:
    """What a rendition that is being written has got since; its segments lie whole."""
    with (folder / INDEX).open("rb") as file:
        file.seek(index.length)
        add_lines(index, file.read())


def read_segment(folder: Path, entry: Entry) -> bytes | None:
    """The very bytes that were written, or None."""
    try:
        with volume_path(folder, entry.volume).open("rb") as file:
            file.seek(entry.offset)
            return believed(entry, file.read(entry.size))
    except OSError:
        return None


def believed(entry: Entry, data: bytes) -> bytes | None:
    return data if len(data) == entry.size and zlib.crc32(data) == entry.crc else None


class RenditionFiles:
    """Appends. One thread writes, another may note what the store has.

    After an OSError nothing of the segment in hand is left behind, and the next one may be tried.
    """

    def __init__(self, folder: Path, header: Header) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.header = header
        self.index = read_index(folder)
        self.index.header = self.index.header or header
        self._last_init: int | None = None
        self._volume: int | None = None
        self._volume_file: BinaryIO | None = None
        self._volume_size = 0
        self._unsynced = False
        self._torn = False
        self._guard = threading.RLock()
        self._cut_last_volume()
        if self.index.damaged:
            # Whoever reads it later must not find lines again that this run has replaced by others.
            replace_whole(folder / INDEX, written_index(self.index))
        self._index_file = (folder / INDEX).open("ab")
        self.index.length = self._index_file.tell()

    def _cut_last_volume(self) -> None:
        """A crash of the machine may have left lines of the index whose segments never reached the disk."""
        index = self.index
        last = next(reversed(index.volumes), None)
        if last is not None and last not in index.stored:
            lost = [
                entry
                for entry in index.entries
                if entry.volume == last and read_segment(self.folder, entry) is None
            ]
            self.index = index = without(index, lost)
        ends = {entry.volume: entry.offset + entry.size for entry in index.entries}
        newest = max(volume_sizes(self.folder).items(), default=None)
        if newest is None or index.length == 0:
            return
        volume, size = newest
        if volume not in ends:
            # Begun by a run that was killed before its first segment was in the index.
            volume_path(self.folder, volume).unlink()
        elif size > ends[volume]:
            os.truncate(volume_path(self.folder, volume), ends[volume])

    def add_section(self, section: Section) -> None:
        self.index.sections[section.number] = section
        self._last_init = None

    def append(self, kept: Kept, data: bytes, facts: Facts) -> Entry | None:
        """None if it does not follow what is there; raises OSError if it cannot be written."""
        with self._guard:
            return self._append(kept, data, facts)

    def _append(self, kept: Kept, data: bytes, facts: Facts) -> Entry | None:
        begun = self._volume
        if begun is None or kept.start - begun >= VOLUME_S * self.header.timescale:
            self.close_volume()
        volume = kept.start if self._volume is None else self._volume
        entry = Entry(
            msn=kept.msn,
            start=kept.start,
            duration=kept.duration,
            init=kept.init,
            discontinuities=kept.discontinuities,
            key=kept.key,
            size=len(data),
            volume=volume,
            offset=self._volume_size,
            crc=zlib.crc32(data),
            plain=facts.plain,
            independent=int(facts.independent),
            lowest=facts.lowest,
        )
        if not self.index.fits(entry):
            return None
        written = self._index_file.tell()
        try:
            self._write_volume(volume, data)
            self._write_index(entry)
        except OSError:
            self._take_back(written, entry.offset)
            raise
        self._volume_size += len(data)
        self.index.take(entry)
        self._unsynced = True
        return entry

    def _write_volume(self, volume: int, data: bytes) -> None:
        if self._volume_file is None:
            self._volume_file = volume_path(self.folder, volume).open("xb", buffering=0)
            self._volume = volume
            self._last_init = None
        if self._volume_file.write(data) != len(data):
            raise OSError("the disk took only a piece of a segment")

    def _write_index(self, entry: Entry) -> None:
        lines = b"\n" if self._torn else b""
        self._torn = False
        if self._volume_size == 0:
            lines += header_line(self.header)
        if entry.init != self._last_init:
            lines += section_line(self.index.sections[entry.init])
        self._index_file.write(lines + entry_line(entry))
        self._index_file.flush()
        self._last_init = entry.init
        self.index.length = self._index_file.tell()

    def _take_back(self, index_size: int, volume_size: int) -> None:
        """Cutting needs no space; and what is not cut is not believed when it is read."""
        self._last_init = None
        with contextlib.suppress(OSError):
            self._index_file.close()
        with contextlib.suppress(OSError):
            os.truncate(self.folder / INDEX, index_size)
        self._index_file = (self.folder / INDEX).open("ab")
        self._torn = self._index_file.tell() != index_size
        if self._volume_file is not None:
            with contextlib.suppress(OSError):
                self._volume_file.truncate(volume_size)
                self._volume_file.seek(volume_size)
            self.close_volume()

    def let_go(self, before: int) -> None:
        """See `Index.let_go`; in ticks."""
        with self._guard:
            self.index.let_go(before)

    def note_stored(self, volume: int) -> None:
        with self._guard:
            self.index.stored.add(volume)
            if not self._index_file.closed:
                self._index_file.write(stored_line(volume))
                self._index_file.flush()

    def finish(self) -> None:
        """Nothing follows any more."""
        with self._guard:
            if not self.index.finished:
                self._index_file.write(end_line())
                self._index_file.flush()
                self.index.finished = True
            self.close_volume()
            os.fsync(self._index_file.fileno())

    def sync(self) -> None:
        """The segments first: a line of the index must not tell of what is not there."""
        with self._guard:
            if not self._unsynced:
                return
            if self._volume_file is not None:
                os.fdatasync(self._volume_file.fileno())
            os.fdatasync(self._index_file.fileno())
            self._unsynced = False

    def close_volume(self) -> None:
        if self._volume_file is not None:
            with contextlib.suppress(OSError):
                os.fdatasync(self._volume_file.fileno())
            self._volume_file.close()
            if self._volume_size == 0 and self._volume is not None:
                # Nothing came into it, so the next segment may need its name.
                volume_path(self.folder, self._volume).unlink(missing_ok=True)
        self._volume_file = None
        self._volume = None
        self._volume_size = 0

    @property
    def open_volume(self) -> int | None:
        return self._volume

    def close(self) -> None:
        with self._guard:
            with contextlib.suppress(OSError):
                self.sync()
            self.close_volume()
            with contextlib.suppress(OSError):
                self._index_file.close()
