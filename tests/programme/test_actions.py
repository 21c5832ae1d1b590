"""Loading programmes into a real database, again and again; members and their roles."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Model

from konsilium.foundation.errors import Forbidden, Missing, Refused, SignInNeeded
from konsilium.foundation.models import AuditEntry
from konsilium.people.actions import Profile, change_profile, revoke_verification
from konsilium.people.models import User, Verification
from konsilium.people.queries import is_verified
from konsilium.people.roles import Role
from konsilium.programme import registry
from konsilium.programme.access import (
    access_as_organiser,
    access_congress,
    access_member,
    access_membership,
    membership_of,
)
from konsilium.programme.actions import LoadReport, change_roles, join_congress, load_programme
from konsilium.programme.loading import WrongProgramme
from konsilium.programme.models import (
    Attendance,
    Congress,
    Day,
    Hall,
    Membership,
    Person,
    PersonRole,
    Session,
    SessionPerson,
    Slot,
    SlotPerson,
    Specialty,
)
from tests.factories.people import make_user
from tests.factories.programme import make_congress, make_member
from tests.programme.files import DEMO, GOOD

pytestmark = pytest.mark.django_db

ROWS: list[type[Model]] = [
    Congress, Specialty, Hall, Person, Day, Session, Slot, SlotPerson, SessionPerson, Membership, User, Verification,
]  # fmt: skip
DEMONSTRATIONS = Path(__file__).parents[2] / "src" / "konsilium" / "programme" / "demonstration"


def load(text: str, now: datetime, actor: User | None = None) -> LoadReport:
    return load_programme(data=text.encode(), file="week.yaml", actor=actor, now=now)


def everything() -> dict[str, list[dict[str, object]]]:
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in {"loaded_at", "reckoned_from"}}
            for row in model.objects.order_by("pk").values()  # type: ignore[attr-defined]
        ]
        for model in ROWS
    }


def slot(key: str) -> Slot:
    return Slot.objects.get(key=key)


def test_loading_makes_the_congress_with_everything_in_it(now: datetime) -> None:
    actor = make_user("Operator")
    report = load(GOOD, now, actor)
    assert str(report.congress) == "Week"
    assert {name: count for name, count in report.created.items() if count} == {
        "congress": 1, "specialty": 1, "hall": 2, "person": 2, "day": 2, "session": 1, "slot": 3, "account": 2,
        "verification": 2,
    }  # fmt: skip
    op = slot("op")
    assert (op.kind, op.hall.key, op.day.key, op.session and op.session.key) == (
        "live",
        "theatre-1",
        "day-1",
        "morning",
    )
    assert (op.starts_at, op.minutes, op.estimated) == (datetime(2026, 3, 9, 4, tzinfo=UTC), 120, True)
    assert [(part.role, part.person.key) for part in op.people.order_by("position")] == [
        (PersonRole.HOST, "host"),
        (PersonRole.GUEST, "guest"),
    ]
    host = User.objects.get(email="host@example.org")
    assert Person.objects.get(key="host").user == host
    assert (host.full_name, host.affiliation, host.city, host.language) == (
        "Ведущий",
        "Clinic",
        "Oskemen",
        "ru",
    )
    assert not host.has_usable_password()
    assert Membership.objects.get(user=host).roles == ["surgeon"]
    assert Verification.objects.get(user=host).verified_by == actor
    assert is_verified(host, datetime(2027, 1, 1, 18, tzinfo=UTC))
    assert not is_verified(host, datetime(2027, 1, 1, 19, tzinfo=UTC))
    assert AuditEntry.objects.filter(action="programme.load", actor=actor).count() == 1


def test_loading_again_changes_nothing(now: datetime) -> None:
    load(GOOD, now, make_user())
    before = everything()
    report = load(GOOD, now + timedelta(days=1), make_user())
    after = everything()
    after["User"] = [row for row in after["User"] if row in before["User"]]
    assert after == before
    assert not +report.created
    assert not +report.changed
    assert report.withdrawn == []
    assert report.unchanged["slot"] == 3


def test_loading_again_updates_what_changed_and_counts_it(now: datetime) -> None:
    load(GOOD, now)
    op, talk = slot("op"), slot("talk")
    later = now + timedelta(days=1)
    report = load(GOOD.replace("title: Operation, starts: 09:00", "title: Operation, starts: 09:30"), later)
    assert +report.changed == {"session": 1, "slot": 2}
    moved = slot("op")
    assert (moved.pk, moved.revision, moved.changed_at) == (op.pk, op.revision + 1, later)
    assert moved.starts_at - op.starts_at == timedelta(minutes=30)
    assert slot("talk").starts_at - talk.starts_at == timedelta(minutes=30)
    assert slot("lunch").revision == 0


def test_a_new_team_is_a_change_of_the_slot(now: datetime) -> None:
    load(GOOD, now)
    later = now + timedelta(days=1)
    load(GOOD.replace("{host: [host], guest: [guest]}", "{host: [host, guest]}"), later)
    op = slot("op")
    assert (op.revision, op.changed_at) == (1, later)
    assert [(part.role, part.person.key) for part in op.people.order_by("position")] == [
        ("host", "host"),
        ("host", "guest"),
    ]
    load(GOOD.replace("{host: [host], guest: [guest]}", "{host: [guest, host]}"), later + timedelta(days=1))
    assert [part.person.key for part in slot("op").people.order_by("position")] == ["guest", "host"]
    assert slot("op").revision == 1, "another order of the same people is nobody's new appointment"


def test_an_item_put_in_between_changes_no_other(now: datetime) -> None:
    load(GOOD, now)
    new = "          - {key: new, kind: talk, title: New, starts: 08:00, minutes: 5}\n"
    report = load(GOOD.replace("          - {key: op,", f"{new}          - {{key: op,"), now)
    assert (report.created["slot"], report.changed["slot"]) == (1, 0)
    assert slot("op").revision == 0


def test_what_is_no_longer_in_the_file_is_withdrawn_and_comes_back(now: datetime) -> None:
    load(GOOD, now)
    lunch = slot("lunch")
    without = GOOD[: GOOD.index("  - key: day-2")]
    report = load(without, now + timedelta(days=1))
    assert sorted(report.withdrawn) == ["day day-2", "slot lunch"]
    gone = slot("lunch")
    assert (gone.pk, gone.withdrawn, gone.revision) == (lunch.pk, True, 1)
    assert load(without, now + timedelta(days=2)).withdrawn == []
    back = load(GOOD, now + timedelta(days=3))
    assert +back.changed == {"day": 1, "slot": 1}
    assert (slot("lunch").pk, slot("lunch").withdrawn, slot("lunch").revision) == (lunch.pk, False, 2)


def test_a_wrong_file_changes_nothing(now: datetime) -> None:
    load(GOOD, now)
    before = everything()
    with pytest.raises(WrongProgramme):
        load(GOOD.replace("minutes: 20", "minutes: none").replace("title: Hall", "title: Other"), now)
    assert everything() == before


def test_what_people_and_organisers_changed_since_stays(now: datetime) -> None:
    operator = make_user()
    load(GOOD, now, operator)
    host = User.objects.get(email="host@example.org")
    change_profile(actor=host, profile=Profile(full_name="Own name", city="Almaty"))
    revoke_verification(actor=operator, user=host, now=now + timedelta(hours=1))
    membership = Membership.objects.get(user=host)
    change_roles(actor=operator, membership=membership, roles=[Role.SURGEON, Role.MODERATOR], now=now)
    load(GOOD, now + timedelta(hours=2), operator)
    host.refresh_from_db()
    membership.refresh_from_db()
    assert (host.full_name, host.city) == ("Own name", "Almaty")
    assert not is_verified(host, now + timedelta(hours=2))
    assert membership.roles == ["moderator", "surgeon"]


def test_without_anybody_to_answer_for_it_nobody_is_verified(now: datetime) -> None:
    report = load(GOOD, now)
    assert not Verification.objects.exists()
    assert [warning.split(" ")[0] for warning in report.warnings] == ["host@example.org", "org1@example.org"]


def test_in_a_demonstration_organisers_verify_and_nobody_verifies_themselves(now: datetime) -> None:
    report = load(DEMO, now)
    assert report.warnings == []
    by = {
        row.user.email: row.verified_by.email
        for row in Verification.objects.select_related("user", "verified_by")
    }
    assert by == {"host@example.org": "org2@example.org", "org1@example.org": "org2@example.org"}


def test_a_demonstration_stays_where_it_was_while_it_is_on_air(now: datetime) -> None:
    load(DEMO, now)
    before = slot("op").starts_at
    load(DEMO, now + timedelta(minutes=30))
    assert slot("op").starts_at == before
    load(DEMO, now + timedelta(hours=5))
    assert slot("op").starts_at - before == timedelta(hours=5)
    load(DEMO, now + timedelta(days=2))
    assert slot("op").starts_at - before == timedelta(days=2)


def test_the_demonstrations_load_into_one_database(now: datetime) -> None:
    for file in ("congress-a.yaml", "congress-b.yaml"):
        report = load_programme(data=(DEMONSTRATIONS / file).read_bytes(), file=file, actor=None, now=now)
        assert report.warnings == []
    assert Congress.objects.filter(demonstration=True).count() == 2
    newcomer = User.objects.get(email="newcomer@onko-week.example")
    assert not is_verified(newcomer, now)
    on_air = slot("partial-nephrectomy")
    for role in (PersonRole.HOST, PersonRole.SPOKESPERSON, PersonRole.ANAESTHETIST, PersonRole.ADVOCATE):
        person = on_air.people.get(role=role).person
        assert person.user is not None, role
        assert is_verified(person.user, now)


@pytest.fixture
def followers() -> Iterator[list[registry.Loaded]]:
    before = list(registry._loaded)
    yield registry._loaded
    registry._loaded[:] = before


def test_those_above_follow_in_the_same_transaction(now: datetime, followers: list[registry.Loaded]) -> None:
    seen: list[tuple[str, int]] = []

    def follow(congress: Congress, moment: datetime) -> None:
        assert moment == now
        seen.append((congress.slug, congress.slots.count()))

    registry.register_programme_loaded(follow)
    registry.register_programme_loaded(follow)
    load(GOOD, now)
    assert seen == [("week", 3)]

    def fail(congress: Congress, moment: datetime) -> None:
        raise RuntimeError

    registry.register_programme_loaded(fail)
    with pytest.raises(RuntimeError):
        load(GOOD.replace("title: Operation", "title: Changed"), now)
    assert slot("op").title == {"en": "Operation"}


def test_joining_makes_a_delegate_once_and_can_be_changed(now: datetime) -> None:
    congress, user = make_congress(now), make_user()
    assert membership_of(user, congress) is None
    first = join_congress(actor=user, congress=congress, now=now, attendance=Attendance.ONLINE)
    second = join_congress(actor=user, congress=congress, now=now, attendance=Attendance.ON_SITE)
    assert first.pk == second.pk
    member = membership_of(user, congress)
    assert member is not None
    assert (member.roles, member.attendance) == (["delegate"], "on_site")


def test_joining_is_refused_once_registration_is_closed(now: datetime) -> None:
    congress = make_congress(now, registration_open=False)
    with pytest.raises(Refused):
        join_congress(actor=make_user(), congress=congress, now=now, attendance=Attendance.ONLINE)
    assert not Membership.objects.exists()


def test_a_congress_keeps_an_organiser(now: datetime) -> None:
    congress = make_congress(now)
    only = make_member(congress, make_user(), [Role.ORGANISER])
    with pytest.raises(Refused):
        change_roles(actor=only.user, membership=only, roles=[Role.DELEGATE], now=now)
    other = make_member(congress, make_user(), [Role.ORGANISER])
    change_roles(actor=other.user, membership=only, roles=[Role.DELEGATE], now=now)
    only.refresh_from_db()
    assert only.roles == ["delegate"]
    entry = AuditEntry.objects.get(action="programme.change_roles")
    assert entry.detail == {"before": ["organiser"], "after": ["delegate"]}


def test_organisers_reach_their_own_congress_and_no_other(now: datetime) -> None:
    mine, theirs = make_congress(now, slug="mine"), make_congress(now, slug="theirs")
    organiser, delegate = make_user(), make_user()
    make_member(mine, organiser, [Role.ORGANISER])
    membership = make_member(mine, delegate)
    elsewhere = make_member(theirs, make_user())
    organising = access_as_organiser(organiser, "mine")
    assert (organising.congress, organising.organiser) == (mine, organiser)
    assert access_member(organising, membership.pk) == membership
    with pytest.raises(Missing):
        access_member(organising, elsewhere.pk)
    with pytest.raises(Forbidden):
        access_as_organiser(organiser, "theirs")
    with pytest.raises(Forbidden):
        access_as_organiser(delegate, "mine")
    with pytest.raises(Missing):
        access_congress(organiser, "nowhere")
    with pytest.raises(Forbidden):
        access_membership(delegate, mine, Role.MODERATOR)
    assert access_membership(delegate, mine, Role.DELEGATE) == membership
    superuser = User.objects.create_superuser("admin@example.org")
    assert access_as_organiser(superuser, "theirs").congress == theirs


def test_a_closed_account_is_no_member(now: datetime) -> None:
    congress, user = make_congress(now), make_user(is_active=False)
    make_member(congress, user, [Role.ORGANISER])
    assert membership_of(user, congress) is None
    with pytest.raises(SignInNeeded):
        access_as_organiser(user, congress.slug)
