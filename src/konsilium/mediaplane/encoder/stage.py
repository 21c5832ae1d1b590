"""Stage 2: one ffmpeg turns one run of a transport stream into fragmented MP4, picture and sound apart."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Protocol

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader
from konsilium.mediaplane.encoder import command_lines
from konsilium.mediaplane.encoder.decisions import StagePlan
from konsilium.mediaplane.encoder.process import Child, start_child
from konsilium.mediaplane.encoder.tools import ffmpeg_path

log = logging.getLogger(__name__)

#: Bytes that may wait for ffmpeg; more means that it cannot keep up (some 10 s of a usual feed).
_MOST_WAITING = 6 * 1024 * 1024
#: Input without any output for so long means that it is stuck.
_STUCK_S = 5.0
#: Time to write out what it still holds once its input has ended.
_FLUSH_S = 1.0


class Taker(Protocol):
    def take(self, stage: object, kind: Kind, value: Init | Fragment) -> None: ...

    def over(self, stage: object) -> None: ...


class Stage:
    """Give it the run's bytes; it calls the taker with what they contain."""

    def __init__(self, *, name: str, plan: StagePlan, taker: Taker, probe: int) -> None:
        self._name = name
        self._plan = plan
        self._taker = taker
        self._probe = probe
        self._child: Child | None = None
        self._early: list[bytes] = []
        self._waiting_since: float | None = None
        self._task: asyncio.Task[None] | None = None
        self.produced = False
        self.finishing = False
        self.too_slow = False

    def start(self, preamble: bytes) -> None:
        self._early.append(preamble)
        self._task = asyncio.create_task(self._run(), name=f"stage {self._name}")

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    def write(self, data: bytes) -> None:
        if self.finishing:
            return
        if self._child is None:
            self._early.append(data)
            return
        self._child.write(data)
        if self._waiting_since is None:
            self._waiting_since = time.monotonic()
        if self._child.unwritten > _MOST_WAITING:
            self.too_slow = True
            self._child.kill()

    def is_stuck(self) -> bool:
        since = self._waiting_since
        return not self.finishing and since is not None and time.monotonic() - since > _STUCK_S

    def finish(self) -> None:
        """No more input comes: write out what is left, then end."""
        if self.finishing:
            return
        self.finishing = True
        if self._child is not None:
            self._child.close_stdin()
        asyncio.get_running_loop().call_later(_FLUSH_S, self.kill)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    async def abandon(self) -> None:
        """Ends at once, from a studio that stops."""
        self.finishing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._run_child()
        except OSError as error:
            log.warning("stage %s does not start: %s", self._name, error.strerror)
        finally:
            self._taker.over(self)

    async def _run_child(self) -> None:
        video_read, video_write = os.pipe()
        audio_read, audio_write = os.pipe()
        try:
            child = await start_child(
                command_lines.stage(
                    ffmpeg_path(),
                    self._plan,
                    video_fd=video_write,
                    audio_fd=audio_write,
                    probe=self._probe,
                ),
                pass_fds=(video_write, audio_write),
                takes_input=True,
            )
        except OSError:
            os.close(video_read)
            os.close(audio_read)
            raise
        finally:
            os.close(video_write)
            os.close(audio_write)
        try:
            await child.read_from(video_read, self._reader(Kind.VIDEO))
            await child.read_from(audio_read, self._reader(Kind.AUDIO))
            self._child = child
            early, self._early = self._early, []
            for data in early:
                child.write(data)
            self._waiting_since = time.monotonic()
            if self.finishing:
                child.close_stdin()
            await child.over()
        finally:
            await child.end()
        if not self.finishing or not self.produced:
            log.warning("stage %s ended (%s): %s", self._name, child.return_code, child.messages[-3:])

    def _reader(self, kind: Kind) -> Callable[[bytes], None]:
        reader = Reader()

        def feed(data: bytes) -> None:
            for value in reader.feed(data):
                if isinstance(value, Malformed):
                    log.warning("stage %s: %s: %s", self._name, kind, value.reason)
                    self.kill()
                    return
                self._waiting_since = None
                self.produced = self.produced or isinstance(value, Fragment)
                self._taker.take(self, kind, value)

        return feed
