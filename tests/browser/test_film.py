"""A film for download, opened in Chromium as a file of the network: how long it is, jumped into, played to its end."""

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from konsilium.mediaplane.vault import Vault
from tests.mediaplane.vault.kept import NOON
from tests.mediaplane.vault.shot import from_zero, picture, sound

PAGE = b"<!doctype html><title>film</title><video src=/film.mp4 muted preload=auto></video>"
WATCH = """async (at) => {
  const video = document.querySelector("video");
  const until = (name) => new Promise((done, fail) => {
    video.addEventListener(name, done, { once: true });
    video.addEventListener("error", () => fail(new Error(video.error.message)), { once: true });
  });
  if (video.error) throw new Error(video.error.message);
  if (video.readyState < 1) await until("loadedmetadata");
  const sizes = new Set();
  const look = () => { sizes.add(video.videoWidth); };
  video.addEventListener("resize", look);
  look();
  video.currentTime = at;
  await until("seeked");
  video.playbackRate = 4;
  const ended = until("ended");
  await video.play();
  await ended;
  const quality = video.getVideoPlaybackQuality();
  return { duration: video.duration, end: video.currentTime, sizes: [...sizes],
           frames: quality.totalVideoFrames };
}"""


class _Files(BaseHTTPRequestHandler):
    def __init__(self, film: bytes, *arguments: object) -> None:
        self._film = film
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path != "/film.mp4":
            self._answer(200, b"text/html", PAGE)
            return
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("range", "bytes=0-"))
        assert asked
        first, last = int(asked[1]), int(asked[2] or len(self._film) - 1)
        span = f"bytes {first}-{last}/{len(self._film)}"
        self._answer(206, b"video/mp4", self._film[first : last + 1], span)

    def _answer(self, status: int, kind: bytes, body: bytes, span: str = "") -> None:
        self.send_response(status)
        self.send_header("content-type", kind.decode())
        self.send_header("content-length", str(len(body)))
        if span:
            self.send_header("content-range", span)
            self.send_header("accept-ranges", "bytes")
        self.end_headers()
        # A player that jumps lets go of what it asked for.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as above
        pass


def served(film: bytes) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, film))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    """Two pictures of different sizes, B-frames, and sound."""
    vault = Vault(tmp_path / "vault")
    writer = vault.writer("film-1", began=NOON)
    end = 0
    for size, rate in (("320x180", "25"), ("640x360", "5"), ("320x180", "25")):
        bidirectional = "2" if rate == "25" else "0"
        init, fragments = picture(tmp_path, 4, "-g", rate, "-bf", bidirectional, size=size, rate=rate)
        writer.begin("film", replace(init, frame_rate=float(rate)))
        for fragment in from_zero(fragments, at=end * init.timescale):
            writer.add("film", fragment)
        end += 4
    heard, voices = sound(tmp_path, 12)
    writer.begin("sound", heard)
    for fragment in from_zero(voices):
        writer.add("sound", fragment)
    writer.finish()
    recorded = vault.recording("film-1")
    assert recorded is not None
    whole = recorded.film("film", None, None)
    assert whole is not None

    async def read() -> bytes:
        return b"".join([data async for data in whole.chunks(0, whole.size)])

    # The browser's driver has an event loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        data = thread.submit(asyncio.run, read()).result()
    vault.shut()
    return data


def test_chromium_plays_it(browser: Browser, film: bytes) -> None:
    page = browser.new_page()
    page.set_default_timeout(30_000)
    for address in served(film):
        page.goto(address)
        seen = page.evaluate(WATCH, 2.5)
    page.close()
    assert seen["duration"] == pytest.approx(12, abs=0.1)
    assert seen["end"] == pytest.approx(12, abs=0.1)
    assert set(seen["sizes"]) == {320, 640}
