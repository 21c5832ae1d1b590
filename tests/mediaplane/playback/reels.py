"""A recording in memory, and a sink that notes what it is given."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.hls.clock import ticks_at

PICTURE = Init(b"picture", Kind.VIDEO, "avc1.64001f", 90_000, width=640, height=360)
OTHER = Init(b"other", Kind.VIDEO, "avc1.64001f", 90_000, width=320, height=180)
SOUND = Init(b"sound", Kind.AUDIO, "mp4a.40.2", 48_000, sample_rate=48_000, channels=2)


def second(init: Init, start: int) -> Fragment:
    """25 frames of picture with one key frame, or as much sound as fits."""
    video = init.kind is Kind.VIDEO
    duration, count = (3600, 25) if video else (1000, 48)
    samples = tuple(Sample(4, duration, sync=not video or index == 0) for index in range(count))
    payload = b"".join((start + index * duration).to_bytes(8, "big")[-4:] for index in range(count))
    return Fragment(1, init.timescale, start, samples, payload)


@dataclass
class MemoryReel:
    began: datetime
    renditions: Mapping[str, Init]
    seconds: int = 5
    #: Seconds that are missing, and the second from which on the picture is coded otherwise.
    holes: frozenset[int] = frozenset()
    changes_at: int | None = None
    read: list[tuple[str, int]] = field(default_factory=list)

    @property
    def ended(self) -> datetime:
        return self.began + timedelta(seconds=self.seconds)

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return {key: init.kind for key, init in self.renditions.items()}

    async def samples(self, rendition: str, from_ticks: int) -> AsyncIterator[Init | Fragment]:
        init = self.renditions[rendition]
        zero = ticks_at(self.began, init.timescale)
        first = max(0, (from_ticks - zero) // init.timescale)
        yield init
        for index in range(first, self.seconds):
            if index == self.changes_at and init.kind is Kind.VIDEO:
                yield OTHER
            if index not in self.holes:
                self.read.append((rendition, index))
                yield second(init, zero + index * init.timescale)


class NotingSink:
    def __init__(self) -> None:
        self.opened: list[tuple[bytes, datetime]] = []
        self.fragments: list[Fragment] = []
        self.closed: list[datetime] = []

    def open_period(self, init: Init, *, at: datetime) -> None:
        self.opened.append((init.data, at))

    def add_fragment(self, fragment: Fragment) -> float:
        self.fragments.append(fragment)
        return 0.0

    def close_period(self, *, at: datetime) -> None:
        self.closed.append(at)

    @property
    def frames(self) -> list[int]:
        """Decode times of everything that came, in ticks."""
        times: list[int] = []
        for fragment in self.fragments:
            at = fragment.decode_time
            for sample in fragment.samples:
                times.append(at)
                at += sample.duration
        return times
