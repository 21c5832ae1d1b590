"""A recording that is written at once: an uploaded film, converted. In the same form as what was live."""

import errno
import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample, with_timescale, write_chunk
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import rescale, ticks_at
from konsilium.mediaplane.hls.shelf import Kept
from konsilium.mediaplane.hls.signal import samples_of, timescale_of
from konsilium.mediaplane.vault.facts import facts_of
from konsilium.mediaplane.vault.files import RenditionFiles
from konsilium.mediaplane.vault.holding import Holding
from konsilium.mediaplane.vault.index import Header, Section
from konsilium.mediaplane.vault.room import Room

#: As live: a segment ends at the first key frame after so long.
SHORTEST_S: Final = {Kind.VIDEO: 1, Kind.AUDIO: 2}
#: Length of a chunk: what a player shows of a segment before all of it is there.
CHUNK_S: Final = 0.2


class _Rendition:
    def __init__(self, files: RenditionFiles, cipher: Cipher, base: int) -> None:
        self.files = files
        self._cipher = cipher
        self._kind = files.header.kind
        self._timescale = files.header.timescale
        self._base = base
        self._init = 0
        self._msn = 0
        self._sequence = 0
        self._start = 0
        self._frames: list[tuple[Sample, bytes]] = []
        self._ticks = 0
        self.checksum = hashlib.sha256()
        self.segments = 0

    def begin(self, init: Init) -> None:
        self.close()
        self._init = self._msn + 1
        self.files.add_section(Section.of(self._init, with_timescale(init, self._timescale)))

    def add(self, fragment: Fragment) -> None:
        long_enough = self._ticks >= SHORTEST_S[self._kind] * self._timescale
        if self._frames and fragment.independent and long_enough:
            self.close()
        decode_time = fragment.decode_time
        for sample, data in samples_of(fragment):
            begin = rescale(decode_time, fragment.timescale, self._timescale)
            decode_time += sample.duration
            end = rescale(decode_time, fragment.timescale, self._timescale)
            offset = rescale(sample.composition_offset, fragment.timescale, self._timescale)
            if not self._frames:
                self._start = self._base + begin
            own = Sample(sample.size, max(1, end - begin), sample.sync, offset)
            self._frames.append((own, data))
            self._ticks += own.duration

    def close(self) -> None:
        if not self._frames:
            return
        self._msn += 1
        plain = b"".join(self._chunks())
        number = self._cipher.number(self._start, self._timescale)
        data = self._cipher.encrypt(plain, number, self._msn)
        kept = Kept(
            msn=self._msn,
            start=self._start,
            duration=self._ticks,
            init=self._init,
            discontinuities=0,
            key=number,
            size=len(data),
        )
        if self.files.append(kept, data, facts_of(plain)) is None:
            raise ValueError("a film's fragments do not follow each other")
        self.checksum.update(data)
        self.segments += 1
        self._frames, self._ticks = [], 0

    def _chunks(self) -> list[bytes]:
        chunks: list[bytes] = []
        start, ticks = self._start, 0
        frames: list[tuple[Sample, bytes]] = []
        for sample, data in self._frames:
            frames.append((sample, data))
            ticks += sample.duration
            if ticks >= CHUNK_S * self._timescale - sample.duration // 2:
                chunks.append(self._chunk(start, frames))
                start, ticks, frames = start + ticks, 0, []
        if frames:
            chunks.append(self._chunk(start, frames))
        return chunks

    def _chunk(self, start: int, frames: Sequence[tuple[Sample, bytes]]) -> bytes:
        self._sequence += 1
        return write_chunk(
            sequence=self._sequence,
            decode_time=start,
            samples=[sample for sample, _ in frames],
            payload=[data for _, data in frames],
        )


class Writer:
    """Blocks; used from one thread. Fragments come from time 0 on, without holes. OSError: no room."""

    def __init__(
        self,
        holding: Holding,
        *,
        cipher: Cipher,
        began: datetime,
        room: Room,
        finished: Callable[[], None],
        abandoned: Callable[[], None],
    ) -> None:
        self._holding = holding
        self._cipher = cipher
        self._began = began
        self._room = room
        self._finished = finished
        self._abandoned = abandoned
        self._renditions: dict[str, _Rendition] = {}

    def begin(self, rendition: str, init: Init) -> None:
        """Of what follows in this rendition, at first and whenever the coding changes."""
        own = self._renditions.get(rendition)
        if own is None:
            timescale = timescale_of(init.kind)
            header = Header(self._holding.channel, rendition, init.kind, timescale)
            files = self._holding.open(header)
            own = _Rendition(files, self._cipher, ticks_at(self._began, timescale))
            self._renditions[rendition] = own
        own.begin(init)

    def add(self, rendition: str, fragment: Fragment) -> None:
        if self._room.full:
            # The last gigabyte is left to what is live, and to the database.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._renditions[rendition].add(fragment)

    def finish(self) -> str:
        """Whole and on the disk; SHA-256 of the ciphertext, rendition by rendition in the order of names."""
        checksum = hashlib.sha256()
        for key in sorted(self._renditions):
            own = self._renditions[key]
            own.close()
            checksum.update(own.checksum.digest())
        self._finished()
        return checksum.hexdigest()

    def abandon(self) -> None:
        """As if it had never been, its secret too."""
        self._abandoned()
