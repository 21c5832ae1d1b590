"""What each page shows: values ready to be written out, nothing left to look up."""

from dataclasses import dataclass, field
from datetime import date, datetime

from konsilium.people.models import Verification
from konsilium.programme.models import Congress, Membership
from konsilium.programme.rows import SlotRow


@dataclass(frozen=True, kw_only=True)
class CongressCard:
    title: str
    slug: str
    city: str
    starts_on: date
    ends_on: date
    url: str
    demonstration: bool


@dataclass(frozen=True, kw_only=True)
class HomePage:
    on_air_rows: list[SlotRow]
    now_rows: list[SlotRow]
    next_rows: list[SlotRow]
    running: list[CongressCard]
    coming: list[CongressCard]
    over: list[CongressCard]


@dataclass(frozen=True, kw_only=True)
class NowPage:
    on_air_rows: list[SlotRow]
    now_rows: list[SlotRow]
    next_rows: list[SlotRow]
    moment: datetime


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    name: str
    #: Place of work and city.
    origin: str
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where faculty come from, and who."""

    city: str
    people: list[PersonLine]


@dataclass(frozen=True, kw_only=True)
class DayTab:
    key: str
    number: int
    date: date
    title: str
    url: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the reader stands towards the congress, and what to do next."""

    signed_in: bool
    membership: Membership | None
    verification: Verification | None
    may_join: bool
    may_organise: bool
    #: Organisers and directors: recordings, feeds.
    may_direct: bool


@dataclass(frozen=True, kw_only=True)
class CalendarLink:
    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CongressPage:
    congress: Congress
    title: str
    description: str
    organiser: str
    city: str
    country: str
    zone_city: str
    slots: int
    operations: int
    faculty: int
    standing: Standing
    days: list[DayTab]
    now_rows: list[SlotRow]
    next_rows: list[SlotRow]
    places: list[Place]
    calendars: list[CalendarLink]


@dataclass(frozen=True, kw_only=True)
class SessionBlock:
    """Slots of one session in one hall; without a session, no heading."""

    title: str = ""
    url: str = ""
    chairs: str = ""
    rows: list[SlotRow] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class HallColumn:
    key: str
    title: str
    kind: str
    first: bool
    calendar_url: str
    blocks: list[SessionBlock]


@dataclass(frozen=True, kw_only=True)
class ZoneChoice:
    title: str
    url: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class ProgrammePage:
    congress: Congress
    title: str
    days: list[DayTab]
    halls: list[HallColumn]
    zones: list[ZoneChoice]
    one_hall: str
    all_halls_url: str
    calendar_url: str


@dataclass(frozen=True, kw_only=True)
class SessionPage:
    congress: Congress
    congress_title: str
    title: str
    description: str
    hall: str
    specialty: str
    starts_at: datetime
    ends_at: datetime
    chairs: list[PersonLine]
    rows: list[SlotRow]
    programme_url: str


@dataclass(frozen=True, kw_only=True)
class SlotPage:
    congress: Congress
    congress_title: str
    title: str
    description: str
    kind: str
    kind_label: str
    hall: str
    specialty: str
    starts_at: datetime
    minutes: int
    estimated: bool
    cancelled: bool
    withdrawn: bool
    is_operation: bool
    session_title: str
    session_url: str
    people: list[PersonLine]
    programme_url: str


@dataclass(frozen=True, kw_only=True)
class MemberLine:
    id: str
    name: str
    email: str
    origin: str
    roles: str
    attendance: str
    verification: Verification | None
