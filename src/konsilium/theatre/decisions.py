"""The life of an operation's broadcast, and who may do what in its room."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from konsilium.broadcast.registry import DIRECT, DOWNLOAD, STOP
from konsilium.floor.registry import ASK, MODERATE, MODERATORS, RELAY
from konsilium.rooms.decisions import EVERYONE


class OperationState(StrEnum):
    SCHEDULED = "scheduled"
    ON_AIR = "on_air"
    STOPPED = "stopped"
    ENDED = "ended"


class Act(StrEnum):
    OPEN = "open"
    STOP = "stop"
    RESUME = "resume"
    END = "end"
    #: The patient took their consent back.
    WITHDRAW = "withdraw"


_S = OperationState

#: A stop is never refused: whoever presses second, or early, finds done what they wanted.
LIFECYCLE: Mapping[OperationState, Mapping[Act, OperationState]] = {
    _S.SCHEDULED: {Act.OPEN: _S.ON_AIR, Act.STOP: _S.SCHEDULED, Act.WITHDRAW: _S.ENDED},
    _S.ON_AIR: {
        Act.OPEN: _S.ON_AIR,
        Act.STOP: _S.STOPPED,
        Act.RESUME: _S.ON_AIR,
        Act.END: _S.ENDED,
        Act.WITHDRAW: _S.ENDED,
    },
    _S.STOPPED: {
        Act.STOP: _S.STOPPED,
        Act.RESUME: _S.ON_AIR,
        Act.END: _S.ENDED,
        Act.WITHDRAW: _S.ENDED,
    },
    _S.ENDED: {Act.STOP: _S.ENDED, Act.END: _S.ENDED, Act.WITHDRAW: _S.ENDED},
}


class Reason(StrEnum):
    """Why not; each has its sentence in `refusals.py`."""

    NOT_OPENED = "operation_not_opened"
    STOPPED = "operation_stopped"
    ENDED = "operation_ended"
    NOT_CHOSEN = "question_not_chosen"
    NO_FILM = "operation_without_film"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Accepted:
    state: OperationState


@dataclass(frozen=True)
class Refused:
    reason: Reason


Verdict = Accepted | Refused

_REASONS = {_S.SCHEDULED: Reason.NOT_OPENED, _S.STOPPED: Reason.STOPPED, _S.ENDED: Reason.ENDED}


def decide(state: OperationState, act: Act, *, overtaken: bool = False) -> Verdict:
    """What the act makes of an operation in this state; the same state where nothing is to be done.

    `overtaken`: it was meant for another stop than the one that holds.
    """
    after = LIFECYCLE[state].get(act)
    if after is None:
        return Refused(_REASONS[state])
    return Refused(Reason.OVERTAKEN) if overtaken and after != state else Accepted(after)


class Part(StrEnum):
    """What somebody is in one operation: of its team, or in charge of the congress around it."""

    SURGEON = "surgeon"
    SPOKESPERSON = "spokesperson"
    ANAESTHETIST = "anaesthetist"
    ADVOCATE = "advocate"
    MODERATOR = "moderator"
    DIRECTOR = "director"
    ORGANISER = "organiser"
    PHYSICIAN = "physician"


#: The parts that stand in the theatre itself.
IN_THEATRE = frozenset({Part.SURGEON, Part.SPOKESPERSON, Part.ANAESTHETIST, Part.ADVOCATE})
#: The parts that are given for a whole congress. The others are given for one operation: being a surgeon of the
#: congress gives no say in another surgeon's theatre.
OF_CONGRESS = frozenset({Part.MODERATOR, Part.DIRECTOR, Part.ORGANISER})

THEATRE = "theatre"
DIRECTORS = "directors"

QUIET = "quiet"
RUN = "run"
#: Giving stretches of the recording a title.
CLIP = "clip"

#: What each part may do. Nobody is asked why they stop.
ABILITIES: Mapping[Part, frozenset[str]] = {
    Part.SURGEON: frozenset({ASK, RELAY, QUIET, STOP, RUN, DOWNLOAD, CLIP}),
    Part.SPOKESPERSON: frozenset({ASK, RELAY, QUIET, STOP, RUN, DOWNLOAD, CLIP}),
    Part.ANAESTHETIST: frozenset({ASK, QUIET, STOP, DOWNLOAD}),
    Part.ADVOCATE: frozenset({ASK, QUIET, STOP, DOWNLOAD}),
    Part.MODERATOR: frozenset({ASK, MODERATE, STOP, RUN, CLIP}),
    Part.DIRECTOR: frozenset({ASK, STOP, RUN, DIRECT, DOWNLOAD, CLIP}),
    Part.ORGANISER: frozenset({ASK, MODERATE, STOP, RUN, DIRECT, DOWNLOAD, CLIP}),
    Part.PHYSICIAN: frozenset({ASK}),
}

_AUDIENCES: Mapping[Part, str] = {
    **dict.fromkeys(IN_THEATRE, THEATRE),
    Part.MODERATOR: MODERATORS,
    Part.ORGANISER: MODERATORS,
    Part.DIRECTOR: DIRECTORS,
}


def abilities_of(parts: Collection[Part]) -> frozenset[str]:
    return frozenset().union(*(ABILITIES[part] for part in parts))


def audiences_of(parts: Collection[Part]) -> frozenset[str]:
    return frozenset({EVERYONE, *(_AUDIENCES[part] for part in parts if part in _AUDIENCES)})


class NoEntry(StrEnum):
    """Why somebody may not be in an operation's room."""

    NOT_SIGNED_IN = "not_signed_in"
    NOT_A_MEMBER = "not_a_member"
    NOT_VERIFIED = "not_verified"


def decide_entry(
    *, signed_in: bool, verified: bool, member: bool, roles: Collection[str], team: Collection[str]
) -> frozenset[Part] | NoEntry:
    """The parts somebody has in an operation, or why they may not even look.

    The team and those in charge of the congress are known to its organiser by name; everybody else has to be a
    member of the congress and a physician whose licence somebody has looked at.
    """
    if not signed_in:
        return NoEntry.NOT_SIGNED_IN
    parts = {part for part in Part if part in team} | {part for part in OF_CONGRESS if part in roles}
    if verified and member:
        parts.add(Part.PHYSICIAN)
    if parts:
        return frozenset(parts)
    return NoEntry.NOT_VERIFIED if member else NoEntry.NOT_A_MEMBER
