"""Where a sender's clock lies on ours, and how far it has run away since.

Pure: times are given. What a sender sends first comes late: it has piled up while the connection was opened and
the coder started (seen: up to 165 ms for the first frame, 5 ms 40 ms later; a busy machine takes longer). So
nothing is placed by the first frames alone, and what shows to be still earlier within the first seconds is
followed within about a second.

Later an encoder's quartz is off by up to 100 ppm, a cheap one's by 500: more than a second after an hour, in
which two cameras would no longer be in step. So what a sender counts is stretched or compressed by up to a
thousandth, which nobody sees. Nothing is ever made to jump.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from konsilium.mediaplane.cmaf import Fragment, Kind, Sample
from konsilium.mediaplane.encoder.command_lines import TIME_OFFSET_S
from konsilium.mediaplane.mpegts.splitter import signed_difference

_HZ: Final = 90_000
#: Placed is what was heard for so long. It costs nothing: a part takes twice as long to fill.
_LISTEN_S: Final = 0.1
#: In each stretch of so many seconds the packet that was delayed least tells how late the sender is.
_WINDOW_S: Final = 10.0
#: What is found is made up for within about so many seconds …
_SETTLE_S: Final = 20.0
#: … but never faster than this, in seconds a second.
_FASTEST: Final = 0.001
#: While a connection is so young, a smaller delay than any before is followed at once: a busy machine needs some
#: seconds until it brings one frame without delay.
_YOUNG_S: Final = 30.0
_QUICK_SETTLE_S: Final = 0.4
_QUICKEST: Final = 0.08
#: Nothing was heard for longer: what was slept over is not caught up with in one go.
_LONGEST_STEP_S: Final = 1.0
#: Sound is whole frames: one is left out or said twice when it is due by so much of a frame.
_FRAME_DUE: Final = 0.75


class SourceClock:
    """Relates a sender's time stamps to the wall clock: the frame that was delayed least tells the offset.

    Once `settled` the offset stays: picture, sound and later runs share it, and only `correction` follows.
    """

    def __init__(self) -> None:
        self._newest: int | None = None
        self._offset: float | None = None
        #: Seconds by which the sender's time is to be moved on the wall clock by now.
        self.correction = 0.0
        #: Heard for long enough to place something by it.
        self.settled = False
        self._rate = 0.0
        self._heard = 0.0
        self._window_began = 0.0
        self._young = True
        self._least: float | None = None

    def note(self, clock: int, arrival: float) -> None:
        """`clock` came at `arrival`: 90 kHz, counted on over the wrap, and seconds of Unix time."""
        self._newest = clock
        offset = arrival - clock / _HZ
        if self.settled and self._offset is not None:
            self._follow(offset - self._offset, arrival)
            return
        if self._offset is None:
            self._offset, self._window_began = offset, arrival
        self._offset = min(self._offset, offset)
        self.settled = not 0 <= arrival - self._window_began < _LISTEN_S
        self._heard, self._least = arrival, 0.0

    def _follow(self, delay: float, arrival: float) -> None:
        """`delay` is how much later this came than the offset says."""
        moved = self.correction + self._rate * min(max(0.0, arrival - self._heard), _LONGEST_STEP_S)
        self._heard = arrival
        self._least = delay if self._least is None else min(self._least, delay)
        # It is never moved beyond what it is moved for.
        self.correction = max(moved, self._least) if self._young else moved
        error = self._least - self.correction
        if not 0 <= arrival - self._window_began < (_YOUNG_S if self._young else _WINDOW_S):
            self._rate = max(-_FASTEST, min(_FASTEST, error / _SETTLE_S))
            self._window_began, self._least, self._young = arrival, None, False
        elif self._young:
            self._rate = max(-_QUICKEST, min(0.0, error / _QUICK_SETTLE_S))

    def wall(self, decode_time: int, timescale: int) -> datetime:
        """Of a time stamp as stage 2 writes it, moved by `Warp` where it was."""
        stamp = round((decode_time / timescale - TIME_OFFSET_S) * _HZ)
        newest = self._newest or 0
        seconds = (newest + signed_difference(stamp, newest)) / _HZ + (self._offset or 0.0)
        return datetime.fromtimestamp(seconds, UTC)


class Warp:
    """Moves the fragments of one coding along with the correction of their sender's clock."""

    def __init__(self, kind: Kind, timescale: int, correction: float) -> None:
        self._kind = kind
        self._timescale = timescale
        #: Ticks added to the decode times by now.
        self.shift = round(correction * timescale)

    def apply(self, fragment: Fragment, correction: float) -> Fragment:
        """May give a fragment without a sample: the sound that was left out."""
        due = correction * self._timescale - self.shift
        if not fragment.samples:
            return fragment
        # Made by hand: `replace` takes ten times as long, and some hundred fragments come each second.
        moved = Fragment(
            fragment.track,
            fragment.timescale,
            fragment.decode_time + self.shift,
            fragment.samples,
            fragment.payload,
        )
        return self._stretch(moved, round(due)) if self._kind is Kind.VIDEO else self._count(moved, due)

    def _stretch(self, fragment: Fragment, due: int) -> Fragment:
        # As much as the clock asks for at most; much more at once would be seen, so each frame takes its share.
        most = max(1, fragment.duration // 12)
        step = max(-most, min(most, due))
        if step == 0 or fragment.duration + step <= 0:
            return fragment
        self.shift += step
        count = len(fragment.samples)
        return replace(
            fragment,
            samples=tuple(
                replace(
                    sample, duration=sample.duration + step * (index + 1) // count - step * index // count
                )
                for index, sample in enumerate(fragment.samples)
            ),
        )

    def _count(self, fragment: Fragment, due: float) -> Fragment:
        frame = fragment.samples[0].duration
        if abs(due) < _FRAME_DUE * frame:
            return fragment
        # Of the frames at hand the one that says least.
        index = min(range(len(fragment.samples)), key=lambda at: fragment.samples[at].size)
        sample, size = fragment.samples[index], fragment.samples[index].size
        at = sum(before.size for before in fragment.samples[:index])
        times = 2 if due > 0 else 0
        self.shift += sample.duration if due > 0 else -sample.duration
        repeated: tuple[Sample, ...] = (sample,) * times
        data = fragment.payload
        return replace(
            fragment,
            samples=(*fragment.samples[:index], *repeated, *fragment.samples[index + 1 :]),
            payload=data[:at] + data[at : at + size] * times + data[at + size :],
        )
