from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.broadcast.decisions import (
    CHANNEL_LIFECYCLE,
    LAST_PORT,
    RECORDING_LIFECYCLE,
    STAND_IN_OFFSET,
    ChannelState,
    ChunkVerdict,
    DelayStep,
    Opened,
    RecordingState,
    Renewed,
    StopVerdict,
    allot_port,
    channel_time,
    decide_viewing,
    judge_chunk,
    judge_stop,
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
        (ChannelState.READY, "end", ChannelState.ENDED),
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


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


#: 10 s of delay, raised to 30 after 100 s, lowered to 5 after 200 s.
DELAYS = [
    DelayStep(since=NOW, seconds=10),
    DelayStep(since=at(100), seconds=30),
    DelayStep(since=at(200), seconds=5),
]


@pytest.mark.parametrize(
    ("moment", "seen"),
    [
        (0, 10),
        (89, 99),
        # It had not left yet when the delay was raised.
        (91, 121),
        (150, 180),
        (169, 199),
        # Older than the new delay when it was lowered: dropped, and found at the jump.
        (171, 200),
        (194, 200),
        (195, 200),
        (196, 201),
        (300, 305),
    ],
)
def test_where_in_the_recording_something_is_seen(moment: float, seen: float) -> None:
    assert channel_time(at(moment), DELAYS) == at(seen)


@given(
    st.lists(st.tuples(st.floats(1, 1000), st.floats(0, 60)), max_size=5),
    st.lists(st.floats(0, 6000), min_size=2, max_size=2),
)
def test_time_in_the_recording_never_runs_backwards(
    steps: list[tuple[float, float]], moments: list[float]
) -> None:
    delays, since = [DelayStep(since=NOW, seconds=0)], 0.0
    for after, seconds in steps:
        since += after
        delays.append(DelayStep(since=at(since), seconds=seconds))
    first, second = sorted(moments)
    assert channel_time(at(first), delays) <= channel_time(at(second), delays)


def test_without_a_delay_the_clocks_agree() -> None:
    assert channel_time(NOW, []) == NOW


@pytest.mark.parametrize(
    ("pressed", "known", "live_since", "verdict"),
    [
        (10, None, 0, StopVerdict.STOP),
        (10, 5, 0, StopVerdict.STOP),
        (10, 10, 0, StopVerdict.KNOWN),
        (10, 11, 0, StopVerdict.KNOWN),
        (10, None, 12.1, StopVerdict.OVERTAKEN),
        # Within two seconds nobody knows what came first.
        (10, None, 12, StopVerdict.STOP),
        (10, None, 10, StopVerdict.STOP),
        (10, None, None, StopVerdict.STOP),
    ],
)
def test_what_a_stop_at_the_media_plane_means(
    pressed: float, known: float | None, live_since: float | None, verdict: StopVerdict
) -> None:
    moments = [None if moment is None else at(moment) for moment in (known, live_since)]
    assert judge_stop(at=at(pressed), known=moments[0], live_since=moments[1]) is verdict


def test_nothing_leads_back_from_destroyed() -> None:
    assert set(RECORDING_LIFECYCLE[RecordingState.DESTROYED].values()) == {RecordingState.DESTROYED}
    assert all(RecordingState.DESTROYED in acts.values() for acts in RECORDING_LIFECYCLE.values())


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 25), st.integers(0, 1 << 40), st.integers(1, 1 << 40))
def test_a_piece_never_makes_a_film_longer_than_announced(
    offset: int, length: int, held: int, size: int
) -> None:
    if judge_chunk(offset=offset, length=length, held=held, size=size, free=10**12) is ChunkVerdict.TAKE:
        assert offset == held
        assert held + length <= size
