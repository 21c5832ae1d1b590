"""A film's frames on the recording's clock, which begins with its first picture. Values in, values out."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from konsilium.mediaplane.cmaf import Fragment, Sample
from konsilium.mediaplane.conversion.decisions import LONGEST_GROUP_S
from konsilium.mediaplane.hls import Filler
from konsilium.mediaplane.hls.clock import AUDIO_TIMESCALE
from konsilium.mediaplane.hls.signal import samples_of

#: A picture that stands for longer than this is a film of changing frame rate.
_LONGEST_FRAME_S = 0.21
#: Pictures without a key frame for so long are no film that anybody could play.
_LONGEST_JOINED_S = 60


class Unfit(Exception):
    """The picture cannot be copied after all."""


@dataclass(frozen=True, slots=True)
class Zero:
    """Where the first picture is shown, in seconds of the film's own clock."""

    seconds: float


class PictureTrack:
    """Groups of pictures, one fragment each, the first at 0; one is kept back until the next is known."""

    def __init__(self, *, copied: bool) -> None:
        self._copied = copied
        self._held: Fragment | None = None
        self._shift = 0
        self._first_composition = 0
        self.zero: Zero | None = None
        #: Where what was given so far ends, in ticks.
        self.end = 0
        self.timescale = 90_000

    def take(self, fragment: Fragment) -> list[Fragment]:
        if not fragment.samples or (self.zero is None and not fragment.independent):
            return []
        if self.zero is None:
            self._begin(fragment)
        own = self._moved(fragment)
        if self._held is None:
            self._held = own
            return []
        if not own.independent:
            self._held = self._joined(self._held, own)
            return []
        held, self._held = self._held, own
        return [self._given(_ending_at(held, own.decode_time))]

    def finish(self) -> list[Fragment]:
        held, self._held = self._held, None
        return [] if held is None else [self._given(held)]

    def _begin(self, fragment: Fragment) -> None:
        self.timescale = fragment.timescale
        self._first_composition = fragment.samples[0].composition_offset
        self._shift = fragment.decode_time
        shown = fragment.decode_time + self._first_composition
        self.zero = Zero(shown / fragment.timescale)

    def _moved(self, fragment: Fragment) -> Fragment:
        """Whoever is shown first is decoded at the same moment, as everywhere in a channel."""
        samples = tuple(
            replace(sample, composition_offset=sample.composition_offset - self._first_composition)
            for sample in fragment.samples
        )
        return replace(fragment, decode_time=fragment.decode_time - self._shift, samples=samples)

    def _joined(self, first: Fragment, second: Fragment) -> Fragment:
        first = _ending_at(first, second.decode_time)
        if first.duration > _LONGEST_JOINED_S * first.timescale:
            raise Unfit
        return replace(first, samples=first.samples + second.samples, payload=first.payload + second.payload)

    def _given(self, fragment: Fragment) -> Fragment:
        if self._copied:
            longest = max(sample.duration for sample in fragment.samples)
            if fragment.duration > LONGEST_GROUP_S * fragment.timescale:
                raise Unfit
            if longest > _LONGEST_FRAME_S * fragment.timescale:
                raise Unfit
        self.end = fragment.decode_time + fragment.duration
        return fragment


def _ending_at(fragment: Fragment, end: int) -> Fragment:
    """Its last frame stands until the next fragment's first."""
    last = fragment.samples[-1]
    missing = end - (fragment.decode_time + fragment.duration)
    if missing == 0:
        return fragment
    longer = replace(last, duration=max(1, last.duration + missing))
    return replace(fragment, samples=(*fragment.samples[:-1], longer))


class SoundTrack:
    """Coded sound without a hole, as long as the picture: silent frames stand where there is none."""

    def __init__(self, silence: Filler) -> None:
        sample, self._silence = silence.frames[0]
        self._silent = replace(sample, composition_offset=0)
        self._waiting: deque[Fragment] = deque()
        self._track = 1
        self.end = 0

    def take(self, fragment: Fragment) -> None:
        """Kept until `upto` asks for its time."""
        self._waiting.append(fragment)

    def upto(self, zero: Zero, seconds: float) -> Iterator[Fragment]:
        """What lies before this moment of the recording."""
        limit = round(seconds * AUDIO_TIMESCALE)
        shift = round(zero.seconds * AUDIO_TIMESCALE)
        while self._waiting:
            start = self._waiting[0].decode_time - shift
            if start + self._waiting[0].duration > limit:
                return
            placed = self._placed(self._waiting.popleft(), shift, limit)
            if placed is not None:
                yield placed

    def reach(self, zero: Zero) -> float:
        """How far the sound would go, in seconds of the recording."""
        if not self._waiting:
            return self.end / AUDIO_TIMESCALE
        last = self._waiting[-1]
        return (last.decode_time + last.duration) / AUDIO_TIMESCALE - zero.seconds

    def finish(self, zero: Zero, seconds: float) -> Iterator[Fragment]:
        limit = round(seconds * AUDIO_TIMESCALE)
        shift = round(zero.seconds * AUDIO_TIMESCALE)
        while self._waiting:
            placed = self._placed(self._waiting.popleft(), shift, limit)
            if placed is not None:
                yield placed
        yield from self.silence_upto(seconds)

    def silence_upto(self, seconds: float) -> Iterator[Fragment]:
        """In fragments of about a second."""
        limit = round(seconds * AUDIO_TIMESCALE)
        frame = self._silent.duration
        most = AUDIO_TIMESCALE // frame
        while (missing := (limit - self.end + frame // 2) // frame) > 0:
            count = min(missing, most)
            yield self._given([(self._silent, self._silence)] * count)

    def _placed(self, fragment: Fragment, shift: int, limit: int) -> Fragment | None:
        """Sound cannot be stretched: a hole of a frame or more is filled, what overlaps so much left out."""
        frames: list[tuple[Sample, bytes]] = []
        end, place = self.end, fragment.decode_time - shift
        for sample, data in samples_of(fragment):
            offset = min(place, limit) - end
            place += sample.duration
            if 2 * offset <= -sample.duration or end >= limit:
                continue
            if 2 * offset >= 3 * self._silent.duration:
                count = (2 * offset + self._silent.duration) // (2 * self._silent.duration)
                frames += [(self._silent, self._silence)] * count
                end += count * self._silent.duration
            frames.append((replace(sample, composition_offset=0), data))
            end += sample.duration
        return self._given(frames) if frames else None

    def _given(self, frames: list[tuple[Sample, bytes]]) -> Fragment:
        fragment = Fragment(
            track=self._track,
            timescale=AUDIO_TIMESCALE,
            decode_time=self.end,
            samples=tuple(sample for sample, _ in frames),
            payload=b"".join(data for _, data in frames),
        )
        self.end += fragment.duration
        return fragment
