"""Over real sockets: what only a server in between can break."""

import asyncio
import contextlib
import gc
import select
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import httptools
import pytest
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from konsilium.config.heads import MAX_HEAD
from konsilium.config.server import ACCEPTED_IN_A_TURN, LONGEST_LEARNT, LendingProtocol
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.origin.http import CHANNEL, Origin, Response, read_response, running

BASE = f"/media/{CHANNEL}/endoscope"


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    own = Origin()
    async with own.served():
        yield own


class Client:
    """One connection that is kept."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.grant = origin.grant()

    async def __aenter__(self) -> Self:
        assert self.origin.port is not None
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.origin.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def send(self, path: str, *, method: str = "GET", version: str = "1.1", headers: str = "") -> None:
        head = f"{method} {path} HTTP/{version}\r\nHost: x\r\nAuthorization: Bearer {self.grant}\r\n"
        self.writer.write(f"{head}{headers}\r\n".encode())

    async def receive(self, method: str = "GET") -> Response:
        return await asyncio.wait_for(read_response(self.reader, method), 3)

    async def get(self, path: str) -> Response:
        self.send(path)
        return await self.receive()


def next_reload(origin: Origin) -> str:
    last = origin.timeline("endoscope").last
    assert last is not None
    return f"{BASE}/video.m3u8?_HLS_msn={last[0]}&_HLS_part={last[1] + 1}"


def held(origin: Origin) -> int:
    return len(origin.channel.waiting_room("endoscope"))


async def until_held(origin: Origin, count: int) -> None:
    async with asyncio.timeout(3):
        while held(origin) != count:  # noqa: ASYNC110 -- nothing tells when a socket was read
            await asyncio.sleep(0.005)


async def test_blocking_reloads_follow_the_channel_on_one_connection(origin: Origin) -> None:
    async with Client(origin) as client:
        answer = await client.get(f"{BASE}/video.m3u8")
        last = parse(answer.text).segments[-1]
        msn, part = (last.msn, len(last.parts)) if last.uri is None else (last.msn + 1, 0)
        for _ in range(5):
            client.send(f"{BASE}/video.m3u8?_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES")
            await until_held(origin, 1)
            origin.pass_time(0.2)
            answer = await client.receive()
            last = parse(answer.text).segments[-1]
            assert (answer.status, last.msn, len(last.parts)) >= (200, msn, part + 1)
            msn, part = last.msn, len(last.parts)
            media = await client.get(f"{BASE}/{last.parts[-1].uri}")
            assert media.headers["content-type"] == "video/mp4"
            assert media.body == origin.timeline("endoscope").part(int(last.parts[-1].uri[5:-4])).data
    assert origin.cycles == []


async def test_many_are_woken_together_with_the_same_bytes(origin: Origin) -> None:
    clients = [Client(origin) for _ in range(40)]
    for client in clients:
        await client.__aenter__()
        client.send(next_reload(origin))
    await until_held(origin, len(clients))
    assert len(origin.channel.waiting_room("endoscope").targets) == 1
    origin.pass_time(0.2)
    bodies = {(await client.receive()).body for client in clients}
    assert len(bodies) == 1
    for client in clients:
        await client.__aexit__()


async def test_whoever_goes_away_while_held_leaves_its_place(origin: Origin) -> None:
    async with Client(origin) as client:
        client.send(next_reload(origin))
        await until_held(origin, 1)
    await until_held(origin, 0)
    origin.pass_time(0.4)
    async with Client(origin) as client:
        assert (await client.get(f"{BASE}/video.m3u8")).status == 200


async def test_answers_come_in_the_order_of_the_requests(origin: Origin) -> None:
    """RFC 9112 9.3.2: behind a request that is held, others wait, whoever answers them."""
    playlist = parse((await origin.get("endoscope/video.m3u8")).text)
    async with Client(origin) as client:
        client.send(next_reload(origin))
        client.send(f"{BASE}/{playlist.parts[0].uri}")
        client.send(f"{BASE}/nothing-1.m4s")
        client.send(f"{BASE}/video.m3u8", method="HEAD")
        client.send(f"{BASE}/{playlist.parts[-1].uri}")
        await until_held(origin, 1)
        origin.pass_time(0.2)
        assert (await client.receive()).headers["content-type"] == "application/vnd.apple.mpegurl"
        part = await client.receive()
        assert part.body == origin.timeline("endoscope").part(int(playlist.parts[0].uri[5:-4])).data
        assert (await client.receive()).status == 404
        assert (await client.receive("HEAD")).status == 200
        assert (await client.receive()).headers["content-type"] == "video/mp4"
        assert (await client.get(f"{BASE}/video.m3u8")).status == 200


async def test_a_request_in_small_pieces(origin: Origin) -> None:
    async with Client(origin) as client:
        whole = f"GET {BASE}/video.m3u8 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.grant}\r\n\r\n"
        for at in range(0, len(whole), 7):
            client.writer.write(whole[at : at + 7].encode())
            await asyncio.sleep(0.001)
        assert (await client.receive()).status == 200


async def test_a_body_that_nobody_asked_for_is_skipped(origin: Origin) -> None:
    async with Client(origin) as client:
        client.send(f"{BASE}/video.m3u8", headers="Content-Length: 5\r\n")
        client.writer.write(b"hello")
        assert (await client.receive()).status == 200
        client.send(next_reload(origin), headers="Content-Length: 5\r\n")
        client.writer.write(b"hello")
        await until_held(origin, 1)
        origin.pass_time(0.2)
        assert (await client.receive()).status == 200
        assert (await client.get(f"{BASE}/video.m3u8")).status == 200


async def _refused(origin: Origin, *pieces: bytes) -> Response:
    """The answer to what is sent piece by piece until the server hangs up, or has got all of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", origin.port)
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)
    answer = await asyncio.wait_for(read_response(reader), 3)
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()
    return answer


LINE = f"GET {BASE}/video.m3u8 HTTP/1.1\r\nHost: x\r\n".encode()
POSTED = f"POST /media/{CHANNEL}/report HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


@pytest.mark.parametrize(
    "pieces",
    [
        (LINE, b"Cookie: ", *[b"x" * 4096] * 16),
        (LINE + b"Cookie: " + b"x" * MAX_HEAD + b"\r\n\r\n",),
        (LINE, *[b"X-Many: " + b"x" * 1000 + b"\r\n"] * 65),
        (b"GET /", *[b"x" * 4096] * 16),
    ],
    ids=["a header without an end", "a long one at once", "many headers", "an address without an end"],
)
async def test_a_head_without_an_end_is_refused(origin: Origin, pieces: tuple[bytes, ...]) -> None:
    answer = await _refused(origin, *pieces)
    assert (answer.status, answer.headers["connection"]) == (431, "close")
    assert origin.cycles == []


@pytest.mark.parametrize("trailer", [b"X-More: ", b"5;"], ids=["a trailer", "an extension of a chunk"])
async def test_nothing_without_an_end_follows_a_body(origin: Origin, trailer: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", origin.port)
    writer.write(POSTED + b"2\r\n{}\r\n" + (b"0\r\n" if b":" in trailer else b"") + trailer)
    with contextlib.suppress(ConnectionError):
        for _ in range(40):
            writer.write(b"x" * 4096)
            await writer.drain()
            await asyncio.sleep(0.001)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 3)
    writer.close()


async def test_a_long_body_is_no_long_head(origin: Origin) -> None:
    async with Client(origin) as client:
        client.send(f"{BASE}/video.m3u8", headers=f"Content-Length: {3 * MAX_HEAD}\r\n")
        for _ in range(3):
            client.writer.write(b"x" * MAX_HEAD)
            await client.writer.drain()
        assert (await client.receive()).status == 200
        assert (await client.get(f"{BASE}/video.m3u8")).status == 200


async def test_long_lines_are_not_kept_with_the_connection(origin: Origin) -> None:
    async with Client(origin) as client:
        for length in (10, LONGEST_LEARNT):
            client.send(f"{BASE}/video.m3u8", headers=f"Cookie: {'x' * length}\r\n")
            assert (await client.receive()).status == 200
        assert (await client.get(f"{BASE}/video.m3u8")).status == 200
    kept = [len(one.lines) for one in gc.get_objects() if isinstance(one, LendingProtocol)]
    assert kept
    assert max(kept) <= LONGEST_LEARNT


@pytest.mark.parametrize(
    ("version", "headers"),
    [("1.0", ""), ("1.1", "Connection: close\r\n"), ("1.0", "Connection: keep-alive\r\n")],
)
async def test_whoever_wants_no_more_is_let_go(origin: Origin, version: str, headers: str) -> None:
    for path in (f"{BASE}/video.m3u8", next_reload(origin)):
        async with Client(origin) as client:
            client.send(path, version=version, headers=headers)
            await asyncio.sleep(0.02)
            origin.pass_time(0.2)
            answer = await client.receive()
            assert answer.headers["connection"] == "close"
            assert await asyncio.wait_for(client.reader.read(), 3) == b""


async def test_a_reader_that_does_not_read_takes_no_memory(origin: Origin) -> None:
    """Its requests end in the queue of one connection, and others are served."""
    uri = parse((await origin.get("endoscope/video.m3u8")).text).parts[0].uri
    with socket.create_connection(("127.0.0.1", origin.port or 0)) as slow:
        slow.setblocking(False)
        request = (
            f"GET {BASE}/video.m3u8 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {origin.grant()}\r\n\r\n"
        )
        sent, ran_full = 0, False
        async with asyncio.timeout(20):
            while not ran_full and sent < 200_000_000:
                try:
                    sent += slow.send(request.encode() * 50)
                except BlockingIOError:
                    await asyncio.sleep(0.05)
                    try:
                        sent += slow.send(request.encode())
                    except BlockingIOError:
                        ran_full = True
                await asyncio.sleep(0)
        assert ran_full
        assert (await origin.get(f"endoscope/{uri}")).status == 200


async def test_a_server_that_ends_holds_nobody() -> None:
    origin = Origin()
    async with origin.served():
        client = Client(origin)
        await client.__aenter__()
        client.send(next_reload(origin))
        await until_held(origin, 1)
        before = asyncio.get_running_loop().time()
    answer = await client.receive()
    assert (answer.status, answer.headers["retry-after"], answer.headers["connection"]) == (503, "1", "close")
    assert asyncio.get_running_loop().time() - before < 3
    assert held(origin) == 0
    await client.__aexit__()


async def test_nonsense_on_the_socket_does_no_harm(origin: Origin) -> None:
    assert origin.port is not None
    for nonsense in (
        b"\0\1\2\3\r\n\r\n",
        b"GET /media/%00%ff/\xd0\xb0 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET " + BASE.encode() + b"/\xff\xfe.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET " + BASE.encode() + b"/video.m3u8#x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET " + BASE.encode() + b"/video.m3u8?\xff=\x80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET "
        + BASE.encode()
        + b"/video.m3u8 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"GET http://x" + BASE.encode() + b"/video.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G",
    ):
        _, writer = await asyncio.open_connection("127.0.0.1", origin.port)
        writer.write(nonsense)
        await asyncio.sleep(0.02)
        writer.close()
    assert (await origin.get("master.m3u8")).status == 200


async def test_encoded_and_absolute_addresses_mean_the_same(origin: Origin) -> None:
    async with Client(origin) as client:
        assert (await client.get(f"{BASE}/video%2Em3u8")).status == 200
        assert (await client.get(f"http://x{BASE}/video.m3u8")).status == 200
        assert (await client.get(f"{BASE}/../endoscope/video.m3u8")).status == 404


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, Path]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    subprocess.run(
        [*command, "-subj", "/CN=x", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


async def test_the_same_over_tls(certified: tuple[Path, Path]) -> None:
    certificate, key = certified
    trusting = ssl.create_default_context(cafile=str(certificate))
    trusting.check_hostname = False
    origin = Origin()
    options = {"ssl_certfile": certificate, "ssl_keyfile": key}
    async with running(origin.app, **options) as (port, cycles):
        client = Client(origin)
        client.reader, client.writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        part = parse((await client.get(f"{BASE}/video.m3u8")).text).parts[-1]
        assert (await client.get(f"{BASE}/{part.uri}")).status == 200
        client.send(next_reload(origin))
        await until_held(origin, 1)
        origin.pass_time(0.2)
        assert (await client.receive()).status == 200
        await client.__aexit__()
    assert cycles == []


def test_uvicorn_is_still_what_its_subclass_expects() -> None:
    """Methods and attributes of a class that is not ours; an update may move them."""
    for name in ("on_headers_complete", "on_response_complete", "shutdown", "timeout_keep_alive_handler"):
        assert callable(getattr(HttpToolsProtocol, name))
        if name != "on_response_complete":
            assert name in vars(LendingProtocol)
    for name in ("get_method", "get_http_version", "should_keep_alive", "should_upgrade"):
        assert hasattr(httptools.HttpRequestParser, name)


async def _turns_until_heard(origin: Origin, *, behind: int) -> int:
    async with origin.served():
        address = "127.0.0.1", origin.port
        # The kernel shakes hands by itself: they queue up while the loop stands still.
        with contextlib.ExitStack() as arrived:
            for _ in range(behind):
                arrived.enter_context(socket.create_connection(address))
            last = arrived.enter_context(socket.create_connection(address))
            last.sendall(b"GET /media/nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            turns = 0
            while not select.select([last], [], [], 0)[0]:
                await asyncio.sleep(0)
                turns += 1
            return turns


def test_a_rush_of_connections_is_accepted_in_a_few_turns() -> None:
    """With uvloop, as in service; a turn takes 10 ms while players are answered, and a stop waits for each."""
    rush = 8 * ACCEPTED_IN_A_TURN
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(_turns_until_heard(Origin(), behind=rush)) < rush / 4
