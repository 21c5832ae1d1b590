"""A player that we did not write reads a channel over HTTP while its encoder comes and goes."""

import asyncio
import itertools
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.grants import issue_grant
from konsilium.mediaplane.origin import create_origin
from tests.media.conftest import Clip
from tests.media.theatre import CHANNEL, Theatre, shows_signal

KEY = b"0123456789abcdef0123456789abcdef"


@asynccontextmanager
async def served(theatre: Theatre) -> AsyncIterator[str]:
    config = uvicorn.Config(
        create_origin(theatre.studio, KEY), port=0, lifespan="off", log_level="warning", ws="none"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/media/{CHANNEL}/master.m3u8"
    finally:
        server.should_exit = True
        await running


async def test_a_player_plays_across_a_restart_of_the_encoder(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre, served(theatre) as url:
        first = await theatre.send(clip_of("plain"))
        await theatre.until_live()
        grant = issue_grant(KEY, holder="tester", channel=CHANNEL, now=datetime.now(UTC))
        player = await asyncio.create_subprocess_exec(
            *(ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "warning"),
            *(
                "-headers",
                f"Authorization: Bearer {grant}\r\n",
                "-live_start_index",
                "-1",
                "-i",
                url,
                "-t",
                "9",
            ),
            *(
                "-map",
                "0:v",
                "-fps_mode",
                "passthrough",
                "-enc_time_base",
                "1:90000",
                "-vf",
                "scale=64:36",
                "-f",
                "framecrc",
                "-",
            ),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await asyncio.sleep(2.5)
        await first.kill()
        await theatre.until(lambda: not shows_signal(theatre.picture), within=4, what="the slate")
        await theatre.send(clip_of("plain"))
        output, complaints = await asyncio.wait_for(player.communicate(), 20)
    lines = [line for line in output.decode().splitlines() if not line.startswith("#")]
    scale = re.search(r"#tb 0: (\d+)/(\d+)", output.decode())
    assert scale is not None
    unit = int(scale[1]) / int(scale[2])
    times = [int(line.split(",")[2]) * unit for line in lines]
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) > 150
    assert min(steps) > 0, "time never goes back"
    assert max(steps) < 0.5, "no hole longer than half a second"
    pictures = {line.split(",")[-1] for line in lines}
    assert len(pictures) > 60, "the picture moves"
    assert b"403" not in complaints
    assert player.returncode == 0


def test_the_player_used_here_knows_hls() -> None:
    done = subprocess.run([ffmpeg_path(), "-hide_banner", "-demuxers"], capture_output=True, check=True)
    assert b" hls " in done.stdout
