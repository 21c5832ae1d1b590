from datetime import timedelta
from typing import cast

import pytest
from django.contrib.auth.models import AnonymousUser

from konsilium.broadcast.models import Channel
from konsilium.foundation.errors import Forbidden, Missing, SignInNeeded
from konsilium.foundation.ids import new_id
from konsilium.foundation.models import AuditEntry
from konsilium.foundation.queries import first_broken_audit_line
from konsilium.people.actions import revoke_verification
from konsilium.programme.models import Person, PersonRole, SlotPerson
from konsilium.programme.registry import slots_on_air
from konsilium.rooms.decisions import JSON
from konsilium.rooms.models import Event, Room
from konsilium.theatre.access import access_operation
from konsilium.theatre.actions import (
    name_team_member,
    plan_operation,
    plan_operations,
    remove_team_member,
    withdraw_consent,
)
from konsilium.theatre.decisions import Part
from konsilium.theatre.models import Operation
from konsilium.theatre.queries import operations_of_slots
from tests.factories.theatre import IN_CHARGE, READERS, TEAM, Scene, make_slot

pytestmark = pytest.mark.integration

MAY_STOP = [*TEAM, *IN_CHARGE]
#: Of the channel, by the operation's.
STATES = {"on_air": "live", "stopped": "stopped"}


def operation(scene: Scene, who: str = "delegate") -> JSON:
    return cast("JSON", scene.state(who)["operation"])


def audited(scene: Scene) -> list[tuple[str, str]]:
    lines = AuditEntry.objects.filter(subject=f"operation:{scene.operation.pk}").order_by("number")
    return [(line.action, str(line.actor or "")) for line in lines if not line.action.startswith("team.")]


def test_the_life_of_a_broadcast(scene: Scene) -> None:
    assert operation(scene)["state"] == "scheduled"
    scene.do("director", "operation.open")
    assert slots_on_air(scene.now) == {scene.operation.slot_id}
    channel = Channel.objects.get()
    assert (channel.state, channel.hall, channel.room) == ("live", scene.operation.slot.hall, scene.room)
    scene.do("advocate", "operation.stop")
    channel.refresh_from_db()
    assert (operation(scene)["state"], channel.state, slots_on_air(scene.now)) == (
        "stopped",
        "stopped",
        set(),
    )
    scene.do("moderator", "operation.resume")
    scene.do("organiser", "operation.end")
    channel.refresh_from_db()
    assert (operation(scene)["state"], channel.state) == ("ended", "ended")
    assert audited(scene) == [
        ("operation.planned", ""),
        ("operation.on_air", "Director"),
        ("operation.stopped", "Advocate"),
        ("operation.on_air", "Moderator"),
        ("operation.ended", "Organiser"),
    ]
    assert first_broken_audit_line() is None


@pytest.mark.parametrize("who", MAY_STOP)
def test_those_in_charge_stop_at_once_and_say_no_reason(scene: Scene, who: str) -> None:
    scene.do("director", "operation.open")
    scene.do(who, "operation.stop")
    assert operation(scene)["state"] == "stopped"
    version = scene.room.version
    scene.do("surgeon", "operation.stop")
    assert scene.room.version == version, "who presses second finds it done"


@pytest.mark.parametrize("name", ["operation.resume", "operation.end"])
def test_who_comes_late_decides_nothing_about_a_newer_stop(scene: Scene, name: str) -> None:
    scene.do("director", "operation.open")
    scene.do("surgeon", "operation.stop")
    seen = scene.stopped_at("director")
    scene.now += timedelta(seconds=5)
    scene.do("moderator", "operation.resume")
    scene.now += timedelta(seconds=5)
    scene.do("advocate", "operation.stop")
    late = scene.command("director", name, stopped_at=seen)
    assert (late.status, late.body["code"]) == (409, "overtaken")
    assert operation(scene)["state"] == "stopped"
    assert Channel.objects.get().state == "stopped"


def test_a_late_end_ends_nothing_that_went_on(scene: Scene) -> None:
    scene.do("director", "operation.open")
    scene.do("surgeon", "operation.stop")
    seen = scene.stopped_at("director")
    scene.do("moderator", "operation.resume")
    assert scene.command("director", "operation.end", stopped_at=seen).status == 409
    assert operation(scene)["state"] == "on_air"
    scene.do("organiser", "operation.resume", stopped_at=seen)
    assert operation(scene)["state"] == "on_air", "who goes on second finds it done"


@pytest.mark.parametrize(
    ("age_s", "state"),
    # It went on ten seconds ago; within two nobody knows what came first.
    [(60, "on_air"), (13, "on_air"), (11, "stopped"), (0, "stopped")],
)
def test_a_stop_that_was_long_on_its_way(scene: Scene, age_s: float, state: str) -> None:
    scene.do("director", "operation.open")
    scene.now += timedelta(seconds=60)
    scene.do("surgeon", "operation.stop")
    scene.now += timedelta(seconds=5)
    scene.do("director", "operation.resume")
    scene.now += timedelta(seconds=10)
    result = scene.do("advocate", "operation.stop", age=timedelta(seconds=age_s))
    assert (operation(scene)["state"], Channel.objects.get().state) == (state, STATES[state])
    assert result == ({"overtaken": True} if state == "on_air" else {})
    assert (("operation.stop_overtaken", "Advocate") in audited(scene)) == (state == "on_air")


def test_a_stop_that_was_on_its_way_since_before_the_opening(scene: Scene) -> None:
    scene.do("director", "operation.open")
    assert scene.do("surgeon", "operation.stop", age=timedelta(minutes=10)) == {"overtaken": True}
    assert operation(scene)["state"] == "on_air"


@pytest.mark.parametrize("prepared", [False, True])
def test_who_withdraws_their_consent_beforehand_never_goes_on_air(scene: Scene, prepared: bool) -> None:
    if prepared:
        scene.do("director", "channel.delay", seconds=5)
    withdraw_consent(operation=scene.operation, actor=scene.people["organiser"], now=scene.now)
    assert operation(scene)["state"] == "ended"
    assert set(Channel.objects.values_list("state", flat=True)) == ({"ended"} if prepared else set())
    assert Event.objects.filter(room=scene.room, type="operation.ended").count() == 1
    answer = scene.command("director", "operation.open")
    assert (answer.status, answer.body["code"]) == (409, "operation_ended")
    assert ("operation.consent_withdrawn", "Organiser") in audited(scene)


@pytest.mark.parametrize("who", sorted(set(READERS) - set(MAY_STOP)))
def test_the_audience_does_not_stop(scene: Scene, who: str) -> None:
    with pytest.raises(Forbidden):
        scene.command(who, "operation.stop")


@pytest.mark.parametrize("who", ["anaesthetist", "advocate", "delegate"])
@pytest.mark.parametrize("name", ["open", "resume", "end"])
def test_who_may_not_run_the_broadcast(scene: Scene, who: str, name: str) -> None:
    with pytest.raises(Forbidden):
        scene.command(who, f"operation.{name}")


def test_refusals_say_why(scene: Scene) -> None:
    answers = [scene.command("director", "operation.resume")]
    scene.do("director", "operation.open")
    scene.do("director", "operation.stop")
    answers.append(scene.command("director", "operation.open"))
    scene.do("director", "operation.end")
    answers += [
        scene.command("director", "operation.open"),
        scene.command("delegate", "question.ask", text="Why?"),
    ]
    assert [(answer.status, answer.body["code"]) for answer in answers] == [
        (409, "operation_not_opened"),
        (409, "operation_stopped"),
        (409, "operation_ended"),
        (409, "questions_closed"),
    ]


def test_a_second_operation_waits_for_the_theatre(scene: Scene) -> None:
    scene.do("director", "operation.open")
    other = Scene(plan_operation(slot=make_slot(scene.now, key="op-2"), actor=None, now=scene.now), scene.now)
    other.people = scene.people
    answer = other.command("director", "operation.open")
    assert (answer.status, answer.body["code"]) == (409, "theatre_on_air")
    assert operation(other, "director")["state"] == "scheduled"


def test_quiet_holds_questions(scene: Scene) -> None:
    question = scene.chosen()
    scene.do("surgeon", "quiet.set")
    assert cast("JSON", scene.state("delegate")["quiet"])["on"] is True
    for who in ("spokesperson", "moderator"):
        answer = scene.command(who, "question.answer", id=question)
        assert (answer.status, answer.body["code"]) == (409, "questions_held")
    scene.ask("colleague", "Asking goes on?")
    version = scene.room.version
    scene.do("anaesthetist", "quiet.set")
    assert scene.room.version == version
    scene.do("spokesperson", "quiet.clear")
    scene.do("spokesperson", "question.answer", id=question)


@pytest.mark.parametrize("who", ["moderator", "director", "organiser", "delegate"])
def test_only_the_theatre_says_when_quiet_is_over(scene: Scene, who: str) -> None:
    with pytest.raises(Forbidden):
        scene.command(who, "quiet.clear")


def test_the_board(scene: Scene) -> None:
    waiting, chosen = scene.ask(text="Waiting?"), scene.chosen("colleague", "Chosen?")
    refused = scene.command("spokesperson", "board.show", id=waiting)
    assert (refused.status, refused.body["code"]) == (409, "question_not_chosen")
    scene.do("moderator", "board.show", id=chosen)
    assert scene.state("surgeon")["board"] == scene.state("moderator")["board"] == {"shown": chosen}
    assert "board" not in scene.state("delegate")
    assert "board" not in scene.state("director")
    version = scene.room.version
    scene.do("spokesperson", "board.show", id=chosen)
    assert scene.room.version == version
    scene.do("spokesperson", "board.show", id=None)
    assert scene.state("surgeon")["board"] == {"shown": None}
    for who in ("delegate", "anaesthetist", "advocate", "director"):
        with pytest.raises(Forbidden):
            scene.command(who, "board.show", id=chosen)


def test_access(scene: Scene) -> None:
    for who in READERS:
        assert access_operation(scene.people[who], scene.operation.pk, scene.now) == scene.operation
    with pytest.raises(SignInNeeded):
        access_operation(AnonymousUser(), scene.operation.pk, scene.now)
    with pytest.raises(Missing):
        access_operation(scene.people["delegate"], new_id(), scene.now)
    closed = scene.people["delegate"]
    closed.is_active = False
    with pytest.raises(SignInNeeded):
        access_operation(closed, scene.operation.pk, scene.now)


def test_a_licence_that_ran_out_or_was_withdrawn_ends_access(scene: Scene) -> None:
    later = scene.now + timedelta(days=366)
    with pytest.raises(Forbidden) as refusal:
        access_operation(scene.people["delegate"], scene.operation.pk, later)
    assert refusal.value.code == "not_verified"
    revoke_verification(actor=scene.people["organiser"], user=scene.people["colleague"], now=scene.now)
    with pytest.raises(Forbidden):
        access_operation(scene.people["colleague"], scene.operation.pk, scene.now)


def _cast(scene: Scene, who: str, role: PersonRole) -> SlotPerson:
    slot = scene.operation.slot
    person, _ = Person.objects.get_or_create(
        congress=slot.congress, key=who, defaults={"user": scene.people[who], "name": {"en": who}}
    )
    return SlotPerson.objects.create(slot=slot, person=person, role=role)


def team(scene: Scene) -> set[tuple[str, str]]:
    return {(str(member.user), member.role) for member in scene.operation.team.all()}


def test_planning_again_follows_the_programme_and_keeps_what_was_named_by_hand(scene: Scene) -> None:
    by_hand = team(scene)
    guest = _cast(scene, "colleague", PersonRole.GUEST)
    _cast(scene, "delegate", PersonRole.SPOKESPERSON)
    _cast(scene, "delegate", PersonRole.CHAIR)
    _cast(scene, "surgeon", PersonRole.HOST)
    for _ in range(2):
        assert plan_operation(slot=scene.operation.slot, actor=None, now=scene.now) == scene.operation
        assert team(scene) - by_hand == {("Colleague", "surgeon"), ("Delegate", "spokesperson")}
    guest.delete()
    plan_operation(slot=scene.operation.slot, actor=None, now=scene.now)
    assert team(scene) - by_hand == {("Delegate", "spokesperson")}
    assert by_hand <= team(scene)
    assert (Operation.objects.count(), Room.objects.count()) == (1, 1)


def test_a_loaded_programme_has_its_operations_planned(scene: Scene) -> None:
    slot = make_slot(scene.now, key="op-2")
    cancelled = make_slot(scene.now, key="op-3")
    cancelled.cancelled = True
    cancelled.save()
    plan_operations(slot.congress, scene.now)
    assert set(operations_of_slots([slot.pk, cancelled.pk, scene.operation.slot_id])) == {
        slot.pk,
        scene.operation.slot_id,
    }


def test_the_team_is_audited(scene: Scene) -> None:
    member = name_team_member(
        operation=scene.operation,
        user=scene.people["colleague"],
        role=Part.ADVOCATE,
        actor=scene.people["organiser"],
        now=scene.now,
    )
    assert "operation.stop" in cast("JSON", scene.snapshot("colleague")["you"])["commands"]  # type: ignore[operator]
    remove_team_member(member=member, actor=scene.people["organiser"], now=scene.now)
    assert cast("JSON", scene.snapshot("colleague")["you"])["commands"] == ["question.ask"]
    lines = AuditEntry.objects.filter(action__startswith="team.", actor=scene.people["organiser"])
    assert [line.action for line in lines] == ["team.named", "team.removed"]
    assert Event.objects.count() == 0
