"""A kept connection remembers what a player's header lines say: whatever comes, it answers as a fresh one does."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konsilium.config.server import LendingProtocol
from tests.mediaplane.origin.http import CHANNEL, Origin

EXAMPLES = 150
#: No answer within that time is one too.
PATIENCE_S = 3.0
BASE = f"/media/{CHANNEL}"


@dataclass(frozen=True)
class Asked:
    method: bytes
    path: bytes
    #: Between the request line and the empty one.
    lines: bytes
    body: bytes = b""

    @property
    def data(self) -> bytes:
        return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (self.method, self.path, self.lines, self.body)


class Connection:
    @classmethod
    async def to(cls, port: int) -> "Connection":
        own = cls()
        own.reader, own.writer = await asyncio.open_connection("127.0.0.1", port)
        return own

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, method: bytes) -> tuple[bytes, ...]:
        """Status line, headers without the date, body; less if the connection ends before."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            return (b"closed", error.partial)
        except ConnectionError:
            return (b"closed", b"")
        first, *lines = head.rstrip().split(b"\r\n")
        kept = sorted(line for line in lines if not line.startswith(b"date:"))
        size = next((int(line[16:]) for line in lines if line.startswith(b"content-length: ")), None)
        if method == b"HEAD" or b" 204 " in first:
            size = 0
        body = await (self.reader.read() if size is None else self.reader.readexactly(size))
        return (first, *kept, body)


class Both:
    """A server, and what two connections to it are told."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.repeated = 0

    async def told(
        self, before: Asked, asked: Asked, after: Asked, cut: int
    ) -> list[list[tuple[bytes, ...]]]:
        """By the kept one, which was asked something before, and by the fresh one; nothing if it was not kept."""
        assert self.origin.port is not None
        kept, fresh = [await Connection.to(self.origin.port) for _ in range(2)]
        try:
            for _ in range(2):
                kept.writer.write(self._now(before.data))
                (answer,) = await self._answers([kept], before.method)
                if _is_last(answer):
                    return [[], []]
            found = []
            for one in (asked, after):
                data = self._now(one.data)
                at = cut % len(data)
                fresh.writer.write(data)
                if at:
                    kept.writer.write(data[:at])
                    await asyncio.sleep(0.002)
                kept.writer.write(data[at:])
                found.append(await self._answers([kept, fresh], one.method))
                if any(map(_is_last, found[-1])):
                    break
            return [list(told) for told in zip(*found, strict=True)]
        finally:
            for connection in (kept, fresh):
                connection.writer.close()

    def _now(self, data: bytes) -> bytes:
        """Time passes between two examples, and must not change what hypothesis draws."""
        timeline = self.origin.timeline("endoscope")
        msn, part = timeline.last or (0, 0)
        data = data.replace(b"NEXT", b"_HLS_msn=%d&_HLS_part=%d&_HLS_skip=YES" % (msn, part + 1))
        data = data.replace(b"FAR", b"_HLS_msn=%d&_HLS_part=0" % (msn + 9))
        data = data.replace(b"LAST", b"%d" % timeline.segments[-1].parts[-1].start)
        return data.replace(b"NUMBER", b"%d" % timeline.cipher.number(timeline.end, timeline.timescale))

    async def _answers(self, connections: list[Connection], method: bytes) -> list[tuple[bytes, ...]]:
        tasks = [asyncio.ensure_future(connection.answer(method)) for connection in connections]
        clock = asyncio.get_running_loop().time
        ends = clock() + PATIENCE_S
        while (waiting := [task for task in tasks if not task.done()]) and clock() < ends:
            # Not before both are held: they would see different playlists.
            if len(self.origin.channel.waiting_room("endoscope")) == len(waiting):
                self.origin.pass_time(0.2)
            await asyncio.wait(waiting, timeout=0.002)
        for task in waiting:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        return [answer if isinstance(answer, tuple) else (b"silent",) for answer in answers]


def _is_last(answer: tuple[bytes, ...]) -> bool:
    """Of a connection that is closed it depends on chance what can still be read."""
    return answer[0] in {b"closed", b"silent"} or b"connection: close" in answer


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def both(runner: asyncio.Runner) -> Iterator[Both]:
    origin = Origin()
    origin.connect()
    made = Both(origin)
    is_repeated = LendingProtocol._is_repeated

    def counted(self: LendingProtocol, *arguments: object) -> bool:
        found = is_repeated(self, *arguments)  # type: ignore[arg-type]
        made.repeated += found
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LendingProtocol, "_is_repeated", counted)
        serving = origin.served()
        runner.run(serving.__aenter__())
        yield made
        with contextlib.suppress(asyncio.CancelledError):
            runner.run(serving.__aexit__(None, None, None))


PATHS = st.sampled_from(
    [
        *(f"{BASE}/{rest}".encode() for rest in ("master.m3u8", "endoscope/video.m3u8", "key-NUMBER.bin")),
        *(f"{BASE}/endoscope/video.m3u8?{query}".encode() for query in ("NEXT", "FAR", "_HLS_msn=x")),
        *(f"{BASE}/endoscope/part-{start}.m4s".encode() for start in ("LAST", "LAST1")),
        *(f"{BASE}/report".encode(), b"/media/elsewhere/master.m3u8", b"/other"),
    ]
)


def header_lines(origin: Origin) -> st.SearchStrategy[bytes]:
    grants = [origin.grant(), origin.grant(holder="rita"), origin.grant(channel="elsewhere"), "none"]
    lines = [b"Host: x\r\n"]
    for grant in (one.encode() for one in grants):
        lines += [b"Authorization: Bearer %b\r\n" % grant, b"Cookie: a=b; konsilium_grant=%b\r\n" % grant]
    lines += [
        *(b"Accept-Encoding: gzip\r\n", b"Accept-Encoding: gzip;q=0\r\n", b"Range: bytes=0-9\r\n"),
        *(b"Origin: https://player.example\r\n", b"Origin: https://elsewhere.example\r\n"),
        *(b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"X: \r\n", b"X : y\r\n", b" folded\r\n"),
    ]
    return st.lists(st.sampled_from(lines), max_size=5).map(lambda found: b"Host: x\r\n" + b"".join(found))


def requests(origin: Origin, lines: bytes) -> st.SearchStrategy[Asked]:
    """Mostly with the same lines; some with one more before or after them, with one less, or with others."""
    more = header_lines(origin)
    bodies = [(b"", b""), (b"", b""), (b"Content-Length: 3\r\n", b"GET")]
    changed = st.one_of(
        st.just(lines),
        st.just(lines),
        more,
        more.map(lambda others: others + lines),
        more.map(lambda others: lines + others),
        st.just(lines.partition(b"\r\n")[2] or lines),
        st.just(lines.lower()),
    )
    return st.builds(
        lambda method, path, own, body: Asked(method, path, own + body[0], body[1]),
        st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"POST"]),
        PATHS,
        changed,
        st.sampled_from(bodies),
    )


def test_a_kept_connection_answers_as_a_fresh_one(both: Both, runner: asyncio.Runner) -> None:
    origin = both.origin

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        lines = data.draw(header_lines(origin))
        before = Asked(b"GET", data.draw(PATHS), lines)
        asked, after = data.draw(requests(origin, lines)), data.draw(requests(origin, lines))
        # Mostly in one piece, as it comes from a player.
        cut = data.draw(st.one_of(st.just(0), st.integers(0, 400)))
        by_kept, by_fresh = runner.run(both.told(before, asked, after, cut))
        assert by_kept == by_fresh

    holds()
    assert both.repeated > EXAMPLES / 4, "what was remembered was used"


def test_a_body_that_looks_like_the_next_request_is_none(both: Both, runner: asyncio.Runner) -> None:
    """What follows would be answered to the wrong question: request smuggling."""
    path = f"{BASE}/master.m3u8".encode()
    lines = (
        b"Host: x\r\nCookie: konsilium_grant=%b\r\nContent-Length: 9999\r\n" % both.origin.grant().encode()
    )
    lines = lines.replace(b"9999", b"%04d" % len(Asked(b"GET", path, lines).data))
    body = Asked(b"GET", path, lines).data
    asked, after = Asked(b"GET", path, lines, body), Asked(b"GET", f"{BASE}/no.m3u8".encode(), b"Host: x\r\n")
    by_kept, by_fresh = runner.run(both.told(after, asked, after, len(body)))
    assert by_kept == by_fresh
    assert [answer[0] for answer in by_kept] == [b"HTTP/1.1 200 OK", b"HTTP/1.1 401 Unauthorized"]
