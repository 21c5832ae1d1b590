"""Samples one after the other in, parts and ends of segments out."""

from collections.abc import Sequence
from dataclasses import dataclass

from konsilium.mediaplane.cmaf import Sample


@dataclass(frozen=True, slots=True)
class PartCut:
    start: int
    samples: tuple[Sample, ...]
    payload: tuple[bytes, ...]

    @property
    def duration(self) -> int:
        return sum(sample.duration for sample in self.samples)

    @property
    def independent(self) -> bool:
        """RFC 8216bis 4.4.4.9: "contains an independent frame"."""
        return any(sample.sync for sample in self.samples)


@dataclass(frozen=True, slots=True)
class SegmentCut:
    """The parts since the last one make a segment."""


Cut = PartCut | SegmentCut


@dataclass(frozen=True, slots=True)
class Lengths:
    """In ticks of the rendition."""

    shortest_part: int
    longest_part: int
    shortest_segment: int
    longest_segment: int


class Cutter:
    """Keeps the end of everything cut or pending; samples always abut there."""

    def __init__(self, lengths: Lengths, start: int) -> None:
        self._lengths = lengths
        self._pending: list[tuple[Sample, bytes]] = []
        self._pending_duration = 0
        self._segment_duration = 0
        self.end = start

    def add(self, sample: Sample, data: bytes, *, wanted_end: int | None = None) -> list[Cut]:
        """Append a sample; with `wanted_end` its duration gives way so that it ends there if it can.

        A part must not be shorter than 85 % of its target nor longer than it (RFC 8216bis 4.4.4.9).
        Frame rates that do not divide into that, lost frames and jitter are met by moving the decoding
        times of single frames by some milliseconds and catching up with the frames that follow.
        """
        cuts = self._cut_before(self._fitted(sample, wanted_end))
        sample = self._fitted(sample, wanted_end)
        self._pending.append((sample, data))
        self._pending_duration += sample.duration
        self.end += sample.duration
        full = self._pending_duration + sample.duration > self._lengths.longest_part
        if full and self._pending_duration >= self._lengths.shortest_part:
            cuts += self._flush()
        return cuts

    def close_segment(self) -> list[Cut]:
        cuts = self._flush()
        if self._segment_duration:
            cuts.append(SegmentCut())
            self._segment_duration = 0
        return cuts

    @property
    def rest(self) -> int:
        """Duration of what is pending."""
        return self._pending_duration

    @property
    def missing(self) -> int:
        """How much longer the part that is pending may become."""
        return self._lengths.longest_part - self._pending_duration

    def drop_rest(self) -> None:
        """Forget what is pending, as if it had never come; the segment goes on."""
        self.end -= self._pending_duration
        self._pending = []
        self._pending_duration = 0

    def drop(self, end: int) -> None:
        """Forget what is pending and go on at `end` with a new segment."""
        self._pending = []
        self._pending_duration = self._segment_duration = 0
        self.end = end

    def _fitted(self, sample: Sample, wanted_end: int | None) -> Sample:
        if wanted_end is None:
            return sample
        wanted = wanted_end - self.end
        longest = self._lengths.longest_part
        if wanted > 6 * longest:
            # Frames will not catch up with a hole of more than a second: this one is held instead.
            longest = wanted
        shortest = min(sample.duration // 2, longest)
        return sample.lasting(max(1, shortest, min(wanted, longest)), sample.composition_offset)

    def _cut_before(self, sample: Sample) -> list[Cut]:
        lengths = self._lengths
        segment = self._segment_duration + self._pending_duration
        # Where every frame is a key frame (sound), the next full part is soon enough.
        among_others = bool(self._pending) and self._pending[-1][0].sync
        at_key_frame = sample.sync and segment >= lengths.shortest_segment and not among_others
        if at_key_frame or (segment and segment + sample.duration > lengths.longest_segment):
            return self.close_segment()
        if sample.sync and self._pending_duration >= lengths.shortest_part:
            return self._flush()
        if self._pending and self._pending_duration + sample.duration > lengths.longest_part:
            self._stretch_pending()
            return self._flush()
        return []

    def _stretch_pending(self) -> None:
        missing = self._lengths.shortest_part - self._pending_duration
        if missing > 0:
            last, data = self._pending[-1]
            self._pending[-1] = (last.lasting(last.duration + missing, last.composition_offset), data)
            self._pending_duration += missing
            self.end += missing

    def _flush(self) -> list[Cut]:
        if not self._pending:
            return []
        samples: Sequence[Sample] = [sample for sample, _ in self._pending]
        payload = tuple(data for _, data in self._pending)
        part = PartCut(self.end - self._pending_duration, tuple(samples), payload)
        self._segment_duration += self._pending_duration
        self._pending = []
        self._pending_duration = 0
        return [part]
