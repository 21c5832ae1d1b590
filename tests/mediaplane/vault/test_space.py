"""When to warn and when to stop, row by row."""

from typing import Literal

import pytest

from konsilium.mediaplane.vault.space import GB, SpaceLimits, hours_left, space_state

pytestmark = pytest.mark.unit

LIMITS = SpaceLimits()
State = Literal["good", "low", "full"]


@pytest.mark.parametrize(
    ("free_gb", "mb_a_second", "before", "after"),
    [
        (100, 0, "good", "good"),
        (100, 1.5, "good", "good"),
        (11, 0, "good", "good"),
        (9.9, 0, "good", "low"),
        # 99 GB at 15 MB a second are less than two hours.
        (100, 15, "good", "low"),
        (1.1, 0, "low", "low"),
        (0.99, 0, "low", "full"),
        (0.99, 0, "good", "full"),
        # Once full, a little room is not enough to begin again.
        (1.2, 0, "full", "full"),
        (1.6, 0, "full", "low"),
        (20, 1, "full", "good"),
        (0, 0, "good", "full"),
    ],
)
def test_state(free_gb: float, mb_a_second: float, before: State, after: State) -> None:
    assert space_state(int(free_gb * GB), mb_a_second * 1e6, LIMITS, before=before) == after


def test_hours_left() -> None:
    assert hours_left(1 * GB + 3600 * 10**6, 10**6, LIMITS) == 1.0
    assert hours_left(0, 10**6, LIMITS) == 0.0
    assert hours_left(50 * GB, 0, LIMITS) is None
