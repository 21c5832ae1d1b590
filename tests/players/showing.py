"""A channel on the air over HTTP, and pages beside it in which players that we did not write play it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from bench.timecode import TimecodeEncoder
from konsilium.mediaplane.grants import GRANT_COOKIE, issue_grant
from konsilium.mediaplane.origin import create_origin
from konsilium.mediaplane.origin.app import App, Receive, Scope, Send
from tests.media.theatre import CHANNEL, FEED, PASSPHRASE, Theatre
from tests.players.opened import opened

KEY = b"0123456789abcdef0123456789abcdef"
PAGES = Path(__file__).parent / "pages"
KINDS = {".html": b"text/html; charset=utf-8", ".js": b"text/javascript; charset=utf-8"}
#: Half of what the bench sends: the players' work is to be tested, not the machine's.
FPS = 15
#: How long the recording is that all players are shown.
RECORDED_S = 10


def fresh_grant(*acts: str) -> str:
    return issue_grant(KEY, holder="tester", channel=CHANNEL, now=datetime.now(UTC), acts=acts)


@dataclass
class Showing:
    theatre: Theatre
    address: str

    @property
    def master(self) -> str:
        """One angle: players that we did not write would take angles for qualities."""
        return f"{self.address}/media/{CHANNEL}/master.m3u8?feed={FEED}"

    @property
    def film(self) -> str:
        """The recording as one file."""
        return self.master.replace("master.m3u8", "film.mp4")

    @property
    def opened_master(self) -> str:
        """The same without encryption (`opened.py`)."""
        return self.master.replace("/media/", "/opened/")

    def page(self, name: str, *, header: bool = False) -> str:
        """Opening a page brings the grant as a cookie; with `header`, it is left to the player to send it."""
        query = {"url": self.master} | ({"grant": fresh_grant()} if header else {})
        return f"{self.address}/pages/{name}?{urlencode(query)}"

    def encoder(self) -> TimecodeEncoder:
        """Its picture carries the time, its sound is a tone of 440 Hz."""
        passphrase = PASSPHRASE.replace(" ", "+")
        address = f"srt://127.0.0.1:{self.theatre.port}?passphrase={passphrase}&latency=60000&pkt_size=1316"
        return TimecodeEncoder(address, fps=FPS)

    async def record(self, seconds: float) -> None:
        """So much of the encoder, then the end: what is at the address of the channel is its recording."""
        with self.encoder():
            await self.theatre.until_live(within=20)
            await asyncio.sleep(seconds)
        self.theatre.write_plan(state="ended")
        await self.theatre.until(self._is_kept, within=30, what="the recording")

    def _is_kept(self) -> bool:
        found = self.theatre.studio.status.recordings.get(CHANNEL)
        return found is not None and found.state == "kept"


@asynccontextmanager
async def showing(
    folder: Path, modules: Path | None = None, *, recorded: Path | None = None
) -> AsyncIterator[Showing]:
    """`modules` is where npm put the players; `recorded` is the folder of a studio in which the channel has ended."""
    if recorded is not None:
        shutil.copytree(recorded, folder, dirs_exist_ok=True)
    async with Theatre(folder, state="live" if recorded is None else "ended") as theatre:
        site = _site(create_origin(theatre.studio, KEY), modules)
        config = uvicorn.Config(
            site, port=0, lifespan="off", log_level="warning", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Showing(theatre, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            await running


def _site(origin: App, modules: Path | None) -> App:
    """Pages, npm's packages and the origin under one address, as a congress has it."""
    without_encryption = opened(origin)

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        _, place, rest = [*path.split("/", 2), ""][:3]
        if place == "media":
            await origin(scope, receive, send)
            return
        if place == "opened":
            await without_encryption(scope, receive, send)
            return
        folder = {"pages": PAGES, "modules": modules}.get(place)
        file = folder / rest if folder and ".." not in rest else None
        found = file is not None and await asyncio.to_thread(file.is_file)
        body = await asyncio.to_thread(file.read_bytes) if file is not None and found else b""
        headers = [(b"content-type", KINDS.get(Path(path).suffix, b"application/octet-stream"))]
        if path.endswith(".html") and b"grant=" not in scope["query_string"]:
            cookie = f"{GRANT_COOKIE}={fresh_grant()}; Path=/media/{CHANNEL}/; HttpOnly; SameSite=Strict"
            headers.append((b"set-cookie", cookie.encode()))
        status = 200 if found else 404
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return site
