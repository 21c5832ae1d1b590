"""Fragmented MP4 made without an encoder: real boxes around samples that only the byte counts matter of."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Reader, Sample, write_chunk
from konsilium.mediaplane.cmaf.boxes import box
from konsilium.mediaplane.hls import (
    Angle,
    Channel,
    Cipher,
    Filler,
    Interpreter,
    Kept,
    Limits,
    Rendition,
    Segment,
    Timeline,
)
from konsilium.mediaplane.hls.delay_line import DelayLine
from konsilium.mediaplane.hls.offer import Offer

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

SECRET = bytes(range(32))
CIPHER = Cipher(SECRET)

#: As x264 wrote them for 640x360 and 320x240.
SPS_640 = bytes.fromhex("674d401eeca05017fcb80880000003008000001e078b16cb")
PPS_640 = bytes.fromhex("68ce0fc8")
SPS_320 = bytes.fromhex("6742c00dda0507ec0440000003004000000f03c50aa8")
PPS_320 = bytes.fromhex("68ce0fc8")
AAC_CONFIG = bytes.fromhex("1190")


def full(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *content)


def init_section(
    kind: Kind, *, timescale: int = 90_000, sps: bytes = SPS_640, pps: bytes = PPS_640, track: int = 1
) -> bytes:
    tkhd = full(b"tkhd", struct.pack(">IIIII", 0, 0, track, 0, 0), bytes(60))
    mdhd = full(b"mdhd", struct.pack(">IIIIHH", 0, 0, timescale, 0, 0, 0))
    entry = _avc1(sps, pps) if kind is Kind.VIDEO else _mp4a()
    stsd = full(b"stsd", struct.pack(">I", 1), entry)
    stbl = box(b"stbl", stsd, full(b"stts", bytes(4)))
    mdia = box(b"mdia", mdhd, full(b"hdlr", bytes(20)), box(b"minf", stbl))
    edits = box(b"edts", full(b"elst", struct.pack(">IIiI", 1, 0, 1024, 1 << 16)))
    trak = box(b"trak", tkhd, edits, mdia)
    trex = full(b"trex", struct.pack(">IIIII", track, 1, 0, 0, 0))
    moov = box(b"moov", full(b"mvhd", bytes(96)), trak, box(b"mvex", trex), box(b"udta", b"who made it"))
    return box(b"ftyp", b"iso5\0\0\2\0iso5") + moov


def _avc1(sps: bytes, pps: bytes) -> bytes:
    avcc = bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1)) + struct.pack(">H", len(sps)) + sps
    avcc += b"\1" + struct.pack(">H", len(pps)) + pps
    return box(b"avc1", bytes(24), struct.pack(">HH", 640, 360), bytes(50), box(b"avcC", avcc))


def _mp4a() -> bytes:
    config = b"\5" + bytes((len(AAC_CONFIG),)) + AAC_CONFIG
    decoder = b"\4" + bytes((13 + len(config),)) + b"\x40\x15" + bytes(11) + config
    es = b"\3" + bytes((3 + len(decoder),)) + b"\0\1\0" + decoder
    return box(b"mp4a", bytes(16), struct.pack(">HHHHI", 2, 16, 0, 0, 48_000 << 16), full(b"esds", es))


def nal_units(*units: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


def key_frame(*, sps: bytes | None = None, pps: bytes = PPS_640, fill: int = 20) -> bytes:
    picture = b"\x65" + bytes(fill)
    return nal_units(picture) if sps is None else nal_units(sps, pps, picture)


OTHER_FRAME = nal_units(b"\x41" + bytes(8))


def fragment_bytes(
    decode_time: int, samples: Sequence[tuple[bytes, int, bool]], *, sequence: int = 1
) -> bytes:
    return write_chunk(
        sequence=sequence,
        decode_time=decode_time,
        samples=[Sample(len(data), duration, sync) for data, duration, sync in samples],
        payload=[data for data, _, _ in samples],
    )


def init_of(kind: Kind, **options: object) -> Init:
    (init,) = Reader().feed(init_section(kind, **options))  # type: ignore[arg-type]
    assert isinstance(init, Init)
    return init


def frame(
    decode_time: int, duration: int, *, sync: bool, timescale: int = 90_000, offset: int = 0
) -> Fragment:
    data = key_frame() if sync else OTHER_FRAME
    return Fragment(1, timescale, decode_time, (Sample(len(data), duration, sync, offset),), data)


def picture(*, fps: int = 30, gop: int = 30, start: int = 0, first: int = 0) -> Iterator[Fragment]:
    """One frame after the other at 90 kHz, for ever."""
    number = first
    while True:
        at, until = number * 90_000 // fps, (number + 1) * 90_000 // fps
        yield frame(start + at, until - at, sync=number % gop == 0)
        number += 1


def sound(*, start: int = 0, frames: int = 9) -> Iterator[Fragment]:
    at = start
    while True:
        samples = tuple(Sample(4, 1024, True) for _ in range(frames))
        yield Fragment(1, 48_000, at, samples, b"aaac" * frames)
        at += 1024 * frames


def slate() -> Filler:
    frames = [(Sample(1, 18_000, True), b"S")] + [(Sample(1, 18_000, False), b"s")] * 19
    return Filler(init_of(Kind.VIDEO, sps=SPS_320, pps=PPS_320), tuple(frames))


def silence() -> Filler:
    return Filler(init_of(Kind.AUDIO, timescale=48_000), ((Sample(1, 1024, True), b"_"),))


def clear_parts(timeline: Timeline, segment: Segment) -> list[bytes]:
    return [timeline.cipher.decrypt(part.data, segment.key, segment.msn) for part in segment.parts]


def clear(timeline: Timeline, segment: Segment) -> bytes:
    """What a player reads of a segment; checks on the way that its parts say the same."""
    parts = b"".join(clear_parts(timeline, segment))
    if segment.data is None:
        return parts
    whole = timeline.cipher.decrypt(segment.data, segment.key, segment.msn)
    assert parts in {b"", whole}
    return whole


class MemoryShelf:
    """A shelf that is there at once, and outlives a channel."""

    def __init__(self) -> None:
        self.is_full = False
        self.segments: dict[int, tuple[Kept, bytes]] = {}
        self.inits: dict[int, Init] = {}

    def keep_init(self, number: int, init: Init) -> None:
        self.inits[number] = init

    def keep(self, kept: Kept, data: bytes) -> None:
        if self.is_full:
            return
        assert kept.start not in self.segments, "a name gets a second content"
        assert all(other.end <= kept.start for other, _ in [*self.segments.values()][-1:])
        assert kept.init in self.inits
        assert kept.size == len(data)
        self.segments[kept.start] = (kept, data)

    def let_go(self, before: int) -> None:
        pass

    @property
    def past(self) -> Sequence[Kept]:
        return [kept for kept, _ in self.segments.values()]

    def past_init(self, number: int) -> bytes | None:
        return self.inits[number].data if number in self.inits else None

    def holds(self, start: int) -> bool:
        return start in self.segments

    async def read(self, start: int) -> bytes | None:
        return self.segments[start][1] if start in self.segments else None


class Studio:
    """A channel with a clock that stands until `run` moves it, and encoders that keep pace with it."""

    def __init__(
        self,
        *angles: str,
        limits: Limits | None = None,
        stopped: Filler | None = None,
        delay: float = 0,
        low_height: int | None = None,
        interpreters: Sequence[Interpreter] = (),
        programme: str | None = None,
        shelves: dict[str, MemoryShelf] | None = None,
        now: datetime = NOON,
    ) -> None:
        self.now = now
        self.limits = limits or Limits()
        self.offer = Offer(
            tuple(Angle(key, key.title(), low_height) for key in (angles or ("endoscope",))),
            tuple(interpreters),
            programme,
        )
        self.shelves = shelves
        self.channel = Channel(
            angles=self.offer.angles,
            interpreters=self.offer.interpreters,
            programme=programme,
            slate=slate(),
            stopped=stopped,
            silence=silence(),
            limits=self.limits,
            now=now,
            cipher=CIPHER,
            shelves=shelves,
            delay=delay,
        )
        self._encoders: dict[str, tuple[datetime, Iterator[Fragment], list[Fragment]]] = {}

    @classmethod
    def recorded(cls, *angles: str, limits: Limits | None = None) -> "Studio":
        """One that keeps what it released."""
        offer = Offer(tuple(Angle(key, key) for key in (angles or ("endoscope",))))
        return cls(*angles, limits=limits, shelves={key: MemoryShelf() for key in offer.kinds})

    def reborn(self, *, after: float) -> "Studio":
        """The media plane was killed and comes back; its shelves are all it has."""
        keys = [angle.key for angle in self.offer.angles]
        return Studio(
            *keys, limits=self.limits, shelves=self.shelves, now=self.now + timedelta(seconds=after)
        )

    def rendition(self, key: str) -> Rendition:
        return self.channel.renditions[key]

    def sink(self, key: str) -> DelayLine:
        return self.channel.lines[key]

    def connect(self, key: str, source: Iterator[Fragment] | None = None, *, ago: float = 0.0) -> None:
        """An encoder begins to send; its first frame was taken `ago` seconds before now."""
        kind = self.offer.kinds[key]
        init = init_of(kind, timescale=48_000 if kind is Kind.AUDIO else 90_000)
        at = self.now - timedelta(seconds=ago)
        self.sink(key).open_period(replace(init, frame_rate=30.0), at=at)
        fragments = source or (sound() if kind is Kind.AUDIO else picture())
        first = next(fragments)
        base = at - timedelta(seconds=first.decode_time / first.timescale)
        self._encoders[key] = (base, fragments, [first])

    def disconnect(self, *keys: str, noticed: float = 1.5) -> None:
        """The encoder falls silent; the encoder side notices after a while."""
        for key in keys:
            del self._encoders[key]
        lost = self.now
        self.run(noticed)
        for key in keys:
            self.sink(key).close_period(at=lost)

    def sleep(self, seconds: float) -> None:
        """The machine sleeps, encoders included."""
        self.now += timedelta(seconds=seconds)
        later = timedelta(seconds=seconds)
        self._encoders = {key: (base + later, *rest) for key, (base, *rest) in self._encoders.items()}

    def run(self, seconds: float) -> None:
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now += timedelta(milliseconds=50)
            self._deliver()
            self.channel.tick(self.now)

    def _deliver(self) -> None:
        for key, (base, fragments, waiting) in self._encoders.items():
            while True:
                fragment = waiting[0]
                over = (fragment.decode_time + fragment.duration) / fragment.timescale
                if base + timedelta(seconds=over) > self.now:
                    break
                self.sink(key).add_fragment(waiting.pop())
                waiting.append(next(fragments))
