"""One feed without a studio around it, an encoder that sends to it, and sinks that keep what it gives."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, write_chunk
from konsilium.mediaplane.encoder.feed import Feed
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.plan import DoorPlan, LadderPlan
from tests.media.theatre import PASSPHRASE, free_udp_port


class Kept:
    """A sink that keeps its newest period as a film, on the wall clock."""

    def __init__(self) -> None:
        self.init = b""
        self.periods: list[tuple[int | None, int | None]] = []
        self.fragments: list[Fragment] = []
        self.open = False
        #: When its first picture is shown.
        self.opened_at: datetime | None = None

    def open_period(self, init: Init, *, at: datetime) -> None:
        self.init, self.fragments, self.open, self.opened_at = init.data, [], True, at
        self.periods.append((init.width, init.height))

    def add_fragment(self, fragment: Fragment) -> float:
        self.fragments.append(fragment)
        return 0.0

    def close_period(self, *, at: datetime) -> None:
        self.open = False

    @property
    def seconds(self) -> float:
        return sum(fragment.duration / fragment.timescale for fragment in self.fragments)

    @property
    def bits_per_second(self) -> float:
        return sum(fragment.size for fragment in self.fragments) * 8 / self.seconds

    def film(self) -> bytes:
        """Its times are seconds since the hour began, so that they fit into any box."""
        first = self.fragments[0]
        assert self.opened_at is not None
        place = (
            round((self.opened_at.timestamp() % 3600) * first.timescale) - first.samples[0].composition_offset
        )
        chunks = [
            write_chunk(
                sequence=number,
                decode_time=place + fragment.decode_time - first.decode_time,
                samples=[replace(sample) for sample in fragment.samples],
                payload=[fragment.payload],
            )
            for number, fragment in enumerate(self.fragments, 1)
        ]
        return self.init + b"".join(chunks)


class LoneFeed:
    def __init__(self, feed: Feed, port: int) -> None:
        self.feed = feed
        self._port = port
        self._senders: list[asyncio.subprocess.Process] = []

    def keep(self, kind: Kind, *, low: bool = False) -> Kept:
        sink = Kept()
        (self.feed.low_outlets if low else self.feed.outlets)[kind].attach(sink)
        return sink

    async def send(self, clip: Path, *, rate: float = 1.0) -> asyncio.subprocess.Process:
        """`rate` is how much faster than ours the encoder's clock runs."""
        return await self._start(
            *("-readrate", str(rate), "-stream_loop", "-1", "-i", str(clip), "-map", "0", "-c", "copy"),
            *("-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"),
        )

    async def send_bytes(self) -> Callable[[bytes], None]:
        """Whatever is given to what it gives goes over SRT untouched."""
        process = await self._start("-f", "data", "-i", "pipe:0", "-map", "0", "-c", "copy", "-f", "data")
        assert process.stdin is not None
        return process.stdin.write

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(*guard(), ffmpeg_path(), "-nostdin", "-loglevel", "error", *arguments),
            *("-passphrase", PASSPHRASE, "-latency", "60000", "-pkt_size", "1316"),
            f"srt://127.0.0.1:{self._port}",
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._senders.append(process)
        return process

    async def until(self, condition: Callable[[], bool], *, within: float = 10.0, what: str = "") -> None:
        began = time.monotonic()
        while not condition():
            waited = time.monotonic() - began
            assert waited < within, f"{what or 'what was awaited'} did not come about: {self.feed.status}"
            await asyncio.sleep(0.02)

    async def hang_up(self) -> None:
        senders, self._senders = self._senders, []
        for sender in senders:
            if sender.returncode is None:
                sender.kill()
            await sender.wait()


@asynccontextmanager
async def lone_feed(*, ladder: LadderPlan | None = None, closed: bool = False) -> AsyncIterator[LoneFeed]:
    port = free_udp_port()
    plan = DoorPlan(id="theatre-1.endoscope", port=port, passphrase=PASSPHRASE, latency_ms=60, closed=closed)
    feed = Feed(plan, bind="127.0.0.1", ladder=ladder)
    alone = LoneFeed(feed, port)
    feed.start()
    try:
        if not closed:
            await alone.until(lambda: 0 not in feed.pids["doors"], what="an open door")
        await asyncio.sleep(0.2)
        yield alone
    finally:
        await alone.hang_up()
        await feed.stop()
