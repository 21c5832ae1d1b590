"""How an encoder is set, as far as its picture shows it: its key frames, and whether it keeps to one size."""

import time
from collections import deque
from datetime import datetime
from typing import Final

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.encoder.source_clock import SourceClock

#: Of an encoder that also puts key frames at cuts, the longest of a few stretches tells how it is set.
_STRETCHES: Final = 3
#: Sizes that came and went within so long are worth mentioning.
_SIZES_S: Final = 60.0


class Habits:
    """Follows a video outlet."""

    def __init__(self) -> None:
        self._stretches: deque[float] = deque(maxlen=_STRETCHES)
        #: Decode times in seconds; None until the first key frame.
        self._key_frame: float | None = None
        self._newest = 0.0
        self._size: tuple[int | None, int | None] | None = None
        self._changes: deque[float] = deque()

    def begin(self, init: Init, *, clock: SourceClock) -> None:  # noqa: ARG002 - Follower's
        size = (init.width, init.height)
        if self._size not in {None, size}:
            self._changes.append(time.monotonic())
        self._size = size
        self._forget_times()

    def add(self, fragment: Fragment, *, arrival: float) -> None:  # noqa: ARG002 - Follower's
        self._newest = fragment.decode_time / fragment.timescale
        if fragment.independent:
            if self._key_frame is not None:
                self._stretches.append(self._newest - self._key_frame)
            self._key_frame = self._newest

    def pause(self, *, at: datetime) -> None:  # noqa: ARG002 - Follower's
        self._forget_times()

    @property
    def key_frames_s(self) -> float | None:
        """Seconds between the latest key frames, or since the last one where that is longer already."""
        if self._key_frame is None:
            return None
        return round(max(*self._stretches, self._newest - self._key_frame, 0.0), 1)

    @property
    def sizes(self) -> int:
        """How often the picture changed its size within the last minute."""
        while self._changes and time.monotonic() - self._changes[0] > _SIZES_S:
            self._changes.popleft()
        return len(self._changes)

    def _forget_times(self) -> None:
        self._stretches.clear()
        self._key_frame = None
