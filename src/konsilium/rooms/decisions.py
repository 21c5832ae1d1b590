"""What a room is made of, as values: viewers, effects of events on the state, answers to a reconnect."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

JSON = dict[str, object]

EVERYONE = "everyone"

#: A reader further behind than this is cheaper served by a fresh snapshot than by the log.
KEPT_EVENTS = 500


def person(user_id: UUID) -> str:
    """The audience that is one person."""
    return f"person:{user_id}"


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Somebody in a room: which audiences they belong to, and what they may do."""

    user_id: UUID
    name: str
    tokens: frozenset[str]
    abilities: frozenset[str] = frozenset()

    def sees(self, audience: Iterable[str]) -> bool:
        """Whether an event for this audience reaches the viewer with its contents."""
        return not self.tokens.isdisjoint(audience)


@dataclass(frozen=True)
class Put:
    """state[part][data["id"]] = data"""

    part: str


@dataclass(frozen=True)
class Drop:
    """delete state[part][data["id"]]"""

    part: str


@dataclass(frozen=True)
class Replace:
    """state[part] = data"""

    part: str


@dataclass(frozen=True)
class Nothing:
    """The state stays as it is."""


Effect = Put | Drop | Replace | Nothing


def reduce(state: Mapping[str, object], effect: Effect, data: JSON) -> dict[str, object]:
    """The state after an event; the state given is left alone. `frontend/room/store.ts` is its twin."""
    after = dict(state)
    match effect:
        case Put(part):
            after[part] = {**_entries(after, part), str(data["id"]): copy.deepcopy(data)}
        case Drop(part):
            after[part] = {key: value for key, value in _entries(after, part).items() if key != data["id"]}
        case Replace(part):
            after[part] = copy.deepcopy(data)
        case Nothing():
            pass
    return after


def _entries(state: Mapping[str, object], part: str) -> dict[str, object]:
    entries = state.get(part, {})
    return dict(entries) if isinstance(entries, dict) else {}


@dataclass(frozen=True)
class UpToDate:
    """The reader has seen everything."""


@dataclass(frozen=True)
class Follow:
    """The reader gets the events after this version."""

    after: int


@dataclass(frozen=True)
class Resync:
    """The reader starts anew from a snapshot: too far behind, or ahead of what the server knows."""


Reconnect = UpToDate | Follow | Resync


def reconnect(*, since: int | None, version: int, kept_from: int) -> Reconnect:
    """How to answer a reader who has seen `since`, when the log kept at hand begins with event `kept_from`."""
    if since is None or since > version or since < kept_from - 1:
        return Resync()
    if since == version:
        return UpToDate()
    return Follow(since)
