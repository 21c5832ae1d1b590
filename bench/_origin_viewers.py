"""Simulated viewers, as hls.js behaves: for each rendition one connection for playlists and one for media.

A playlist's answer is followed at once by the next blocking reload, and by the parts that it lists; keys are
fetched when they change. All of it runs in one process of its own on the cores the server does not have.
"""

import asyncio
import gc
import multiprocessing
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any, cast

import uvloop

CHANNEL = "bench"
#: The rendition, its playlist, its ticks a second.
RENDITIONS = ((b"endoscope", b"video.m3u8", 90_000), (b"sound", b"audio.m3u8", 48_000))
#: What Chrome sends beside the cookie.
BROWSER = (
    b"Connection: keep-alive\r\n"
    b'sec-ch-ua-platform: "Linux"\r\n'
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    b"Safari/537.36\r\n"
    b'sec-ch-ua: "Chromium";v="141", "Not?A_Brand";v="8"\r\nsec-ch-ua-mobile: ?0\r\nAccept: */*\r\n'
    b"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
    b"Referer: http://127.0.0.1/operations/7b0c3c1e-8a53-4a8e-9a0b-0a4d0b3f9f11/live/\r\n"
    b"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n"
)
COOKIE = (
    b"Cookie: csrftoken=0123456789abcdef0123456789abcdef; sessionid=abcdef0123456789abcdef; konsilium_grant="
)


@dataclass
class Figures:
    """Of all viewers together since the last measurement."""

    viewers: int = 0
    requests: int = 0
    #: Those among them that no edge may answer.
    keys: int = 0
    bytes: int = 0
    stalls: int = 0
    stalled_s: float = 0.0
    #: What the simulation itself took of a processor.
    cpu_s: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    #: Rendition → bytes of a playlist and of a part, as they came last.
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: Rendition, where the part begins, when its last byte was there (monotonic clock).
    arrivals: list[tuple[str, int, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Read:
    """What a player takes from a playlist."""

    reload: bytes
    end: int
    parts: tuple[int, ...]
    key: bytes


@lru_cache(maxsize=64)
def read_playlist(body: bytes) -> Read:
    """The same for everybody who was woken by the same part, so it is read once."""
    text = zlib.decompress(body, 31) if body[:2] == b"\x1f\x8b" else body
    msn = part = end = 0
    parts: list[int] = []
    key = b""
    for line in text.split(b"\n"):
        if line.startswith(b"#EXT-X-PART:"):
            parts.append(int(line.partition(b'URI="part-')[2].partition(b".")[0]))
            part += 1
        elif line.startswith(b"#EXTINF:"):
            msn, part = msn + 1, 0
        elif line.startswith(b"#EXT-X-MEDIA-SEQUENCE:"):
            msn = int(line[22:])
        elif line.startswith(b"#EXT-X-SKIP:SKIPPED-SEGMENTS="):
            msn += int(line[29:])
        elif line.startswith(b"#EXT-X-KEY:METHOD=AES-128"):
            key = line.partition(b'URI="../')[2].partition(b'"')[0]
        elif line.startswith(b"#EXT-X-PRELOAD-HINT:"):
            end = int(line.partition(b'URI="part-')[2].partition(b".")[0])
    return Read(b"?_HLS_msn=%d&_HLS_part=%d&_HLS_skip=YES" % (msn, part), end, tuple(parts), key)


Answered = Callable[[bytes, bytes], None]


BEHIND_ONE_ADDRESS = 500
#: All connections read into the same memory, one after the other: what a part says is not looked at.
ROOM = memoryview(bytearray(1 << 20))


class Link(asyncio.BufferedProtocol):
    """A kept connection with one request under way."""

    def __init__(self, headers: bytes, *, keeps: bool) -> None:
        self.headers = headers
        self.keeps = keeps
        self.left = self.size = 0
        self.head = b""
        self.chunks: list[bytes] = []
        self.status = b""
        self.answered: Answered | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are what asyncio's are, without being their children.
        self.transport = cast("asyncio.WriteTransport", transport)

    def ask(self, path: bytes, answered: Answered) -> None:
        self.answered = answered
        self.transport.write(b"GET %b HTTP/1.1\r\n%b" % (path, self.headers))

    def get_buffer(self, _wanted: int) -> memoryview:
        return ROOM

    def buffer_updated(self, count: int) -> None:
        if self.left:
            self.left -= count
            if self.keeps:
                self.chunks.append(bytes(ROOM[:count]))
        elif not self._read_head(count):
            return
        if self.left == 0 and self.answered is not None:
            body, self.chunks = b"".join(self.chunks), []
            answered, self.answered = self.answered, None
            answered(self.status, body)

    def _read_head(self, count: int) -> bool:
        before = len(self.head)
        data = self.head + bytes(ROOM[: count if self.keeps else min(count, 4096)])
        at = data.find(b"\r\n\r\n")
        if at < 0:
            self.head = data
            return False
        self.head = b""
        self.status = data[9:12]
        length = data.find(b"ength: ", 0, at) + 7
        self.size = int(data[length : data.find(b"\r", length)])
        self.left = self.size - (before + count - at - 4)
        if self.keeps:
            self.chunks.append(data[at + 4 :])
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        if self.answered is not None:
            answered, self.answered = self.answered, None
            answered(b"gone", b"")


class Follower:
    """One rendition on one viewer's screen."""

    def __init__(self, crowd: "Crowd", rendition: tuple[bytes, bytes, int], links: tuple[Link, Link]) -> None:
        name, playlist, self.timescale = rendition
        self.crowd = crowd
        self.name = name.decode()
        self.root = b"/media/%b/" % CHANNEL.encode()
        self.base = self.root + name + b"/"
        self.playlist = self.base + playlist
        self.playlists, self.media = links
        self.seen = -1
        self.key = b""
        self.waiting: deque[bytes | int] = deque()
        self.is_loading = False
        #: Where and when its playback began; shifted by each stall.
        self.began: tuple[int, float] | None = None

    def start(self) -> None:
        self.playlists.ask(self.playlist, self._on_playlist)

    def _on_playlist(self, status: bytes, body: bytes) -> None:
        self.crowd.count(status, len(body))
        if status != b"200":
            self.crowd.again(self.start)
            return
        read = read_playlist(body)
        self.playlists.ask(self.playlist + read.reload, self._on_playlist)
        if self.seen < 0:
            self.seen = read.end - round(3 * self.crowd.part_s * self.timescale) - 1
        for start in read.parts:
            if start > self.seen:
                self.seen = start
                if read.key != self.key:
                    self.key = read.key
                    self.waiting.append(self.root + read.key)
                self.waiting.append(start)
        if not self.is_loading:
            self._load()

    def _load(self) -> None:
        self.is_loading = bool(self.waiting)
        if not self.waiting:
            return
        wanted = self.waiting.popleft()
        if isinstance(wanted, bytes):
            self.media.ask(wanted, self._on_key)
        else:
            self.current = wanted
            self.media.ask(b"%bpart-%d.m4s" % (self.base, wanted), self._on_part)

    def _on_key(self, status: bytes, body: bytes) -> None:
        self.crowd.count(status, len(body))
        self.crowd.figures.keys += 1
        self._load()

    def _on_part(self, status: bytes, _body: bytes) -> None:
        now = time.monotonic()
        self.crowd.count(status, self.media.size)
        if status == b"200":
            self.crowd.figures.sizes[self.name] = (self.playlists.size, self.media.size)
            start = self.current
            self.crowd.figures.arrivals.append((self.name, start, now))
            if self.began is None:
                self.began = (start, now)
            else:
                late = now - self.began[1] - (start - self.began[0]) / self.timescale
                if late > 0:
                    self.crowd.stall(late)
                    self.began = (self.began[0], self.began[1] + late)
        self._load()


class Paced(Follower):
    """The same requests of a server that only has files: asked for when parts would appear."""

    def start(self) -> None:
        self.crowd.paced.append(self)

    def beat(self, at: float) -> None:
        if self.playlists.answered is None and self.media.answered is None:
            self.at = at
            self.playlists.ask(self.playlist, self._on_playlist)

    def _on_playlist(self, status: bytes, body: bytes) -> None:
        self.crowd.count(status, len(body))
        self.media.ask(self.base + b"part.m4s", self._on_part)

    def _on_part(self, status: bytes, _body: bytes) -> None:
        self.crowd.count(status, self.media.size)
        self.crowd.figures.arrivals.append((self.name, round(self.at * 1000), time.monotonic()))


class Crowd:
    def __init__(self, port: int, grants: list[str], part_s: float, *, paced: bool) -> None:
        self.port = port
        self.follower = Paced if paced else Follower
        self.paced: list[Paced] = []
        self.grants = deque(grants)
        self.part_s = part_s
        self.figures = Figures()
        self.viewers = 0

    async def grow(self, viewers: int, per_second: float) -> None:
        while self.viewers < viewers:
            await self._add(self.grants.popleft())
            self.viewers += 1
            await asyncio.sleep(1 / per_second)

    async def _add(self, grant: str) -> None:
        loop = asyncio.get_running_loop()
        headers = b"Host: 127.0.0.1\r\n" + BROWSER + COOKIE + grant.encode() + b"\r\n\r\n"
        # A hospital behind each address: all of them behind one would meet the edge's limit for that.
        source = (f"127.0.1.{1 + self.viewers // BEHIND_ONE_ADDRESS}", 0)
        for rendition in RENDITIONS:
            links = [
                (
                    await loop.create_connection(
                        lambda: Link(headers, keeps=True), "127.0.0.1", self.port, local_addr=source
                    )
                )[1]
                for _ in range(2)
            ]
            links[1].keeps = False
            self.follower(self, rendition, (links[0], links[1])).start()

    async def beat(self) -> None:
        while True:
            now = time.monotonic()
            for one in self.paced:
                one.beat(now)
            await asyncio.sleep(max(0.0, now + self.part_s - time.monotonic()))

    def count(self, status: bytes, size: int) -> None:
        self.figures.requests += 1
        self.figures.bytes += size
        if status != b"200":
            name = status.decode()
            self.figures.failures[name] = self.figures.failures.get(name, 0) + 1

    def stall(self, late: float) -> None:
        self.figures.stalls += 1
        self.figures.stalled_s += late

    def again(self, start: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(0.5, start)

    async def measure(self, seconds: float) -> Figures:
        """What happens from now on, for so long."""
        self.figures, before = Figures(), time.process_time()
        await asyncio.sleep(seconds)
        figures, self.figures = self.figures, Figures()
        figures.viewers, figures.cpu_s = self.viewers, time.process_time() - before
        return figures


async def _obey(pipe: Connection, crowd: Crowd) -> None:
    loop = asyncio.get_running_loop()
    while True:
        order, *arguments = await loop.run_in_executor(None, pipe.recv)
        if order == "grow":
            await crowd.grow(*arguments)
            pipe.send(crowd.viewers)
        else:
            pipe.send(asdict(await crowd.measure(*arguments)))


def _run(pipe: Connection, port: int, grants: list[str], part_s: float, paced: bool) -> None:
    crowd = Crowd(port, grants, part_s, paced=paced)

    async def both() -> None:
        await asyncio.gather(_obey(pipe, crowd), crowd.beat())

    # Nothing here ends in a cycle, and looking for some costs more than everything else.
    gc.disable()
    uvloop.run(both())


class Viewers:
    """The process they are in, seen from the benchmark."""

    def __init__(self, port: int, grants: list[str], part_s: float, *, paced: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=_run, args=(there, port, grants, part_s, paced), daemon=True)
        self.process.start()

    def grow(self, viewers: int, per_second: float) -> None:
        self.pipe.send(("grow", viewers, per_second))
        self.pipe.recv()

    def begin(self, seconds: float) -> None:
        self.pipe.send(("measure", seconds))

    def figures(self) -> Figures:
        answer: dict[str, Any] = self.pipe.recv()
        return Figures(**answer)

    def close(self) -> None:
        self.process.kill()
        self.process.join()
