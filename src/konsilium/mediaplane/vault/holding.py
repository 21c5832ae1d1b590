"""What the vault holds of one channel: its folder, its renditions' files, and what is reported of it."""

import threading
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.clock import date_of
from konsilium.mediaplane.status import RecordingStatus
from konsilium.mediaplane.vault.about import About, RenditionAbout
from konsilium.mediaplane.vault.files import INDEX, RenditionFiles, read_index, read_on, replace_whole
from konsilium.mediaplane.vault.index import Header, Index
from konsilium.mediaplane.vault.shelf import NoShelf, RenditionShelf
from konsilium.mediaplane.vault.store import ABOUT

#: Written when the store has all of a recording that is whole.
STORED: Final = "stored"
#: The whole index of what is still being recorded leaves memory when nobody has asked for it so long.
IDLE_S: Final = 60.0
HOLES: Final = "Pieces of it are missing: {count} segments were lost or damaged."


class Holding:
    """`about` and `files` are changed in the writing thread, or before there is anything to write."""

    def __init__(self, folder: Path, about: About | None = None) -> None:
        self.folder = folder
        self.channel = folder.name
        self.about = about or self._read_about()
        self.files: dict[str, RenditionFiles] = {}
        self.shelves: dict[str, RenditionShelf | NoShelf] = {}
        self.destroyed = False
        self._indexes: dict[str, Index] = {}
        #: When they were asked for, on the monotonic clock.
        self._asked: dict[str, float] = {}
        self._names: set[str] | None = None
        self._guard = threading.Lock()

    def _read_about(self) -> About:
        try:
            return About.model_validate_json((self.folder / ABOUT).read_bytes())
        except (OSError, ValidationError):
            # The renditions tell enough by themselves.
            return About(channel=self.channel)

    def save_about(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_whole(self.folder / ABOUT, self.about.model_dump_json().encode())

    # --- Renditions ----------------------------------------------------------------------------------

    def open(self, header: Header) -> RenditionFiles:
        """For writing; what a former run left half is cut."""
        files = self.files.get(header.rendition)
        if files is None:
            files = RenditionFiles(self.folder / header.rendition, header)
            self.files[header.rendition] = files
            self._rendition_names().add(header.rendition)
            self._indexes.pop(header.rendition, None)
        return files

    def open_all(self) -> Iterable[RenditionFiles]:
        for name in sorted(self._rendition_names()):
            if name not in self.files:
                header = read_index(self.folder / name).header
                if header is not None:
                    self.open(header)
        return self.files.values()

    def close_files(self) -> None:
        for name, files in list(self.files.items()):
            files.close()
            with self._guard:
                # Of the time when it was being written.
                self._indexes.pop(name, None)
                del self.files[name]

    def index(self, rendition: str) -> Index | None:
        """Of all that lies whole: read once, and while it is being written what came since."""
        with self._guard:
            known, files = self._indexes.get(rendition), self.files.get(rendition)
            if known is None:
                if files is None and rendition not in self._rendition_names():
                    return None
                known = self._indexes[rendition] = read_index(self.folder / rendition)
            elif files is not None and known.length < files.index.length:
                read_on(self.folder / rendition, known)
            self._asked[rendition] = time.monotonic()
        return known if known.header is not None else None

    def is_open(self, rendition: str) -> bool:
        """Whether `index` has nothing, or next to nothing, to read."""
        return rendition in self._indexes

    def is_being_written(self, rendition: str) -> bool:
        return rendition in self.files

    def let_go(self) -> None:
        """An operation may last a day, and hardly anybody asks for more of it than the live window."""
        before = time.monotonic() - IDLE_S
        with self._guard:
            for rendition in self.files.keys() & self._indexes.keys():
                if self._asked.get(rendition, before) <= before:
                    del self._indexes[rendition]

    def _sums(self, rendition: str) -> Index | None:
        """For what is true of all of it: not all its entries are in this one."""
        files = self.files.get(rendition)
        return self.index(rendition) if files is None else files.index

    def forget_indexes(self) -> None:
        """Memory for those that are watched; the others are read again."""
        with self._guard:
            self._indexes.clear()

    def renditions(self) -> dict[str, Kind]:
        if self.about.renditions:
            return {key: one.kind for key, one in self.about.renditions.items()}
        kinds = {key: files.header.kind for key, files in self.files.items()}
        for name in sorted(self._rendition_names()):
            if name not in kinds and (index := self._sums(name)) is not None and index.header is not None:
                kinds[name] = index.header.kind
        return kinds

    def _rendition_names(self) -> set[str]:
        """Looked up once; whatever comes later comes through `open`."""
        if self._names is None:
            self._names = {entry.parent.name for entry in self.folder.glob(f"*/{INDEX}")}
        return self._names

    # --- The end -------------------------------------------------------------------------------------

    def finish(self) -> None:
        """In the writing thread: nothing follows any more."""
        renditions: dict[str, RenditionAbout] = {}
        for files in self.open_all():
            files.finish()
            if files.index.begin is not None:
                renditions[files.header.rendition] = about_rendition(files.index)
        began, ended = self.span()
        self.about = self.about.model_copy(
            update={
                "state": "kept",
                "renditions": renditions,
                "began": began,
                "ended": ended,
                "lost": self.lost(),
                "detail": self.detail(),
            }
        )
        self.save_about()

    def span(self) -> tuple[datetime | None, datetime | None]:
        """When the first picture began and the last one ended."""
        begins: list[datetime] = []
        ends: list[datetime] = []
        for rendition in self.renditions():
            index = self._sums(rendition)
            if index is None or index.header is None or index.begin is None or index.end is None:
                continue
            begins.append(date_of(index.begin, index.header.timescale))
            ends.append(date_of(index.end, index.header.timescale))
        return (min(begins), max(ends)) if begins else (None, None)

    # --- The report ----------------------------------------------------------------------------------

    def detail(self) -> str:
        for shelf in self.shelves.values():
            if shelf.trouble:
                return shelf.trouble
        missing = self.lost()
        return HOLES.format(count=missing) if missing else ""

    def lost(self) -> int:
        """Segments that could not be written, or were found damaged."""
        missing = sum(shelf.lost for shelf in self.shelves.values())
        return missing + sum(files.index.damaged for files in self.files.values())

    def status(self, *, stored: bool, detail: str) -> RecordingStatus:
        about = self.about
        kinds = self.renditions()
        angles = tuple(angle.key for angle in about.angles_among(kinds))
        began, size, seconds = about.began, 0, 0.0
        if about.renditions:
            size = sum(one.bytes for one in about.renditions.values())
            seconds = max(one.seconds for one in about.renditions.values())
        else:
            began, _ = self.span()
            for key in kinds:
                index = self._sums(key)
                if index is not None:
                    size += index.bytes
                    seconds = max(seconds, index.duration_s)
        return RecordingStatus(
            state="destroyed" if self.destroyed else about.state,
            began=began,
            duration_s=round(seconds, 3),
            bytes=size,
            feeds=angles,
            sound=any(kind is Kind.AUDIO for kind in kinds.values()),
            stored=stored,
            lost=max(about.lost, self.lost()),
            detail=detail or about.detail or self.detail(),
        )


def about_rendition(index: Index) -> RenditionAbout:
    header = index.header
    if header is None or not index.bytes_by_init:
        return RenditionAbout(kind=Kind.VIDEO)
    # What was seen longest: the slate at the beginning does not describe a recording.
    section = index.sections[max(index.bytes_by_init, key=index.bytes_by_init.__getitem__)]
    return RenditionAbout(
        kind=header.kind,
        bytes=index.bytes,
        seconds=index.duration_s,
        peak=index.peak,
        average=index.average,
        codecs=section.codecs,
        width=section.width,
        height=section.height,
        frame_rate=section.frame_rate,
    )
