"""What each page of the venue shows: frozen values, made once per request."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from django.urls import reverse


def operation_url(operation_id: UUID, page: str = "operation") -> str:
    """The address of an operation's page: operation, live, desk, board, screen, director or recording."""
    name = "operation" if page == "operation" else f"operation_{page}"
    return reverse(name, args=[operation_id])


@dataclass(frozen=True, kw_only=True)
class TeamLine:
    name: str
    role: str
    role_label: str
    affiliation: str
    city: str


@dataclass(frozen=True, kw_only=True)
class NextLine:
    """What follows in the same hall."""

    title: str
    starts_at: datetime
    url: str


@dataclass(frozen=True, kw_only=True)
class OperationFacts:
    """An operation as the programme announces it; nothing here is hidden from anybody."""

    id: str
    title: str
    kind: str
    kind_label: str
    state: str
    abstract: str
    specialty: str
    congress: str
    congress_slug: str
    congress_zone: str
    hall: str
    starts_at: datetime
    minutes: int
    estimated: bool
    team: list[TeamLine] = field(default_factory=list)
    next: list[NextLine] = field(default_factory=list)

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)

    @property
    def urls(self) -> dict[str, str]:
        pages = ("live", "desk", "board", "screen", "director", "recording")
        addresses = {f"{page}_url": operation_url(self.uuid, page) for page in pages}
        return {"page_url": operation_url(self.uuid), **addresses}


@dataclass(frozen=True, kw_only=True)
class OperationPage:
    """The page of an operation: announced to everybody, with ways in for those who may enter."""

    operation: OperationFacts
    may_enter: bool
    may_moderate: bool
    may_use_board: bool
    may_direct: bool
    may_organise: bool
    #: Where its recording is watched, once there is one; empty before.
    recording_url: str
    #: Why the reader may not enter, in a sentence; empty if they may.
    refusal: str
    #: A short name of the reason: not_signed_in, not_a_member, not_verified; empty if they may enter.
    reason: str


@dataclass(frozen=True, kw_only=True)
class RoomPage:
    """A page of the darkened theatre; `bootstrap` is what its script starts from."""

    operation: OperationFacts
    abilities: frozenset[str]
    bootstrap: dict[str, object]
    join_url: str = ""


def bootstrap_facts(operation: OperationFacts) -> dict[str, object]:
    """The operation's facts as the page's script reads them."""
    return asdict(operation) | operation.urls
