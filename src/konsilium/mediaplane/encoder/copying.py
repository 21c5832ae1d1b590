"""Stage 2 for streams that need no conversion: no process, the kernel `remux` does it as the bytes come."""

import logging

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.encoder.command_lines import TIME_OFFSET_S
from konsilium.mediaplane.encoder.stage import Taker
from konsilium.mediaplane.mpegts import Streams
from konsilium.mediaplane.remux import Remuxer, Unsuitable

log = logging.getLogger(__name__)


class Copying:
    """Used as `Stage` is; what it cannot read is told by its end, and then a real `Stage` takes over."""

    pid = 0
    too_slow = False

    def __init__(self, *, name: str, streams: Streams, taker: Taker) -> None:
        self._name = name
        self._taker = taker
        self._remuxer = Remuxer(video=streams.video, audio=streams.audio, offset_s=TIME_OFFSET_S)
        self._over = False
        self.produced = False
        self.finishing = False

    def start(self, preamble: bytes) -> None:
        self.write(preamble)

    def write(self, data: bytes) -> None:
        if self._over:
            return
        try:
            out = self._remuxer.feed(data)
        except Unsuitable as reason:
            log.info("feed %s: left to ffmpeg: %s", self._name, reason)
            self.kill()
            return
        except Exception:
            # Bytes from outside: whatever they did to us, the feed must go on.
            log.exception("feed %s: left to ffmpeg", self._name)
            self.kill()
            return
        self._give(out)

    def is_stuck(self) -> bool:
        return False

    def finish(self) -> None:
        """Gives what it still holds, and is over."""
        if self._over:
            return
        self.finishing = True
        try:
            self._give(self._remuxer.finish())
        except Unsuitable as reason:
            log.info("feed %s: the last picture is lost: %s", self._name, reason)
        except Exception:
            log.exception("feed %s: the last picture is lost", self._name)
        self.kill()

    def kill(self) -> None:
        if not self._over:
            self._over = True
            self._taker.over(self)

    async def abandon(self) -> None:
        self._over = self.finishing = True

    def _give(self, out: list[tuple[Kind, Init | Fragment]]) -> None:
        for kind, value in out:
            self.produced = self.produced or isinstance(value, Fragment)
            self._taker.take(self, kind, value)
