"""What viewers' players measured, added up for the director's desk. No clock: moments are given, in seconds."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

from konsilium.mediaplane.status import LatencyStatus

#: Players report every 15 s; who has missed two is gone.
GONE_AFTER_S: Final = 35.0
#: Beyond so many nobody is added: a bound, far above what one machine serves.
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Report:
    at: float
    behind_s: float
    stalls: int
    feed: str


class Measured:
    """Of one channel."""

    def __init__(self) -> None:
        self._reports: dict[str, _Report] = {}

    def note(self, person: str, *, at: float, behind_s: float, stalls: int, feed: str) -> None:
        """`stalls` since the person's last report; `feed` is "" for sound alone."""
        if not math.isfinite(behind_s) or (person not in self._reports and len(self._reports) >= MOST):
            return
        self._reports[person] = _Report(at, behind_s, stalls, feed)

    def forget_gone(self, at: float) -> None:
        self._reports = {
            person: report for person, report in self._reports.items() if at - report.at <= GONE_AFTER_S
        }

    @property
    def latency(self) -> LatencyStatus | None:
        if not self._reports:
            return None
        ordered = sorted(report.behind_s for report in self._reports.values())
        return LatencyStatus(
            viewers=len(ordered),
            median_s=round(_share(ordered, 0.5), 2),
            p95_s=round(_share(ordered, 0.95), 2),
            stalled=sum(report.stalls > 0 for report in self._reports.values()),
        )

    @property
    def watching(self) -> dict[str, int]:
        return dict(Counter(report.feed for report in self._reports.values() if report.feed))


def _share(ordered: list[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
