"""What is left when a channel has ended, in players that we did not write; test_gstreamer.py plays the film of it."""

import asyncio
from pathlib import Path

import pytest

from konsilium.mediaplane.encoder.tools import ffmpeg_path
from tests.players.codes import SMALL, coded_time
from tests.players.conftest import Chromium
from tests.players.showing import FPS, RECORDED_S, Showing, fresh_grant, showing
from tests.players.watching import check, read_codes, until, until_picture, watch

WIDTH, HEIGHT = SMALL
NEAR_THE_END = "((video) => (video.currentTime = video.duration - 7))(document.querySelector('video'))"


@pytest.mark.browser
@pytest.mark.parametrize("page", ["hls.html", "shaka.html"])
async def test_pages_play_it_and_find_a_place_in_it(
    page: str, chromium: Chromium, modules: Path, recorded: Path, tmp_path: Path
) -> None:
    async with showing(tmp_path, modules, recorded=recorded) as shown:
        await chromium.open(shown.page(page))
        await until(chromium, "document.querySelector('video').currentTime > 0", "the beginning")
        assert await chromium.ask("Number.isFinite(document.querySelector('video').duration)")
        await chromium.ask(NEAR_THE_END)
        await read_codes(chromium)
        await until_picture(chromium)
        check(await watch(chromium, 2.5))
        assert await chromium.ask("watched.errors") == []


@pytest.mark.media
async def test_ffmpeg_reads_all_of_it(recorded: Path, tmp_path: Path) -> None:
    async with showing(tmp_path / "studio", recorded=recorded) as shown:
        rows, wave = await _ffmpeg(shown, tmp_path)
    coded = [code for row in rows if (code := coded_time(row)) is not None]
    assert coded == sorted(coded)
    assert len(coded) > RECORDED_S * FPS * 0.5
    assert len(wave) > (coded[-1] - coded[0]) * 8000 * 0.9
    assert max(wave) > 1000


async def _ffmpeg(shown: Showing, folder: Path) -> tuple[list[bytes], memoryview]:
    picture, sound = folder / "picture.raw", folder / "sound.raw"
    player = await asyncio.create_subprocess_exec(
        *(ffmpeg_path(), "-nostdin", "-loglevel", "error"),
        *("-headers", f"Authorization: Bearer {fresh_grant()}\r\n", "-i", shown.master),
        *("-map", "0:v", "-fps_mode", "passthrough", "-vf", f"scale={WIDTH}:{HEIGHT},format=gray"),
        *("-f", "rawvideo", str(picture)),
        *("-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "s16le", str(sound)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaints = await asyncio.wait_for(player.communicate(), 60)
    assert player.returncode == 0, complaints.decode()
    assert not complaints, complaints.decode()
    data, size = await asyncio.to_thread(picture.read_bytes), WIDTH * HEIGHT
    rows = [data[at : at + WIDTH] for at in range(0, len(data), size)]
    return rows, memoryview(await asyncio.to_thread(sound.read_bytes)).cast("h")
