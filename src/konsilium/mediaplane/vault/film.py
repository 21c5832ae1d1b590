"""One MP4 of one picture and the sound, put together while it is sent; its clear text is never on a disk."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.cmaf.boxes import BoxError
from konsilium.mediaplane.cmaf.film import (
    AUDIO_TRACK,
    VIDEO_TRACK,
    film_head,
    parameter_units,
    sound_coding,
)
from konsilium.mediaplane.cmaf.retime import Chunk, blank, chunks_in, prepend, retime
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import rescale
from konsilium.mediaplane.vault.index import Entry, Header, Index
from konsilium.mediaplane.vault.layout import Layout, Piece, lay_out
from konsilium.mediaplane.vault.reading import Reading


class FilmBroken(Exception):
    """A segment that was there when the film began cannot be read any more."""


class Film:
    def __init__(
        self,
        channel: str,
        renditions: Mapping[Kind, Index],
        layout: Layout,
        head: bytes,
        *,
        cipher: Cipher,
        reading: Reading,
        gone: Callable[[], bool],
    ) -> None:
        self._channel = channel
        self._renditions = renditions
        self._layout = layout
        self._head = head
        self._cipher = cipher
        self._reading = reading
        #: The recording was destroyed while its film was on the way.
        self._gone = gone

    @property
    def size(self) -> int:
        return len(self._head) + self._layout.size

    @property
    def duration_s(self) -> float:
        return self._layout.duration / self._timescale(Kind.VIDEO)

    async def chunks(self, offset: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `offset` up to, without, `end`: about a second of film at a time, read ahead by one."""
        end = min(end, self.size)
        if offset < len(self._head) and offset < end:
            yield self._head[offset:end]
        base = len(self._head)
        pieces = self._layout.pieces
        first = max(0, bisect_right(pieces, offset - base, key=lambda piece: piece.offset) - 1)
        coming: asyncio.Future[bytes] | None = None
        try:
            for number in range(first, len(pieces)):
                begin = base + pieces[number].offset
                if begin >= end:
                    break
                task = coming or self._start(number)
                coming = self._start(number + 1) if self._reaches(number + 1, base, end) else None
                data = await task
                part = data[max(0, offset - begin) : end - begin]
                if part:
                    yield part
        finally:
            if coming is not None:
                coming.cancel()

    def _reaches(self, number: int, base: int, end: int) -> bool:
        pieces = self._layout.pieces
        return number < len(pieces) and base + pieces[number].offset < end

    def _start(self, number: int) -> "asyncio.Future[bytes]":
        return asyncio.ensure_future(self._made(self._layout.pieces[number]))

    async def _made(self, piece: Piece) -> bytes:
        header = self._renditions[piece.kind].header
        if header is None:
            raise FilmBroken("a rendition without a header")
        if self._gone():
            raise FilmBroken("the recording was destroyed")
        stored = await self._reading.read(self._channel, header.rendition, piece.entry)
        if stored is None:
            raise FilmBroken(f"segment {piece.entry.start} of {header.rendition} cannot be read")
        return await self._reading.run(self._fitted, piece, header, stored)

    def _timescale(self, kind: Kind) -> int:
        header = self._renditions[kind].header
        if header is None:
            raise FilmBroken("a rendition without a header")
        return header.timescale

    # --- In a reading thread -------------------------------------------------------------------------

    def _fitted(self, piece: Piece, header: Header, stored: bytes) -> bytes:
        try:
            plain = bytearray(self._cipher.decrypt(stored, piece.entry.key, piece.entry.msn))
            chunks = list(chunks_in(bytes(plain)))
        except (ValueError, BoxError) as error:
            raise FilmBroken(f"segment {piece.entry.start} of {header.rendition} is damaged") from error
        for chunk in chunks:
            self._place(plain, chunk, piece.kind, header.timescale)
        if piece.units:
            prepend(plain, chunks[0], piece.units)
        if len(plain) != piece.size:
            raise FilmBroken(f"segment {piece.entry.start} of {header.rendition} has another size")
        return bytes(plain)

    def _place(self, plain: bytearray, chunk: Chunk, kind: Kind, timescale: int) -> None:
        ticks = self._timescale(Kind.VIDEO)
        own = rescale(chunk.decode_time, timescale, ticks)
        place = self._layout.place(own, rescale(chunk.decode_time + chunk.duration, timescale, ticks))
        if place is None:
            blank(plain, chunk)
        elif kind is Kind.VIDEO:
            retime(plain, chunk, track=VIDEO_TRACK, decode_time=place, later=self._layout.later)
        else:
            # Moved by whole ticks of its own, so that its frames stay exactly one after the other.
            shift = rescale(own - place, ticks, timescale)
            retime(plain, chunk, track=AUDIO_TRACK, decode_time=max(0, chunk.decode_time - shift), later=0)


def film_of(
    channel: str,
    picture: tuple[Index, range],
    sound: tuple[Index, range] | None,
    *,
    cipher: Cipher,
    reading: Reading,
    gone: Callable[[], bool] = lambda: False,
) -> Film | None:
    """From segments of a picture and of the sound; None if there is nothing to be shown."""
    index, numbers = picture
    if index.header is None:
        return None
    pictures = [index.entries[number] for number in numbers]
    units = {init: parameter_units(index.sections[init].data) for init in {one.init for one in pictures}}
    renditions = {Kind.VIDEO: index}
    heard: list[Entry] = []
    section = b""
    audio_timescale = 1
    if sound is not None and sound[0].header is not None:
        heard, section = _heard(*sound)
        audio_timescale = sound[0].header.timescale
        renditions[Kind.AUDIO] = sound[0]
    layout = lay_out(
        pictures,
        heard,
        video_timescale=index.header.timescale,
        audio_timescale=audio_timescale,
        units=units,
    )
    if layout is None:
        return None
    head = film_head(
        index.sections[layout.pieces[0].entry.init].data,
        section if heard else None,
        duration=layout.duration,
        timescale=index.header.timescale,
        later=layout.later,
    )
    return Film(channel, renditions, layout, head, cipher=cipher, reading=reading, gone=gone)


def _heard(index: Index, numbers: range) -> tuple[list[Entry], bytes]:
    """Raw AAC has no place for a changed configuration, so what is coded otherwise than most is left out.

    Most in bytes: silence, of which there may be hours, has hardly any.
    """
    entries = [index.entries[number] for number in numbers]
    by_coding: dict[bytes, int] = {}
    codings = {init: sound_coding(index.sections[init].data) for init in {one.init for one in entries}}
    for one in entries:
        by_coding[codings[one.init]] = by_coding.get(codings[one.init], 0) + one.size
    if not by_coding:
        return [], b""
    most = max(by_coding, key=lambda coding: by_coding[coding])
    heard = [one for one in entries if codings[one.init] == most]
    return heard, index.sections[heard[0].init].data
