"""What a programme file may hold. The description of a field is the sentence its author reads when it is wrong."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

FORMAT = "konsilium-programme/1"
LANGUAGES = ("ru", "kk", "en", "az", "hy", "be", "es", "vi", "ka", "ar", "ky", "lv", "ro", "uz")
ZONES = frozenset(available_timezones())
MOST_TEXT = 4000
MOST_MINUTES = 24 * 60
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_RELATIVE = re.compile(r"^today\s*(?:([+-])\s*(\d{1,4}))?$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$|^[^@\s]+@localhost$")


def _wrong(message: str) -> PydanticCustomError:
    # The message goes in as a value, because pydantic would read braces in it as places to fill.
    return PydanticCustomError("programme", "{message}", {"message": message})


@dataclass(frozen=True, kw_only=True)
class FileDate:
    """A date as the file gives it: itself, or days counted from the day on which the file is loaded."""

    fixed: date | None = None
    days: int = 0

    def on(self, today: date) -> date:
        return self.fixed or today + timedelta(days=self.days)


@dataclass(frozen=True, kw_only=True)
class Known:
    """The keys that the file defines, for the fields that refer to them."""

    keys: dict[str, frozenset[str]]


def _text(value: object) -> dict[str, str]:
    if isinstance(value, str):
        value = {"": value}
    if not isinstance(value, dict) or not value:
        raise _wrong("expected a text, or one text for each language, such as {ru: …, kk: …, en: …}.")
    for language, text in value.items():
        if language and language not in LANGUAGES:
            raise _wrong(f"“{language}” is not one of the languages {', '.join(LANGUAGES)}.")
        if not isinstance(text, str) or not text.strip():
            raise _wrong(f"the text for “{language}” is empty." if language else "the text is empty.")
        if len(text) > MOST_TEXT:
            raise _wrong(f"the text has {len(text)} characters; at most {MOST_TEXT} are kept.")
    return {language or "en": " ".join(text.split()) for language, text in value.items()}


def _time(value: object) -> time:
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None:
        raise _wrong(f"“{value}” is not a time: write hours and minutes, such as 09:30.")
    return time(int(found[1]), int(found[2]))


def _date(value: object) -> FileDate:
    if isinstance(value, str):
        if found := _RELATIVE.match(value):
            return FileDate(days=int(f"{found[1] or ''}{found[2] or 0}"))
        try:
            return FileDate(fixed=date.fromisoformat(value))
        except ValueError:
            pass
    raise _wrong(f"“{value}” is not a date: write 2027-05-31, or today, today+1, today-1.")


def _zone(value: str) -> str:
    if value not in ZONES:
        raise _wrong(f"“{value}” is no time zone: write its IANA name, such as Asia/Almaty.")
    return value


def _email(value: str) -> str:
    if not _EMAIL.match(value) or len(value) > 254:
        raise _wrong(f"“{value}” is not an e-mail address.")
    return value.lower()


def _refers_to(kind: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        known = info.context.keys.get(kind, frozenset()) if isinstance(info.context, Known) else None
        if known is not None and value not in known:
            there = ", ".join(sorted(known)[:12]) or "none yet"
            raise _wrong(f"“{value}” is not the key of any of the {kind} ({there}).")
        return value

    return AfterValidator(check)


Text = Annotated[dict[str, str], BeforeValidator(_text)]
Time = Annotated[time, BeforeValidator(_time)]
Date = Annotated[FileDate, BeforeValidator(_date)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Email = Annotated[str, AfterValidator(_email)]
HallRef = Annotated[str, _refers_to("halls")]
PersonRef = Annotated[str, _refers_to("people")]
SpecialtyRef = Annotated[str, _refers_to("specialties")]
RoleName = Literal[
    "organiser", "moderator", "director", "surgeon", "spokesperson", "anaesthetist", "advocate", "speaker",
    "interpreter", "press", "delegate",
]  # fmt: skip
PersonRoleName = Literal[
    "host", "guest", "spokesperson", "anaesthetist", "advocate", "speaker", "panellist", "chair", "moderator"
]
KindName = Literal["talk", "live", "as_live", "semi_live", "discussion", "break", "ceremony"]

KEY = "a key of small Latin letters, digits and hyphens that stays the same for good, such as day-1"
TEXT = "a text, or one text for each language, such as {ru: …, kk: …, en: …}"
TIME = "a time such as 09:30, in the time zone of the congress"
PEOPLE = "for each role the keys of its people, such as {host: [person-1], guest: [person-2]}"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(Part):
    """How somebody signs in, and what they are in this congress."""

    email: Email = Field(description="an e-mail address")
    roles: list[RoleName] = Field(default=["delegate"], min_length=1, description="a list of roles")
    language: Literal["ru", "kk", "en"] = Field(default="ru", description="ru, kk or en")
    time_zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None, description="the IANA name of a time zone, such as Asia/Almaty"
    )
    verified_until: Date | None = Field(
        default=None, description="a date such as 2027-05-31, or today+365: until then a verified physician"
    )
    attendance: Literal["on_site", "online"] = Field(default="online", description="on_site or online")


class SpecialtyPart(Part):
    key: Key = Field(description=KEY)
    title: Text = Field(description=TEXT)


class HallPart(Part):
    key: Key = Field(description=KEY)
    kind: Literal["hall", "theatre"] = Field(default="hall", description="hall or theatre")
    title: Text = Field(description=TEXT)


class PersonPart(Part):
    key: Key = Field(description=KEY)
    name: Text = Field(description=TEXT)
    affiliation: Text = Field(default={}, description=TEXT)
    city: Text = Field(default={}, description=TEXT)
    country: Country | Literal[""] = Field(
        default="", description="a country's code of two capitals, such as KZ"
    )
    account: Account | None = Field(default=None, description="an account: email, roles, language")


class MemberPart(Account):
    """Somebody who takes part without being named in the programme."""

    name: Text = Field(description=TEXT)
    affiliation: Text = Field(default={}, description=TEXT)
    city: Text = Field(default={}, description=TEXT)
    country: Country | Literal[""] = Field(
        default="", description="a country's code of two capitals, such as KZ"
    )


People = dict[PersonRoleName, list[PersonRef]]


class SlotPart(Part):
    key: Key = Field(description=KEY)
    kind: KindName = Field(description="one of talk, live, as_live, semi_live, discussion, break, ceremony")
    title: Text = Field(description=TEXT)
    description: Text = Field(default={}, description=TEXT)
    starts: Time | None = Field(default=None, description=f"{TIME}; without it, when the slot before ends")
    minutes: int = Field(
        ge=1, le=MOST_MINUTES, description=f"a whole number of minutes from 1 to {MOST_MINUTES}"
    )
    estimated: bool | None = Field(
        default=None,
        description="true if the start is an estimate, else false; operations are estimates by default",
    )
    cancelled: bool = Field(default=False, description="true if it will not take place, else false")
    specialty: SpecialtyRef | None = Field(default=None, description="the key of one of the specialties")
    people: People = Field(default={}, description=PEOPLE)
    anchor: Literal["on_air"] | None = Field(
        default=None, description="on_air: the file is loaded so that this operation began 20 minutes ago"
    )


class LoneSlotPart(SlotPart):
    hall: HallRef = Field(description="the key of one of the halls")


class SessionPart(Part):
    key: Key = Field(description=KEY)
    hall: HallRef = Field(description="the key of one of the halls")
    title: Text = Field(description=TEXT)
    description: Text = Field(default={}, description=TEXT)
    specialty: SpecialtyRef | None = Field(default=None, description="the key of one of the specialties")
    starts: Time | None = Field(default=None, description=f"{TIME}; without it, when its first slot starts")
    people: People = Field(default={}, description=PEOPLE)
    slots: list[SlotPart] = Field(default=[], description="a list of slots")


class DayPart(Part):
    key: Key = Field(description=KEY)
    date: Date | None = Field(
        default=None,
        description="a date such as 2027-05-31 or today+1; without it, the day after the day before",
    )
    title: Text = Field(default={}, description=TEXT)
    sessions: list[SessionPart] = Field(default=[], description="a list of sessions")
    slots: list[LoneSlotPart] = Field(default=[], description="a list of slots that belong to no session")


class CongressPart(Part):
    slug: Key = Field(description="the word of its address, such as onko-week-2027")
    title: Text = Field(description=TEXT)
    description: Text = Field(default={}, description=TEXT)
    organiser: Text = Field(default={}, description=TEXT)
    city: Text = Field(default={}, description=TEXT)
    country: Country | Literal[""] = Field(
        default="", description="a country's code of two capitals, such as KZ"
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        description="the IANA name of a time zone, such as Asia/Almaty"
    )
    starts: Date = Field(description="the first day: a date such as 2027-05-31, or today, today+1, today-1")
    demonstration: bool = Field(default=False, description="true if the people are invented, else false")
    registration_open: bool = Field(default=True, description="true if everybody may join, else false")


class ProgrammeFile(Part):
    format: Literal["konsilium-programme/1"] = Field(description=FORMAT)
    congress: CongressPart = Field(description="the congress: slug, title, time_zone, starts")
    specialties: list[SpecialtyPart] = Field(default=[], description="a list of specialties")
    halls: list[HallPart] = Field(min_length=1, description="a list of at least one hall or theatre")
    people: list[PersonPart] = Field(default=[], description="a list of people")
    members: list[MemberPart] = Field(default=[], description="a list of members")
    days: list[DayPart] = Field(min_length=1, description="a list of at least one day")
