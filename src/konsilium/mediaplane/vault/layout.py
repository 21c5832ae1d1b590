"""How a film is put together: which segments, in which order, at which time, how large. A kernel: numbers only.

A hole in the recording (a machine that slept, a disk that was full) is left out of the film; picture and sound
stay together because both are moved by the same time.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.clock import rescale
from konsilium.mediaplane.vault.index import Entry

#: Shorter holes stay: there the last picture stands.
LONGEST_HOLE_S: Final = 1
#: Ticks of the picture between the same moment on its clock and on the sound's.
ROUNDING: Final = 4


@dataclass(frozen=True, slots=True)
class Run:
    """Pictures without a hole between them: where they stood on the channel clock, and in the film."""

    start: int
    end: int
    at: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment's place in the film; `size` with what is put before its first frame."""

    kind: Kind
    entry: Entry
    offset: int
    size: int
    #: Parameter sets that its first picture needs, because the coding changed there.
    units: bytes = b""


@dataclass(frozen=True, slots=True)
class Layout:
    pieces: tuple[Piece, ...]
    runs: tuple[Run, ...]
    #: Bytes after the head.
    size: int
    duration: int
    #: To be added to the composition offsets of all pictures.
    later: int

    def place(self, ticks: int, end: int) -> int | None:
        """Where in the film (ticks of the picture) something is that lay there on the channel clock.

        None: in a hole, or before or after the film.
        """
        # A rounding before the first picture is with it: sound counts other ticks.
        ticks = max(ticks, self.runs[0].start) if ticks >= self.runs[0].start - ROUNDING else ticks
        number = bisect_right(self.runs, ticks, key=lambda run: run.start) - 1
        if number < 0:
            return None
        run = self.runs[number]
        # At the very end, sound may last a little longer than the last picture.
        if ticks >= run.end or (end > run.end and number + 1 < len(self.runs)):
            return None
        return run.at + ticks - run.start


def lay_out(
    pictures: Sequence[Entry],
    sounds: Sequence[Entry],
    *,
    video_timescale: int,
    audio_timescale: int,
    units: Mapping[int, bytes],
) -> Layout | None:
    """`units` are the parameter sets by number of section. None if there is no picture to begin with."""
    first = next((number for number, one in enumerate(pictures) if one.independent and one.plain), None)
    if first is None:
        return None
    pictures = [one for one in pictures[first:] if one.plain]
    runs = _runs(pictures, LONGEST_HOLE_S * video_timescale)
    end = pictures[-1].end

    def ticks(sound: Entry) -> int:
        return rescale(sound.start, audio_timescale, video_timescale)

    heard = [
        one
        for one in sounds
        if one.plain
        and ticks(one) < end
        and rescale(one.end, audio_timescale, video_timescale) > pictures[0].start
    ]
    ordered = sorted(
        [(one.start, Kind.VIDEO, one) for one in pictures]
        # Behind the first picture: a film begins with one.
        + [(max(ticks(one), pictures[0].start + 1), Kind.AUDIO, one) for one in heard],
        key=lambda item: item[0],
    )
    pieces = _pieces(ordered, units)
    size = pieces[-1].offset + pieces[-1].size
    return Layout(
        pieces=pieces,
        runs=runs,
        size=size,
        duration=runs[-1].at + runs[-1].end - runs[-1].start,
        later=-min(one.lowest for one in pictures),
    )


def _runs(pictures: Sequence[Entry], longest_hole: int) -> tuple[Run, ...]:
    runs: list[Run] = []
    for one in pictures:
        if not runs:
            runs.append(Run(one.start, one.end, 0))
            continue
        last = runs[-1]
        if one.start - last.end > longest_hole:
            runs.append(Run(one.start, one.end, last.at + last.end - last.start))
        else:
            runs[-1] = Run(last.start, one.end, last.at)
    return tuple(runs)


def _pieces(ordered: Sequence[tuple[int, Kind, Entry]], units: Mapping[int, bytes]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    offset = 0
    init = None
    for _, kind, entry in ordered:
        before = b""
        if kind is Kind.VIDEO:
            if init is not None and entry.init != init:
                before = units.get(entry.init, b"")
            init = entry.init
        size = entry.plain + len(before)
        pieces.append(Piece(kind, entry, offset, size, before))
        offset += size
    return tuple(pieces)
