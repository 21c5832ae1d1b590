"""The origin as a function of requests: the real application, without a server in between."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import uvicorn

from konsilium.config.server import ORIGIN, LendingProtocol, MediaServer
from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.grants import issue_grant
from konsilium.mediaplane.hls import SOUND, Angle, ChannelState, Limits, Timeline
from konsilium.mediaplane.origin import ChannelTimelines, create_origin
from konsilium.mediaplane.origin.app import App, Receive, Scope, Send
from konsilium.mediaplane.origin.needs import Recorded, StopAnswer
from konsilium.mediaplane.plan import is_overtaken
from konsilium.mediaplane.status import Status
from tests.mediaplane.hls_factory import CIPHER, init_of, picture, silence, slate, sound

KEY = b"k" * 32
CHANNEL = "0190-operation"
HALL = "0190-hall"


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Origin:
    """One channel with two angles, and whoever asks for it."""

    now: datetime = datetime(2026, 9, 14, 9, 0, 0, 115_000, tzinfo=UTC)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.channel = ChannelTimelines(
            angles=[Angle("endoscope", "Endoscope"), Angle("overview", "Overview")],
            slate=slate(),
            silence=silence(),
            cipher=CIPHER,
            now=self.now,
            limits=self.limits,
        )
        self.channels = {CHANNEL: self.channel}
        self.app = create_origin(self, KEY, allowed_origins=["https://player.example"], now=self.clock)
        self.port: int | None = None
        self.cycles: list[str] = []
        self.recordings: dict[str, Recorded] = {}
        self.barred_since: dict[str, datetime] = {}
        self.pictures: dict[str, bytes] = {}
        self.reports: list[tuple[str, str, float, int, str]] = []
        self.stops: list[tuple[str, str]] = []
        self.live_since: datetime | None = None
        self.status = Status(at=self.now, version=1)

    def clock(self) -> float:
        return self.now.timestamp()

    # --- What the studio is to the origin --------------------------------------------------------------

    def recording(self, channel: str) -> Recorded | None:
        return self.recordings.get(channel)

    def channels_of(self, hall: str) -> list[str]:
        return [CHANNEL] if hall == HALL else []

    def thumbnail(self, door: str) -> bytes | None:
        return self.pictures.get(door)

    def barred(self, channel: str) -> Mapping[str, datetime]:
        return self.barred_since

    def stop_channel(self, channel: str, person: str, at: datetime, age: timedelta) -> StopAnswer:
        if channel not in self.channels:
            return "unknown"
        if self.channel.state is ChannelState.ENDED:
            return "ended"
        if is_overtaken(at - age, self.live_since):
            return "overtaken"
        self.channel.stop(at)
        self.stops.append((channel, person))
        return "stopped"

    def report(self, channel: str, person: str, *, behind_s: float, stalls: int, feed: str) -> None:
        self.reports.append((channel, person, behind_s, stalls, feed))

    # --- What the tests do -----------------------------------------------------------------------------

    def grant(self, *, holder: str = "dana", channel: str = CHANNEL, acts: Collection[str] = ()) -> str:
        return issue_grant(KEY, holder=holder, channel=channel, now=self.now, acts=acts)

    def connect(self) -> None:
        """Pictures and sound, two seconds of them at once."""
        for key, timescale in (("endoscope", 90_000), (SOUND, 48_000)):
            sink = self.channel.sound_sink() if key == SOUND else self.channel.picture_sink(key)
            fragments = sound() if key == SOUND else picture()
            first = next(fragments)
            init = init_of(Kind.AUDIO if key == SOUND else Kind.VIDEO, timescale=timescale)
            sink.open_period(init, at=self.now)
            sink.add_fragment(first)
            for _ in range(59 if key != SOUND else 10):
                sink.add_fragment(next(fragments))

    def timeline(self, rendition: str) -> Timeline:
        timeline = self.channel.timeline(rendition)
        assert timeline is not None
        return timeline

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.channel.tick(self.now)

    async def ask(
        self,
        path: str,
        query: str | bytes = b"",
        *,
        method: str = "GET",
        grant: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        own = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        if grant is not None:
            own.append((b"authorization", b"Bearer " + grant.encode()))
        asked = query.encode() if isinstance(query, str) else query
        if self.port is None:
            return await ask_the_application(self.app, method, path, asked, own, body)
        return await ask_the_server(self.port, method, path, asked, own, body)

    async def get(self, rest: str, query: str = "", **options: object) -> Response:
        return await self.ask(f"/media/{CHANNEL}/{rest}", query, grant=self.grant(), **options)  # type: ignore[arg-type]

    @asynccontextmanager
    async def following(self, path: str, grant: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The data of an event stream, for as long as the block lasts."""
        if self.port is None:
            async with self.served(), self.following(path, grant) as events:
                yield events
            return
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {grant}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        assert b"text/event-stream" in head

        async def events() -> AsyncIterator[bytes]:
            while line := await asyncio.wait_for(reader.readline(), 5):
                if line.startswith(b"data: "):
                    yield line[6:]

        yield events()
        writer.close()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """From now on it is asked over sockets, through the server's own connections."""
        async with running(self.app) as (port, cycles):
            self.port, self.cycles = port, cycles
            yield
            self.app.end()
        self.port = None


async def ask_the_application(
    app: App, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> Response:
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
    sent: list[dict[str, object]] = []
    asked = False

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    async def receive() -> dict[str, object]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    await app(scope, receive, send)
    start, *rest = sent
    pairs = start["headers"]
    assert isinstance(pairs, list)
    content = b"".join(one["body"] for one in rest if isinstance(one["body"], bytes))
    status = start["status"]
    assert isinstance(status, int)
    return Response(status, {name.decode(): value.decode() for name, value in pairs}, content)


async def ask_the_server(
    port: int, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> Response:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    target = quote(path).encode() + (b"?" + query if query else b"")
    lines = [b"%b %b HTTP/1.1" % (method.encode(), target), b"host: x"]
    lines += [name + b": " + value for name, value in headers]
    if body or method == "POST":
        lines.append(b"content-length: %d" % len(body))
    writer.write(b"\r\n".join((*lines, b"", body)))
    try:
        return await read_response(reader, method)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_response(reader: asyncio.StreamReader, method: str = "GET") -> Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.strip().split("\r\n")
    status = int(line.split()[1])
    headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
    content = b""
    if method != "HEAD" and status != 204:
        content = await reader.readexactly(int(headers["content-length"]))
    headers.pop("date", None)
    return Response(status, headers, content)


def application_of(app: App, cycles: list[str] | None = None) -> App:
    """With the lifespan of `config/studio.py`; every ASGI cycle is noted."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"][ORIGIN] = app
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if cycles is not None:
            cycles.append(scope["path"])
        await app(scope, receive, send)

    return application


@asynccontextmanager
async def running(app: App, **options: object) -> AsyncIterator[tuple[int, list[str]]]:
    """The server of the house with this application; every ASGI cycle it runs is noted."""
    cycles: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            application_of(app, cycles),
            http=LendingProtocol,
            lifespan="on",
            log_config=None,
            ws="none",
            server_header=False,
            **options,  # type: ignore[arg-type]
        )
        server = MediaServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.005)
        try:
            yield listening.getsockname()[1], cycles
        finally:
            server.should_exit = True
            await serving
