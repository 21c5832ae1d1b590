from datetime import UTC, datetime, timedelta

import pytest

from konsilium.programme.decisions import WORTH_KEEPING, is_on, still_on

START = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
END = START + timedelta(hours=2)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [(START - SECOND, False), (START, True), (END - SECOND, True), (END, False)],
)
def test_is_on_from_start_up_to_its_end(now: datetime, expected: bool) -> None:
    assert is_on(starts_at=START, ends_at=END, now=now) is expected


@pytest.mark.parametrize(
    ("now", "expected"), [(START, True), (END - WORTH_KEEPING - SECOND, True), (END - WORTH_KEEPING, False)]
)
def test_still_on_needs_some_time_left(now: datetime, expected: bool) -> None:
    assert still_on(starts_at=START, ends_at=END, now=now) is expected
