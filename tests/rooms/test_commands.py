"""Commands over HTTP: once for every id, and a closed set of refusals."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections, transaction
from django.test import Client

from konsilium.floor.models import Question
from konsilium.foundation import clock
from konsilium.foundation.errors import Refused
from konsilium.foundation.ids import new_id
from konsilium.foundation.models import AuditEntry
from konsilium.rooms.actions import append_event, perform_command
from konsilium.rooms.decisions import EVERYONE, JSON
from konsilium.rooms.models import CommandReceipt, Event, Room
from konsilium.theatre.events import QuietSet
from tests.factories.theatre import IN_CHARGE, TEAM, Scene

pytestmark = pytest.mark.integration


def post(client: Client, scene: Scene, body: object) -> tuple[int, JSON]:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    answer = client.post(f"/rooms/{scene.room.pk}/commands", text, content_type="application/json")
    return answer.status_code, answer.json()


def asking(text: str, command_id: UUID | None = None) -> JSON:
    return {"id": str(command_id or new_id()), "name": "question.ask", "data": {"text": text}}


def test_a_repeat_gets_the_first_answer_and_has_no_second_effect(scene: Scene) -> None:
    client, body = scene.client("delegate"), asking("Why?")
    first = post(client, scene, body)
    assert first[0] == 200
    assert set(first[1]) == {"id", "version", "result"}
    scene.ask("colleague", "Something in between?")
    assert post(client, scene, body) == first
    assert Question.objects.count() == 2


def test_a_repeat_is_older_and_the_same(scene: Scene) -> None:
    client, body = scene.client("delegate"), asking("Why?")
    first = post(client, scene, body)
    assert post(client, scene, {**body, "age_ms": 600_000}) == first
    assert Question.objects.count() == 1


@pytest.mark.parametrize(("age_ms", "state"), [(60_000, "on_air"), (0, "stopped")])
def test_a_stop_says_how_long_ago_it_was_pressed(scene: Scene, age_ms: int, state: str) -> None:
    scene.now = clock.now() - timedelta(seconds=70)
    scene.do("director", "operation.open")
    scene.do("surgeon", "operation.stop")
    scene.now += timedelta(seconds=60)
    scene.do("director", "operation.resume")
    body = {**command("operation.stop"), "age_ms": age_ms}
    status, answer = post(scene.client("advocate"), scene, body)
    assert (status, answer["result"]) == (200, {"overtaken": True} if state == "on_air" else {})
    assert scene.operation_now().state == state


def test_a_repeat_of_what_a_rule_refused_gets_the_refusal(scene: Scene) -> None:
    question = scene.ask()
    client = scene.client("moderator")
    body: JSON = {"id": str(new_id()), "name": "question.finish", "data": {"id": question}}
    refused = post(client, scene, body)
    assert refused == (
        409,
        {"code": "is_asked", "message": "This question has not been chosen yet, or was taken back."},
    )
    scene.do("moderator", "question.approve", id=question)
    scene.do("moderator", "question.answer", id=question)
    assert post(client, scene, body) == refused
    assert post(client, scene, {**body, "id": str(new_id())})[0] == 200


def test_an_id_is_taken_for_others_and_for_other_things(scene: Scene) -> None:
    command_id = new_id()
    assert post(scene.client("delegate"), scene, asking("Why?", command_id))[0] == 200
    for who, body in (
        ("colleague", asking("Why?", command_id)),
        ("delegate", asking("Another text?", command_id)),
        (
            "delegate",
            {"id": str(command_id), "name": "question.ask", "data": {"text": "Why?", "media_time": None}},
        ),
    ):
        status, answer = post(scene.client(who), scene, body)
        assert (status, answer["code"]) == (409, "command_id_taken")
    assert Question.objects.count() == 1


def test_a_failure_of_ours_leaves_no_trace(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer could not be kept, so the effect is not either: they are one transaction."""

    def broken(**_fields: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(CommandReceipt.objects, "create", broken)
        with pytest.raises(OSError, match="disk full"):
            scene.ask()
    assert (Question.objects.count(), Event.objects.count(), scene.room.version) == (0, 0, 0)


def command(name: str, **data: object) -> JSON:
    return {"id": str(new_id()), "name": name, "data": data}


# A fixed id: the text is a part of the test's name, which all workers of a run must agree on.
SURROGATE = f'{{"id": "{UUID(int=7)}", "name": "question.ask", "data": {{"text": "\\ud800"}}}}'


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("unverified", asking("Why?"), 403, "not_verified"),
        ("stranger", asking("Why?"), 403, "not_a_member"),
        ("delegate", command("question.approve", id=str(new_id())), 403, "forbidden"),
        ("delegate", command("operation.stop"), 403, "forbidden"),
        ("moderator", command("question.approve", id=str(new_id())), 404, "missing"),
        ("delegate", command("question.shout"), 422, "unknown_command"),
        ("delegate", asking(""), 422, "invalid"),
        ("delegate", asking("x" * 601), 422, "invalid"),
        ("delegate", asking("a\x00b"), 422, "invalid"),
        ("delegate", SURROGATE, 422, "invalid"),
        ("delegate", {**asking("Why?"), "extra": 1}, 422, "invalid"),
        ("delegate", {**asking("Why?"), "age_ms": -1}, 422, "invalid"),
        ("delegate", {**asking("Why?"), "age_ms": 3_600_001}, 422, "invalid"),
        ("delegate", {**asking("Why?"), "age_ms": None}, 422, "invalid"),
        ("delegate", {**asking("Why?"), "id": "7"}, 422, "invalid"),
        ("delegate", command("question.ask", text="Why?", to="x"), 422, "invalid"),
        ("delegate", "not json", 422, "invalid"),
        ("delegate", b"\xff\xfe", 422, "invalid"),
        ("delegate", asking("x" * 70_000), 413, "too_large"),
    ],
)
def test_refusals(scene: Scene, who: str, body: object, status: int, code: str) -> None:
    answer = post(scene.client(who), scene, body)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert str(answer[1]["message"]).endswith((".", "”."))
    assert CommandReceipt.objects.count() == Event.objects.count() == 0


def test_nobody_signed_in(scene: Scene) -> None:
    status, answer = post(Client(headers={"accept": "application/json"}), scene, asking("Why?"))
    assert (status, answer["code"]) == (401, "sign_in_needed")
    assert Client().get(f"/rooms/{scene.room.pk}").status_code == 401


def test_what_is_wrong_with_a_text_is_said_plainly(scene: Scene) -> None:
    client = scene.client("delegate")
    assert [post(client, scene, asking(text))[1]["message"] for text in ("x" * 601, " ", "a\x00b")] == [
        "This is too long: at most 600 characters.",
        "Write something first.",
        "This text cannot be sent: it holds no words, or characters that are not text.",
    ]


def test_a_snapshot(scene: Scene) -> None:
    question = scene.ask()
    answer = scene.client("delegate").get(f"/rooms/{scene.room.pk}")
    assert answer.headers["Cache-Control"] == "no-store"
    snapshot = answer.json()
    assert snapshot["version"] == 1
    assert snapshot["you"]["id"] == str(scene.people["delegate"].pk)
    assert snapshot["you"]["commands"] == ["question.ask"]
    assert list(snapshot["state"]["questions"]) == [question]
    assert "board" not in snapshot["state"]
    assert "originals" not in snapshot["state"]


def test_a_page_needs_its_token(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.people["delegate"])
    answer = client.post(f"/rooms/{scene.room.pk}/commands", "{}", content_type="application/json")
    assert answer.status_code == 403
    assert Question.objects.count() == 0


def test_an_event_is_appended_in_a_transaction_only(live_scene: Scene) -> None:
    with pytest.raises(RuntimeError):
        append_event(
            room=live_scene.room,
            event=QuietSet(on=True, since=None),
            audience=[EVERYONE],
            actor=None,
            now=live_scene.now,
        )


def test_many_writers_make_one_log_without_gaps(live_scene: Scene) -> None:
    """Versions are allotted in the order of commits: a reader never sees n + 1 before n."""
    scene = live_scene
    room, viewer, actor = scene.room, scene.viewer("moderator"), scene.people["moderator"]
    questions = [scene.ask(who, f"From {who}?") for who in ("delegate", "colleague", "surgeon", "advocate")]
    seen: list[list[int]] = []
    done = threading.Event()

    def write(number: int) -> None:
        try:
            for name in ("approve", "unapprove", "dismiss", "restore") * 2:
                perform_command(
                    room=room,
                    viewer=viewer,
                    actor=actor,
                    command_id=new_id(),
                    name=f"question.{name}",
                    data={"id": questions[number]},
                    now=scene.now,
                )
        finally:
            connections.close_all()

    def read() -> None:
        try:
            while not done.is_set():
                seen.append(
                    list(
                        Event.objects.filter(room=room).order_by("version").values_list("version", flat=True)
                    )
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as threads:
        reading = threads.submit(read)
        for job in [threads.submit(write, number) for number in range(4)]:
            job.result(120)
        done.set()
        reading.result(20)
    expected = 4 + 4 * 2 * 5
    assert Room.objects.get(pk=room.pk).version == expected
    assert all(versions == list(range(1, len(versions) + 1)) for versions in seen)
    assert len(list(Event.objects.filter(room=room))) == expected


def test_the_same_id_at_the_same_time_has_one_effect(live_scene: Scene) -> None:
    command_id, scene = new_id(), live_scene
    viewer, barrier = scene.viewer("delegate"), threading.Barrier(6)

    def ask(_number: int) -> JSON:
        try:
            barrier.wait()
            answer = perform_command(
                room=scene.room,
                viewer=viewer,
                actor=scene.people["delegate"],
                command_id=command_id,
                name="question.ask",
                data={"text": "Once?"},
                now=scene.now,
            )
            return answer.body
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask, range(6)))
    assert answers == [answers[0]] * 6
    assert Question.objects.count() == Event.objects.count() == 1


def test_all_who_stop_at_the_same_time_stop_once(live_scene: Scene) -> None:
    scene = live_scene
    scene.do("director", "operation.open")
    viewers = {who: scene.viewer(who) for who in (*TEAM, *IN_CHARGE)}
    barrier = threading.Barrier(len(viewers))

    def stop(who: str) -> int:
        try:
            barrier.wait()
            answer = perform_command(
                room=scene.room,
                viewer=viewers[who],
                actor=scene.people[who],
                command_id=new_id(),
                name="operation.stop",
                data={},
                now=scene.now,
            )
            return answer.status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(viewers)) as threads:
        statuses = list(threads.map(stop, viewers))
    assert statuses == [200] * len(viewers)
    assert scene.operation_now().state == "stopped"
    assert Event.objects.filter(room=scene.room, type="operation.stopped").count() == 1
    assert AuditEntry.objects.filter(action="operation.stopped").count() == 1


def test_the_same_id_in_another_room_is_refused(scene: Scene) -> None:
    command_id = new_id()
    scene.command("delegate", "question.ask", command_id=command_id, text="Here?")
    other = Room.objects.create(subject=f"operation:{new_id()}")
    with pytest.raises(Refused), transaction.atomic():
        perform_command(
            room=other,
            viewer=scene.viewer("delegate"),
            actor=scene.people["delegate"],
            command_id=command_id,
            name="question.ask",
            data={"text": "Here?"},
            now=scene.now,
        )
