"""ffmpeg plays the encrypted channel, picture and sound, while its encoder comes and goes."""

import asyncio
import itertools
from pathlib import Path

import pytest

from konsilium.mediaplane.encoder.tools import ffmpeg_path
from tests.media.theatre import shows_signal
from tests.players.codes import SMALL, coded_time
from tests.players.showing import fresh_grant, showing

pytestmark = pytest.mark.media

SECONDS = 14
WIDTH, HEIGHT = SMALL


async def test_it_plays_across_a_loss_of_signal(tmp_path: Path) -> None:
    picture, sound = tmp_path / "picture.raw", tmp_path / "sound.raw"
    async with showing(tmp_path / "studio") as shown:
        with shown.encoder() as encoder:
            await shown.theatre.until_live(within=20)
            player = await asyncio.create_subprocess_exec(
                *(ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "warning"),
                *("-headers", f"Authorization: Bearer {fresh_grant()}\r\n", "-live_start_index", "-1"),
                *("-i", shown.master, "-t", str(SECONDS)),
                *("-map", "0:v", "-fps_mode", "passthrough", "-vf", f"scale={WIDTH}:{HEIGHT},format=gray"),
                *("-f", "rawvideo", str(picture)),
                *("-map", "0:a", "-t", str(SECONDS), "-ac", "1", "-ar", "8000", "-f", "s16le", str(sound)),
                stderr=asyncio.subprocess.PIPE,
            )
            await asyncio.sleep(4)
            encoder.kill()
            await shown.theatre.until(
                lambda: not shows_signal(shown.theatre.picture), within=8, what="the slate"
            )
        with shown.encoder():
            _, complaints = await asyncio.wait_for(player.communicate(), 60)
    said = complaints.decode()
    assert player.returncode == 0, said
    assert "403" not in said, said
    assert "Error" not in said, said

    data, size = picture.read_bytes(), WIDTH * HEIGHT
    codes = [coded_time(data[at : at + WIDTH]) for at in range(0, len(data), size)]
    # Picture, slate, picture; before the first there may be slate, and a frame on the border is neither.
    stretches = [
        (shows, len(list(some))) for shows, some in itertools.groupby(codes, lambda code: code is not None)
    ]
    turns = [shows for shows, _ in itertools.groupby(shows for shows, frames in stretches if frames > 5)]
    assert turns[-3:] == [True, False, True], stretches
    coded = [code for code in codes if code is not None]
    assert coded == sorted(coded), "the picture goes back"

    samples = memoryview(sound.read_bytes()).cast("h")
    assert len(samples) > (SECONDS - 1) * 8000
    loud = [max(samples[at : at + 800]) > 1000 for at in range(0, len(samples) - 800, 800)]
    assert loud.count(True) > 30, "the tone is not heard"
    assert False in loud, "there is no silence with the slate"
