"""What is decided about a programme without looking at the database or the clock."""

from datetime import datetime, timedelta

#: A day: no slot is longer, so whatever is on now started at most this long ago.
LONGEST_SLOT_MINUTES = 24 * 60
#: A demonstration loaded anew is moved once its operation on air has less than this left.
WORTH_KEEPING = timedelta(minutes=15)


def is_on(*, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """On from its start up to but not including its end."""
    return starts_at <= now < ends_at


def still_on(*, starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether an operation on air will stay so long enough that its programme need not be moved."""
    return is_on(starts_at=starts_at, ends_at=ends_at - WORTH_KEEPING, now=now)
