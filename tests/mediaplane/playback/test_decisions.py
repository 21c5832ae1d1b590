from datetime import UTC, datetime, timedelta

from konsilium.mediaplane.playback.decisions import FURTHEST, LEAD, Clock, clock_of, left

BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def test_a_beginning_that_was_hardly_missed_is_shown_from_the_first_frame() -> None:
    ready = SINCE + timedelta(seconds=0.4)
    assert clock_of(began=BEGAN, since=SINCE, ready=ready).wall(BEGAN) == ready + LEAD


def test_the_first_frame_comes_behind_what_was_shown_before_it() -> None:
    """A sender that began with a burst: its frames' times lie ahead of the clock."""
    ahead = timedelta(seconds=0.4)
    clock = clock_of(began=BEGAN, since=SINCE, ready=SINCE, free=SINCE + ahead)
    assert (clock.wall(BEGAN), clock.ahead) == (SINCE + ahead, ahead)
    broken = clock_of(began=BEGAN, since=SINCE, ready=SINCE, free=SINCE + timedelta(hours=1))
    assert broken.wall(BEGAN) == SINCE + FURTHEST


def test_whoever_was_restarted_goes_on_where_it_would_be() -> None:
    clock = clock_of(began=BEGAN, since=SINCE, ready=SINCE + timedelta(minutes=10))
    assert clock.moment(SINCE + timedelta(minutes=10)) == BEGAN + timedelta(minutes=10)


def test_a_slot_that_lies_ahead_begins_at_its_time() -> None:
    clock = clock_of(began=BEGAN, since=SINCE, ready=SINCE - timedelta(minutes=1))
    assert clock.wall(BEGAN) == SINCE


def test_what_is_left_never_goes_below_nothing() -> None:
    clock = Clock(BEGAN, SINCE)
    ended = BEGAN + timedelta(seconds=60)
    assert left(clock, ended=ended, now=SINCE + timedelta(seconds=15)) == 45
    assert left(clock, ended=ended, now=SINCE + timedelta(seconds=75)) == 0
