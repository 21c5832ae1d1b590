"""`deploy/nginx/server.conf` as it would be installed: TLS, HTTP/2, two workers, and the limits as delivered."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.media.nginx import Nginx, free_port, whole_server
from tests.media.test_edge import BASE, Edge
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.origin.http import Origin, read_response

pytestmark = pytest.mark.media

WAITING = 40


@dataclass
class Server:
    edge: Edge
    port: int
    certificate: Path


def certified(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-subj", "/CN=live.example.org", "-addext", "subjectAltName=DNS:live.example.org"),
        *("-keyout", str(key), "-out", str(certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    certificate, key = certified(tmp_path)
    origin = Origin()
    async with origin.served():
        assert origin.port is not None
        port = free_port()
        nginx = whole_server(
            tmp_path / "edge", origin.port, port=port, certificate=certificate, private_key=key
        )
        is_right(nginx)
        with nginx:
            yield Server(Edge(origin, nginx), port, certificate)
        others = [line for line in nginx.errors.splitlines() if "limiting requests" not in line]
        assert not [line for line in others if "[error]" in line or "[crit]" in line]


def is_right(nginx: Nginx) -> None:
    """As docs/edge.md says to ask before it is put to use."""
    asked = ["/usr/sbin/nginx", "-t", "-p", str(nginx.folder), "-c", str(nginx.folder / "nginx.conf")]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def over_http_2(server: Server, rest: str, *, grant: str) -> tuple[str, bytes]:
    """Version and status, and what came."""
    process = await asking(server, rest, grant=grant)
    body, said = await process.communicate()
    return said.decode(), body


async def asking(server: Server, rest: str, *, grant: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--http2", "--compressed", "--max-time", "20"),
        *("--cacert", str(server.certificate), "--resolve", f"live.example.org:{server.port}:127.0.0.1"),
        *("--cookie", f"konsilium_grant={grant}", "--write-out", "%{stderr}%{http_version} %{http_code}"),
        f"https://live.example.org:{server.port}{BASE}/{rest}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_those_who_wait_over_http_2_are_one_request_of_each_worker(server: Server) -> None:
    edge = server.edge
    query = edge.next_reload()
    waiting = [
        asyncio.create_task(
            over_http_2(
                server, f"endoscope/video.m3u8?{query}", grant=edge.origin.grant(holder=f"viewer {number}")
            )
        )
        for number in range(WAITING)
    ]
    await edge.until_asked(query)
    await asyncio.sleep(1.5)
    assert edge.asked(query) <= 2
    edge.origin.pass_time(0.2)
    answers = await asyncio.gather(*waiting)
    assert {said for said, _ in answers} == {"2 200"}
    assert len({body for _, body in answers}) == 1
    part = parse(answers[0][1].decode()).segments[-1].parts[-1].uri
    said, body = await over_http_2(server, f"endoscope/{part}", grant=edge.origin.grant())
    kept = edge.origin.timeline("endoscope").part(int(part[5:-4]))
    assert kept is not None
    assert (said, body) == ("2 200", kept.data)


async def test_the_one_who_asks_for_others_may_go_away(server: Server) -> None:
    edge = server.edge
    query = edge.next_reload()
    first = await asking(server, f"endoscope/video.m3u8?{query}", grant=edge.origin.grant())
    await edge.until_asked(query)
    waiting = [
        asyncio.create_task(over_http_2(server, f"endoscope/video.m3u8?{query}", grant=edge.origin.grant()))
        for _ in range(10)
    ]
    await asyncio.sleep(0.7)
    first.kill()
    await first.wait()
    await asyncio.sleep(0.1)
    edge.origin.pass_time(0.2)
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 3)
    assert {said for said, _ in answers} == {"2 200"}
    assert edge.asked(query) <= 2


async def test_a_viewer_of_four_cameras_is_within_the_limits_and_a_flood_is_not(server: Server) -> None:
    """Five renditions, five parts a second of each, a playlist for each part; and all that begins with it."""
    trusting = ssl.create_default_context(cafile=str(server.certificate))
    cookie = f"Host: live.example.org\r\nCookie: konsilium_grant={server.edge.origin.grant()}\r\n\r\n"
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", server.port, ssl=trusting, server_hostname="live.example.org"
    )

    async def statuses(count: int) -> list[int]:
        writer.write(f"GET {BASE}/endoscope/video.m3u8 HTTP/1.1\r\n{cookie}".encode() * count)
        return [(await read_response(reader)).status for _ in range(count)]

    loop = asyncio.get_running_loop()
    found = await statuses(5 * 20)
    began = loop.time()
    for beat in range(15):
        found += await statuses(5 * 2)
        await asyncio.sleep(max(0.0, began + (beat + 1) * 0.2 - loop.time()))
    assert set(found) == {200}
    assert 429 in await statuses(1000)
    writer.close()
