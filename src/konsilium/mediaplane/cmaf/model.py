"""The values that leave the reader: what an encoder's fragmented MP4 says, without its bytes' layout."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Init:
    """One initialisation section with exactly one track; comes again when the coded picture changes."""

    data: bytes
    kind: Kind
    codecs: str
    timescale: int
    width: int | None = None
    height: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    #: Frames per second, if whoever read the stream knows: no box of the section says it.
    frame_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded frame; ticks are of the fragment's timescale."""

    size: int
    duration: int
    sync: bool
    composition_offset: int = 0

    def lasting(self, duration: int, composition_offset: int) -> "Sample":
        """The same frame for another time. `replace` takes ten times as long, and eighty frames a second come."""
        return Sample(self.size, duration, self.sync, composition_offset)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof+mdat taken apart: `payload` is the samples' bytes one after the other."""

    track: int
    timescale: int
    decode_time: int
    samples: tuple[Sample, ...]
    payload: bytes

    @property
    def duration(self) -> int:
        return sum(sample.duration for sample in self.samples)

    @property
    def independent(self) -> bool:
        return bool(self.samples) and self.samples[0].sync

    @property
    def size(self) -> int:
        return len(self.payload)


@dataclass(frozen=True, slots=True)
class Malformed:
    """The bytes at `offset` of the stream are no usable MP4; nothing read after them can be trusted."""

    reason: str
    offset: int
