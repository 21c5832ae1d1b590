"""The web server: uvicorn, whose connections also lend their transport, and answer for the media plane themselves.

One event goes to 1,500 browsers: an ASGI send costs about 30 µs a delivery, a write of ready bytes to the
connection about 12 µs (`./konsilium bench fanout` shows both). 1,500 viewers ask the media plane 12,000 times a
second: an ASGI cycle for each is more than a core has (`./konsilium bench origin`, decision 0020).
"""

import asyncio
import gc
import os
import re
import socket
from functools import partial
from pathlib import Path

import uvicorn
from uvicorn.server import ServerState

from konsilium.config.allocator import give_memory_back
from konsilium.config.heads import BoundedHeads
from konsilium.mediaplane.origin import Origin, read_headers
from konsilium.mediaplane.origin.answers import Held, Ready, Refusal, has_body, head_of, status_line
from konsilium.mediaplane.origin.requests import Asker
from konsilium.mediaplane.origin.waiting import Place

TRANSPORT = "konsilium.transport"
#: Under this name the application puts the origin into the state of its lifespan.
ORIGIN = "konsilium.origin"
MEDIA = b"/media/"
#: What nearly all of the requests begin with, and nothing that is urgent.
VIEWING = b"GET /media/"
#: Objects made and kept between two looks for cycles of garbage; Python's own figure is 700.
GARBAGE = 100_000
END_OF_HEAD = b"\r\n\r\n"
#: What a player's address can look like: anything else is left to the parser.
REQUEST_LINE = re.compile(rb"GET (/media/[a-z0-9./-]+)(?:\?([A-Za-z0-9_=&.:-]*))? HTTP/1\.1\r\n")
#: With one of these more belongs to a request than its head.
UNREPEATABLE = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
STOP = b"/stop"
METHODS = {b"GET": "GET", b"HEAD": "HEAD", b"POST": "POST"}
#: libuv accepts one connection of a listening socket in a turn of the loop. Where 1,500 viewers come at once a turn
#: takes 10 ms: a stop on a new connection waited for 2 s behind 200 of theirs.
ACCEPTED_IN_A_TURN = 32
#: Of a player, which sends a grant and little else, the lines are kept for as long as its connection.
LONGEST_LEARNT = 8192
#: Below this, one copy costs less than a second buffer in the system call.
WORTH_A_BUFFER = 16_384


class _Nobody:
    """No coroutine waits for news of a request that is answered here."""

    def set(self) -> None: ...


class Turn:
    """Where uvicorn keeps the request under way: one that is answered without an ASGI cycle.

    It has what `HttpToolsProtocol` asks of its cycle; while it is not complete, later requests of the same
    connection queue up behind it.
    """

    message_event = _Nobody()

    def __init__(self, method: str, *, keep_alive: bool, complete: bool = False) -> None:
        self.method = method
        self.keep_alive = keep_alive
        self.response_complete = complete
        self.disconnected = False
        self.more_body = True
        self.body = b""
        self.place: Place | None = None


ANSWERED = Turn("GET", keep_alive=True, complete=True)


class LendingProtocol(BoundedHeads):
    """uvicorn's HTTP protocol; the scope's extensions name the connection's transport.

    What the origin can say at once, or when a part is there, is written by the connection itself.
    """

    #: The request that is held; uvicorn's `cycle` may be a later one that queues up behind it.
    held: Turn | None = None
    #: Header lines that the parser has read on this connection, and what they say: a player sends the same
    #: ones every time, and only its request line changes.
    lines: bytes = b""
    asker: Asker | None = None
    #: Whether the request now read began with the bytes that came last.
    is_begun = False
    active_at = 0.0
    #: What has come and not been looked at yet.
    unread: bytes = b""

    def data_received(self, data: bytes) -> None:
        """What players ask for takes its turn; anything else, a stop above all, goes before it."""
        self.active_at = self.loop.time()
        origin = self._origin
        if self.unread:
            self.unread += data
            # A client that sends more and more before it is heard has to wait.
            self.flow.pause_reading()
        elif origin is not None and data.startswith(VIEWING):
            self.unread = data
            origin.backlog.add(self._read_on)
        else:
            self._read(data)

    def _read_on(self) -> None:
        data, self.unread = self.unread, b""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        try:
            self._read(data)
        except Exception:
            self.transport.abort()
            raise

    def _read(self, data: bytes) -> None:
        if self.asker is not None and data.endswith(self.lines) and self._is_repeated(data, self.asker):
            return
        self.asker = None
        self.is_begun = False
        super().data_received(data)
        self._learn(data)

    def _learn(self, data: bytes) -> None:
        """One request and nothing else: what follows its first line can be recognised."""
        if self.asker is None:
            return
        first, _, lines = data.partition(b"\r\n")
        is_alone = lines.find(END_OF_HEAD) == len(lines) - len(END_OF_HEAD)
        if first.startswith(b"GET ") and is_alone and len(lines) <= LONGEST_LEARNT:
            self.lines = lines
        else:
            self.asker = None

    def _is_repeated(self, data: bytes, asker: Asker) -> bool:
        line = REQUEST_LINE.fullmatch(data, 0, len(data) - len(self.lines))
        if line is None or self.held is not None or not self._is_free():
            return False
        path, query = line.groups(b"")
        return self._is_answered("GET", path.decode(), query, asker, keep_alive=True)

    def _is_free(self) -> bool:
        """Whether all earlier requests are answered, and their answers are on their way."""
        cycle: object = self.cycle
        return (cycle is None or self.cycle.response_complete) and not self.flow.write_paused

    def on_message_begin(self) -> None:
        self.is_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.has_long_head:
            self.refuse_head()
            return
        if self.url.startswith(MEDIA) and self._is_answered_here():
            return
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]  # uvicorn types it as data only
        super().on_headers_complete()

    def refuse_head(self) -> None:
        """RFC 6585 5."""
        self.head_size = 0
        if self.transport.is_closing():
            return
        if self.held is not None or not self._is_free():
            # There is no place for an answer before those that are due.
            self.transport.abort()
            return
        turn = Turn("GET", keep_alive=False, complete=True)
        self.cycle = turn  # type: ignore[assignment]  # stands in for a cycle
        self._write(
            turn.method, Refusal(431, "The head of the request is too long.").ready(()), keep_alive=False
        )

    def _is_answered_here(self) -> bool:
        method = METHODS.get(self.parser.get_method())
        if method == "POST" and not self._is_bare_stop():
            return False
        # To whoever does not read, an ASGI cycle can wait with its answer.
        if method is None or not self._is_free() or self.parser.should_upgrade():
            return False
        path, _, query = self.url.partition(b"?")
        if not path.isascii() or b"%" in path or b"#" in self.url:
            return False
        keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() == "1.1"
        asker = read_headers(self.headers)
        if not self._is_answered(method, path.decode(), query, asker, keep_alive=keep_alive):
            return False
        if (
            keep_alive
            and self.is_begun
            and method == "GET"
            and not any(name in UNREPEATABLE for name, _ in self.headers)
        ):
            self.asker = asker
        return True

    def _is_bare_stop(self) -> bool:
        """It does not wait behind thousands of other events until a cycle has its turn, and then another one."""
        return self.url.partition(b"?")[0].endswith(STOP) and not any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        )

    @property
    def _origin(self) -> Origin | None:
        return self.app_state.get(ORIGIN)

    def _is_answered(self, method: str, path: str, query: bytes, asker: Asker, *, keep_alive: bool) -> bool:
        origin = self._origin
        answer = None if origin is None else origin.answer(method, path, query, asker)
        if isinstance(answer, Ready):
            turn = ANSWERED if keep_alive else Turn(method, keep_alive=False, complete=True)
            self.cycle = turn  # type: ignore[assignment]  # stands in for a cycle
            self._write(method, answer, keep_alive=keep_alive)
            return True
        if isinstance(answer, Held):
            turn = Turn(method, keep_alive=keep_alive)
            self.cycle = turn  # type: ignore[assignment]  # stands in for a cycle
            self._hold(turn, answer, self.loop.time() + answer.patience_s)
            return True
        return False

    def _hold(self, turn: Turn, held: Held, deadline: float) -> None:
        self.held = turn
        turn.place = held.room.hold(held.target, deadline, partial(self._released, turn, held, deadline))

    def _released(self, turn: Turn, held: Held, deadline: float, released: bool) -> None:
        """With it 1,499 others: each has its turn."""
        if (origin := self._origin) is not None:
            origin.backlog.add(partial(self._let_go, turn, held, deadline, released))

    def _let_go(self, turn: Turn, held: Held, deadline: float, released: bool) -> None:
        if self.transport.is_closing():
            return
        try:
            answer = held.again() if released else held.in_vain()
        except Exception:
            self.transport.abort()
            raise
        if isinstance(answer, Held):
            self._hold(turn, answer, deadline)
            return
        self._complete(turn, answer if isinstance(answer, Ready) else held.in_vain())

    def _complete(self, turn: Turn, ready: Ready) -> None:
        self.held = None
        turn.response_complete = True
        self._write(turn.method, ready, keep_alive=turn.keep_alive)

    def _write(self, method: str, ready: Ready, *, keep_alive: bool) -> None:
        head = b"%b%b%b" % (status_line(ready.status), _common(self.server_state), head_of(ready.headers))
        length = b"content-length: %d\r\n" % len(ready.body) if has_body(ready.status) else b""
        end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        if method == "HEAD" or len(ready.body) < WORTH_A_BUFFER:
            body = b"" if method == "HEAD" else ready.body
            self.transport.write(b"%b%b%b%b" % (head, length, end, body))
        else:
            self.transport.writelines((b"%b%b%b" % (head, length, end), ready.body))
        if not keep_alive:
            self.transport.close()
        if self.pipeline or self.timeout_keep_alive_task is None:
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if self.held is not None and self.held.place is not None:
            self.held.place.leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Called when the server shuts down: nobody is held any longer; players ask again."""
        turn = self.held
        if turn is None:
            super().shutdown()
            return
        if turn.place is not None:
            turn.place.leave()
        turn.keep_alive = False
        self._complete(turn, Refusal(503, "The server is restarting.").ready(()))

    def timeout_keep_alive_handler(self) -> None:
        """A timer for each answer would cost as much as the answer: one goes on for as long as there are requests."""
        idle = self.loop.time() - self.active_at
        if self.held is not None or idle < self.timeout_keep_alive:
            left = self.timeout_keep_alive - (0 if self.held is not None else idle)
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        elif self.transport.get_write_buffer_size():
            # An answer that nobody has read by now is not waited for.
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()


_rendered: tuple[object, bytes] = (None, b"")


def _common(state: ServerState) -> bytes:
    """The headers of every answer (the date), rendered once a second."""
    global _rendered  # noqa: PLW0603 -- one server in a process
    headers = state.default_headers
    if headers is not _rendered[0]:
        _rendered = (headers, head_of(tuple(headers)))
    return _rendered[1]


def spare_garbage() -> None:
    """Thousands of requests a second leave no cycles behind; looking for some among all that was loaded
    took a sixth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 100)


class MediaServer(uvicorn.Server):
    """uvicorn, which first lets go of whoever follows a desk: they would not end by themselves."""

    #: Off where others live in the same process, as in tests.
    spares_garbage = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._listen_more_often()
        if self.spares_garbage:
            spare_garbage()

    async def _listen_more_often(self) -> None:
        """Twins of the listening sockets share their queue; each accepts one connection in a turn."""
        loop = asyncio.get_running_loop()
        for listening in [one for server in self.servers for one in server.sockets]:
            for _ in range(ACCEPTED_IN_A_TURN - 1):
                twin = socket.socket(fileno=os.dup(listening.fileno()))
                server = await loop.create_server(
                    self._connect, sock=twin, ssl=self.config.ssl, backlog=self.config.backlog
                )
                self.servers.append(server)

    def _connect(self) -> asyncio.Protocol:
        return LendingProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        origin: Origin | None = self.lifespan.state.get(ORIGIN)
        if origin is not None:
            origin.end()
        await super().shutdown(sockets)


class TailEndingServer(MediaServer):
    """The same for those who follow a room."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from konsilium.rooms.stream import end_tails  # reason: models are loaded with the application

        end_tails()
        await super().shutdown(sockets)


def serve(
    *,
    host: str,
    port: int,
    application: str = "konsilium.config.asgi:application",
    certificate: Path | None = None,
    private_key: Path | None = None,
    has_rooms: bool = True,
) -> None:
    """Serve the application until SIGTERM; open tails end at once, requests under way are finished."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=LendingProtocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        backlog=4096,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    server = TailEndingServer(config) if has_rooms else MediaServer(config)
    server.spares_garbage = True
    give_memory_back()
    server.run()
