"""Whether a feed shows nothing, or always the same, judged by its thumbnails. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: Brightness from 0 to 255: below these a picture is black. Sensors are noisy, and menus put a line into it.
_BLACK_MEAN: Final = 12.0
_BLACK_PEAK: Final = 48
#: Between two codings of the same picture hardly a point changes by a step; the noise of a camera that looks at
#: an empty table changes a quarter of them and more, though each only by a step or two.
_STIRRED_SHARE: Final = 0.15
#: A hand far away moves few points, but by more.
_MOVED_STEP: Final = 4
_MOVED_SHARE: Final = 0.0005
#: Somebody may hold still for a moment.
FROZEN_AFTER: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Look:
    """What matters of one thumbnail: its brightness, and how it differs from the one before."""

    mean: float
    peak: int
    #: The same as the one before, but for what coding explains.
    same: bool


def look_at(brightness: Sequence[int], differences: Sequence[int] | None) -> Look:
    """Both are histograms: how many points there are of each value; None when there is nothing to compare with."""
    points = max(1, sum(brightness))
    mean = sum(value * count for value, count in enumerate(brightness)) / points
    peak = max((value for value, count in enumerate(brightness) if count), default=0)
    if differences is None:
        return Look(mean, peak, same=False)
    stirred, moved = sum(differences[1:]) / points, sum(differences[_MOVED_STEP:]) / points
    return Look(mean, peak, same=stirred <= _STIRRED_SHARE and moved <= _MOVED_SHARE)


class Stillness:
    """Since when it has been black, or the same."""

    def __init__(self) -> None:
        self.black_since: datetime | None = None
        self._same_since: datetime | None = None
        self._noted: datetime | None = None

    def note(self, look: Look, at: datetime) -> None:
        black = look.mean < _BLACK_MEAN and look.peak < _BLACK_PEAK
        self.black_since = (self.black_since or at) if black else None
        self._same_since = (self._same_since or self._noted or at) if look.same else None
        self._noted = at

    def frozen_since(self, now: datetime) -> datetime | None:
        since = self._same_since
        return since if since is not None and now - since > FROZEN_AFTER else None

    def forget(self) -> None:
        self.black_since = self._same_since = self._noted = None
