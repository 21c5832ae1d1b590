"""The disk of a studio that is live: it turns low and full meanwhile, and holds no picture that could be looked at."""

import asyncio
import subprocess
from pathlib import Path

from konsilium.mediaplane.cmaf import Fragment, Reader
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.status import Status
from konsilium.mediaplane.vault.space import GB
from tests.media.conftest import Clip
from tests.media.theatre import CHANNEL, Theatre, last_signal, shows_signal, signal_seconds

#: From what happens to the disk to the director's desk.
HOLD_S = 2
#: Of a coded picture, its end: where it begins depends on what it is packed into.
TAIL = 64


async def test_a_disk_that_turns_low_is_said_at_once_and_live_goes_on(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        vault = theatre.studio._vault
        assert vault is not None

        def state() -> str:
            disk = Status.model_validate_json(theatre.studio.settings.status.read_bytes()).disk
            return disk.state if disk else ""

        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        for free, said in ((100 * GB, "good"), (9 * GB, "low"), (GB // 2, "full"), (100 * GB, "good")):
            vault._room._usage = lambda _, free=free: (free, 500 * GB)  # type: ignore[misc]
            took = await theatre.until(lambda said=said: state() == said, within=HOLD_S, what=said)  # type: ignore[misc]
            print(f"{said} after {took:.2f} s")
            end = theatre.picture.end
            await theatre.until(lambda end=end: theatre.picture.end > end + 90_000, within=2)  # type: ignore[misc]
            assert shows_signal(theatre.picture)
        assert signal_seconds(theatre.picture) > 4, "one stretch"


async def test_no_picture_lies_on_the_disk_in_the_clear(tmp_path: Path, clip_of: Clip) -> None:
    """Neither what was released, nor what a stop withheld, in whatever folder."""
    tails = frame_tails(clip_of("plain"))
    async with Theatre(tmp_path) as theatre:
        theatre.write_plan(delay_s=2)
        await theatre.send(clip_of("plain"))
        await theatre.until_live(within=12)
        await theatre.until(lambda: signal_seconds(theatre.picture) > 5, within=10)
        shown = last_signal(theatre.picture)
        sent = [segment.data for segment in theatre.picture.segments if segment.data is not None]
        theatre.write_plan(delay_s=2, state="stopped")
        sealed = theatre.studio.settings.vault / CHANNEL / "sealed"
        await theatre.until(lambda: sealed.exists() and any(sealed.iterdir()), what="what was withheld")
        await asyncio.sleep(1)
    found = files_of(tmp_path)
    assert sum(tail in shown for tail in tails) > 4 * 25, "what is looked for is what was sent"
    assert any(data in one for data in sent for one in found), "it is there, as ciphertext"
    assert not [tail for tail in tails if any(tail in one for one in found)]


def files_of(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def frame_tails(film: Path) -> set[bytes]:
    command = [
        *(ffmpeg_path(), "-nostdin", "-loglevel", "error", "-i", str(film), "-map", "0:v", "-c", "copy"),
        *("-movflags", "frag_every_frame+empty_moov", "-f", "mp4", "pipe:1"),
    ]
    values = Reader().feed(subprocess.run(command, capture_output=True, check=True).stdout)
    return {one.payload[-TAIL:] for one in values if isinstance(one, Fragment) and one.size > 2 * TAIL}
