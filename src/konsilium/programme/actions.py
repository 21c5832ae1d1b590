"""The only writer of programmes and memberships."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Refused
from konsilium.foundation.localised import localised
from konsilium.people.actions import Profile, ensure_account, verify_physician
from konsilium.people.models import User, Verification
from konsilium.people.registry import rights_changed
from konsilium.people.roles import Role
from konsilium.programme import registry
from konsilium.programme.decisions import still_on
from konsilium.programme.loading import Plan, read_programme
from konsilium.programme.loading.resolve import PlannedSlot
from konsilium.programme.loading.schema import Account, MemberPart, PersonPart, PersonRoleName
from konsilium.programme.models import (
    Attendance,
    Congress,
    Day,
    Hall,
    Membership,
    Person,
    ProgrammeItem,
    Session,
    SessionPerson,
    Slot,
    SlotPerson,
    Specialty,
)

Item = TypeVar("Item", bound=ProgrammeItem)
Cast = TypeVar("Cast", SlotPerson, SessionPerson)
Fields = dict[str, object]
#: Of a slot or session, a person and a role.
Part = tuple[UUID, UUID, str]


@dataclass(kw_only=True)
class LoadReport:
    """What a loading did. Nothing is ever deleted: what the file no longer holds is withdrawn and named here."""

    congress: Congress
    created: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    withdrawn: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load_programme(*, data: bytes, file: str, actor: User | None, now: datetime) -> LoadReport:
    """Create the congress of this file or bring it up to date. Raises `WrongProgramme` and changes nothing."""
    plan = _planned(data, file, now)
    with transaction.atomic():
        congress, is_new = _save_congress(plan, now)
        report = LoadReport(congress=congress)
        _count(report, "congress", created=is_new)
        report.warnings += [str(warning) for warning in plan.warnings]
        users = _save_accounts(plan, report, actor, now)
        _save_items(plan, report, users, now)
        registry.programme_loaded(congress, now)
        record_audit(
            actor=actor,
            action="programme.load",
            subject=f"congress:{congress.pk}",
            now=now,
            detail={
                "file": file,
                "created": dict(report.created),
                "changed": dict(report.changed),
                "withdrawn": report.withdrawn,
            },
        )
    return report


def _planned(data: bytes, file: str, now: datetime) -> Plan:
    """The plan as of now; a demonstration that is still on air stays where it was."""
    plan = read_programme(data, file=file, now=now)
    before = Congress.objects.filter(slug=plan.file.congress.slug).first()
    if plan.anchored() is None or before is None or before.reckoned_from is None:
        return plan
    earlier = read_programme(data, file=file, now=before.reckoned_from)
    anchored = earlier.anchored()
    kept = anchored and still_on(starts_at=anchored.starts_at, ends_at=anchored.ends_at, now=now)
    return earlier if kept else plan


def _save_congress(plan: Plan, now: datetime) -> tuple[Congress, bool]:
    part = plan.file.congress
    return Congress.objects.update_or_create(
        slug=part.slug,
        defaults={
            "title": part.title,
            "description": part.description,
            "organiser": part.organiser,
            "city": part.city,
            "country": part.country,
            "time_zone": part.time_zone,
            "starts_on": plan.starts_on,
            "ends_on": plan.ends_on,
            "demonstration": part.demonstration,
            "registration_open": part.registration_open,
            "loaded_at": now,
            "reckoned_from": plan.reckoned_from,
        },
    )


def _save_items(plan: Plan, report: LoadReport, users: dict[str, User], now: datetime) -> None:
    file, congress = plan.file, report.congress
    specialties = _upsert(Specialty, report, {part.key: {"title": part.title} for part in file.specialties})
    halls = _upsert(Hall, report, {part.key: {"title": part.title, "kind": part.kind} for part in file.halls})
    people = _upsert(Person, report, {part.key: _person(part, users) for part in file.people})
    days = _upsert(
        Day, report, {day.part.key: {"date": day.date, "title": day.part.title} for day in plan.days}
    )
    sessions = _upsert(
        Session,
        report,
        {
            session.part.key: {
                "day_id": days[day.part.key].pk,
                "hall_id": halls[session.part.hall].pk,
                "specialty_id": _key_of(specialties, session.part.specialty),
                "title": session.part.title,
                "description": session.part.description,
                "starts_at": session.starts_at,
                "ends_at": session.ends_at,
            }
            for day in plan.days
            for session in day.sessions
        },
    )
    wanted: dict[str, Fields] = {}
    planned: dict[str, PlannedSlot] = {}
    for day in plan.days:
        inside = [(slot, session.part.key) for session in day.sessions for slot in session.slots]
        for slot, session_key in [*inside, *((slot, None) for slot in day.slots)]:
            planned[slot.part.key] = slot
            wanted[slot.part.key] = {
                "day_id": days[day.part.key].pk,
                "hall_id": halls[slot.hall].pk,
                "session_id": _key_of(sessions, session_key),
                "specialty_id": _key_of(specialties, slot.specialty),
                "kind": slot.part.kind,
                "title": slot.part.title,
                "description": slot.part.description,
                "starts_at": slot.starts_at,
                "minutes": slot.part.minutes,
                "estimated": slot.estimated,
                "cancelled": slot.part.cancelled,
            }
    slots = _upsert(Slot, report, wanted, now=now)
    chairs: dict[Part, int] = {
        (sessions[session.part.key].pk, people[person].pk, role): position
        for day in plan.days
        for session in day.sessions
        for position, (role, person) in enumerate(_cast(session.part.people))
    }
    _save_cast(SessionPerson, "session", congress, chairs)
    teams: dict[Part, int] = {
        (slots[key].pk, people[person].pk, role): position
        for key, slot in planned.items()
        for position, (role, person) in enumerate(_cast(slot.part.people))
    }
    recast = _save_cast(SlotPerson, "slot", congress, teams)
    # A new team is a change of the slot for everybody whose calendar follows it.
    stale = [slot for slot in slots.values() if slot.pk in recast and slot.changed_at != now]
    _revise(stale, now)
    Slot.objects.bulk_update(stale, ["revision", "changed_at"], batch_size=200)


def _person(part: PersonPart, users: dict[str, User]) -> Fields:
    fields: Fields = {
        "name": part.name,
        "affiliation": part.affiliation,
        "city": part.city,
        "country": part.country,
    }
    if part.account:
        fields["user_id"] = users[part.account.email].pk
    return fields


def _cast(people: Mapping[PersonRoleName, list[str]]) -> Iterable[tuple[str, str]]:
    return dict.fromkeys((role, person) for role, persons in people.items() for person in persons)


def _key_of(rows: dict[str, Item], key: str | None) -> object:
    return rows[key].pk if key else None


def _count(report: LoadReport, name: str, *, created: bool) -> None:
    (report.created if created else report.unchanged)[name] += 1


def _upsert(
    model: type[Item], report: LoadReport, wanted: dict[str, Fields], *, now: datetime | None = None
) -> dict[str, Item]:
    """The rows of these keys, made or changed as needed; rows of other keys are withdrawn. By key."""
    name = model.__name__.lower()
    rows = {row.key: row for row in model.objects.filter(congress=report.congress)}
    new: list[Item] = []
    changed: list[Item] = []
    moved: list[Item] = []
    for position, (key, values) in enumerate(wanted.items()):
        row = rows.get(key)
        if row is None:
            rows[key] = row = model(congress=report.congress, key=key, position=position, **values)
            if isinstance(row, Slot) and now is not None:
                row.changed_at = now
            new.append(row)
            continue
        if _differs(row, {**values, "withdrawn": False}):
            changed.append(row)
        elif row.position != position:
            moved.append(row)
        row.position = position
    gone = [row for key, row in rows.items() if key not in wanted and not row.withdrawn]
    for row in gone:
        row.withdrawn = True
        report.withdrawn.append(f"{name} {row.key}")
    names = {"position", "withdrawn", *(attribute for values in wanted.values() for attribute in values)}
    if now is not None:
        names |= {"revision", "changed_at"}
        _revise([row for row in [*changed, *gone] if isinstance(row, Slot)], now)
    model.objects.bulk_create(new, batch_size=200)
    model.objects.bulk_update([*changed, *moved, *gone], sorted(names), batch_size=50)
    report.created += Counter({name: len(new)})  # adding counters keeps no zeros
    report.changed += Counter({name: len(changed)})
    report.unchanged += Counter({name: len(wanted) - len(new) - len(changed)})
    return rows


def _differs(row: ProgrammeItem, values: Fields) -> bool:
    """Write the values into the row; whether any was another before."""
    different = False
    for attribute, value in values.items():
        if getattr(row, attribute) != value:
            setattr(row, attribute, value)
            different = True
    return different


def _revise(slots: Iterable[Slot], now: datetime) -> None:
    for slot in slots:
        slot.revision += 1
        slot.changed_at = now


def _save_cast(model: type[Cast], owner: str, congress: Congress, wanted: dict[Part, int]) -> set[UUID]:
    """Make the rows of `wanted` (owner, person, role → place in the list) the only ones; whose cast changed."""
    of_congress = {f"{owner}__congress": congress, f"{owner}__withdrawn": False}
    rows = {
        (getattr(row, f"{owner}_id"), row.person_id, row.role): row
        for row in model.objects.filter(**of_congress)
    }
    gone: list[Cast] = [row for part, row in rows.items() if part not in wanted]
    model.objects.filter(pk__in=[row.pk for row in gone]).delete()
    new: list[Cast] = []
    moved: list[Cast] = []
    for part, position in wanted.items():
        row = rows.get(part)
        if row is None:
            new.append(model(**{f"{owner}_id": part[0]}, person_id=part[1], role=part[2], position=position))
        elif row.position != position:
            row.position = position
            moved.append(row)
    model.objects.bulk_create(new, batch_size=200)
    model.objects.bulk_update(moved, ["position"], batch_size=200)
    return {getattr(row, f"{owner}_id") for row in [*gone, *new]}


def _save_accounts(plan: Plan, report: LoadReport, actor: User | None, now: datetime) -> dict[str, User]:
    """Accounts, memberships and first verifications. What somebody has changed since is left alone."""
    named: list[tuple[Account, PersonPart | MemberPart]] = [
        (part.account, part) for part in plan.file.people if part.account
    ]
    named += [(part, part) for part in plan.file.members]
    users: dict[str, User] = {}
    for account, part in named:
        users[account.email], created = ensure_account(
            email=account.email, profile=_profile(account, part, plan)
        )
        _count(report, "account", created=created)
        _join(report.congress, users[account.email], account.roles, Attendance(account.attendance), now)
    looked_at = set(Verification.objects.filter(user__in=users.values()).values_list("user_id", flat=True))
    organisers = [users[account.email] for account, _ in named if "organiser" in account.roles]
    for account, _part in named:
        user = users[account.email]
        if account.verified_until is None or user.pk in looked_at:
            continue
        verifiers = [actor] if actor else organisers if report.congress.demonstration else []
        verifier = next((person for person in verifiers if person.pk != user.pk), None)
        if verifier is None:
            report.warnings.append(
                f"{account.email} is not verified: load the file as another person, an organiser or administrator."
            )
            continue
        verify_physician(
            actor=verifier, user=user, valid_until=_end_of(account.verified_until.on(plan.today), report.congress),
            now=now, country=user.country, licence="",
        )  # fmt: skip
        report.created["verification"] += 1
    return users


def _profile(account: Account, part: PersonPart | MemberPart, plan: Plan) -> Profile:
    language = account.language
    return Profile(
        full_name=localised(part.name, language)[:150],
        affiliation=localised(part.affiliation, language)[:200],
        city=localised(part.city, language)[:100],
        country=part.country,
        language=language,
        time_zone=account.time_zone or plan.file.congress.time_zone,
    )


def _end_of(day: date, congress: Congress) -> datetime:
    return datetime.combine(day, time(23, 59, 59), congress.zone).astimezone(UTC)


def _join(
    congress: Congress, user: User, roles: Iterable[str], attendance: Attendance, now: datetime
) -> Membership:
    """Take part with these roles besides those already held."""
    membership, created = Membership.objects.get_or_create(
        congress=congress,
        user=user,
        defaults={"roles": sorted(set(roles)), "attendance": attendance, "joined_at": now},
    )
    together = sorted({*membership.roles, *roles})
    if not created and together != membership.roles:
        membership.roles = together
        membership.save(update_fields=["roles"])
    return membership


def join_congress(*, actor: User, congress: Congress, now: datetime, attendance: Attendance) -> Membership:
    """The actor takes part as a delegate."""
    if not congress.registration_open:
        raise Refused(
            _("Registration for this congress is closed. Ask its organiser."), code="registration_closed"
        )
    with transaction.atomic():
        membership = _join(congress, actor, [Role.DELEGATE], attendance, now)
        if membership.attendance != attendance:
            membership.attendance = attendance
            membership.save(update_fields=["attendance"])
    return membership


def change_roles(*, actor: User, membership: Membership, roles: Iterable[Role], now: datetime) -> Membership:
    """Give a member exactly these roles. A congress keeps an organiser."""
    with transaction.atomic():
        row = Membership.objects.select_for_update().get(pk=membership.pk)
        wanted = sorted({role.value for role in roles})
        others = Membership.objects.filter(congress=row.congress).exclude(pk=row.pk)
        organised = Role.ORGANISER in wanted or any(other.has(Role.ORGANISER) for other in others)
        if row.has(Role.ORGANISER) and not organised:
            raise Refused(
                _("A congress needs an organiser: make somebody else one first."), code="last_organiser"
            )
        before, row.roles = row.roles, wanted
        row.save(update_fields=["roles"])
        record_audit(
            actor=actor,
            action="programme.change_roles",
            subject=f"membership:{row.pk}",
            now=now,
            detail={"before": before, "after": wanted},
        )
        rights_changed(row.user_id)
    return row
