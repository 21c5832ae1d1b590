from datetime import timedelta
from typing import cast

import pytest

from konsilium.floor.decisions import QUESTIONS_PER_WINDOW, WINDOW
from konsilium.floor.models import Question
from konsilium.floor.refusals import AskedTooOften
from konsilium.foundation.errors import Forbidden, Missing
from konsilium.foundation.ids import new_id
from konsilium.rooms.decisions import JSON
from konsilium.rooms.models import CommandReceipt, Event, Room
from konsilium.rooms.queries import events_after
from tests.factories.theatre import READERS, Scene

pytestmark = pytest.mark.integration


def questions(scene: Scene, who: str) -> dict[str, str]:
    """What somebody sees, by text and state."""
    part = cast("dict[str, JSON]", scene.state(who)["questions"])
    return {str(question["text"]): str(question["state"]) for question in part.values()}


def queue(scene: Scene) -> list[str]:
    return list(Question.objects.filter(state="approved").order_by("position").values_list("text", flat=True))


def test_a_question_from_the_audience_to_its_answer(scene: Scene) -> None:
    at = scene.now
    result = scene.do(
        "delegate", "question.ask", text="Is it clipped?", media_time=(at - timedelta(seconds=2)).isoformat()
    )
    question = str(result["id"])
    assert {who: questions(scene, who) for who in ("moderator", "delegate", "colleague", "spokesperson")} == {
        "moderator": {"Is it clipped?": "asked"},
        "delegate": {"Is it clipped?": "asked"},
        "colleague": {},
        "spokesperson": {},
    }
    scene.do("moderator", "question.approve", id=question)
    assert all(questions(scene, who) == {"Is it clipped?": "approved"} for who in READERS)
    scene.now = at + timedelta(minutes=1)
    scene.do("spokesperson", "question.answer", id=question)
    scene.now = at + timedelta(minutes=2)
    scene.do(
        "spokesperson", "question.finish", id=question, media_time=(at + timedelta(seconds=119)).isoformat()
    )
    row = Question.objects.get()
    assert row.state == "answered"
    assert (row.asked_media_time, row.answer_media_time, row.answered_media_time) == (
        at - timedelta(seconds=2),
        at + timedelta(minutes=1),
        at + timedelta(seconds=119),
    )
    assert list(Event.objects.order_by("version").values_list("type", "media_time")) == [
        ("question.asked", at - timedelta(seconds=2)),
        ("question.approved", None),
        ("question.answering", at + timedelta(minutes=1)),
        ("question.answered", at + timedelta(seconds=119)),
    ]


def test_the_author_learns_that_it_was_set_aside_and_not_by_whom(scene: Scene) -> None:
    question = scene.chosen(text="Who is the patient?")
    before = scene.room.version
    scene.do("moderator", "question.dismiss", id=question)
    assert questions(scene, "delegate") == {"Who is the patient?": "dismissed"}
    assert questions(scene, "colleague") == questions(scene, "surgeon") == {}
    moderator = str(scene.people["moderator"].pk)
    told = [event.data for event in events_after(scene.room.pk, before)]
    assert told
    assert moderator not in repr(told) + repr(scene.snapshot("delegate"))
    assert Event.objects.latest("version").actor == scene.people["moderator"], "kept for the organiser"


def test_what_is_not_public_is_told_to_nobody_else(scene: Scene) -> None:
    secret = "A word nobody chose"
    question = scene.ask(text=secret)
    scene.do("moderator", "question.edit", id=question, text="An edited word", revision=1)
    scene.do("moderator", "question.approve", id=question)
    for who in ("colleague", "surgeon", "director", "advocate", "delegate"):
        viewer = scene.viewer(who)
        seen = [event.data for event in Event.objects.all() if viewer.sees(event.audience)]
        assert "An edited word" in repr(seen), "the test could see it"
        assert (secret in repr(seen)) is (who == "delegate")
        assert secret not in repr(scene.snapshot(who))


def test_an_edit_keeps_the_original(scene: Scene) -> None:
    question = scene.ask(text="wat is that")
    for revision, text in ((1, "What is that?"), (2, "What is that vessel?")):
        scene.do("moderator", "question.edit", id=question, text=text, revision=revision)
    assert scene.state("moderator")["originals"] == {question: {"id": question, "text": "wat is that"}}
    assert questions(scene, "delegate") == {"What is that vessel?": "asked"}
    scene.do("moderator", "question.edit", id=question, text="What is that vessel?", revision=3)
    assert Question.objects.get().revision == 3, "the same words are no edit"


def test_two_moderators_do_not_overwrite_each_other(scene: Scene) -> None:
    question = scene.ask(text="First?")
    scene.do("moderator", "question.edit", id=question, text="By the moderator?", revision=1)
    answer = scene.command("organiser", "question.edit", id=question, text="By the organiser?", revision=1)
    assert (answer.status, answer.body["code"]) == (409, "question_changed")
    assert "Your text is kept" in str(answer.body["message"])
    assert Question.objects.get().text == "By the moderator?"


def test_undo(scene: Scene) -> None:
    question = scene.chosen(text="Undo me?")
    scene.do("moderator", "question.unapprove", id=question)
    assert (questions(scene, "delegate"), questions(scene, "surgeon")) == ({"Undo me?": "asked"}, {})
    scene.do("moderator", "question.dismiss", id=question)
    scene.do("moderator", "question.restore", id=question)
    assert questions(scene, "delegate") == {"Undo me?": "asked"}
    scene.do("moderator", "question.approve", id=question)
    scene.do("moderator", "question.answer", id=question)
    scene.do("moderator", "question.finish", id=question)
    scene.do("moderator", "question.answer", id=question)
    row = Question.objects.get()
    assert (row.state, row.answered_at, row.answered_media_time) == ("answering", None, None)


def test_the_order_of_the_queue(scene: Scene) -> None:
    one, two, three = (scene.chosen(text=f"{number}?") for number in ("one", "two", "three"))
    scene.do("moderator", "question.move", id=three, before=one)
    assert queue(scene) == ["three?", "one?", "two?"]
    scene.do("moderator", "question.move", id=one, before=None)
    assert queue(scene) == ["three?", "two?", "one?"]
    scene.do("spokesperson", "question.defer", id=three)
    assert queue(scene) == ["two?", "one?", "three?"]
    scene.do("spokesperson", "question.answer", id=two)
    answer = scene.command("moderator", "question.move", id=one, before=two)
    assert (answer.status, answer.body["code"]) == (409, "not_in_queue")
    version = scene.room.version
    scene.do("moderator", "question.move", id=three, before=None)
    assert scene.room.version == version, "what stands there already is not told again"


def test_one_question_is_answered_at_a_time(scene: Scene) -> None:
    first, second = scene.chosen(text="first?"), scene.chosen("colleague", "second?")
    scene.do("spokesperson", "question.answer", id=first)
    scene.do("spokesperson", "question.answer", id=second)
    assert questions(scene, "delegate") == {"first?": "answered", "second?": "answering"}
    again = scene.command("surgeon", "question.answer", id=second)
    assert (again.status, again.body["code"]) == (409, "is_answering")


def test_asking_the_same_twice(scene: Scene) -> None:
    scene.ask(text="Why not open?")
    answer = scene.command("delegate", "question.ask", text="  why NOT open")
    assert (answer.status, answer.body["code"]) == (409, "question_repeated")
    scene.ask("colleague", "Why not open?")


def test_asking_too_often_is_refused_and_may_be_tried_again_later(scene: Scene) -> None:
    for number in range(QUESTIONS_PER_WINDOW):
        scene.ask(text=f"Number {number}?")
    kept = CommandReceipt.objects.count()
    with pytest.raises(AskedTooOften) as refusal:
        scene.ask(text="One more?")
    assert (refusal.value.status, refusal.value.code) == (429, "too_many_questions")
    assert CommandReceipt.objects.count() == kept
    scene.ask("colleague", "Somebody else may?")
    scene.now += WINDOW
    scene.ask(text="One more?")


def test_a_question_of_another_room_is_not_found(scene: Scene) -> None:
    question = scene.ask()
    Question.objects.filter(pk=question).update(room=Room.objects.create(subject=f"open:{new_id()}"))
    with pytest.raises(Missing):
        scene.do("moderator", "question.approve", id=question)


@pytest.mark.parametrize("who", ["delegate", "surgeon", "spokesperson", "advocate", "director"])
@pytest.mark.parametrize("name", ["approve", "unapprove", "dismiss", "restore", "edit", "move"])
def test_only_moderators_choose(scene: Scene, who: str, name: str) -> None:
    with pytest.raises(Forbidden):
        scene.command(who, f"question.{name}", id=str(scene.room.pk))


@pytest.mark.parametrize("who", ["delegate", "anaesthetist", "advocate", "director"])
def test_who_may_not_take_questions_up(scene: Scene, who: str) -> None:
    question = scene.chosen()
    for name in ("answer", "defer", "finish"):
        with pytest.raises(Forbidden):
            scene.command(who, f"question.{name}", id=question)
