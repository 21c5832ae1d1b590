"""GStreamer from Debian: by itself once the encryption is taken off, and behind ffmpeg as it is.

Debian 12 has 1.22, whose two HLS elements cannot do AES-128 together with EXT-X-MAP; docs/players.md says more.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.grants import DOWNLOAD, GRANT_COOKIE
from tests.players.codes import SMALL, coded_time
from tests.players.showing import Showing, fresh_grant, showing

pytestmark = pytest.mark.media

PROGRAM = Path(__file__).parent / "gstreamer_player.py"
DEBIAN_PYTHON = "/usr/bin/python3"
PATIENCE_S = 40.0
LONGEST_S = 100.0
#: ffmpeg begins with whole segments, which are longer for the sound: one queue has to wait for the other.
PIPELINE = """
gst-launch-1.0 -q fdsrc fd=0 ! matroskademux name=d
d.video_0 ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=0 ! h264parse ! avdec_h264
! videoconvert ! videoscale ! video/x-raw,format=GRAY8,width={width},height={height} ! filesink location={picture}
d.audio_0 ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=0 ! aacparse ! avdec_aac
! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=8000,channels=1 ! filesink location={sound}
"""


class Playing:
    """What a running player told so far."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    @property
    def codes(self) -> list[float]:
        rows = (bytes.fromhex(one["row"]) for one in self.told if one["kind"] == "picture")
        return [code for row in rows if (code := coded_time(row)) is not None]

    @property
    def pictures(self) -> int:
        return sum(one["kind"] == "picture" for one in self.told)

    def peaks(self, newest: int = 20) -> list[int]:
        return [one["peak"] for one in self.told if one["kind"] == "sound"][-newest:]

    def errors(self) -> list[str]:
        return [one["words"] for one in self.told if one["kind"] == "error"]

    async def until(self, what: str, condition: Any) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not condition():
            assert not self.errors(), self.errors()
            assert asyncio.get_running_loop().time() < deadline, f"{what} did not come about"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def playbin(address: str, *acts: str) -> AsyncIterator[Playing]:
    process = await asyncio.create_subprocess_exec(
        *(DEBIAN_PYTHON, str(PROGRAM), address, f"{GRANT_COOKIE}={fresh_grant(*acts)}", str(LONGEST_S)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    playing = Playing()

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            playing.told.append(json.loads(line))
        code = await process.wait()
        if code not in {0, -signal.SIGTERM}:
            playing.told.append({"kind": "error", "words": f"ended with {code}"})

    reading = asyncio.create_task(read())
    try:
        yield playing
    finally:
        if process.returncode is None:
            process.terminate()
        await reading


async def test_playbin_plays_across_a_loss_of_signal(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        with shown.encoder() as encoder:
            await shown.theatre.until_live(within=20)
            async with playbin(shown.opened_master) as playing:
                await playing.until("the encoder's picture", lambda: len(playing.codes) > 20)
                await playing.until("the tone", lambda: min(playing.peaks(), default=0) > 1000)
                encoder.kill()
                before = playing.pictures - len(playing.codes)
                await playing.until("the slate", lambda: playing.pictures - len(playing.codes) > before + 20)
                await playing.until("silence", lambda: max(playing.peaks(), default=9999) < 100)
                seen = len(playing.codes)
                with shown.encoder():
                    await playing.until("the picture again", lambda: len(playing.codes) > seen + 20)
                    await playing.until("the tone again", lambda: min(playing.peaks(), default=0) > 1000)
                assert playing.codes == sorted(playing.codes), "the picture goes back"


async def test_playbin_plays_the_film_of_a_recording(recorded: Path, tmp_path: Path) -> None:
    async with showing(tmp_path, recorded=recorded) as shown, playbin(shown.film, DOWNLOAD) as playing:
        # Before the encoder came there was slate, and it is on the film.
        await playing.until("the encoder's picture", lambda: len(playing.codes) > 30)
        await playing.until("the tone", lambda: sum(peak > 1000 for peak in playing.peaks(1000)) > 20)
        assert playing.codes == sorted(playing.codes), "the picture goes back"


async def test_the_encrypted_channel_through_ffmpeg(tmp_path: Path) -> None:
    async with showing(tmp_path / "studio") as shown:
        with shown.encoder():
            await shown.theatre.until_live(within=20)
            rows, wave = await _piped(shown, tmp_path)
    coded = [code for row in rows if (code := coded_time(row)) is not None]
    assert len(coded) > 30
    assert coded == sorted(coded)
    assert len(wave) > 2 * 8000
    assert max(wave) > 1000


async def _piped(shown: Showing, folder: Path) -> tuple[list[bytes], memoryview]:
    """Five seconds: ffmpeg reads and deciphers, GStreamer decodes."""
    picture, sound = folder / "picture.raw", folder / "sound.raw"
    width, height = SMALL
    reading, writing = os.pipe()
    reader = await asyncio.create_subprocess_exec(
        *(
            ffmpeg_path(),
            "-nostdin",
            "-loglevel",
            "error",
            "-headers",
            f"Authorization: Bearer {fresh_grant()}\r\n",
        ),
        *("-live_start_index", "-1", "-i", shown.master, "-t", "5", "-c", "copy", "-f", "matroska", "pipe:1"),
        stdout=writing,
    )
    os.close(writing)
    player = await asyncio.create_subprocess_exec(
        *PIPELINE.format(width=width, height=height, picture=picture, sound=sound).split(),
        stdin=reading,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(reading)
    try:
        _, complaints = await asyncio.wait_for(player.communicate(), PATIENCE_S)
        assert player.returncode == 0, complaints.decode()
        assert await asyncio.wait_for(reader.wait(), PATIENCE_S) == 0
    finally:
        for process in (reader, player):
            if process.returncode is None:
                process.kill()
                await process.wait()
    data, size = await asyncio.to_thread(picture.read_bytes), width * height
    rows = [data[at : at + width] for at in range(0, len(data), size)]
    return rows, memoryview(await asyncio.to_thread(sound.read_bytes)).cast("h")
