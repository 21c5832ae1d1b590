"""What is told of an operation, and what may be asked of it."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime

from konsilium.rooms.registry import Wire
from konsilium.theatre.decisions import OperationState


class OperationData(Wire):
    """The state of an operation's broadcast."""

    id: UUID
    state: OperationState
    on_air_since: datetime | None
    stopped_at: datetime | None
    ended_at: datetime | None


class OperationOpened(OperationData): ...


class OperationStopped(OperationData): ...


class OperationResumed(OperationData): ...


class OperationEnded(OperationData): ...


class QuietData(Wire):
    """Whether the theatre wants quiet: questions are held."""

    on: bool
    since: datetime | None


class QuietSet(QuietData): ...


class QuietCleared(QuietData): ...


class BoardData(Wire):
    """Which question the theatre's board shows when none is being answered; null: the first of the queue."""

    shown: UUID | None


class BoardShown(BoardData): ...


class Open(Wire): ...


class Stop(Wire): ...


class Resume(Wire):
    #: The stop that it lifts, as its author sees it: one that comes late must not lift another.
    stopped_at: AwareDatetime | None


class End(Wire):
    #: As in `Resume`; null: its author sees no stop.
    stopped_at: AwareDatetime | None


class SetQuiet(Wire): ...


class ClearQuiet(Wire): ...


class ShowOnBoard(Wire):
    id: UUID | None
