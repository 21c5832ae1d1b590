"""The media plane's HTTP: decides what becomes of a request, and answers it as an ASGI application.

`Origin.answer` decides, for bare connections (`config/server.py`) as well; `__call__` waits and writes.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from konsilium.mediaplane.grants import DIRECT, DOWNLOAD, STOP
from konsilium.mediaplane.hls import ChannelState
from konsilium.mediaplane.origin import desk, film, orders
from konsilium.mediaplane.origin.admission import Admission
from konsilium.mediaplane.origin.answers import Answer, Headers, Held, Later, Ready, Refusal, Stream, has_body
from konsilium.mediaplane.origin.backlog import Backlog
from konsilium.mediaplane.origin.decide import NOTHING, Asked, live, recorded
from konsilium.mediaplane.origin.needs import Recorded, Studio
from konsilium.mediaplane.origin.requests import (
    Asker,
    BadDirective,
    Desk,
    Directives,
    FilmFile,
    Master,
    Readable,
    StopOrder,
    Thumbnail,
    ViewerReport,
    parse_age,
    parse_directives,
    parse_path,
    read_headers,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFLIGHT: Headers = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, range"),
    (b"access-control-max-age", b"600"),
)
NO_LONGER = "This grant does not allow downloads."
#: Whoever posts so little takes no longer.
BODY_S = 10.0


class Origin:
    def __init__(
        self, studio: Studio, key: bytes, *, allowed_origins: Collection[str], now: Callable[[], float]
    ) -> None:
        self._studio = studio
        self._now = now
        self._admission = Admission(key, now=now, barred=studio.barred)
        self._cors = {origin.encode(): _cors_of(origin) for origin in allowed_origins}
        self.ending = asyncio.Event()
        #: Where connections that answer by themselves take their turns.
        self.backlog = Backlog()

    def end(self) -> None:
        """The server shuts down: whoever is held or follows a desk is let go, and comes back to another one."""
        self.ending.set()

    # --- What becomes of it ---------------------------------------------------------------------------

    def answer(self, method: str, path: str, query: bytes, asker: Asker, body: bytes = b"") -> Answer:
        """Never raises, whatever was sent."""
        cors = self._cors.get(asker.origin, ()) if asker.origin is not None else ()
        try:
            return self._answer(method, path, query, asker, body, cors)
        except Refusal as refusal:
            return refusal.ready(cors)

    def _answer(
        self, method: str, path: str, query: bytes, asker: Asker, body: bytes, cors: Headers
    ) -> Answer:
        if method == "OPTIONS":
            return Ready(204, (*(PREFLIGHT if cors else ()), *cors, (b"vary", b"origin")), b"")
        found = parse_path(path)
        if found is None:
            raise Refusal(404, NOTHING)
        place, resource = found
        is_order = isinstance(resource, StopOrder | ViewerReport)
        if method not in (("POST",) if is_order else ("GET", "HEAD")):
            methods = "POST and OPTIONS" if is_order else "GET, HEAD and OPTIONS"
            allow = (b"allow", methods.replace(" and", ",").encode())
            raise Refusal(405, f"Only {methods} are answered here.", allow)
        match resource:
            case None:
                self._admission.holder(asker, place)
                raise Refusal(404, NOTHING)
            case StopOrder() | ViewerReport():
                return self._obey(resource, place, asker, query, body, cors)
            case Desk() | Thumbnail():
                return self._direct(resource, place, asker, cors)
            case _:
                return self._read(resource, place, asker, query, cors)

    def _read(
        self, resource: Readable | FilmFile, place: str, asker: Asker, query: bytes, cors: Headers
    ) -> Answer:
        holder = self._admission.holder(asker, place)
        if STOP in holder.acts:
            # It lasts for half a day, so that nobody has to be asked for another one in a hurry.
            raise Refusal(403, "This grant stops the picture; it does not show it.")
        directives = parse_directives(query)
        if isinstance(directives, BadDirective):
            raise Refusal(400, f"Bad request: {directives.reason}.")
        if isinstance(resource, FilmFile):
            if DOWNLOAD not in holder.acts:
                raise Refusal(403, "This viewing grant does not allow downloads.")
            return self._film(place, directives, asker, cors)
        if DOWNLOAD in holder.acts:
            # It lasts as long as a film takes.
            raise Refusal(403, "This grant is for a film to take along; it does not show the picture.")
        asked = Asked(asker, directives, cors)
        channel = self._studio.channels.get(place)
        past = directives.begin is not None or directives.end is not None
        if channel is None or past:
            return self._recorded(place, asked, resource)
        if isinstance(resource, Master) and channel.state is ChannelState.ENDED:
            whole = self._whole(place)
            if whole is not None:
                return recorded(whole, replace(asked, directives=_all_of(whole, directives)), resource)
        channel.note_viewer(holder.person)
        return live(channel, asked, resource, partial(self._studio.recording, place))

    def _recorded(self, place: str, asked: Asked, resource: Readable) -> Answer:
        recording = self._studio.recording(place)
        return asked.nothing() if recording is None else recorded(recording, asked, resource)

    def _whole(self, place: str) -> Recorded | None:
        """Whoever comes when it is over gets the recording; those who watch go on to the live playlists' end."""
        recording = self._studio.recording(place)
        return recording if recording is not None and recording.whole else None

    def _film(self, place: str, directives: Directives, asker: Asker, cors: Headers) -> Answer:
        recording = self._studio.recording(place)
        if recording is None:
            raise Refusal(404, NOTHING)
        admit = partial(self._admission.allowed, asker, place, DOWNLOAD, NO_LONGER)
        return Later(partial(_film_of, recording, place, directives, asker, cors, admit))

    def _direct(self, resource: Desk | Thumbnail, hall: str, asker: Asker, cors: Headers) -> Answer:
        admit = partial(
            self._admission.allowed, asker, hall, DIRECT, "This grant does not open the director's desk."
        )
        admit()
        if isinstance(resource, Thumbnail):
            return desk.thumbnail(self._studio, hall, resource.feed, cors)
        return desk.desk(self._studio, hall, self.ending, cors, admit)

    def _obey(
        self,
        order: StopOrder | ViewerReport,
        place: str,
        asker: Asker,
        query: bytes,
        body: bytes,
        cors: Headers,
    ) -> Answer:
        if isinstance(order, StopOrder):
            if asker.token is not None and not asker.is_bearer:
                # A cookie is sent along by the browser, whichever page asked it to.
                raise Refusal(401, "A stop needs its grant in the header Authorization.")
            holder = self._admission.allowed(asker, place, STOP, "This grant does not allow a stop.")
            at, age = datetime.fromtimestamp(self._now(), UTC), parse_age(query)
            return orders.stop(self._studio, place, holder.person, at=at, age=age, cors=cors)
        holder = self._admission.holder(asker, place)
        if place not in self._studio.channels:
            raise Refusal(404, NOTHING)
        return orders.report(self._studio, place, holder.person, body, cors)

    # --- As an ASGI application -----------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})
            return
        method, asker = scope["method"], read_headers(scope["headers"])
        body = await _body(receive) if method == "POST" else b""
        if body is None:
            answer: Answer = Refusal(413, "That is too long.", (b"connection", b"close")).ready(())
        else:
            answer = self.answer(method, scope["path"], scope.get("query_string", b""), asker, body)
        if isinstance(answer, Ready):
            await _write(send, method, answer)
            return
        gone = asyncio.create_task(_until_gone(receive))
        work = asyncio.create_task(_settle_and_write(answer, method, send))
        try:
            await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not work.done():
                work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


def _all_of(recording: Recorded, directives: Directives) -> Directives:
    """With its times in the addresses below: without them they would be those of the live playlists."""
    return replace(directives, begin=recording.began, end=recording.ended)


async def _film_of(
    recording: Recorded,
    place: str,
    directives: Directives,
    asker: Asker,
    cors: Headers,
    admit: Callable[[], object],
) -> Answer:
    """Its size is that of tables with every frame in them: read, and added up, outside of the loop."""
    if not recording.prepared:
        await recording.prepare()
    try:
        answer = await asyncio.to_thread(
            film.film, recording, place=place, directives=directives, asker=asker, cors=cors
        )
    except Refusal as refusal:
        return refusal.ready(cors)
    if isinstance(answer, Stream):
        return replace(answer, chunks=_while_admitted(answer.chunks, admit))
    return answer


async def _while_admitted(chunks: AsyncIterator[bytes], admit: Callable[[], object]) -> AsyncIterator[bytes]:
    """A film takes as long as a line does: whose grant is taken back meanwhile gets no more of it."""
    async for chunk in chunks:
        admit()
        yield chunk


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes | None:
    """None if it is longer than anything that is posted here."""
    body = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > orders.MAX_BODY:
                    return None
                if not message.get("more_body", False):
                    break
    return body


async def _settle_and_write(answer: Answer, method: str, send: Send) -> None:
    deadline = None
    while True:
        match answer:
            case Held(room, target, patience_s, again, in_vain):
                deadline = deadline or asyncio.get_running_loop().time() + patience_s
                answer = again() if await room.wait(target, deadline) else in_vain()
            case Later(find):
                answer = await find()
            case Ready():
                await _write(send, method, answer)
                return
            case Stream():
                await _write_stream(send, method, answer)
                return


async def _write(send: Send, method: str, ready: Ready) -> None:
    headers = list(ready.headers)
    if has_body(ready.status):
        headers.append((b"content-length", b"%d" % len(ready.body)))
    await send({"type": "http.response.start", "status": ready.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else ready.body})


async def _write_stream(send: Send, method: str, stream: Stream) -> None:
    headers = list(stream.headers)
    if stream.size is not None:
        headers.append((b"content-length", b"%d" % stream.size))
    await send({"type": "http.response.start", "status": stream.status, "headers": headers})
    if method != "HEAD":
        async for chunk in stream.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _cors_of(origin: str) -> Headers:
    return (
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"content-range, content-length"),
    )


def create_origin(
    studio: Studio,
    key: bytes,
    *,
    allowed_origins: Collection[str] = (),
    now: Callable[[], float] = time.time,
) -> Origin:
    """The ASGI application below `/media/`; `allowed_origins` may play it from pages of other hosts."""
    return Origin(studio, key, allowed_origins=allowed_origins, now=now)
