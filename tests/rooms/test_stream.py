"""The tail on a real server in a process of its own, over real sockets."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from http.client import HTTPException
from typing import cast

import pytest
from django.db import connection, transaction

from konsilium.floor.models import Question
from konsilium.foundation.ids import new_id
from konsilium.rooms.actions import append_event
from konsilium.rooms.decisions import EVERYONE, JSON, KEPT_EVENTS
from konsilium.rooms.models import CommandReceipt, Event, Watching
from konsilium.theatre.actions import remove_team_member
from konsilium.theatre.events import QuietSet
from tests.factories.rooms import PLAIN, Browser, Server, running_server
from tests.factories.theatre import Scene

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def _version(browser: Browser, scene: Scene) -> int:
    status, snapshot = browser.request("GET", f"/rooms/{scene.room.pk}")
    assert status == 200, snapshot
    return cast("int", snapshot["version"])


def _events(scene: Scene, count: int) -> None:
    """Events without end, faster than through commands."""
    with transaction.atomic():
        for _ in range(count):
            event = QuietSet(on=True, since=scene.now)
            append_event(room=scene.room, event=event, audience=[EVERYONE], actor=None, now=scene.now)


def test_an_event_reaches_its_audience_whole_and_others_as_a_number(
    live_scene: Scene, server: Server
) -> None:
    room = live_scene.room.pk
    who = ("moderator", "delegate", "colleague", "surgeon")
    streams = {name: Browser.of(server, live_scene, name).follow(room, 0) for name in who}
    assert streams["moderator"].answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert streams["moderator"].answer.headers["Cache-Control"] == "no-store"

    status, answer = Browser.of(server, live_scene, "delegate").command(
        room, "question.ask", {"text": "Вопрос, сұрақ, question?"}
    )
    assert (status, answer["version"]) == (200, 1)
    events = {name: stream.event() for name, stream in streams.items()}
    assert events["colleague"] == events["surgeon"] == {"v": 1}
    assert events["moderator"] == events["delegate"]
    data = cast("JSON", events["moderator"]["data"])
    assert (events["moderator"]["type"], data["text"]) == ("question.asked", "Вопрос, сұрақ, question?")
    for stream in streams.values():
        stream.close()


@pytest.mark.parametrize("program", ["lending", "plain"])
def test_stream_and_poll_tell_the_same(live_scene: Scene, server: Server, program: str) -> None:
    """Also under a server that lends no transport, where messages go the long way."""
    room = live_scene.room.pk
    with running_server(PLAIN) if program == "plain" else nullcontext(server) as server:  # noqa: PLR1704
        browsers = {name: Browser.of(server, live_scene, name) for name in ("moderator", "colleague")}
        streams = {name: browser.follow(room, 0) for name, browser in browsers.items()}
        first = live_scene.chosen()
        live_scene.ask("colleague", "And the nerve?")
        live_scene.do("moderator", "question.dismiss", id=first)
        version = live_scene.room.version
        for name, browser in browsers.items():
            told = streams[name].events_until(version)
            polled = browser.poll(room, 0)
            late = browser.follow(room, 0)
            assert polled["version"] == version
            assert polled["events"] == told == late.events_until(version)
            assert [event["v"] for event in told] == list(range(1, version + 1))
            late.close()
            streams[name].close()


def test_a_poll_waits_for_news(live_scene: Scene, server: Server) -> None:
    browser = Browser.of(server, live_scene, "moderator")
    version = _version(browser, live_scene)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(browser.poll, live_scene.room.pk, version)
        time.sleep(0.5)
        assert not waiting.done()
        live_scene.ask()
        answer = waiting.result(10)
    assert [event["type"] for event in cast("list[JSON]", answer["events"])] == ["question.asked"]


def test_a_reader_who_comes_back_gets_exactly_what_was_missed(live_scene: Scene, server: Server) -> None:
    browser, room = Browser.of(server, live_scene, "moderator"), live_scene.room.pk
    with browser.follow(room, 0) as stream:
        live_scene.ask()
        assert stream.event()["v"] == 1
    live_scene.ask(text="Asked while the laptop slept?")
    # What the browser says on its own (Last-Event-ID) is newer than the address of its first request.
    with browser.follow(room, 0, last_event_id=1) as stream:
        assert stream.event()["v"] == 2
        live_scene.ask(text="And one more?")
        assert stream.event()["v"] == 3


@pytest.mark.parametrize("since", [None, 99, -1], ids=["unsaid", "ahead", "nonsense"])
def test_a_reader_we_cannot_continue_with_starts_anew(
    live_scene: Scene, server: Server, since: int | None
) -> None:
    browser, room = Browser.of(server, live_scene, "delegate"), live_scene.room.pk
    live_scene.ask()
    with browser.follow(room, since) as stream:
        assert stream.message() == ("resync", {"version": 1})
        assert stream.message() is None
    if since is not None:
        assert browser.poll(room, since) == {"version": 1, "resync": True}


def test_a_reader_too_far_behind_starts_anew(live_scene: Scene, server: Server) -> None:
    browser, room = Browser.of(server, live_scene, "delegate"), live_scene.room.pk
    _events(live_scene, KEPT_EVENTS + 5)
    with browser.follow(room, 4) as stream:
        assert stream.message() == ("resync", {"version": KEPT_EVENTS + 5})
    with browser.follow(room, 5) as stream:
        assert len(stream.events_until(KEPT_EVENTS + 5)) == KEPT_EVENTS


def test_a_restart_ends_tails_at_once_and_readers_go_on_afterwards(
    live_scene: Scene, own_server: Server
) -> None:
    browser, room = Browser.of(own_server, live_scene, "moderator"), live_scene.room.pk
    with browser.follow(room, 0) as stream:
        live_scene.ask()
        assert stream.event()["v"] == 1
        assert own_server.stop() < 4
        stream.end()
    live_scene.ask(text="Asked while the server was away?")
    own_server.start()
    with browser.follow(room, 1) as again:
        assert again.event()["v"] == 2


def test_kill_9_loses_nothing_and_doubles_nothing(live_scene: Scene, own_server: Server) -> None:
    """Commands are under way when the server dies; the browser sends each again until it has an answer."""
    browser, room = Browser.of(own_server, live_scene, "moderator"), live_scene.room.pk
    texts = [f"Question number {number}?" for number in range(12)]
    people = ["delegate", "colleague", "surgeon", "advocate"]
    browsers = [Browser.of(own_server, live_scene, people[number % 4]) for number in range(12)]
    ids = [new_id() for _ in texts]

    def send(number: int) -> int:
        for _attempt in range(600):
            try:
                status, _answer = browsers[number].command(
                    room, "question.ask", {"text": texts[number]}, command_id=ids[number]
                )
            except (OSError, ValueError, HTTPException):
                time.sleep(0.1)
                continue
            return status
        raise AssertionError("never answered")

    with ThreadPoolExecutor(12) as threads:
        sent = [threads.submit(send, number) for number in range(12)]
        time.sleep(0.15)
        own_server.kill()
        own_server.start()
        assert {job.result(120) for job in sent} == {200}
    assert sorted(Question.objects.values_list("text", flat=True)) == sorted(texts)
    assert [event["v"] for event in cast("list[JSON]", browser.poll(room, 0)["events"])] == list(range(1, 13))


def test_a_double_click_through_two_processes_has_one_effect(
    live_scene: Scene, server: Server, second_server: Server
) -> None:
    room, command_id = live_scene.room.pk, new_id()
    session = Browser.of(server, live_scene, "delegate").session
    browsers = [Browser(server, session), Browser(second_server, session)] * 4
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda browser: browser.command(
                    room, "question.ask", {"text": "Once?"}, command_id=command_id
                ),
                browsers,
            )
        )
    assert answers == [answers[0]] * 8
    assert answers[0][0] == 200
    assert Question.objects.count() == Event.objects.count() == CommandReceipt.objects.count() == 1


def test_two_processes_tell_each_other_of_events_and_people(
    live_scene: Scene, server: Server, second_server: Server
) -> None:
    room = live_scene.room.pk
    here = Browser.of(server, live_scene, "delegate")
    there = Browser.of(second_server, live_scene, "moderator")
    with here.follow(room, 0) as near, there.follow(room, 0) as far:
        delays: list[float] = []
        for number in range(5):
            started = time.monotonic()
            status, _ = here.command(room, "question.ask", {"text": f"Through the wall, number {number}?"})
            assert status == 200
            assert near.event()["v"] == far.event()["v"] == number + 1
            delays.append(time.monotonic() - started)
        if connection.vendor == "postgresql":
            assert sorted(delays)[2] < 0.5, "the bell rings; nobody waits for the safety net"
        far.presence(2)
        near.presence(2)
    assert Watching.objects.count() == 2


def test_whoever_loses_their_part_is_let_go_at_once(live_scene: Scene, server: Server) -> None:
    """The bell that says so is that of PostgreSQL; on SQLite it rings in the process that changes the right."""
    if connection.vendor != "postgresql":
        pytest.skip("another process hears of it within a minute")
    room = live_scene.room.pk
    browser = Browser.of(server, live_scene, "advocate")
    member = live_scene.operation.team.get(user=live_scene.people["advocate"])
    with browser.follow(room, 0) as stream:
        assert stream.status == 200
        live_scene.people["advocate"].verifications.update(valid_until=live_scene.now - timedelta(hours=1))
        remove_team_member(member=member, actor=None, now=live_scene.now)
        stream.end()
    status, answer = browser.request("GET", f"/rooms/{room}/events?since=0")
    assert (status, answer["code"]) == (403, "not_a_member")


def test_refusals_say_why(live_scene: Scene, server: Server) -> None:
    events = f"/rooms/{live_scene.room.pk}/events?since=0"
    unverified = Browser.of(server, live_scene, "unverified")
    assert [
        (status, answer["code"])
        for status, answer in (
            Browser(server).request("GET", events),
            Browser(server, "nonsense").request("GET", events),
            unverified.request("GET", events),
            Browser.of(server, live_scene, "stranger").request("GET", events),
            unverified.request("GET", f"/rooms/{new_id()}/events"),
            unverified.request("POST", events, {}),
        )
    ] == [
        (401, "sign_in_needed"),
        (401, "sign_in_needed"),
        (403, "not_verified"),
        (403, "not_a_member"),
        (404, "missing"),
        (405, "method"),
    ]
