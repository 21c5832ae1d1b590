"""Over a real socket: what only a server in between can break."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.origin.http import CHANNEL, Origin


@asynccontextmanager
async def running(origin: Origin) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(origin.app, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            origin.channel.close()
            server.should_exit = True
            await serving


async def fetch(port: int, path: str, grant: str) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {grant}\r\nConnection: close\r\n\r\n"
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


async def test_blocking_reloads_follow_the_channel() -> None:
    origin = Origin()
    grant = origin.grant()
    base = f"/media/{CHANNEL}/endoscope"
    async with running(origin) as port:
        status, headers, body = await fetch(port, f"{base}/video.m3u8", grant)
        assert (status, headers["content-length"]) == (200, str(len(body)))
        last = parse(body.decode()).segments[-1]
        msn, part = (last.msn, len(last.parts)) if last.uri is None else (last.msn + 1, 0)
        for _ in range(5):
            waiting = asyncio.create_task(
                fetch(port, f"{base}/video.m3u8?_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES", grant)
            )
            await asyncio.sleep(0.03)
            assert not waiting.done()
            origin.pass_time(0.2)
            status, _, body = await asyncio.wait_for(waiting, 2)
            playlist = parse(body.decode())
            last = playlist.segments[-1]
            assert (status, last.msn, len(last.parts)) >= (200, msn, part + 1)
            msn, part = last.msn, len(last.parts)
            _, headers, media = await fetch(port, f"{base}/{last.parts[-1].uri}", grant)
            assert headers["content-type"] == "video/mp4"
            assert media[4:8] == b"moof"


async def test_nonsense_on_the_socket_does_no_harm() -> None:
    origin = Origin()
    async with running(origin) as port:
        for nonsense in (
            b"\0\1\2\3\r\n\r\n",
            b"GET /media/%00%ff/\xd0\xb0 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"G",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(nonsense)
            await asyncio.sleep(0.02)
            writer.close()
        status, _, _ = await fetch(port, f"/media/{CHANNEL}/master.m3u8", origin.grant())
        assert status == 200
