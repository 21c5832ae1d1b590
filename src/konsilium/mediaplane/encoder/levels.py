"""How loud a feed is, from what ffmpeg's `astats` writes; and since when it has been silent. Pure."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

#: Below this (in dB of full scale) nobody speaks: a room with an open microphone is at some −50.
SILENCE_DB: Final = -60.0
#: What digital silence is called; its logarithm has no end.
FLOOR_DB: Final = -120.0

#: A side this much softer than the other is not connected: no voice in a room is so far to one side.
_ONE_SIDED_DB: Final = 30.0
#: Speech has pauses shorter than that.
HEARING: Final = timedelta(seconds=10)

_LEFT: Final = b"lavfi.astats.1.RMS_level="
_RIGHT: Final = b"lavfi.astats.2.RMS_level="
_PEAK: Final = b"lavfi.astats.Overall.Peak_level="
_RMS: Final = b"lavfi.astats.Overall.RMS_level="
_LONGEST_LINE: Final = 4096


@dataclass(frozen=True, slots=True)
class Level:
    """In dB below full scale."""

    rms_db: float
    peak_db: float
    #: Of each side by itself, as `rms_db`; None where there is only one.
    left_db: float | None = None
    right_db: float | None = None


class LevelReader:
    """Gives a level for each set of lines; the overall ones come last."""

    def __init__(self) -> None:
        self._rest = b""
        self._left: float | None = None
        self._right: float | None = None
        self._peak: float | None = None

    def feed(self, data: bytes) -> Iterator[Level]:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in lines:
            if line.startswith(_LEFT):
                self._left = _decibels(line[len(_LEFT) :])
            elif line.startswith(_RIGHT):
                self._right = _decibels(line[len(_RIGHT) :])
            elif line.startswith(_PEAK):
                self._peak = _decibels(line[len(_PEAK) :])
            elif line.startswith(_RMS) and self._peak is not None:
                yield Level(_decibels(line[len(_RMS) :]), self._peak, self._left, self._right)
                self._left = self._right = self._peak = None


def _decibels(text: bytes) -> float:
    try:
        value = float(text)
    except ValueError:
        return FLOOR_DB
    # Also "-inf" and "nan".
    return round(value, 1) if value > FLOOR_DB else FLOOR_DB


class Silence:
    """Since when nothing was heard; a level of None is no sound at all."""

    def __init__(self) -> None:
        self.since: datetime | None = None

    def note(self, level: Level | None, now: datetime) -> None:
        if level is not None and level.rms_db >= SILENCE_DB:
            self.since = None
        elif self.since is None:
            self.since = now


class Hearing:
    """What is known of a sound once one has listened for a while."""

    def __init__(self) -> None:
        self._levels: deque[tuple[datetime, Level]] = deque()

    def note(self, level: Level, now: datetime) -> None:
        self._levels.append((now, level))
        while now - self._levels[0][0] > HEARING:
            self._levels.popleft()

    def forget(self) -> None:
        self._levels.clear()

    @property
    def loudest_db(self) -> float | None:
        return max((level.peak_db for _, level in self._levels), default=None)

    @property
    def only_side(self) -> Literal["left", "right"] | None:
        """Where all of the sound is; None while it is on both sides, or there is none."""
        left = max(
            (level.left_db for _, level in self._levels if level.left_db is not None), default=FLOOR_DB
        )
        right = max(
            (level.right_db for _, level in self._levels if level.right_db is not None), default=FLOOR_DB
        )
        if max(left, right) < SILENCE_DB or abs(left - right) < _ONE_SIDED_DB:
            return None
        return "left" if left > right else "right"
