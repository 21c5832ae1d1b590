"""What goes wrong on a working day: the picture comes back by itself."""

import asyncio
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from konsilium.mediaplane.cmaf import Init, Kind, Reader
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.grants import issue_grant
from konsilium.mediaplane.hls import SOUND
from konsilium.mediaplane.hls.clock import ticks_at
from konsilium.mediaplane.status import Status, Trouble
from konsilium.mediaplane.vault import Vault
from tests.media.conftest import Clip
from tests.media.evidence import kept, nothing_half_is_served
from tests.media.test_demo_command import free_port
from tests.media.test_playback import KEY
from tests.media.theatre import CHANNEL, FEED, Sender, Theatre, shows_signal, signal_seconds
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.origin.http import Response, ask_the_server

#: Of the pictures in the clips; slates are larger.
CLIP_WIDTH = 320


async def test_nonsense_is_named_and_harms_nobody(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send_bytes()
        noise = random.Random(1)
        for _ in range(60):
            sender.write(noise.randbytes(8192))
            await asyncio.sleep(0.03)
            if theatre.door.signal == "unreadable":
                break
        await theatre.until(lambda: theatre.door.signal == "unreadable", within=4)
        assert theatre.door.trouble is Trouble.NOT_A_TRANSPORT_STREAM
        assert not shows_signal(theatre.picture)
        await sender.kill()
        await theatre.send(clip_of("plain"))
        await theatre.until_live(within=8)
        assert theatre.door.trouble is None


async def test_a_stream_that_cannot_be_decoded_is_named(tmp_path: Path, clip_of: Clip) -> None:
    """HEVC whose every picture is damaged, with good sound, in a transport stream that is in order."""
    packets = bytearray(clip_of("hevc").read_bytes())
    noise = random.Random(2)
    for at in range(0, len(packets), 188):
        pid = ((packets[at + 1] & 0x1F) << 8) | packets[at + 2]
        if pid == 0x100:
            start = at + (60 if packets[at + 1] & 0x40 else 8)
            packets[start : at + 188] = noise.randbytes(at + 188 - start)
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send_bytes()
        sending = asyncio.create_task(_pace(sender, bytes(packets), seconds=8.0, whole=8.0))
        await theatre.until(lambda: theatre.door.trouble is not None)
        sending.cancel()
        assert theatre.door.trouble in {Trouble.UNDECODABLE, Trouble.UNDECODABLE_PICTURE}
        assert theatre.door.sends == "H.265, AAC"
        assert not shows_signal(theatre.picture)


async def test_a_killed_stage_is_replaced(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        # Only what has to be converted needs a process.
        await theatre.send(clip_of("mono-44"))
        await theatre.until_live()
        (stage,) = theatre.pids["stages"]
        os.kill(stage, signal.SIGKILL)
        await theatre.until(lambda: theatre.pids["stages"] not in ([stage], [0], []), what="another stage")
        end = theatre.picture.end
        took = await theatre.until(
            lambda: shows_signal(theatre.picture) and theatre.picture.end > end + 90_000, within=5
        )
        assert took < 5


async def test_a_killed_door_opens_again(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        first = await theatre.send(clip_of("plain"))
        await theatre.until_live()
        (door,) = theatre.pids["doors"]
        os.kill(door, signal.SIGKILL)
        await theatre.until(lambda: theatre.door.signal == "lost", within=3)
        await theatre.until(lambda: theatre.pids["doors"] != [door])
        await first.kill()
        await theatre.send(clip_of("plain"))
        await theatre.until_live(within=5)


async def test_an_encoder_that_comes_and_goes_every_two_seconds(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        times: list[float] = []
        for _ in range(5):
            sender = await theatre.send(clip_of("plain"))
            times.append(await theatre.until_live(within=8))
            await asyncio.sleep(2)
            await sender.kill()
            await theatre.until(lambda: not shows_signal(theatre.picture), within=5, what="the slate")
        print("picture back after", [round(took, 2) for took in times], "s")
        assert max(times) < 5
        await _is_whole(theatre, tmp_path)


async def _is_whole(theatre: Theatre, folder: Path) -> None:
    nothing_half_is_served(theatre.picture, folder)
    nothing_half_is_served(theatre.sound, folder)
    for key, kind in ((FEED, Kind.VIDEO), (SOUND, Kind.AUDIO)):
        have = await kept(theatre.studio.recording(CHANNEL), key, kind, folder)
        assert have.holes == 0


async def test_a_killed_studio_has_kept_all_but_the_last_segment(tmp_path: Path, clip_of: Clip) -> None:
    """kill -9 of everything in the middle of a picture: what is in the vault can be read, and goes on where it was."""
    theatre = Theatre(tmp_path)
    theatre.studio.settings.folder.mkdir(parents=True)
    theatre.write_plan()
    killed: list[float] = []
    port = free_port()
    for _ in range(2):
        studio = await _studio(theatre, port)
        before = ticks_at(datetime.now(UTC), 90_000)
        began = time.monotonic()
        sender = await theatre.send(clip_of("plain"))
        assert await _new_part(port, since=before)
        took = time.monotonic() - began
        print(f"a new part {took:.2f} s after its encoder called")
        assert took < 5
        await asyncio.sleep(4)
        killed.append(ticks_at(datetime.now(UTC), 90_000) / 90_000)
        studio.kill()
        await studio.wait()
        await sender.kill()
        vault = Vault(tmp_path / "vault")
        try:
            have = await kept(vault.recording(CHANNEL), FEED, Kind.VIDEO, tmp_path)
        finally:
            vault.shut()
        print(f"kept to {killed[-1] - have.ended:.2f} s before the kill, holes of {have.holes:.2f} s")
        assert killed[-1] - have.ended < 4.5
        assert have.holes < 0.01, "the slate fills what was lost in between"


#: The studio in a process of its own, as small as it can be, with its origin.
_PROGRAM = """
import asyncio, sys
from pathlib import Path
import uvicorn
from konsilium.mediaplane.origin import create_origin
from konsilium.mediaplane.studio import Studio

async def main():
    studio = Studio(Path(sys.argv[1]))
    await studio.start()
    origin = create_origin(studio, sys.argv[3].encode())
    await uvicorn.Server(uvicorn.Config(origin, port=int(sys.argv[2]), lifespan="off", log_level="error")).serve()

asyncio.run(main())
"""


async def _new_part(port: int, *, since: int) -> bytes:
    """The first part of a signal that begins after that moment, as a viewer gets it."""
    grant = issue_grant(KEY, holder="tester", channel=CHANNEL, now=datetime.now(UTC))

    async def get(name: str) -> Response:
        own = [(b"authorization", b"Bearer " + grant.encode())]
        return await ask_the_server(port, "GET", f"/media/{CHANNEL}/{FEED}/{name}", b"", own, b"")

    async with asyncio.timeout(20):
        while True:
            last = parse((await get("video.m3u8")).text).segments[-1]
            init = Reader().feed((await get(str(last.map_uri))).body)
            if any(isinstance(one, Init) and one.width == CLIP_WIDTH for one in init):
                for part in last.parts:
                    if int(part.uri.removeprefix("part-").removesuffix(".m4s")) >= since:
                        return (await get(part.uri)).body
            await asyncio.sleep(0.02)


async def _studio(theatre: Theatre, port: int) -> asyncio.subprocess.Process:
    began = datetime.now(UTC)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        *(*guard(), sys.executable, "-c", _PROGRAM, str(theatre.folder), str(port), KEY.decode()),
        env=environment,
    )
    status = theatre.studio.settings.status
    await theatre.until(
        lambda: status.exists() and _reported(theatre).at > began, within=20, what="the first report"
    )
    await asyncio.sleep(0.5)
    return process


def _reported(theatre: Theatre) -> Status:
    return Status.model_validate_json(theatre.studio.settings.status.read_bytes())


async def test_a_real_encoder_takes_over_from_the_stand_in(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path, stand_in=True) as theatre:
        await theatre.send(clip_of("plain"), port=theatre.stand_in_port)
        await theatre.until_live()
        assert theatre.door.source == "stand_in"
        encoder = await theatre.send(clip_of("other-size"))
        await theatre.until(lambda: theatre.door.source == "encoder" and theatre.door.signal == "live")
        await theatre.until(lambda: theatre.door.video is not None and theatre.door.video.width == 426)
        await theatre.until(lambda: shows_signal(theatre.picture) and signal_seconds(theatre.picture) > 1)
        await encoder.kill()
        await theatre.until(lambda: theatre.door.signal == "lost", within=4)
        await asyncio.sleep(1.5)
        assert not shows_signal(theatre.picture), "the stand-in stays away for a minute"


async def test_an_encoder_that_jumps_in_time_goes_on(tmp_path: Path, clip_of: Clip) -> None:
    """A clip that is sent again over the same connection: its time stamps begin anew."""
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send_bytes()
        data = clip_of("plain").read_bytes()
        for _ in range(2):
            await _pace(sender, data, seconds=3.0, whole=8.0)
        assert theatre.door.signal == "live"
        assert shows_signal(theatre.picture)


async def _pace(sender: Sender, data: bytes, *, seconds: float, whole: float) -> None:
    """The first seconds of a clip at about the speed at which they would be filmed."""
    step = 188 * 7
    share = int(len(data) * seconds / whole)
    for at in range(0, share, step):
        sender.write(data[at : at + step])
        await asyncio.sleep(seconds * step / share)


async def test_a_port_in_use_is_named(tmp_path: Path, clip_of: Clip) -> None:
    theatre = Theatre(tmp_path)
    squatter = await asyncio.create_subprocess_exec(
        *(ffmpeg_path(), "-nostdin", "-loglevel", "quiet", "-f", "data", "-mode", "listener"),
        *("-i", f"srt://127.0.0.1:{theatre.port}", "-map", "0", "-c", "copy", "-f", "null", "-"),
    )
    try:
        await asyncio.sleep(0.7)
        async with theatre:
            await theatre.until(lambda: theatre.door.trouble is Trouble.PORT_IN_USE, what="the complaint")
            squatter.kill()
            await squatter.wait()
            await asyncio.sleep(0.5)
            await theatre.until(lambda: theatre.pids["doors"] != [0])
            await theatre.send(clip_of("plain"))
            await theatre.until_live(within=12)
    finally:
        if squatter.returncode is None:
            squatter.kill()
            await squatter.wait()
