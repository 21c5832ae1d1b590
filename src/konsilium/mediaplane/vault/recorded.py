"""A recording as viewers, downloads and playback see it. The very segments of the DVR: nothing is made anew."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Reader
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import EPOCH, date_of, ticks_at
from konsilium.mediaplane.hls.master import Sound, Variant, render_master
from konsilium.mediaplane.hls.offer import LOW_GROUP, SOUND, SOUND_LOW, uri_of
from konsilium.mediaplane.hls.playlist import EXPLICIT_IV
from konsilium.mediaplane.vault.about import RenditionAbout
from konsilium.mediaplane.vault.film import Film, film_of
from konsilium.mediaplane.vault.holding import Holding, about_rendition
from konsilium.mediaplane.vault.index import Entry, Index
from konsilium.mediaplane.vault.reading import Reading
from konsilium.mediaplane.vault.vod import render_vod

LOW: Final = ".low"
#: A store that is away is seldom really asked; whoever shows a recording goes on within so long when it is back.
RETRY_S: Final = 0.5

Moment = datetime | None


class Recorded:
    def __init__(self, holding: Holding, *, cipher: Cipher, reading: Reading) -> None:
        self._holding = holding
        self._cipher = cipher
        self._reading = reading

    @property
    def prepared(self) -> bool:
        """Its indexes are in memory: nothing that is asked of it waits for a disk or for reading them."""
        return all(self._holding.is_open(key) for key in self._holding.renditions())

    async def prepare(self) -> None:
        """Reads them in a thread: a tenth of a second for four hours of an angle."""
        for key in self._holding.renditions():
            await self._opened(key)

    def load(self) -> None:
        """As `prepare`, but blocks; what is still being recorded is seldom asked for, and read when it is."""
        for key in self._holding.renditions():
            if not self._holding.is_being_written(key):
                self._holding.index(key)

    async def _opened(self, rendition: str) -> Index | None:
        if self._holding.is_open(rendition):
            return self._holding.index(rendition)
        return await self._reading.run(self._holding.index, rendition)

    # --- What there is -------------------------------------------------------------------------------

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Renditions by their keys, the programme feed first."""
        kinds = self._holding.renditions()
        first = [angle.key for angle in self._holding.about.angles_among(kinds)]
        return {key: kinds[key] for key in [*first, *sorted(kinds.keys() - set(first))]}

    def renditions(self) -> Collection[str]:
        return self.kinds.keys()

    @property
    def whole(self) -> bool:
        """Nothing follows any more."""
        return self._holding.about.state == "kept"

    @property
    def began(self) -> datetime:
        return self._span()[0]

    @property
    def ended(self) -> datetime:
        """So far, while it is being recorded."""
        return self._span()[1]

    def _span(self) -> tuple[datetime, datetime]:
        about = self._holding.about
        if about.state == "kept" and about.began is not None and about.ended is not None:
            return about.began, about.ended
        began, ended = self._holding.span()
        return began or EPOCH, ended or EPOCH

    # --- HLS -----------------------------------------------------------------------------------------

    def playlist(self, rendition: str, frm: Moment, to: Moment, *, explicit_iv: bool = False) -> str:
        """KeyError if there is no such rendition. Whole segments: what is asked for, and up to one more."""
        index = self._index(rendition)
        return _rendered(index, self._numbers(index, frm, to), explicit_iv=explicit_iv)

    async def playlist_bytes(
        self, rendition: str, frm: Moment, to: Moment, *, packed: bool, explicit_iv: bool = False
    ) -> bytes:
        """As `playlist`, made in a thread and kept: while it is recorded, a stretch that is over stays the same."""
        index = self._index(rendition)
        numbers = self._numbers(index, frm, to)
        ends = (index.entries[numbers[0]].start, index.entries[numbers[-1]].end) if numbers else ()
        place = (self._holding.channel, rendition, ends, len(numbers), explicit_iv)
        render = partial(_rendered, index, numbers, explicit_iv=explicit_iv)
        return await self._reading.playlist(place, render, packed=packed)

    def master(self, only: str | None, frm: Moment, to: Moment, *, explicit_iv: bool = False) -> str:
        """As live: all angles or one, each with its lower rung, and the sound; or the sound alone."""
        if only == SOUND:
            return self.listen(frm, to, explicit_iv=explicit_iv)
        query, kinds = _query(frm, to, explicit_iv), self._holding.renditions()
        groups: dict[str, Sequence[Sound]] = {
            group: members
            for group, key in ((SOUND, SOUND), (LOW_GROUP, SOUND_LOW))
            if (members := self._members(key, kinds, query))
        }
        heard = SOUND if SOUND in groups else None
        variants = [
            self._variant(key, angle.title, query, group=heard, heard=heard)
            for angle in self._holding.about.angles_among(kinds)
            for key in (angle.key, angle.key + LOW)
            if key in kinds and only in {None, angle.key}
        ]
        if only is not None or not variants:
            groups.pop(LOW_GROUP, None)
        elif LOW_GROUP in groups:
            variants.append(self._variant(SOUND_LOW, "Sound", query, group=LOW_GROUP))
        return render_master(variants, groups)

    def listen(self, frm: Moment, to: Moment, *, explicit_iv: bool = False) -> str:
        """The sound alone, at the lower rate if it was recorded."""
        kinds, query = self._holding.renditions(), _query(frm, to, explicit_iv)
        key = next((key for key in (SOUND_LOW, SOUND) if key in kinds), None)
        if key is None:
            return render_master([], {})
        members = self._members(key, kinds, query)
        if len(members) == 1:
            return render_master([self._variant(key, "Sound", query)], {})
        return render_master([self._variant(key, "Sound", query, group=LOW_GROUP)], {LOW_GROUP: members})

    def _members(self, key: str, kinds: Mapping[str, Kind], query: str) -> list[Sound]:
        """The theatre's own sound in that quality, and the interpreters."""
        if kinds.get(key) is not Kind.AUDIO:
            return []
        return [
            Sound(SOUND, "Sound", _uri(key, Kind.AUDIO, query), 1 if key == SOUND_LOW else 2),
            *(
                Sound(one.key, one.title, _uri(one.key, Kind.AUDIO, query), 2, one.language)
                for one in self._holding.about.interpreters
                if kinds.get(one.key) is Kind.AUDIO
            ),
        ]

    def _variant(
        self, key: str, title: str, query: str, *, group: str | None = None, heard: str | None = None
    ) -> Variant:
        """`heard` is the sound whose bits are counted in."""
        about = self._about(key)
        peak, average, codecs = about.peak, about.average, [about.codecs]
        if heard is not None:
            sound = self._about(heard)
            peak, average, codecs = peak + sound.peak, average + sound.average, [*codecs, sound.codecs]
        return Variant(
            key=key,
            title=title,
            uri=_uri(key, about.kind, query),
            codecs=codecs,
            bandwidth=max(1, peak),
            average_bandwidth=max(1, average),
            group=group,
            width=about.width,
            height=about.height,
            frame_rate=about.frame_rate,
        )

    def _about(self, key: str) -> RenditionAbout:
        known = self._holding.about.renditions.get(key)
        return known or about_rendition(self._index(key))

    def key(self, n: int) -> bytes | None:
        """Of those that something recorded is encrypted with."""
        for rendition in self._holding.renditions():
            entries = self._index(rendition).entries
            if len(entries) and entries[0].key <= n <= entries[-1].key:
                return self._cipher.key(n)
        return None

    def init(self, rendition: str, n: int) -> bytes | None:
        index = self._holding.index(rendition)
        section = None if index is None else index.sections.get(n)
        return None if section is None else section.data

    @property
    def is_away(self) -> bool:
        """What is not on this machine's disk cannot be read at the moment."""
        return self._reading.is_away

    async def segment(self, rendition: str, start: int) -> bytes | None:
        """Ciphertext, or None; if what lies there is not what was written, None as well."""
        index = await self._opened(rendition)
        entry = None if index is None else index.entries.find(start)
        if entry is None:
            return None
        return await self._reading.segment(self._holding.channel, rendition, entry)

    # --- Clear ---------------------------------------------------------------------------------------

    def film(self, feed: str, frm: Moment, to: Moment) -> Film | None:
        """One MP4 of the feed and the sound; None if there is nothing of it between the two moments."""
        kinds = self._holding.renditions()
        if kinds.get(feed) is not Kind.VIDEO:
            return None
        index = self._index(feed)
        numbers = self._from_key_frame(index, self._numbers(index, frm, to))
        if not numbers:
            return None
        sound = None
        if kinds.get(SOUND) is Kind.AUDIO:
            own = self._index(SOUND)
            begin = date_of(index.entries[numbers.start].start, _timescale(index))
            end = date_of(index.entries[numbers.stop - 1].end, _timescale(index))
            sound = (own, self._numbers(own, begin, end))
        return film_of(
            self._holding.channel,
            (index, numbers),
            sound,
            cipher=self._cipher,
            reading=self._reading,
            gone=lambda: self._holding.destroyed,
        )

    async def samples(self, rendition: str, from_ticks: int) -> AsyncIterator[Init | Fragment]:
        """Decrypted, from the key frame at or before `from_ticks`; an Init before what needs it.

        What is damaged is left out. Decode times are of the recording's own clock.
        """
        index = await self._opened(rendition)
        if index is None:
            raise KeyError(rendition)
        numbers = self._from_key_frame(index, index.entries.between(from_ticks, None))
        number, reader, init = numbers.start, Reader(), None
        while True:
            if number >= len(index.entries):
                # It may be recorded still.
                index = await self._opened(rendition) or index
            if number >= len(index.entries):
                return
            entry = index.entries[number]
            number += 1
            if entry.init != init:
                reader, init = Reader(), entry.init
                for value in reader.feed(index.sections[init].data):
                    if isinstance(value, Init):
                        yield value
            if (data := await self._waited_for(rendition, entry)) is not None:
                for value in await self._reading.run(self._decoded, data, entry, reader):
                    yield value

    async def _waited_for(self, rendition: str, entry: Entry) -> bytes | None:
        data = await self._reading.read(self._holding.channel, rendition, entry)
        while data is None and self._reading.is_away and not self._holding.destroyed:
            # Left out, all that follows would be left out within a moment, and the showing be over.
            await asyncio.sleep(RETRY_S)
            data = await self._reading.read(self._holding.channel, rendition, entry)
        return data

    def _decoded(self, data: bytes, entry: Entry, reader: Reader) -> list[Init | Fragment]:
        try:
            plain = self._cipher.decrypt(data, entry.key, entry.msn)
        except ValueError:
            return []
        return [value for value in reader.feed(plain) if isinstance(value, Init | Fragment)]

    # --- Places --------------------------------------------------------------------------------------

    def _index(self, rendition: str) -> Index:
        index = self._holding.index(rendition)
        if index is None:
            raise KeyError(rendition)
        return index

    @staticmethod
    def _numbers(index: Index, frm: Moment, to: Moment) -> range:
        timescale = _timescale(index)
        begin = None if frm is None else ticks_at(frm, timescale)
        end = None if to is None else ticks_at(to, timescale)
        return index.entries.between(begin, end)

    @staticmethod
    def _from_key_frame(index: Index, numbers: range) -> range:
        """A picture that begins between two key frames begins a little earlier instead."""
        first = numbers.start
        while numbers and first > 0 and not index.entries[first].independent:
            first -= 1
        return range(first, numbers.stop)


def _rendered(index: Index, numbers: range, *, explicit_iv: bool) -> str:
    entries = [index.entries[number] for number in numbers]
    return render_vod(entries, _timescale(index), explicit_iv=explicit_iv)


def _timescale(index: Index) -> int:
    if index.header is None:
        raise ValueError("an index without a header is not offered to anybody")
    return index.header.timescale


def _uri(key: str, kind: Kind, query: str) -> str:
    return uri_of(key, kind) + query


def _query(frm: Moment, to: Moment, explicit_iv: bool) -> str:
    said = {
        name: at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for name, at in (("from", frm), ("to", to))
        if at is not None
    }
    if explicit_iv:
        said |= EXPLICIT_IV
    return "?" + urlencode(said, safe=":") if said else ""
