"""The origin as a function of requests: the real application, without a server in between."""

import asyncio
import gzip
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.grants import issue_grant
from konsilium.mediaplane.hls import SOUND, Angle, Limits
from konsilium.mediaplane.origin import ChannelTimelines, create_origin
from konsilium.mediaplane.origin.app import App
from tests.mediaplane.hls_factory import init_of, picture, silence, slate, sound

KEY = b"k" * 32
CHANNEL = "0190-operation"


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

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.channel = ChannelTimelines(
            angles=[Angle("endoscope", "Endoscope"), Angle("overview", "Overview")],
            slate=slate(),
            silence=silence(),
            now=self.now,
            limits=self.limits,
        )
        self.channels = {CHANNEL: self.channel}
        self.app: App = create_origin(
            self, KEY, allowed_origins=["https://player.example"], now=lambda: self.now
        )

    def grant(self, *, holder: str = "dana", channel: str = CHANNEL) -> str:
        return issue_grant(KEY, holder=holder, channel=channel, now=self.now)

    def connect(self) -> None:
        """Pictures and sound, two seconds of them at once."""
        for key, timescale in (("endoscope", 90_000), (SOUND, 48_000)):
            sink = self.channel.sound_sink() if key == SOUND else self.channel.picture_sink(key)
            fragments = sound() if key == SOUND else picture()
            first = next(fragments)
            init = init_of(Kind.AUDIO if key == SOUND else Kind.VIDEO, timescale=timescale)
            sink.open_period(
                init=init.data,
                codecs=init.codecs,
                timescale=timescale,
                width=init.width,
                height=init.height,
                frame_rate=None,
                at=self.now,
            )
            sink.add_fragment(first)
            for _ in range(59 if key != SOUND else 10):
                sink.add_fragment(next(fragments))

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
    ) -> Response:
        own = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        if grant is not None:
            own.append((b"authorization", b"Bearer " + grant.encode()))
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode() if isinstance(query, str) else query,
            "headers": own,
        }
        sent: list[dict[str, object]] = []

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            sent.append(message)

        async def receive() -> dict[str, object]:
            await asyncio.Event().wait()
            return {}

        await self.app(scope, receive, send)
        start, body = sent
        pairs = start["headers"]
        assert isinstance(pairs, list)
        content = body["body"]
        assert isinstance(content, bytes)
        status = start["status"]
        assert isinstance(status, int)
        return Response(status, {name.decode(): value.decode() for name, value in pairs}, content)

    async def get(self, rest: str, query: str = "", **options: object) -> Response:
        return await self.ask(f"/media/{CHANNEL}/{rest}", query, grant=self.grant(), **options)  # type: ignore[arg-type]
