"""Whether there is room for what is recorded. A kernel."""

from dataclasses import dataclass
from typing import Literal

GB = 1_000_000_000
#: Once full, recording begins again when there is so much more than what it stops at.
AGAIN = 1.5


@dataclass(frozen=True, slots=True)
class SpaceLimits:
    """A warning is due below so much room, or so many hours of it; recording stops below the least."""

    low_bytes: int = 10 * GB
    low_hours: float = 2.0
    least_bytes: int = 1 * GB


def hours_left(free: int, rate: float, limits: SpaceLimits) -> float | None:
    """`rate` in bytes a second; None while nothing is written."""
    if rate <= 0:
        return None
    return max(0.0, (free - limits.least_bytes) / rate / 3600)


def space_state(
    free: int, rate: float, limits: SpaceLimits, *, before: Literal["good", "low", "full"]
) -> Literal["good", "low", "full"]:
    least = limits.least_bytes * (AGAIN if before == "full" else 1)
    if free < least:
        return "full"
    hours = hours_left(free, rate, limits)
    if free < limits.low_bytes or (hours is not None and hours < limits.low_hours):
        return "low"
    return "good"
