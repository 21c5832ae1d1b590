"""The edge: Debian's nginx with our configuration before the real origin."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.grants import STOP
from tests.media.nginx import Nginx, edge
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.hls_factory import CIPHER
from tests.mediaplane.origin.http import CHANNEL, Origin, Response, ask_the_server

pytestmark = pytest.mark.media

ROOT = Path(__file__).resolve().parents[2]
BASE = f"/media/{CHANNEL}"


class Edge:
    """nginx, the origin behind it, and every request that reached the origin."""

    def __init__(self, origin: Origin, nginx: Nginx) -> None:
        self.origin = origin
        self.nginx = nginx
        self.upstream: list[str] = []
        inner = origin.app.answer

        def counted(method: str, path: str, query: bytes, *rest: object) -> object:
            self.upstream.append(f"{path}?{query.decode()}" if query else path)
            return inner(method, path, query, *rest)  # type: ignore[arg-type]

        origin.app.answer = counted  # type: ignore[method-assign,assignment]

    async def get(
        self,
        rest: str,
        query: str = "",
        *,
        grant: str | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        method: str = "GET",
    ) -> Response:
        cookie = b"konsilium_grant=" + (grant or self.origin.grant()).encode()
        own = [*headers, (b"cookie", cookie)]
        return await ask_the_server(self.nginx.port, method, f"{BASE}/{rest}", query.encode(), own, b"")

    def asked(self, end: str) -> int:
        return sum(one.endswith(end) for one in self.upstream)

    def next_reload(self) -> str:
        last = self.origin.timeline("endoscope").last
        assert last is not None
        return f"_HLS_msn={last[0]}&_HLS_part={last[1] + 1}"

    async def until_asked(self, end: str) -> None:
        async with asyncio.timeout(5):
            while not self.asked(end):  # noqa: ASYNC110 -- nothing tells when nginx has asked
                await asyncio.sleep(0.01)


@pytest.fixture
async def edged(tmp_path: Path) -> AsyncIterator[Edge]:
    origin = Origin()
    async with origin.served():
        assert origin.port is not None
        with edge(tmp_path / "edge", origin.port) as nginx:
            yield Edge(origin, nginx)
        assert "[error]" not in nginx.errors
        assert "[crit]" not in nginx.errors


async def test_those_who_wait_for_a_part_are_one_request_at_the_origin(edged: Edge) -> None:
    query = edged.next_reload()
    waiting = [
        asyncio.create_task(
            edged.get(
                "endoscope/video.m3u8",
                query,
                grant=edged.origin.grant(holder=f"viewer {number}"),
                headers=((b"accept-encoding", b"gzip, br" if number % 2 else b"gzip, deflate, zstd"),),
            )
        )
        for number in range(300)
    ]
    await edged.until_asked(query)
    await asyncio.sleep(0.3)
    assert edged.asked(query) == 1
    edged.origin.pass_time(0.2)
    answers = await asyncio.gather(*waiting)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].headers["content-encoding"] == "gzip"
    assert edged.asked(query) == 1
    plain = await edged.get("endoscope/video.m3u8", query)
    assert plain.text == answers[0].text
    assert edged.asked(query) == 2  # not packed is another answer


async def test_a_hinted_part_too(edged: Edge) -> None:
    hint = parse((await edged.get("endoscope/video.m3u8")).text).hint
    assert hint is not None
    waiting = [asyncio.create_task(edged.get(f"endoscope/{hint['URI']}")) for _ in range(100)]
    await edged.until_asked(hint["URI"])
    edged.origin.pass_time(0.2)
    bodies = {answer.body for answer in await asyncio.gather(*waiting)}
    part = edged.origin.timeline("endoscope").part(int(hint["URI"][5:-4]))
    assert part is not None
    assert bodies == {part.data}
    assert (await edged.get(f"endoscope/{hint['URI']}")).body == part.data
    assert edged.asked(hint["URI"]) == 1


async def test_a_stranger_in_front_keeps_nobody_out(edged: Edge) -> None:
    """The first one to ask, who asks for all others, may have no good grant."""
    query = edged.next_reload()
    foreign = edged.origin.grant(channel="elsewhere")
    asking = [asyncio.create_task(edged.get("endoscope/video.m3u8", query, grant=foreign)) for _ in range(3)]
    asking += [asyncio.create_task(edged.get("endoscope/video.m3u8", query)) for _ in range(20)]
    await asyncio.sleep(0.3)
    edged.origin.pass_time(0.2)
    answers = await asyncio.gather(*asking)
    assert {answer.status for answer in answers[3:]} == {200}


async def test_refusals_are_not_kept(edged: Edge) -> None:
    """Names of parts can be guessed: whoever asks too early must not keep others from them later."""
    timeline = edged.origin.timeline("endoscope")
    early = timeline.end + 9 * 18_000
    last = timeline.last
    assert last is not None
    far = f"_HLS_msn={last[0] + 3}&_HLS_part=0"
    assert (await edged.get(f"endoscope/part-{early}.m4s")).status == 404
    assert (await edged.get("endoscope/video.m3u8", far)).status == 400
    assert (await edged.get("endoscope/video.m3u8", "_HLS_msn=x")).status == 400
    for _ in range(80):
        edged.origin.pass_time(0.2)
    assert timeline.part(early) is not None
    assert (await edged.get(f"endoscope/part-{early}.m4s")).status == 200
    assert (await edged.get("endoscope/video.m3u8", far)).status == 200


async def test_what_the_edge_keeps_cannot_be_read(edged: Edge, tmp_path: Path) -> None:
    edged.origin.connect()
    edged.origin.pass_time(0.2)
    timeline = edged.origin.timeline("endoscope")
    playlist = parse((await edged.get("endoscope/video.m3u8")).text)
    clear: list[bytes] = []
    for segment in timeline.segments:
        for part in segment.parts:
            assert (await edged.get(f"endoscope/part-{part.start}.m4s")).body == part.data
            clear.append(CIPHER.decrypt(part.data, segment.key, segment.msn))
        if segment.complete:
            assert (await edged.get(f"endoscope/seg-{segment.start}.m4s")).status == 200
    number = CIPHER.number(timeline.end, timeline.timescale)
    key = await edged.get(f"key-{number}.bin")
    assert (key.status, key.body) == (200, CIPHER.key(number))
    assert (await edged.get(f"endoscope/{playlist.segments[0].map_uri}")).status == 200
    kept = [path.read_bytes() for path in (tmp_path / "edge").rglob("*") if path.is_file()]
    newest = timeline.segments[-1].parts[-1].data
    assert any(newest in one for one in kept)  # the cache is where we looked
    assert all(b"moof" in one and b"mdat" in one for one in clear)
    assert not any(b"moof" in one or b"mdat" in one for one in kept)
    assert not any(one[-64:] in other for one in clear for other in kept)
    assert not any(key.body in one for one in kept)


async def test_whoever_is_barred_gets_no_further_key(edged: Edge) -> None:
    """What is cached still reaches them, and is of no use: design section 4."""
    timeline = edged.origin.timeline("endoscope")
    number = CIPHER.number(timeline.end, timeline.timescale)
    rita, dana = edged.origin.grant(holder="rita"), edged.origin.grant(holder="dana")
    part = timeline.segments[-1].parts[-1].start
    for grant in (rita, dana):
        assert (await edged.get(f"key-{number}.bin", grant=grant)).status == 200
        assert (await edged.get(f"endoscope/part-{part}.m4s", grant=grant)).status == 200
    edged.origin.barred_since["rita"] = edged.origin.now + timedelta(seconds=0.5)
    for _ in range(32 * 5):
        edged.origin.pass_time(0.2)
    following = CIPHER.number(timeline.end, timeline.timescale)
    assert following > number
    assert (await edged.get(f"key-{following}.bin", grant=rita)).status == 403
    assert (await edged.get(f"key-{following}.bin", grant=dana)).status == 200
    assert edged.asked(f"key-{following}.bin") == 2


async def test_a_stop_goes_through(edged: Edge) -> None:
    bearer = (b"authorization", b"Bearer " + edged.origin.grant(acts=[STOP]).encode())
    answer = await ask_the_server(edged.nginx.port, "POST", f"{BASE}/stop", b"", [bearer], b"")
    assert answer.status == 200
    assert edged.origin.stops == [(CHANNEL, "dana")]


# --- The origin dies and comes back ------------------------------------------------------------------


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def start(processes: list["subprocess.Popen[bytes]"], port: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.media.edge_origin", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )
    processes.append(process)
    return process


async def test_an_origin_that_is_killed_is_back_at_once(
    tmp_path: Path, port: int, processes: list["subprocess.Popen[bytes]"]
) -> None:
    grant = Origin(now=datetime.now(UTC)).grant()

    async def ask(query: str = "") -> Response:
        own = [(b"cookie", b"konsilium_grant=" + grant.encode())]
        return await ask_the_server(
            nginx.port, "GET", f"{BASE}/endoscope/video.m3u8", query.encode(), own, b""
        )

    async def until(status: int) -> Response:
        async with asyncio.timeout(15):
            while (answer := await ask()).status != status:  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.05)
        return answer

    with edge(tmp_path / "edge", port) as nginx:
        origin = start(processes, port)
        last = parse((await until(200)).text).segments[-1]
        waiting = [asyncio.create_task(ask(f"_HLS_msn={last.msn + 1}&_HLS_part=4")) for _ in range(20)]
        await asyncio.sleep(0.1)
        origin.send_signal(signal.SIGKILL)
        answers = await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert {answer.status for answer in answers} <= {200, 502}
        await until(502)
        origin.wait()
        start(processes, port)
        msn = parse((await until(200)).text).segments[-1].msn
        assert msn >= last.msn
        assert (await ask(f"_HLS_msn={msn + 1}&_HLS_part=0")).status == 200
