"""The origin under measurement: a real clip, fed frame by frame at its own pace into a channel of 500 ms parts.

Started by `origin.py` and `stop.py` as a process of its own, which pins it to a core. It reads orders from its
standard input, one a line, and answers each with one line of JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from bench._fanout_readers import write_ready
from bench._origin_clip import Clip, clip_of
from konsilium.config.server import ORIGIN, LendingProtocol, MediaServer
from konsilium.mediaplane.grants import STOP, issue_grant
from konsilium.mediaplane.hls import SOUND, Angle, Filler, Limits
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.origin import ChannelTimelines, Origin, create_origin
from konsilium.mediaplane.origin.needs import StopAnswer
from konsilium.mediaplane.seam import RenditionSink
from konsilium.mediaplane.status import Status

KEY = bytes(range(32))
SECRET = bytes(range(32, 64))
CHANNEL = "bench"
FEED = "endoscope"
TICK_S = 0.1


class Theatre:
    """One channel on air, and the moments at which its parts appeared. To the origin it is the studio."""

    def __init__(self, clips: Mapping[str, Clip], slate: Clip, *, part_ms: int, rotation_s: int) -> None:
        self.clips = clips
        self.cipher = Cipher(SECRET, rotation_s)
        self.channel = ChannelTimelines(
            angles=[Angle(FEED, "Endoscope")],
            slate=Filler.of(slate.init, slate.fragments),
            silence=Filler.of(clips[SOUND].init, clips[SOUND].fragments[:1]),
            cipher=self.cipher,
            now=datetime.now(UTC),
            limits=Limits(part_ms=part_ms),
        )
        self.channels = {CHANNEL: self.channel}
        #: By rendition: where a part begins → when it was there, in seconds of the monotonic clock.
        self.appeared: dict[str, dict[int, float]] = {FEED: {}, SOUND: {}}
        self.ends = dict.fromkeys(self.appeared, 0)

    # --- to the origin ---

    @property
    def status(self) -> Status:
        return Status(at=datetime.now(UTC), version=1)

    def recording(self, channel: str) -> None:
        del channel

    def channels_of(self, hall: str) -> Sequence[str]:
        del hall
        return ()

    def thumbnail(self, door: str) -> None:
        del door

    def barred(self, channel: str) -> Mapping[str, datetime]:
        del channel
        return {}

    def stop_channel(self, channel: str, person: str, at: datetime, age: timedelta) -> StopAnswer:
        del channel, person, age
        self.channel.stop(at)
        return "stopped"

    def report(self, channel: str, person: str, *, behind_s: float, stalls: int, feed: str) -> None: ...

    def encoder(self, key: str) -> Coroutine[None, None, None]:
        timeline = self.channel.timeline(key)
        assert timeline is not None
        self.ends[key] = timeline.end

        def note(now: float) -> None:
            if timeline.end != self.ends[key]:
                self.appeared[key][self.ends[key]] = now
                self.ends[key] = timeline.end

        return feed(self.channel.sink(key), self.clips[key], None if key == SOUND else 30.0, note)

    async def tick(self) -> None:
        while True:
            self.channel.tick(datetime.now(UTC))
            await asyncio.sleep(TICK_S)


async def feed(
    sink: RenditionSink, clip: Clip, rate: float | None, appeared: Callable[[float], None] = lambda _: None
) -> None:
    """What an outlet does for ever: one fragment after the other, when its time has come."""
    began, at = time.monotonic(), datetime.now(UTC)
    sink.open_period(replace(clip.init, frame_rate=rate), at=at)
    ticks = 0
    while True:
        for fragment in clip.fragments:
            due = began + (ticks + fragment.duration) / clip.init.timescale
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            sink.add_fragment(replace(fragment, decode_time=ticks))
            ticks += fragment.duration
            appeared(now)


def application_of(origin: Origin) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await origin(scope, receive, send)
            return
        await receive()
        scope["state"][ORIGIN] = origin
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    return application


async def obey(theatre: Theatre, server: MediaServer) -> None:
    """Orders of the benchmark, which come outside of what is measured."""
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        if line == "appeared":
            answer: object = theatre.appeared
        elif line == "requests":
            answer = server.server_state.total_requests
        elif line == "resume":
            theatre.channel.resume(datetime.now(UTC))
            answer = "resumed"
        else:
            answer = "unknown"
        print(json.dumps(answer), flush=True)


def server_of(origin: Origin) -> MediaServer:
    """As the product runs it, on a port of its own choice."""
    config = uvicorn.Config(
        application_of(origin), port=0, http=LendingProtocol, ws="none", loop="uvloop", lifespan="on",
        log_config=None, access_log=False, server_header=False, backlog=8192, timeout_keep_alive=75,
    )  # fmt: skip
    server = MediaServer(config)
    server.spares_garbage = True
    return server


async def run(folder: str, viewers: int, part_ms: int, kbps: int) -> None:
    picture, sound, slate = (clip_of(Path(folder), kind, kbps) for kind in ("picture", "sound", "slate"))
    theatre = Theatre({FEED: picture, SOUND: sound}, slate, part_ms=part_ms, rotation_s=5)
    origin = create_origin(theatre, KEY)
    server = server_of(origin)
    tasks = [asyncio.create_task(server.serve())]
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.02)
    tasks += [
        asyncio.create_task(one) for one in (theatre.encoder(FEED), theatre.encoder(SOUND), theatre.tick())
    ]
    await asyncio.sleep(2.0)
    now = datetime.now(UTC)
    grants = [
        issue_grant(KEY, holder=f"viewer-{number}", channel=CHANNEL, now=now, ttl=3600)
        for number in range(viewers)
    ]
    door = {
        "port": server.servers[0].sockets[0].getsockname()[1],
        "grants": grants,
        "stop": issue_grant(KEY, holder="surgeon", channel=CHANNEL, now=now, ttl=3600, acts=[STOP]),
    }
    write_ready(folder, door)
    await obey(theatre, server)


if __name__ == "__main__":
    import uvloop

    uvloop.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
