"""The ASGI application of the live tail: reads the request, asks the hub, writes the answer."""

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID
from weakref import WeakSet

from django.utils.translation import gettext as _

from konsilium.rooms import wire
from konsilium.rooms.decisions import Follow, Reconnect, Resync, reconnect
from konsilium.rooms.stream.admission import Admission, Denial, admit
from konsilium.rooms.stream.entries import Entry, chunk, named_message, poll_answer, unchunk
from konsilium.rooms.stream.hub import Hub, RoomTail
from konsilium.rooms.stream.readers import PollReader, QueueReader, Reader, TransportReader

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = re.compile(r"/rooms/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/events")
#: Set by the server (`config/server.py`): the connection's transport.
TRANSPORT = "konsilium.transport"
#: A poll without news is answered after this long: below what proxies wait for an answer.
POLL_SECONDS = 25.0
#: Nobody follows a congress in more windows than this; a script gone wild would.
WINDOWS_PER_PERSON = 24
#: Above any version there will be, and still a number that every reader can keep.
LARGEST_VERSION = (1 << 53) - 1

_tails: "WeakSet[Tail]" = WeakSet()


class Tail:
    """`GET /rooms/<id>/events?since=n`: `text/event-stream` to who accepts it, else a long poll in JSON."""

    def __init__(self) -> None:
        self.hub = Hub()
        _tails.add(self)

    async def start(self) -> None:
        """Begin to listen for bells; called in the loop that serves."""
        await self.hub.start()

    async def stop(self) -> None:
        await self.hub.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admission = await self._admit(scope)
        if isinstance(admission, Denial):
            body = {"code": admission.code, "message": admission.message}
            await _answer(send, admission.status, wire.encode(body))
            return
        headers = _headers(scope)
        room = await self.hub.room(admission.room_id)
        since = _since(scope, headers)
        if since is not None and since > room.version:
            await self.hub.catch_up(room)  # the reader heard of an event before this process did
        if "text/event-stream" in headers.get("accept", ""):
            await self._stream(scope, receive, send, room, admission, since)
        else:
            await self._poll(receive, send, room, admission, since)

    async def _admit(self, scope: Scope) -> Admission | Denial:
        path = PATH.fullmatch(scope["path"])
        if path is None:
            return Denial(
                status=404, code="missing", message=_("There is nothing here, or it is not open to you.")
            )
        if scope["method"] != "GET":
            return Denial(status=405, code="method", message=_("This address can only be read."))
        if self.hub.ending:
            return Denial(status=503, code="ending", message=_("The server is restarting."))
        admission = await self.hub.in_thread(self.hub.for_people, partial(admit, scope, UUID(path[1])))
        if (
            isinstance(admission, Admission)
            and self.hub.windows_of(admission.viewer.user_id) >= WINDOWS_PER_PERSON
        ):
            return Denial(status=429, code="too_many", message=_("You have this open in too many windows."))
        return admission

    async def _stream(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        room: RoomTail,
        admission: Admission,
        since: int | None,
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        # Spread over seconds: after a restart everybody comes at once.
        first = b"retry: %d\n\n" % random.randint(1000, 3000)
        answer = _reconnect(room, since)
        if isinstance(answer, Resync):
            first += named_message("resync", {"version": room.version})
            await send({"type": "http.response.body", "body": first})
            return
        first += named_message("presence", {"watching": room.watching_at_least()})
        first += b"".join(unchunk(entry.chunk_for(admission.viewer)) for entry in _missed(room, answer))
        transport = scope.get("extensions", {}).get(TRANSPORT) if scope["http_version"] == "1.1" else None
        reader = TransportReader(admission, transport) if transport else QueueReader(admission)
        # No await since the answer was made: what was missed and what comes meet without a gap.
        async with self._joined(room, reader, receive) as gone:
            reader.tell(chunk(first))
            if isinstance(reader, QueueReader):
                await _pass_on(reader, send, gone)
            else:
                await _first_of(gone, reader.ended)
            if not gone.is_set():
                await send({"type": "http.response.body", "body": b""})

    async def _poll(
        self, receive: Receive, send: Send, room: RoomTail, admission: Admission, since: int | None
    ) -> None:
        reader = PollReader(admission)
        async with self._joined(room, reader, receive) as gone:
            if since == room.version:
                await _first_of(gone, reader.news, at_most=POLL_SECONDS)
            if gone.is_set():
                return
            if reader.ended.is_set() and not self.hub.ending:
                answer: Reconnect = Resync()  # rights have changed: the snapshot will say how
            else:
                answer = _reconnect(room, since)
            await _answer(send, 200, _poll_body(room, reader, answer))

    @contextlib.asynccontextmanager
    async def _joined(self, room: RoomTail, reader: Reader, receive: Receive) -> AsyncIterator[asyncio.Event]:
        """The reader is in the room until the block ends; the event given is set when the browser goes away."""
        self.hub.join(room, reader)
        gone = asyncio.Event()
        watch = asyncio.create_task(_watch(receive, gone))
        try:
            yield gone
        finally:
            watch.cancel()
            self.hub.leave(room, reader)


def create_tail() -> Tail:
    """The live tail of this process; `config/asgi.py` starts and stops it with the server."""
    return Tail()


def end_tails() -> None:
    """Let every reader of this process go at once. Called in the server's loop when it begins to shut down."""
    for tail in _tails:
        tail.hub.end_all()


STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes on what comes, as it comes
    (b"x-content-type-options", b"nosniff"),
]


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _since(scope: Scope, headers: dict[str, str]) -> int | None:
    """The last event the reader has seen. What a browser says when it reconnects is newer than its address."""
    said = (
        headers.get("last-event-id")
        or parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]
    )
    if not (said.isascii() and said.isdigit() and len(said) <= 16):
        return None
    return min(int(said), LARGEST_VERSION)


def _reconnect(room: RoomTail, since: int | None) -> Reconnect:
    return reconnect(since=since, version=room.version, kept_from=room.kept_from)


def _missed(room: RoomTail, answer: Reconnect) -> list[Entry]:
    return room.after(answer.after) if isinstance(answer, Follow) else []


def _poll_body(room: RoomTail, reader: Reader, answer: Reconnect) -> bytes:
    if isinstance(answer, Resync):
        return wire.encode({"version": room.version, "resync": True})
    return poll_answer(
        version=room.version,
        entries=_missed(room, answer),
        viewer=reader.viewer,
        watching=room.watching_at_least(),
    )


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _first_of(*events: asyncio.Event, at_most: float | None = None) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _pass_on(reader: QueueReader, send: Send, gone: asyncio.Event) -> None:
    while not gone.is_set():
        part = asyncio.create_task(reader.waiting.get())
        left = asyncio.create_task(gone.wait())
        await asyncio.wait({part, left}, return_when=asyncio.FIRST_COMPLETED)
        left.cancel()
        if not part.done():
            part.cancel()
            return
        if (body := part.result()) is None:
            return
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status == 503:
        headers.append((b"retry-after", b"2"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
