"""The life of a channel, and who opens which port: no framework, clock or I/O."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from konsilium.mediaplane.grants import GRANT_TTL

#: RFC 9293 has 65,535 ports; those above 49,151 are lent out by the operating system as it likes (RFC 6335 §6).
LAST_PORT = 49_151
#: Between a real door and its stand-in on loopback, so that both are found from one number.
STAND_IN_OFFSET = 100


class ChannelState(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    ENDED = "ended"


CHANNEL_LIFECYCLE: dict[ChannelState, dict[str, ChannelState]] = {
    ChannelState.LIVE: {"stop": ChannelState.STOPPED, "end": ChannelState.ENDED},
    ChannelState.STOPPED: {"resume": ChannelState.LIVE, "end": ChannelState.ENDED},
    ChannelState.ENDED: {},
}


def next_state(state: ChannelState, command: str) -> ChannelState | None:
    """The state the command leads to; None if the channel's life does not allow it."""
    return CHANNEL_LIFECYCLE[state].get(command)


def allot_port(*, first: int, taken: Collection[int]) -> int:
    """The lowest port from `first` upwards that no feed has, nor a stand-in of one.

    Raises LookupError when there is none left.
    """
    occupied = set(taken) | {port + STAND_IN_OFFSET for port in taken}
    for port in range(first, LAST_PORT - STAND_IN_OFFSET):
        if port not in occupied and port + STAND_IN_OFFSET not in occupied:
            return port
    raise LookupError(f"no port is free between {first} and {LAST_PORT}")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The person opens the picture (again): a line for the audit trail."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """The person still watches."""

    until: datetime


def decide_viewing(*, now: datetime, valid_until: datetime | None) -> Opened | Renewed:
    """Whether a grant opens a viewing or prolongs the one that is running until `valid_until`."""
    until = now + timedelta(seconds=GRANT_TTL)
    if valid_until is None or valid_until < now:
        return Opened(until=until)
    return Renewed(until=until)
