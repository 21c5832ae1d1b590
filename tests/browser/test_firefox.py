"""The live room in Debian's Firefox: a delegate comes by the link, watches, listens, changes the camera and asks."""

import asyncio
import base64
import threading
from collections.abc import Coroutine
from pathlib import Path
from uuid import uuid4

from bench.demo_server import DemoServer
from tests.players.loudspeaker import loudspeaker
from tests.players.marionette import Firefox, firefox
from tests.players.watching import until

#: Seldom asked for by other tests: a link is good for one time.
ROLE = "spokesperson"
LEADING = "[...document.querySelectorAll('video')].sort((one, two) => two.clientWidth - one.clientWidth)[0]"
#: How much of the picture is different from last time, and how far it is.
LOOK = f"""(() => {{
  const video = {LEADING};
  if (!video || video.readyState < 2) return [0, 0];
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 64, 36);
  const pixels = context.getImageData(0, 0, 64, 36).data;
  const before = window.seenBefore ?? pixels;
  window.seenBefore = pixels;
  return [pixels.reduce((sum, value, index) => sum + Math.abs(value - before[index]), 0), video.currentTime];
}})()"""


def in_thread(work: Coroutine[object, object, None]) -> None:
    """Chromium's driver keeps the main thread's event loop for itself."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def test_a_delegate_watches_listens_changes_the_camera_and_asks(
    demo: DemoServer, sessions: dict[str, list[object]], tmp_path: Path
) -> None:
    in_thread(_visit(demo, sessions, tmp_path))


async def _visit(demo: DemoServer, sessions: dict[str, list[object]], folder: Path) -> None:
    async with loudspeaker() as speaker, firefox(folder, speaker.environment) as tab:
        try:
            await _sign_in(tab, demo, sessions)
            await tab.open(demo.ready["live_room"])
            await _until_it_moves(tab)
            assert max(await speaker.heard(3)) > 0.001, "nothing is heard"

            await tab.click("[data-feed='overview']")
            await until(
                tab,
                "document.querySelector(\"[data-feed='overview'][data-shown]\") !== null",
                "the other camera",
            )
            await _until_it_moves(tab)
            assert max(await speaker.heard(3)) > 0.001, "the other camera took the sound away"

            await _listen_alone(tab)
            assert max(await speaker.heard(3)) > 0.001, "listening alone is silent"

            text = f"Seen with Firefox {uuid4().hex[:6]}"
            await tab.type("#ask", text)
            await tab.click(".ask-send")
            own = f"[...document.querySelectorAll('[data-question]')].some(one => one.textContent.includes('{text}'))"
            await until(tab, own, "the question")
        except BaseException:
            (Path(demo.folder) / "firefox.png").write_bytes(base64.b64decode(await tab.picture()))
            raise


async def _listen_alone(tab: Firefox) -> None:
    """As before version 149, which had nothing but mozCaptureStream to measure a sound with, and that silences it."""
    await tab.ask("(delete HTMLMediaElement.prototype.captureStream, null)")
    await tab.click("[data-name='menu']")
    await tab.click("[data-name='listen']")
    playing = "document.querySelector('.player-listening') !== null && document.querySelector('video').currentTime > 3"
    await until(tab, playing, "the sound alone")


async def _sign_in(tab: Firefox, demo: DemoServer, sessions: dict[str, list[object]]) -> None:
    """By the link; if another test came as this person before, as whom it left signed in."""
    if ROLE in sessions:
        await tab.open(demo.ready["url"])
        for known in sessions[ROLE]:
            assert isinstance(known, dict)
            await tab.command("WebDriver:AddCookie", cookie={"name": known["name"], "value": known["value"]})
        return
    await tab.open(demo.ready["logins"][ROLE])
    sessions[ROLE] = [
        {"name": one["name"], "value": one["value"], "url": demo.ready["url"]}
        for one in await tab.command("WebDriver:GetCookies")
        if one["name"] == "konsilium_session"
    ]


async def _until_it_moves(tab: Firefox) -> None:
    """Three times in a row there is another picture, further on."""
    moves, last = 0, 0.0
    for _ in range(80):
        different, at = await tab.ask(LOOK)
        moves = moves + 1 if different > 500 and at > last else 0
        last = at
        if moves == 3:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"the picture does not move; it is at {last}")
