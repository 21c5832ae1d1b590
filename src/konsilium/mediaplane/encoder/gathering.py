"""Fragments that are handed on together, because nothing becomes whole before the last of them has come. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from konsilium.mediaplane.cmaf import Fragment, Kind, Sample


class Gathering:
    """Of one coding. A picture is one fragment, and so is nearly every frame of sound: some eighty each second, and
    on the way to the timeline each would cost as much as all of a part together."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._held: list[Fragment] = []
        #: Of film that is held.
        self.seconds = 0.0

    def goes_on_with(self, fragment: Fragment) -> bool:
        """Whether one fragment can say of both when they are shown."""
        if not self._held:
            return True
        gap = _gap(self._held[-1], fragment)
        # A picture's duration gives way to a time stamp that is not where it was expected; sound has none to give.
        return 2 * abs(gap) <= self._held[-1].samples[-1].duration if self._kind is Kind.VIDEO else gap == 0

    def add(self, fragment: Fragment) -> None:
        """One with samples."""
        self._held.append(fragment)
        self.seconds += fragment.duration / fragment.timescale

    def take(self) -> Fragment | None:
        """All that is held; None if nothing is."""
        held, self._held, self.seconds = self._held, [], 0.0
        return _joined(held) if held else None


def _gap(before: Fragment, after: Fragment) -> int:
    return after.decode_time - before.decode_time - before.duration


def _joined(held: Sequence[Fragment]) -> Fragment:
    first = held[0]
    if len(held) == 1:
        return first
    samples: list[Sample] = []
    for fragment, following in pairwise(held):
        samples += fragment.samples
        gap = _gap(fragment, following)
        if gap:
            last = samples[-1]
            samples[-1] = Sample(last.size, last.duration + gap, last.sync, last.composition_offset)
    samples += held[-1].samples
    payload = b"".join([fragment.payload for fragment in held])
    return Fragment(first.track, first.timescale, first.decode_time, tuple(samples), payload)
