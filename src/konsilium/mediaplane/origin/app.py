"""The media plane's HTTP: parses, asks the kernel, waits when told to, writes."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Protocol

from konsilium.mediaplane.grants import CLOCK_SKEW, Holder, Refused, verify_grant
from konsilium.mediaplane.hls import SOUND, Reject, Serve, Timeline, WaitFor, reload_verdict
from konsilium.mediaplane.origin.channel import ChannelTimelines
from konsilium.mediaplane.origin.requests import (
    BadDirective,
    Directives,
    Master,
    Media,
    Playlist,
    Resource,
    grant_in,
    parse_directives,
    parse_path,
)
from konsilium.mediaplane.origin.waiting import ForPart, ForReload

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PLAYLIST_TYPE = b"application/vnd.apple.mpegurl"
#: Checking a signature for each of a viewer's twenty requests a second is work nobody gains from.
MOST_HOLDERS_KEPT = 20_000
#: Nothing of an operation is left behind in a browser's or proxy's cache, as long as it is not encrypted.
NOT_KEPT = (b"cache-control", b"private, no-store")
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"authorization"),
    (b"access-control-max-age", b"600"),
)


class Channels(Protocol):
    """What the origin needs of the studio."""

    @property
    def channels(self) -> Mapping[str, ChannelTimelines]: ...


class Answer(Exception):
    """Ends a request early with a status and a plain sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Origin:
    def __init__(
        self, studio: Channels, key: bytes, *, allowed_origins: Collection[str], now: Callable[[], datetime]
    ) -> None:
        self._studio = studio
        self._key = key
        self._allowed = frozenset(origin.encode() for origin in allowed_origins)
        self._now = now
        self._holders: dict[tuple[str, str], Holder] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})
            return
        headers = dict(scope["headers"])
        request = _Request(scope, headers, send, self._cors(headers))
        try:
            await self._answer(request)
        except Answer as answer:
            await request.refuse(answer)

    async def _answer(self, request: "_Request") -> None:
        if request.method == "OPTIONS":
            await request.respond(204, b"", *(PREFLIGHT if request.cors else ()))
            return
        if request.method not in {"GET", "HEAD"}:
            raise Answer(405, "Only GET, HEAD and OPTIONS are answered here.")
        found = parse_path(request.path)
        if found is None:
            raise Answer(404, "There is nothing here.")
        channel_id, resource = found
        holder = self._holder(request.headers, channel_id)
        channel = self._studio.channels.get(channel_id)
        if channel is None or resource is None:
            raise Answer(404, "There is nothing here.")
        channel.note_viewer(holder.person)
        await _serve(request, channel, resource)

    def _holder(self, headers: dict[bytes, bytes], channel_id: str) -> Holder:
        """The answer to a stranger is the same whether the channel exists or not."""
        token = grant_in(headers)
        if token is None:
            raise Answer(401, "A viewing grant is needed.")
        now = self._now()
        known = self._holders.get((token, channel_id))
        if known is not None and now < known.expires + CLOCK_SKEW:
            return known
        verdict = verify_grant(self._key, token, channel=channel_id, now=now)
        if isinstance(verdict, Refused):
            self._holders.pop((token, channel_id), None)
            raise Answer(403, "This viewing grant is not good here: " + verdict.reason + ".")
        if len(self._holders) >= MOST_HOLDERS_KEPT:
            self._holders.clear()
        self._holders[token, channel_id] = verdict
        return verdict

    def _cors(self, headers: dict[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
        origin = headers.get(b"origin")
        if origin is None or origin not in self._allowed:
            return ()
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
        )


class _Request:
    def __init__(
        self, scope: Scope, headers: dict[bytes, bytes], send: Send, cors: tuple[tuple[bytes, bytes], ...]
    ) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope.get("query_string", b"")
        self.headers = headers
        self.cors = cors
        self._send = send

    @property
    def takes_gzip(self) -> bool:
        return b"gzip" in self.headers.get(b"accept-encoding", b"")

    async def respond(self, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        own = [*headers, *self.cors, (b"vary", b"origin, accept-encoding, cookie, authorization"), NOT_KEPT]
        if status != 204:
            own.append((b"content-length", b"%d" % len(body)))
        await self._send({"type": "http.response.start", "status": status, "headers": own})
        await self._send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else body})

    async def refuse(self, answer: Answer) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        if answer.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if answer.status == 405:
            headers.append((b"allow", b"GET, HEAD, OPTIONS"))
        if answer.status == 503:
            headers.append((b"retry-after", b"1"))
        await self.respond(answer.status, (answer.sentence + "\n").encode(), *headers)


async def _serve(request: _Request, channel: ChannelTimelines, resource: Resource) -> None:
    match resource:
        case Media():
            await _serve_media(request, channel, resource)
        case Playlist():
            await _serve_playlist(request, channel, resource, _directives(request))
        case Master():
            feed = _directives(request).feed
            if feed is not None and not channel.has_angle(feed):
                raise Answer(404, "There is nothing here.")
            await request.respond(200, channel.master(feed), (b"content-type", PLAYLIST_TYPE))


def _directives(request: _Request) -> Directives:
    directives = parse_directives(request.query)
    if isinstance(directives, BadDirective):
        raise Answer(400, f"Bad request: {directives.reason}.")
    return directives


def _timeline(channel: ChannelTimelines, rendition: str) -> Timeline:
    timeline = channel.timeline(rendition)
    if timeline is None:
        raise Answer(404, "There is nothing here.")
    return timeline


async def _serve_playlist(
    request: _Request, channel: ChannelTimelines, asked: Playlist, directives: Directives
) -> None:
    timeline = _timeline(channel, asked.rendition)
    if (asked.name == "audio") != (asked.rendition == SOUND):
        raise Answer(404, "There is nothing here.")
    deadline = asyncio.get_running_loop().time() + timeline.limits.longest_wait_s
    while True:
        match reload_verdict(timeline, directives.msn, directives.part):
            case Serve():
                break
            case Reject(status, clause):
                raise Answer(status, f"Bad request (RFC 8216bis {clause}).")
            case WaitFor(msn, part):
                if not await channel.wait(asked.rendition, ForReload(msn, part), deadline):
                    raise Answer(503, "Nothing new came for three target durations.")
    packed = request.takes_gzip
    body = channel.playlist(asked.rendition, skip=directives.skip, packed=packed)
    encoding = ((b"content-encoding", b"gzip"),) if packed else ()
    await request.respond(200, body, (b"content-type", PLAYLIST_TYPE), *encoding)


async def _serve_media(request: _Request, channel: ChannelTimelines, asked: Media) -> None:
    timeline = _timeline(channel, asked.rendition)
    kind = b"audio/mp4" if asked.rendition == SOUND else b"video/mp4"
    if asked.kind == "init":
        body = timeline.init(asked.number)
    elif asked.kind == "seg":
        segment = timeline.segment(asked.number)
        body = None if segment is None else b"".join(part.data for part in segment.parts)
    else:
        body = await _part(channel, asked, timeline)
    if body is None:
        raise Answer(404, "There is nothing here.")
    await request.respond(200, body, (b"content-type", kind))


async def _part(channel: ChannelTimelines, asked: Media, timeline: Timeline) -> bytes | None:
    """RFC 8216bis 4.4.5.3: a hinted part is held until it is there."""
    deadline = asyncio.get_running_loop().time() + timeline.limits.longest_wait_s
    while (part := timeline.part(asked.number)) is None:
        if timeline.ended or timeline.end != asked.number:
            return None
        if not await channel.wait(asked.rendition, ForPart(asked.number), deadline):
            raise Answer(503, "Nothing new came for three target durations.")
    return part.data


def create_origin(
    studio: Channels,
    key: bytes,
    *,
    allowed_origins: Collection[str] = (),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> App:
    """The ASGI application below `/media/`; `allowed_origins` may play it from pages of other hosts."""
    return Origin(studio, key, allowed_origins=allowed_origins, now=now)
