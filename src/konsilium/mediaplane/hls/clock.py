"""The channel clock: media time is wall clock, counted in ticks since a fixed day.

Because it does not begin anew with a process, a media plane that was killed goes on where the clock
stands, and all renditions of all feeds lie on one line without talking to each other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
VIDEO_TIMESCALE: Final = 90_000
AUDIO_TIMESCALE: Final = 48_000
_MICROSECOND: Final = timedelta(microseconds=1)


def ticks_at(at: datetime, timescale: int) -> int:
    """A machine whose clock stands before the epoch gets a line that begins at zero, not a crash."""
    return max(0, (at - EPOCH) // _MICROSECOND * timescale // 1_000_000)


def date_of(ticks: int, timescale: int) -> datetime:
    return EPOCH + timedelta(microseconds=ticks * 1_000_000 // timescale)


def rescale(ticks: int, source: int, target: int) -> int:
    return ticks if source == target else ticks * target // source


@dataclass(frozen=True, slots=True)
class Limits:
    """The lengths a channel promises; they hold for all its renditions and never change while it runs."""

    part_ms: int = 200
    window_s: int = 60
    #: A segment ends at the first key frame after this: 1 s for video, 2 s for sound, which could end anywhere.
    shortest_video_segment_ms: int = 1000
    shortest_audio_segment_ms: int = 2000
    target_duration_s: int = 4
    #: Segments are younger than that in memory; older ones are on the shelf, if there is one.
    memory_s: int = 90

    @property
    def part_target_ms(self) -> int:
        """5 % above what is aimed at: 200 ms fit 25, 30, 50 and 60 fps, 210 ms 24 fps and AAC as well."""
        return self.part_ms * 105 // 100

    @property
    def shortest_part_ms(self) -> float:
        """RFC 8216bis 4.4.4.9: "at least 85% of the Part Target Duration"."""
        return self.part_target_ms * 0.85

    @property
    def part_hold_back_ms(self) -> int:
        """RFC 8216bis 4.4.3.8: "SHOULD be at least three times the Part Target Duration"."""
        return self.part_target_ms * 3

    @property
    def skip_until_s(self) -> int:
        """RFC 8216bis 4.4.3.8: "MUST be at least six times the Target Duration"."""
        return self.target_duration_s * 6

    @property
    def parts_kept_s(self) -> int:
        """RFC 8216bis 6.2.2: parts older than three target durations from the end are no use to anyone."""
        return self.target_duration_s * 3

    @property
    def parts_available_s(self) -> int:
        """6.2.2: they can still be asked for by whoever holds a playlist that has them."""
        return 2 * self.parts_kept_s + self.target_duration_s

    @property
    def longest_wait_s(self) -> int:
        """RFC 8216bis 6.2.5.2: a request held for more than three target durations is given up."""
        return self.target_duration_s * 3
