from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.broadcast.decisions import (
    CHANNEL_LIFECYCLE,
    LAST_PORT,
    STAND_IN_OFFSET,
    ChannelState,
    Opened,
    Renewed,
    allot_port,
    decide_viewing,
    next_state,
)
from konsilium.mediaplane.grants import GRANT_TTL

NOW = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
LIFE = timedelta(seconds=GRANT_TTL)


@pytest.mark.parametrize(
    ("state", "command", "following"),
    [
        (ChannelState.LIVE, "stop", ChannelState.STOPPED),
        (ChannelState.STOPPED, "resume", ChannelState.LIVE),
        (ChannelState.LIVE, "end", ChannelState.ENDED),
        (ChannelState.STOPPED, "end", ChannelState.ENDED),
        (ChannelState.STOPPED, "stop", None),
        (ChannelState.LIVE, "resume", None),
        (ChannelState.ENDED, "resume", None),
        (ChannelState.ENDED, "stop", None),
    ],
)
def test_life_of_a_channel(state: ChannelState, command: str, following: ChannelState | None) -> None:
    assert next_state(state, command) is following


def test_nothing_leads_out_of_the_end() -> None:
    assert CHANNEL_LIFECYCLE[ChannelState.ENDED] == {}


def test_ports_follow_each_other_without_touching_a_stand_in() -> None:
    assert allot_port(first=20_000, taken=[]) == 20_000
    assert allot_port(first=20_000, taken=[20_000, 20_001]) == 20_002
    assert allot_port(first=20_100, taken=[20_000]) == 20_101


@given(st.lists(st.integers(20_000, 20_400), max_size=60))
def test_no_port_is_given_twice(taken: list[int]) -> None:
    occupied = {*taken, *(port + STAND_IN_OFFSET for port in taken)}
    port = allot_port(first=20_000, taken=taken)
    assert {port, port + STAND_IN_OFFSET}.isdisjoint(occupied)


def test_a_full_range_is_said_so() -> None:
    with pytest.raises(LookupError, match="no port is free"):
        allot_port(first=LAST_PORT - STAND_IN_OFFSET, taken=[])


@pytest.mark.parametrize(
    ("valid_until", "decision"),
    [
        (None, Opened(until=NOW + LIFE)),
        (NOW - timedelta(seconds=1), Opened(until=NOW + LIFE)),
        (NOW, Renewed(until=NOW + LIFE)),
        (NOW + timedelta(seconds=30), Renewed(until=NOW + LIFE)),
    ],
)
def test_a_viewing_is_opened_once_and_then_renewed(
    valid_until: datetime | None, decision: Opened | Renewed
) -> None:
    assert decide_viewing(now=NOW, valid_until=valid_until) == decision
