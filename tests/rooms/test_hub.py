"""The tail in this process: what needs no server around it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest
import uvicorn
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, connections
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from konsilium.config.server import LendingProtocol
from konsilium.floor.models import Question
from konsilium.people.actions import revoke_verification
from konsilium.people.roles import Role
from konsilium.programme.actions import change_roles
from konsilium.rooms.decisions import EVERYONE, JSON, Viewer
from konsilium.rooms.models import Event, Room, Watching
from konsilium.rooms.stream import Tail, create_tail, end_tails
from konsilium.rooms.stream.admission import Admission
from konsilium.rooms.stream.app import WINDOWS_PER_PERSON
from konsilium.rooms.stream.entries import Entry, chunk, entry_of, unchunk
from konsilium.rooms.stream.readers import UNREAD_BYTES, UNREAD_MESSAGES, QueueReader, TransportReader
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration

Message = dict[str, Any]


class Visit:
    """One request to the tail and its answer, as an ASGI server would carry them."""

    def __init__(self, tail: Tail, scene: Scene, who: str, session: str, *, since: int, accept: str) -> None:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
        self.scope: Message = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": f"/rooms/{scene.operation.room_id}/events",
            "query_string": f"since={since}".encode(),
            "headers": [(b"cookie", cookie), (b"accept", accept.encode())],
        }
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        self.task = asyncio.create_task(tail(self.scope, self._receive, self._send))

    async def _receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:  # type: ignore[override]
        self.sent.append(message)

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    async def until(self, words: str) -> None:
        async with asyncio.timeout(10):
            while words not in self.text:  # noqa: ASYNC110 -- the messages of an ASGI server ring no bell
                await asyncio.sleep(0.01)

    async def over(self) -> Message:
        """The answer, complete; as JSON where it is one."""
        async with asyncio.timeout(10):
            await self.task
        with contextlib.suppress(ValueError):
            return cast("Message", json.loads(self.text))
        return {}


Go = Callable[..., Visit]


async def elsewhere(act: Callable[[], object]) -> None:
    """Do it in another thread, as requests do."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    await asyncio.to_thread(run)


@pytest.fixture
def sessions(live_scene: Scene) -> dict[str, str]:
    return {
        who: live_scene.client(who).cookies[settings.SESSION_COOKIE_NAME].value
        for who in ("moderator", "delegate", "colleague")
    }


@pytest.fixture
async def tail(live_scene: Scene) -> AsyncIterator[Tail]:
    tail = create_tail()
    await tail.start()
    yield tail
    await tail.stop()


@pytest.fixture
async def go(tail: Tail, live_scene: Scene, sessions: dict[str, str]) -> AsyncIterator[Go]:
    visits: list[Visit] = []

    def go(who: str, *, since: int = 0, accept: str = "text/event-stream") -> Visit:
        visits.append(Visit(tail, live_scene, who, sessions[who], since=since, accept=accept))
        return visits[-1]

    yield go
    for visit in visits:
        visit.left.set()
    await asyncio.gather(*(visit.task for visit in visits))


async def test_a_bell_in_this_process_is_heard_at_once(go: Go, tail: Tail, live_scene: Scene) -> None:
    visit = go("moderator")
    await visit.until("presence")
    tail.hub.ticks = -10_000  # whatever the clock would do is not what is tested
    await elsewhere(lambda: live_scene.ask(text="Heard?"))
    await visit.until("Heard?")
    assert visit.sent[0]["status"] == 200


async def test_a_withdrawn_licence_ends_the_tail_at_once(go: Go, live_scene: Scene) -> None:
    visit, other = go("colleague"), go("delegate")
    await visit.until("presence")
    await other.until("presence")
    people = live_scene.people
    await elsewhere(
        lambda: revoke_verification(actor=people["organiser"], user=people["colleague"], now=live_scene.now)
    )
    await visit.over()
    assert not other.task.done()
    again = await go("colleague").over()
    assert again["code"] == "not_verified"


async def test_a_changed_role_starts_anew_from_a_snapshot(go: Go, live_scene: Scene) -> None:
    visit = go("delegate")
    await visit.until("presence")
    membership = live_scene.people["delegate"].memberships.select_related("user")
    await elsewhere(
        lambda: change_roles(
            actor=live_scene.people["organiser"],
            membership=membership.get(),
            roles=[Role.MODERATOR],
            now=live_scene.now,
        )
    )
    await visit.over()
    assert "event: resync" in visit.text


async def test_signing_out_ends_the_tail_at_the_next_check(go: Go, tail: Tail, live_scene: Scene) -> None:
    visit = go("colleague")
    await visit.until("presence")
    await elsewhere(lambda: Session.objects.all().delete())
    for room in tail.hub.rooms.values():
        for reader in room.readers:
            reader.check_at = 0.0
    await visit.over()


async def test_a_log_that_went_back_is_read_anew(go: Go, tail: Tail, live_scene: Scene) -> None:
    """The database was restored from a backup that knows less than the browsers do."""
    visit = go("moderator")
    await elsewhere(lambda: [live_scene.ask(text=f"Number {number}?") for number in range(3)])
    await visit.until("Number 2?")

    def restore() -> None:
        Event.objects.filter(version__gt=1).delete()
        Question.objects.exclude(text="Number 0?").delete()
        Room.objects.update(version=1)

    await elsewhere(restore)
    await visit.over()
    assert "event: resync" in visit.text
    again = await go("moderator", since=3, accept="application/json").over()
    assert again == {"version": 1, "resync": True}


async def test_everybody_is_counted_once(go: Go, live_scene: Scene) -> None:
    visits = [go("moderator"), go("delegate"), go("delegate")]
    await visits[0].until('{"watching":2}')
    counts: list[int] = []
    await elsewhere(lambda: counts.extend(Watching.objects.values_list("people", flat=True)))
    assert counts == [2]
    await go("colleague", since=5, accept="application/json").over()
    await visits[0].until('{"watching":2}')


async def test_too_many_windows(go: Go, tail: Tail) -> None:
    visits = [go("delegate") for _ in range(WINDOWS_PER_PERSON)]
    for visit in visits:
        await visit.until("presence")
    assert (await go("delegate").over())["code"] == "too_many"
    other = go("colleague")
    await other.until("presence")


async def test_the_end_of_the_server_ends_all_tails(go: Go) -> None:
    stream, poll = go("delegate"), go("colleague", accept="application/json")
    await stream.until("presence")
    await asyncio.sleep(0.1)
    end_tails()
    await stream.over()
    assert (await poll.over())["events"] == []
    late = go("moderator")
    assert (await late.over())["code"] == "ending"
    assert late.sent[0]["status"] == 503


async def test_a_database_that_is_away_for_a_moment(
    go: Go, tail: Tail, live_scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    visit = go("moderator")
    await visit.until("presence")

    def away(*_arguments: object) -> list[Event]:
        raise OSError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr("konsilium.rooms.queries.events_after", away)
        await elsewhere(lambda: live_scene.ask(text="Written meanwhile?"))
        await asyncio.sleep(0.2)
        assert "Written meanwhile?" not in visit.text
    await visit.until("Written meanwhile?")
    assert "could not be read" in caplog.text


async def test_the_bell_of_the_database_comes_back(go: Go, tail: Tail, live_scene: Scene) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no bell")
    visit = go("moderator")
    await visit.until("presence")

    def listening(*, cut: bool) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT CASE WHEN %s THEN pg_terminate_backend(pid) ELSE true END"
                " FROM pg_stat_activity WHERE application_name = 'konsilium tail' AND datname = current_database()",
                [cut],
            )
            return len(cursor.fetchall())

    found: list[int] = []
    assert tail.hub.unlisten is not None
    tail.hub.unlisten()  # what this process does is told to it by the database alone
    await elsewhere(lambda: found.append(listening(cut=True)))
    assert found[0] >= 1
    for _ in range(100):
        await asyncio.sleep(0.1)
        await elsewhere(lambda: found.append(listening(cut=False)))
        if found[-1]:
            break
    tail.hub.ticks = -10_000
    await elsewhere(lambda: live_scene.ask(text="Rung again?"))
    await visit.until("Rung again?")


async def test_our_server_lends_its_transports(
    tail: Tail, live_scene: Scene, sessions: dict[str, str]
) -> None:
    """The short way to the connection, and under another protocol the long one; both say the same."""
    told = []
    for protocol, kind in ((LendingProtocol, TransportReader), (HttpToolsProtocol, QueueReader)):
        config = uvicorn.Config(tail, port=0, http=protocol, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        coming, going = await asyncio.open_connection("127.0.0.1", port)
        cookie = f"{settings.SESSION_COOKIE_NAME}={sessions['moderator']}"
        going.write(
            f"GET /rooms/{live_scene.operation.room_id}/events?since=0 HTTP/1.1\r\nHost: x\r\n"
            f"Accept: text/event-stream\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        assert b"presence" in await coming.readuntil(b"}\n\n")
        (reader,) = next(iter(tail.hub.rooms.values())).readers
        assert type(reader) is kind
        await elsewhere(lambda kind=kind: live_scene.ask(text=f"By {kind.__name__}?"))
        told.append(await coming.readuntil(kind.__name__.encode()))
        going.close()
        server.should_exit = True
        await serving
    assert b"id: 1\n" in told[0]
    assert b"id: 2\n" in told[1]


class StuckTransport(asyncio.WriteTransport):
    """A connection whose other end does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def _admission(scene: Scene) -> Admission:
    viewer = Viewer(user_id=scene.people["delegate"].pk, name="", tokens=frozenset({EVERYONE}))
    return Admission(room_id=scene.operation.room_id, session_key=None, viewer=viewer)


async def test_who_does_not_read_is_cut_off(live_scene: Scene) -> None:
    transport = StuckTransport()
    slow, queued = TransportReader(_admission(live_scene), transport), QueueReader(_admission(live_scene))
    for _ in range(UNREAD_BYTES // 1000 + 2):
        slow.tell(chunk(b"x" * 1000))
    assert transport.aborted
    assert slow.ended.is_set()
    assert transport.waiting <= UNREAD_BYTES + 1100
    for _ in range(UNREAD_MESSAGES + 1):
        queued.tell(chunk(b"x"))
    assert queued.ended.is_set()


def test_an_entry_is_encoded_for_its_audience_and_for_the_others(live_scene: Scene) -> None:
    live_scene.ask(text="Только модератору")
    entry: Entry = entry_of(Event.objects.get())
    moderator, colleague = live_scene.viewer("moderator"), live_scene.viewer("colleague")
    whole: JSON = json.loads(entry.json_for(moderator))
    assert cast("JSON", whole["data"])["text"] == "Только модератору"
    assert entry.json_for(colleague) == b'{"v":1}'
    assert unchunk(entry.chunk_for(colleague)) == b'id: 1\ndata: {"v":1}\n\n'
    assert entry.chunk_for(colleague) == b"15\r\n" + b'id: 1\ndata: {"v":1}\n\n' + b"\r\n"
