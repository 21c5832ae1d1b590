"""From a valid file to a plan: every date and time absolute."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from konsilium.programme.loading.issues import Issue, WrongProgramme
from konsilium.programme.loading.schema import DayPart, ProgrammeFile, SessionPart, SlotPart
from konsilium.programme.loading.source import Path, Source

#: How long ago the anchored operation began, when the file is loaded.
ON_AIR_FOR = timedelta(minutes=20)
ROUND_TO_MINUTES = 5
OPERATIONS = frozenset({"live", "as_live", "semi_live"})


@dataclass(frozen=True, kw_only=True)
class PlannedSlot:
    part: SlotPart
    hall: str
    specialty: str | None
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.part.minutes)

    @property
    def estimated(self) -> bool:
        return self.part.kind in OPERATIONS if self.part.estimated is None else self.part.estimated


@dataclass(frozen=True, kw_only=True)
class PlannedSession:
    part: SessionPart
    starts_at: datetime
    ends_at: datetime
    slots: tuple[PlannedSlot, ...]


@dataclass(frozen=True, kw_only=True)
class PlannedDay:
    part: DayPart
    date: date
    sessions: tuple[PlannedSession, ...]
    slots: tuple[PlannedSlot, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    file: ProgrammeFile
    reckoned_from: datetime
    days: tuple[PlannedDay, ...]
    #: What can be loaded and yet looks like a mistake.
    warnings: tuple[Issue, ...]

    def slots(self) -> Iterator[PlannedSlot]:
        for day in self.days:
            for session in day.sessions:
                yield from session.slots
            yield from day.slots

    def anchored(self) -> PlannedSlot | None:
        return next((slot for slot in self.slots() if slot.part.anchor), None)

    @property
    def today(self) -> date:
        """The day from which relative dates are counted."""
        return self.reckoned_from.astimezone(ZoneInfo(self.file.congress.time_zone)).date()

    @property
    def starts_on(self) -> date:
        return min(day.date for day in self.days)

    @property
    def ends_on(self) -> date:
        return max(day.date for day in self.days)


def resolved(programme: ProgrammeFile, source: Source, *, now: datetime) -> Plan:
    """The plan, relative dates counted from `now`. Raises `WrongProgramme` where a time cannot be."""
    zone = ZoneInfo(programme.congress.time_zone)
    reckoning = _Reckoning(zone=zone, source=source)
    today = now.astimezone(zone).date()
    current = programme.congress.starts.on(today)
    days: list[PlannedDay] = []
    for index, part in enumerate(programme.days):
        current = part.date.on(today) if part.date else current + timedelta(days=1 if index else 0)
        days.append(reckoning.day(part, current, ("days", index)))
    if reckoning.issues:
        raise WrongProgramme(reckoning.issues)
    plan = Plan(
        file=programme,
        reckoned_from=now,
        days=tuple(_moved(day, now) for day in days),
        warnings=(),
    )
    return Plan(file=programme, reckoned_from=now, days=plan.days, warnings=tuple(_warnings(plan, source)))


class _Reckoning:
    """Places the slots of a day one after the other, and collects what cannot be placed."""

    def __init__(self, *, zone: ZoneInfo, source: Source) -> None:
        self.zone = zone
        self.source = source
        self.issues: list[Issue] = []

    def day(self, part: DayPart, on: date, path: Path) -> PlannedDay:
        return PlannedDay(
            part=part,
            date=on,
            sessions=tuple(
                self.session(session, on, (*path, "sessions", index))
                for index, session in enumerate(part.sessions)
            ),
            slots=tuple(
                PlannedSlot(
                    part=slot,
                    hall=slot.hall,
                    specialty=slot.specialty,
                    starts_at=self.moment(slot.starts, on, (*path, "slots", index)),
                )
                for index, slot in enumerate(part.slots)
            ),
        )

    def session(self, part: SessionPart, on: date, path: Path) -> PlannedSession:
        first_says = bool(part.slots and part.slots[0].starts)
        free_from = None if first_says and part.starts is None else self.moment(part.starts, on, path)
        announced = [free_from] if free_from else []
        slots: list[PlannedSlot] = []
        for index, slot in enumerate(part.slots):
            begins = free_from
            if slot.starts or begins is None:
                begins = self.moment(slot.starts, on, (*path, "slots", index))
            planned = PlannedSlot(
                part=slot, hall=part.hall, specialty=slot.specialty or part.specialty, starts_at=begins
            )
            slots.append(planned)
            free_from = planned.ends_at
        return PlannedSession(
            part=part,
            starts_at=min([*announced, *(slot.starts_at for slot in slots)]),
            ends_at=max([*announced, *(slot.ends_at for slot in slots)]),
            slots=tuple(slots),
        )

    def moment(self, at: time | None, on: date, path: Path) -> datetime:
        if at is None:
            self.issues.append(
                self.source.issue((*path, "starts"), "“starts” is missing: expected a time such as 09:30.")
            )
            return datetime.combine(on, time(), UTC)
        local = datetime.combine(on, at, self.zone)
        moment = local.astimezone(UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            message = f"{at:%H:%M} does not exist on {on} in {self.zone.key}: the clocks go forward there."
            self.issues.append(self.source.issue((*path, "starts"), message))
        return moment


def _moved(day: PlannedDay, now: datetime) -> PlannedDay:
    """The day of the anchored operation is moved as a whole, so that the operation began 20 minutes ago."""
    slots = [*day.slots, *(slot for session in day.sessions for slot in session.slots)]
    anchored = next((slot for slot in slots if slot.part.anchor), None)
    if anchored is None:
        return day
    rounded = now.replace(minute=now.minute - now.minute % ROUND_TO_MINUTES, second=0, microsecond=0)
    shift = rounded - ON_AIR_FOR - anchored.starts_at
    return PlannedDay(
        part=day.part,
        date=day.date,
        slots=tuple(_shifted(slot, shift) for slot in day.slots),
        sessions=tuple(
            PlannedSession(
                part=session.part,
                starts_at=session.starts_at + shift,
                ends_at=session.ends_at + shift,
                slots=tuple(_shifted(slot, shift) for slot in session.slots),
            )
            for session in day.sessions
        ),
    )


def _shifted(slot: PlannedSlot, shift: timedelta) -> PlannedSlot:
    return PlannedSlot(
        part=slot.part, hall=slot.hall, specialty=slot.specialty, starts_at=slot.starts_at + shift
    )


def _warnings(plan: Plan, source: Source) -> Iterator[Issue]:
    paths = _slot_paths(source)
    by_hall: dict[str, list[PlannedSlot]] = defaultdict(list)
    by_person: dict[str, list[PlannedSlot]] = defaultdict(list)
    for slot in plan.slots():
        if slot.part.cancelled:
            continue
        by_hall[slot.hall].append(slot)
        for person in {key for keys in slot.part.people.values() for key in keys}:
            by_person[person].append(slot)
    for hall, slots in by_hall.items():
        for before, after in _overlaps(slots):
            message = f"Overlaps with “{before.part.key}” in the same hall, {hall}."
            yield source.issue((*paths.get(after.part.key, ()), "starts"), message)
    for person, slots in by_person.items():
        for before, after in _overlaps(slots):
            if before.hall != after.hall:
                message = f"“{person}” is also in “{before.part.key}” at that time, in {before.hall}."
                yield source.issue((*paths.get(after.part.key, ()), "people"), message)


def _overlaps(slots: Sequence[PlannedSlot]) -> Iterator[tuple[PlannedSlot, PlannedSlot]]:
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    for index, before in enumerate(ordered):
        for after in ordered[index + 1 :]:
            if after.starts_at >= before.ends_at:
                break
            yield before, after


def _slot_paths(source: Source) -> dict[str, Path]:
    """Where each slot stands in the file, by its key."""
    return {
        key: path[:-1]
        for path in source.lines
        if path[-1:] == ("key",) and path[-3:-2] == ("slots",) and isinstance(key := source.value(path), str)
    }
