"""An operation with everybody who may be near it, and a way to act as them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.test import Client

from konsilium.foundation.ids import new_id
from konsilium.people.actions import verify_physician
from konsilium.people.models import User
from konsilium.people.roles import Role
from konsilium.programme.models import Congress, Day, Hall, HallKind, Membership, Slot, SlotKind
from konsilium.rooms.access import viewer_in
from konsilium.rooms.actions import Answer, perform_command
from konsilium.rooms.decisions import JSON, Viewer
from konsilium.rooms.models import Room
from konsilium.rooms.queries import snapshot
from konsilium.theatre.actions import name_team_member, plan_operation
from konsilium.theatre.decisions import Part
from konsilium.theatre.models import Operation

CITIES = {"delegate": "Almaty", "colleague": "Tbilisi", "moderator": "Astana"}

#: Of the team, of the congress, and physicians who watch; the last two may not be here.
TEAM = {
    "surgeon": Part.SURGEON,
    "spokesperson": Part.SPOKESPERSON,
    "anaesthetist": Part.ANAESTHETIST,
    "advocate": Part.ADVOCATE,
}
IN_CHARGE = {"moderator": Role.MODERATOR, "director": Role.DIRECTOR, "organiser": Role.ORGANISER}
PHYSICIANS = ("delegate", "colleague")
READERS = (*TEAM, *IN_CHARGE, *PHYSICIANS)
REFUSED = ("unverified", "stranger")
NAMES_STOP = frozenset({"operation.resume", "operation.end"})
NO_AGE = timedelta()


@dataclass
class Scene:
    """One operation and its people, by what they are."""

    operation: Operation
    now: datetime
    people: dict[str, User] = field(default_factory=dict)

    @property
    def room(self) -> Room:
        return Room.objects.get(pk=self.operation.room_id)

    def operation_now(self) -> Operation:
        """As the database has it at this moment."""
        return Operation.objects.select_related("slot__hall", "channel").get(pk=self.operation.pk)

    def viewer(self, who: str) -> Viewer:
        return viewer_in(self.room, self.people[who], self.now)

    def snapshot(self, who: str) -> JSON:
        return snapshot(self.room, self.viewer(who), now=self.now)

    def state(self, who: str) -> JSON:
        state = self.snapshot(who)["state"]
        assert isinstance(state, dict)
        return state

    def command(
        self, who: str, name: str, *, command_id: UUID | None = None, age: timedelta = NO_AGE, **data: object
    ) -> Answer:
        """As a page sends it: going on and ending name the stop that is to be seen there."""
        if name in NAMES_STOP:
            data = {"stopped_at": self.stopped_at(who), **data}
        return perform_command(
            room=self.room,
            viewer=self.viewer(who),
            actor=self.people[who],
            command_id=command_id or new_id(),
            name=name,
            data=dict(data),
            now=self.now,
            age=age,
        )

    def stopped_at(self, who: str) -> object:
        operation = self.state(who)["operation"]
        assert isinstance(operation, dict)
        return operation["stopped_at"]

    def do(self, who: str, name: str, *, age: timedelta = NO_AGE, **data: object) -> JSON:
        """A command that is carried out; its result."""
        answer = self.command(who, name, age=age, **data)
        assert answer.status == 200, answer
        result = answer.body["result"]
        assert isinstance(result, dict)
        return result

    def ask(self, who: str = "delegate", text: str = "Is the posterior branch clipped separately?") -> str:
        return str(self.do(who, "question.ask", text=text)["id"])

    def chosen(self, who: str = "delegate", text: str = "What is the margin on frozen section?") -> str:
        question = self.ask(who, text)
        self.do("moderator", "question.approve", id=question)
        return question

    def client(self, who: str) -> Client:
        client = Client(headers={"accept": "application/json"})
        client.force_login(self.people[who])
        return client


def make_user(name: str, *, city: str = "", verified_by: User | None = None, now: datetime) -> User:
    user = User.objects.create_user(f"{name}@example.org", full_name=name.title(), city=city)
    if verified_by is not None:
        verify_physician(
            actor=verified_by, user=user, valid_until=now + timedelta(days=365), now=now - timedelta(days=1)
        )
    return user


def make_slot(now: datetime, *, key: str = "op-1", hall_key: str = "theatre-1") -> Slot:
    congress, _ = Congress.objects.get_or_create(
        slug="week",
        defaults={
            "title": {"en": "Week"},
            "time_zone": "Asia/Almaty",
            "starts_on": date(2026, 3, 9),
            "ends_on": date(2026, 3, 11),
            "loaded_at": now,
        },
    )
    day, _ = Day.objects.get_or_create(congress=congress, key="day-1", defaults={"date": now.date()})
    hall, _ = Hall.objects.get_or_create(
        congress=congress, key=hall_key, defaults={"kind": HallKind.THEATRE, "title": {"en": hall_key}}
    )
    return Slot.objects.create(
        congress=congress,
        day=day,
        hall=hall,
        key=key,
        kind=SlotKind.LIVE,
        title={"en": "VATS lobectomy"},
        starts_at=now,
        minutes=120,
        estimated=True,
        changed_at=now,
    )


def make_scene(now: datetime) -> Scene:
    slot = make_slot(now)
    operation = plan_operation(slot=slot, actor=None, now=now)
    scene = Scene(operation, now)
    officer = make_user("officer", now=now)
    verified = (*TEAM, *PHYSICIANS, "stranger")
    for name in (*READERS, *REFUSED):
        scene.people[name] = make_user(
            name, city=CITIES.get(name, ""), verified_by=officer if name in verified else None, now=now
        )
    for name, part in TEAM.items():
        name_team_member(operation=operation, user=scene.people[name], role=part, actor=None, now=now)
    roles = {**IN_CHARGE, "delegate": Role.DELEGATE, "colleague": Role.DELEGATE, "unverified": Role.DELEGATE}
    for name, role in roles.items():
        Membership.objects.create(
            congress=slot.congress, user=scene.people[name], roles=[role.value], joined_at=now
        )
    return scene
