"""The real studio under measurement: its plan file, its vault, its origin; only the encoder's frames come from a clip.

Started by `stop.py` as a process of its own.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._fanout_readers import write_ready
from bench._origin_clip import clip_of
from bench._origin_server import CHANNEL, FEED, KEY, feed, server_of
from konsilium.mediaplane.grants import STOP, issue_grant
from konsilium.mediaplane.hls import SOUND, Timeline
from konsilium.mediaplane.hls.timeline import Part
from konsilium.mediaplane.origin import ChannelTimelines, create_origin
from konsilium.mediaplane.studio import Studio


class Watch:
    """Notes when parts appear and when a stop has cut them off."""

    def __init__(self, channel: ChannelTimelines) -> None:
        self.channel = channel
        self.appeared: dict[str, dict[int, float]] = {FEED: {}, SOUND: {}}
        self.effect = 0.0
        self.withheld = 0
        for key in self.appeared:
            timeline = channel.timeline(key)
            assert timeline is not None
            self._follow(key, timeline)
        stop = channel.stop

        def noted(now: datetime) -> Any:
            withheld = stop(now)
            self.effect = time.monotonic()
            self.withheld = sum(len(one.fragments) for one in withheld)
            return withheld

        channel.stop = noted  # type: ignore[method-assign]

    def _follow(self, key: str, timeline: Timeline) -> None:
        add = timeline.add_part

        def noted(part: Part) -> None:
            self.appeared[key][part.start] = time.monotonic()
            add(part)

        timeline.add_part = noted  # type: ignore[method-assign]


async def run(folder: Path, viewers: int, part_ms: int, kbps: int) -> None:
    studio = Studio(folder)
    origin = create_origin(studio, KEY)
    server = server_of(origin)
    picture = await asyncio.to_thread(clip_of, folder, "picture", kbps)
    sound = await asyncio.to_thread(clip_of, folder, "sound", kbps)
    await studio.start()
    channel = studio.channels[CHANNEL]
    watch = Watch(channel)
    tasks = [
        asyncio.create_task(server.serve()),
        asyncio.create_task(feed(channel.picture_sink(FEED), picture, 30.0)),
        asyncio.create_task(feed(channel.sound_sink(), sound, None)),
    ]
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.02)
    await asyncio.sleep(3.0)
    now = datetime.now(UTC)
    grants = [
        issue_grant(KEY, holder=f"viewer-{number}", channel=CHANNEL, now=now, ttl=3600)
        for number in range(viewers)
    ]
    stop = issue_grant(KEY, holder="surgeon", channel=CHANNEL, now=now, ttl=3600, acts=[STOP])
    port = server.servers[0].sockets[0].getsockname()[1]
    write_ready(str(folder), {"port": port, "grants": grants, "stop": stop})
    loop = asyncio.get_running_loop()
    while (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        said = {"effect": watch.effect, "appeared": watch.appeared, "withheld": watch.withheld}
        print(json.dumps(said | {"state": channel.state}), flush=True)
    del tasks


if __name__ == "__main__":
    import uvloop

    uvloop.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
