"""What rooms are told by the layers above, in `AppConfig.ready`: event types, commands, parts, subjects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from konsilium.rooms.decisions import JSON, Drop, Effect, Put, Viewer

if TYPE_CHECKING:
    from konsilium.people.models import User
    from konsilium.rooms.models import Room


class Wire(BaseModel):
    """What crosses the wire: closed, so that a misspelt field is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Gone(Wire):
    """The entry with this id is no longer there."""

    id: UUID


M = TypeVar("M", bound=BaseModel)
S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class EventType:
    name: str
    model: type[BaseModel]
    effect: Effect
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command on its way: who asks, in which room, when. The room's row is locked."""

    room: "Room"
    actor: "User"
    viewer: Viewer
    now: datetime
    #: How long it was on its way.
    age: timedelta

    @property
    def pressed_at(self) -> datetime:
        return self.now - self.age


@dataclass(frozen=True, kw_only=True)
class Command:
    name: str
    model: type[BaseModel]
    abilities: frozenset[str]
    meaning: str
    run: Callable[[Call, JSON], JSON]

    def allowed(self, viewer: Viewer) -> bool:
        return not self.abilities.isdisjoint(viewer.abilities)


@dataclass(frozen=True, kw_only=True)
class Part:
    key: str
    model: type[BaseModel]
    #: One entry per id (`Put`, `Drop`), or one value (`Replace`).
    keyed: bool
    meaning: str
    read: Callable[["Room", Viewer], JSON | None]


Lifecycle = Mapping[StrEnum, Mapping[StrEnum, StrEnum]]
Resolver = Callable[["User | None", UUID, datetime], Viewer]

_events: dict[str, EventType] = {}
_types: dict[type[BaseModel], str] = {}
_commands: dict[str, Command] = {}
_parts: dict[str, Part] = {}
_subjects: dict[str, Resolver] = {}
_lifecycles: dict[str, Lifecycle] = {}

events: Mapping[str, EventType] = MappingProxyType(_events)
commands: Mapping[str, Command] = MappingProxyType(_commands)
parts: Mapping[str, Part] = MappingProxyType(_parts)
subjects: Mapping[str, Resolver] = MappingProxyType(_subjects)
lifecycles: Mapping[str, Lifecycle] = MappingProxyType(_lifecycles)


def register_event(name: str, model: type[BaseModel], effect: Effect, *, meaning: str) -> None:
    """An event type: a class of its own, the effect on the state, and a sentence for the documentation."""
    _once(_events, name)
    if model in _types:
        raise ValueError(f"{model.__name__} is the data of {_types[model]} already")
    if isinstance(effect, Put | Drop) and "id" not in model.model_fields:
        raise ValueError(f"{model.__name__} has no id to put or drop by")
    _events[name] = EventType(name=name, model=model, effect=effect, meaning=meaning)
    _types[model] = name


def register_command(
    name: str,
    model: type[M],
    handler: Callable[[Call, M], JSON | None],
    *,
    abilities: frozenset[str],
    meaning: str,
) -> None:
    """A command: its payload, who may give it (any one ability is enough), and what carries it out."""
    _once(_commands, name)

    def run(call: Call, payload: JSON) -> JSON:
        return handler(call, model.model_validate(payload)) or {}

    _commands[name] = Command(name=name, model=model, abilities=abilities, meaning=meaning, run=run)


def register_part(
    key: str,
    model: type[BaseModel],
    read: Callable[["Room", Viewer], JSON | None],
    *,
    keyed: bool,
    meaning: str,
) -> None:
    """A part of the state; `read` gives it as this viewer may see it, None where the room has no such part."""
    _once(_parts, key)
    _parts[key] = Part(key=key, model=model, read=read, keyed=keyed, meaning=meaning)


def register_subject(kind: str, resolver: Resolver) -> None:
    """What rooms of this kind are about; the resolver says who somebody is there, or refuses."""
    _once(_subjects, kind)
    _subjects[kind] = resolver


def register_lifecycle(thing: str, table: Mapping[S, Mapping[A, S]]) -> None:
    """The table that decides about a thing, to be drawn in the documentation."""
    _once(_lifecycles, thing)
    _lifecycles[thing] = cast("Lifecycle", table)


def event_type_of(event: BaseModel) -> EventType:
    return _events[_types[type(event)]]


def _once(table: Mapping[str, object], key: str) -> None:
    if key in table:
        raise ValueError(f"{key} is registered already")
