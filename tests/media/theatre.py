"""A studio with one theatre and one audience, and real encoders that send to it."""

import asyncio
import json
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.hls import SOUND, Segment, Timeline
from konsilium.mediaplane.origin import ChannelTimelines
from konsilium.mediaplane.status import DoorStatus
from konsilium.mediaplane.studio import Studio

CHANNEL = "operation-1"
DOOR = "theatre-1.endoscope"
FEED = "endoscope"
PASSPHRASE = "correct horse battery"

#: Slates take a second to make; one set does for all tests of a worker.
KEPT_SLATES: list[Path] = []


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Sender:
    """An ffmpeg that plays an encoder."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @property
    def gone(self) -> bool:
        return self.process.returncode is not None

    async def kill(self) -> None:
        """As when the plug is pulled: no goodbye."""
        if not self.gone:
            self.process.kill()
        await self.process.wait()

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)


class Theatre:
    def __init__(self, folder: Path, *, stand_in: bool = False, state: str = "live") -> None:
        """`state` is the channel's at first."""
        self.folder = folder
        self.state = state
        self.port = free_udp_port()
        self.stand_in_port = free_udp_port() if stand_in else None
        self.studio = Studio(folder)
        self.latency_ms = 60
        #: Of the plan, besides doors and channels.
        self.plan: dict[str, object] = {}
        self._version = 0
        self._senders: list[Sender] = []

    async def __aenter__(self) -> Self:
        self.studio.settings.folder.mkdir(parents=True, exist_ok=True)
        if KEPT_SLATES:
            shutil.copytree(KEPT_SLATES[0], self.studio.settings.slates, dirs_exist_ok=True)
        self.write_plan(state=self.state)
        await self.studio.start()
        await self.until(lambda: 0 not in self.pids["doors"], what="an open door")
        await asyncio.sleep(0.1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sender in self._senders:
            await sender.kill()
        await self.studio.stop()

    def write_plan(
        self, *, state: str = "live", conversions: tuple[object, ...] = (), **more: object
    ) -> None:
        """`more` is of the channel."""
        self._version += 1
        door = {
            "id": DOOR,
            "port": self.port,
            "passphrase": PASSPHRASE,
            "latency_ms": self.latency_ms,
            "stand_in_port": self.stand_in_port,
        }
        channel = {
            "id": CHANNEL,
            "state": state,
            "sound": FEED,
            "feeds": [{"key": FEED, "door": DOOR, "title": "Endoscope"}],
            **more,
        }
        plan = {
            "version": self._version,
            "doors": [door],
            "channels": [channel],
            "conversions": conversions,
        } | self.plan
        unfinished = self.studio.settings.plan.with_suffix(".new")
        unfinished.write_text(json.dumps(plan))
        unfinished.rename(self.studio.settings.plan)

    # -- encoders --------------------------------------------------------------------------------------

    async def send(
        self, *source: str | Path, port: int | None = None, passphrase: str = PASSPHRASE, loop: bool = True
    ) -> Sender:
        """`source` is a clip, or a whole list of arguments up to the output."""
        arguments = [str(word) for word in source]
        if len(arguments) == 1:
            arguments = [
                "-re",
                *(["-stream_loop", "-1"] if loop else []),
                "-i",
                arguments[0],
                "-map",
                "0",
                "-c",
                "copy",
            ]
            arguments += ["-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"]
        return await self._start(arguments, port or self.port, passphrase)

    async def send_bytes(self) -> Sender:
        """Whatever is then written to it goes over SRT untouched."""
        return await self._start(
            ["-f", "data", "-i", "pipe:0", "-map", "0", "-c", "copy", "-f", "data"], self.port
        )

    async def _start(self, arguments: list[str], port: int, passphrase: str = PASSPHRASE) -> Sender:
        process = await asyncio.create_subprocess_exec(
            *guard(),
            ffmpeg_path(),
            *("-hide_banner", "-loglevel", "error", *arguments),
            *(
                "-passphrase",
                passphrase,
                "-latency",
                str(self.latency_ms * 1000),
                "-pkt_size",
                "1316",
                f"srt://127.0.0.1:{port}",
            ),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        sender = Sender(process)
        self._senders.append(sender)
        return sender

    # -- what came of it -------------------------------------------------------------------------------

    @property
    def channel(self) -> ChannelTimelines:
        return self.studio.channels[CHANNEL]

    @property
    def picture(self) -> Timeline:
        return _there(self.channel.timeline(FEED))

    @property
    def sound(self) -> Timeline:
        return _there(self.channel.timeline(SOUND))

    @property
    def door(self) -> DoorStatus:
        return self.studio.feeds[DOOR].status

    @property
    def pids(self) -> dict[str, list[int]]:
        return self.studio.feeds[DOOR].pids

    async def until(self, condition: Callable[[], bool], *, within: float = 8.0, what: str = "") -> float:
        """Gives how long it took."""
        began = time.monotonic()
        while not condition():
            waited = time.monotonic() - began
            feed = self.studio.feeds.get(DOOR)
            said = feed.status if feed else "nothing"
            assert waited < within, f"{what or 'what was awaited'} did not come about; the door says {said}"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def until_live(self, *, within: float = 8.0) -> float:
        return await self.until(
            lambda: self.door.signal == "live" and shows_signal(self.picture), within=within, what="a picture"
        )


def _there(timeline: Timeline | None) -> Timeline:
    assert timeline is not None
    return timeline


def opened(timeline: Timeline, segment: Segment) -> bytes:
    """A segment's fragments in clear, the parts' if they are still kept; both must say the same."""
    parts = b"".join(timeline.cipher.decrypt(part.data, segment.key, segment.msn) for part in segment.parts)
    if segment.data is None:
        return parts
    whole = timeline.cipher.decrypt(segment.data, segment.key, segment.msn)
    assert parts in {b"", whole}
    return whole


def inits(timeline: Timeline) -> list[bytes]:
    """The initialisation sections in the order in which they come into play; the slate's is the first."""
    found: list[bytes] = []
    for segment in timeline.segments:
        data = timeline.init(segment.init)
        assert data is not None
        if not found or found[-1] != data:
            found.append(data)
    return found


def shows_signal(timeline: Timeline) -> bool:
    """The newest segment is of a signal, not of what fills gaps."""
    last = timeline.segments[-1]
    return timeline.init(last.init) != _filler(timeline)


_FILLERS: WeakKeyDictionary[Timeline, bytes] = WeakKeyDictionary()


def _filler(timeline: Timeline) -> bytes:
    """A timeline always begins with filling."""
    known = _FILLERS.get(timeline)
    if known is None:
        known = timeline.init(timeline.segments[0].init) or b""
        _FILLERS[timeline] = known
    return known


def last_signal(timeline: Timeline) -> bytes:
    """The newest stretch of signal as one file."""
    filler, wanted = _filler(timeline), None
    parts: list[bytes] = []
    for segment in reversed(timeline.segments):
        data = timeline.init(segment.init)
        if data == filler and wanted is None:
            continue
        if wanted is not None and data != wanted:
            break
        wanted = data
        parts.insert(0, opened(timeline, segment))
    assert wanted is not None, "there never was a signal"
    return wanted + b"".join(parts)


def signal_seconds(timeline: Timeline) -> float:
    """Of the stretch of signal at the end."""
    filler, ticks = _filler(timeline), 0
    for segment in reversed(timeline.segments):
        if timeline.init(segment.init) == filler:
            break
        ticks += segment.duration
    return timeline.seconds(ticks)
