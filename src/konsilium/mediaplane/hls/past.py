"""What a former run of a channel left on its shelves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.clock import date_of
from konsilium.mediaplane.hls.shelf import Kept, Shelf
from konsilium.mediaplane.hls.signal import timescale_of

#: A past that ends so far in the future was written by a clock that was wrong; it is left alone, and nothing
#: is added to it.
AHEAD: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Past:
    #: What the renditions go on to fill.
    shelves: Mapping[str, Shelf]
    segments: Mapping[str, Sequence[Kept]]
    #: When the last of it was over.
    end: datetime | None = None
    #: The Discontinuity Sequence Number there, which all renditions share (RFC 8216bis 6.2.4).
    discontinuity: int | None = None

    @classmethod
    def of(cls, shelves: Mapping[str, Shelf], kinds: Mapping[str, Kind], now: datetime) -> "Past":
        found = {key: shelves[key].past if key in shelves else () for key in kinds}
        last = {key: past[-1] for key, past in found.items() if past}
        if not last:
            return cls(shelves, found)
        end = max(date_of(kept.end, timescale_of(kinds[key])) for key, kept in last.items())
        if end > now + AHEAD:
            return cls({}, dict.fromkeys(kinds, ()))
        return cls(shelves, found, end, max(kept.discontinuities for kept in last.values()))
