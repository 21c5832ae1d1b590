"""What a rendition shows: the signal of a period, or frames prepared for when there is none."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample, with_timescale
from konsilium.mediaplane.hls.clock import AUDIO_TIMESCALE, VIDEO_TIMESCALE, rescale


@dataclass(frozen=True, slots=True)
class Filler:
    """Prepared coded frames in place of a signal: a key frame and what follows it, again and again."""

    init: Init
    frames: tuple[tuple[Sample, bytes], ...]

    @classmethod
    def of(cls, init: Init, fragments: Iterable[Fragment]) -> "Filler":
        """From what `cmaf.Reader` gave for the prepared file."""
        frames = tuple(
            (
                replace(
                    sample, duration=rescale(sample.duration, fragment.timescale, timescale_of(init.kind))
                ),
                data,
            )
            for fragment in fragments
            for sample, data in samples_of(fragment)
        )
        if not frames or not frames[0][0].sync:
            raise ValueError("a slate must begin with a key frame")
        return cls(init, frames)

    @property
    def section(self) -> Init:
        """As a rendition shows it."""
        timescale, duration = timescale_of(self.init.kind), self.frames[0][0].duration
        rate = timescale / duration if duration and self.init.kind is Kind.VIDEO else None
        return replace(with_timescale(self.init, timescale), frame_rate=rate)


@dataclass(slots=True)
class Period:
    """A signal and where its own clock lies on the channel's."""

    #: As a rendition shows it; the source's own ticks are others.
    init: Init
    timescale: int
    at: int
    #: What the source calls `at`; known with the first fragment.
    first_decode_time: int | None = None
    #: Frames that are shown out of their order are delayed by so much; the timeline takes it away again.
    first_composition: int = 0

    def place(self, decode_time: int, timescale: int) -> int:
        first = decode_time if self.first_decode_time is None else self.first_decode_time
        return self.at + rescale(decode_time - first, self.timescale, timescale)

    def anchor(self, decode_time: int, at: int) -> None:
        self.first_decode_time = decode_time
        self.at = at


def timescale_of(kind: Kind) -> int:
    return VIDEO_TIMESCALE if kind is Kind.VIDEO else AUDIO_TIMESCALE


def samples_of(fragment: Fragment) -> Iterable[tuple[Sample, bytes]]:
    offset = 0
    for sample in fragment.samples:
        yield sample, fragment.payload[offset : offset + sample.size]
        offset += sample.size
