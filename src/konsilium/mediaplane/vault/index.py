"""The index of a rendition: which segments lie where in its volumes. A kernel: bytes in, values and bytes out.

A line each, added at the end and never changed: eight hexadecimal digits of CRC-32, a space, a letter, what it
tells, a line feed. Whatever was torn off, truncated or flipped is found by its line alone and left out; all
others still hold. What a reader needs (header, initialisation section) is told again with every volume.
"""

import base64
import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from konsilium.mediaplane.cmaf import Init, Kind
from konsilium.mediaplane.vault.measures import Peak, bandwidth

VERSION: Final = 1
#: Longer than any line we write: an initialisation section of a megabyte in base64.
LONGEST_LINE: Final = 2 << 20

LARGEST: Final = (1 << 63) - 1
#: Entries leave memory so many at a time: those that stay are copied then.
LET_GO_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Header:
    channel: str
    rendition: str
    kind: Kind
    timescale: int


@dataclass(frozen=True, slots=True)
class Section:
    """What is written down of an initialisation section: its bytes, and what the master playlist says of it."""

    number: int
    data: bytes
    codecs: str
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None

    @classmethod
    def of(cls, number: int, init: Init) -> "Section":
        return cls(number, init.data, init.codecs, init.width, init.height, init.frame_rate)


class Entry(NamedTuple):
    """One complete segment of ciphertext. Ticks are of the rendition, sizes in bytes."""

    msn: int
    start: int
    duration: int
    init: int
    discontinuities: int
    key: int
    size: int
    #: Named by the start of its first segment.
    volume: int
    offset: int
    crc: int
    #: Size before it was encrypted; 0 if the plain text was no fragmented MP4.
    plain: int
    #: 1 if its first frame can be decoded by itself.
    independent: int
    #: Most negative composition offset of its frames, or 0.
    lowest: int

    @property
    def end(self) -> int:
        return self.start + self.duration


WIDTH: Final = len(Entry._fields)
START: Final = Entry._fields.index("start")


def batched(numbers: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """By rows."""
    one = iter(numbers)
    return zip(*[one] * WIDTH, strict=True)


class Table:
    """Entries in the order of time, as plain numbers: a long day of eight angles fits into some megabytes.

    One thread adds, others may read meanwhile.
    """

    def __init__(self) -> None:
        self._numbers = array("q")

    def __len__(self) -> int:
        return len(self._numbers) // WIDTH

    def __getitem__(self, index: int) -> Entry:
        at = (index if index >= 0 else len(self) + index) * WIDTH
        numbers = self._numbers[at : at + WIDTH]
        if at < 0 or len(numbers) < WIDTH:
            raise IndexError(index)
        return Entry(*numbers)

    def __iter__(self) -> Iterator[Entry]:
        return map(Entry._make, batched(self._numbers[: len(self) * WIDTH]))

    def add(self, entry: Entry) -> None:
        self._numbers.extend(entry)

    @property
    def end(self) -> int:
        return self[-1].end if len(self) else 0

    def find(self, start: int) -> Entry | None:
        """The segment that begins exactly there."""
        index = bisect_left(range(len(self)), start, key=self._start)
        if index < len(self) and self._start(index) == start:
            return self[index]
        return None

    def between(self, begin: int | None, end: int | None) -> range:
        """Indices of the segments of which any part lies in `begin <= time < end`."""
        count = len(self)
        first = 0
        if begin is not None and end is not None and begin >= end:
            return range(0)
        if begin is not None:
            first = max(0, bisect_right(range(count), begin, key=self._start) - 1)
            if first < count and self[first].end <= begin:
                first += 1
        last = count if end is None else bisect_left(range(count), end, key=self._start)
        return range(first, max(first, last))

    def since(self, index: int) -> "Table":
        """Another one, without what is before; whoever reads this one is not disturbed."""
        later = Table()
        later._numbers = self._numbers[index * WIDTH :]
        return later

    def _start(self, index: int) -> int:
        return self._numbers[index * WIDTH + START]


class Index:
    """What is known of one rendition's recording.

    `entries` may be only the newest of them, see `let_go`; everything else is of all there ever were.
    """

    def __init__(self, header: Header | None = None) -> None:
        self.header = header
        self.sections: dict[int, Section] = {}
        self.entries = Table()
        #: In the order they were begun, and where the last segment in each of them ends.
        self.volumes: dict[int, int] = {}
        #: Volumes that lie in the store as well.
        self.stored: set[int] = set()
        self.finished = False
        #: Lines that could not be believed, and segments that were left out.
        self.damaged = 0
        #: Bytes up to the end of the last whole line: what follows was torn.
        self.length = 0
        self.bytes = 0
        #: Of each initialisation section's segments.
        self.bytes_by_init: dict[int, int] = {}
        self._ticks = 0
        self._peak = Peak()
        #: Where the first segment begins.
        self.begin: int | None = None
        self._last: Entry | None = None

    def take(self, entry: Entry) -> bool:
        """Only what follows in time and number, and can be decoded with a section that is there."""
        if not self.fits(entry):
            return False
        if self.begin is None:
            self.begin = entry.start
        self._last = entry
        self.entries.add(entry)
        self.volumes[entry.volume] = entry.end
        self.bytes += entry.size
        self.bytes_by_init[entry.init] = self.bytes_by_init.get(entry.init, 0) + entry.size
        self._ticks += entry.duration
        if self.header is not None:
            self._peak.take(entry.size, entry.duration, self.header.timescale)
        return True

    def fits(self, entry: Entry) -> bool:
        if entry.init not in self.sections or entry.size <= 0 or entry.duration <= 0:
            return False
        last = self._last
        return last is None or (entry.start >= last.end and entry.msn > last.msn)

    def let_go(self, before: int) -> None:
        """Entries that end before that need not be in memory: they are in the file."""
        first = self.entries.between(before, None).start
        if first >= LET_GO_AT_ONCE:
            self.entries = self.entries.since(first)

    @property
    def end(self) -> int | None:
        return None if self._last is None else self._last.end

    @property
    def duration_s(self) -> float:
        if self.header is None:
            return 0.0
        return self._ticks / self.header.timescale

    @property
    def peak(self) -> int:
        """Bits per second."""
        return 0 if self.header is None else self._peak.rate(self.header.timescale)

    @property
    def average(self) -> int:
        """Bits per second."""
        return 0 if self.header is None else bandwidth(self.bytes, self._ticks, self.header.timescale)


def line(letter: str, told: str) -> bytes:
    body = f"{letter} {told}".encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def header_line(header: Header) -> bytes:
    return line("H", json.dumps({"version": VERSION, **asdict(header)}))


def section_line(section: Section) -> bytes:
    told: dict[str, Any] = {**asdict(section), "data": base64.b64encode(section.data).decode()}
    return line("I", json.dumps(told))


def entry_line(entry: Entry) -> bytes:
    return line("S", " ".join(map(str, entry)))


def stored_line(volume: int) -> bytes:
    return line("U", str(volume))


def end_line() -> bytes:
    return line("E", "")


def written_index(index: Index) -> bytes:
    """All of it anew, without the lines that were damaged."""
    lines = [header_line(index.header)] if index.header is not None else []
    lines += [section_line(section) for section in index.sections.values()]
    lines += [entry_line(entry) for entry in index.entries]
    lines += [stored_line(volume) for volume in sorted(index.stored)]
    if index.finished:
        lines.append(end_line())
    return b"".join(lines)


def parse_index(data: bytes) -> Index:
    """Never fails; what makes no sense is counted in `damaged`."""
    index = Index()
    add_lines(index, data)
    index.damaged += int(index.length < len(data))
    return index


def add_lines(index: Index, data: bytes) -> None:
    """The lines that were added since `index.length`, as far as they are whole."""
    length = data.rfind(b"\n") + 1
    index.length += length
    waiting: list[Entry] = []
    for text in data[:length].split(b"\n")[:-1]:
        body = _believed(text)
        try:
            if body is None or not _take_line(index, body, waiting):
                index.damaged += 1
        except (ValueError, TypeError, KeyError):
            index.damaged += 1
    # A section may be told again after the first line with it was damaged.
    for entry in waiting:
        index.damaged += not index.take(entry)


def _believed(text: bytes) -> bytes | None:
    if len(text) < 11 or len(text) > LONGEST_LINE or text[8:9] != b" ":
        return None
    try:
        return text[9:] if int(text[:8], 16) == zlib.crc32(text[9:]) else None
    except ValueError:
        return None


def _take_line(index: Index, body: bytes, waiting: list[Entry]) -> bool:
    letter, told = body[:1], body[2:]
    if letter == b"S":
        # Of another length, it raises TypeError.
        entry = Entry._make(map(int, told.split()))
        if max(entry) > LARGEST or min(entry) < -LARGEST:
            return False
        waiting.append(entry)
    elif letter == b"I":
        values = json.loads(told)
        section = Section(**{**values, "data": base64.b64decode(values["data"])})
        index.sections.setdefault(section.number, section)
    elif letter == b"H":
        values = json.loads(told)
        if values.pop("version") != VERSION:
            return False
        index.header = index.header or Header(**{**values, "kind": Kind(values["kind"])})
    elif letter == b"U":
        index.stored.add(int(told))
    elif letter == b"E":
        index.finished = True
    else:
        return False
    return True


def lying_whole(index: Index, sizes: Mapping[int, int]) -> Index:
    """The same without the segments whose volume is missing or ends before them."""
    return without(
        index,
        [
            entry
            for entry in index.entries
            if entry.volume not in index.stored and entry.offset + entry.size > sizes.get(entry.volume, 0)
        ],
    )


def without(index: Index, lost: Collection[Entry]) -> Index:
    if not lost:
        return index
    whole = Index(index.header)
    whole.sections, whole.stored, whole.finished = index.sections, index.stored, index.finished
    whole.length, whole.damaged = index.length, index.damaged + len(lost)
    starts = {entry.start for entry in lost}
    for entry in index.entries:
        if entry.start not in starts:
            whole.take(entry)
    return whole
