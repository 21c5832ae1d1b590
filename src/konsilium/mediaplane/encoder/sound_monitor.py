"""Listens to the sound of one feed: how loud it is, and the same for thin lines, by one small ffmpeg."""

import time
from collections import deque
from datetime import UTC, datetime

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader, Sample
from konsilium.mediaplane.encoder import command_lines
from konsilium.mediaplane.encoder.adts import adts_frames
from konsilium.mediaplane.encoder.helper import Helper
from konsilium.mediaplane.encoder.levels import Hearing, Level, LevelReader, Silence
from konsilium.mediaplane.encoder.lower import Lower
from konsilium.mediaplane.encoder.source_clock import SourceClock
from konsilium.mediaplane.encoder.tools import ffmpeg_path

#: A level older than this is none.
_LEVEL_S = 1.0
#: Frames (of 21 ms) that may be under way; more means that the helper is stuck.
_MOST_UNDER_WAY = 280
_FRAME = 1024


class SoundMonitor:
    """Follows an audio outlet."""

    def __init__(self, name: str) -> None:
        self.lower = Lower(Kind.AUDIO)
        self._helper = Helper(
            f"sound {name}", self._command, [self._take_levels, self._take_sound], began=self._began
        )
        self._init: Init | None = None
        self._level: Level | None = None
        self._heard = self._fed = 0.0
        self._silence = Silence()
        self.hearing = Hearing()
        #: Decode time and stretch of each frame under way; the first is the child's frame number `_first`.
        self._under_way: deque[tuple[int, int]] = deque()
        self._first = 0
        #: Goes up with every break: what was sent before it is not wanted afterwards.
        self._stretch = 0
        self._began()

    # -- what the outlet says --------------------------------------------------------------------------

    def begin(self, init: Init, *, clock: SourceClock) -> None:
        known = self._init is None or (self._init.sample_rate, self._init.channels) == (
            init.sample_rate,
            init.channels,
        )
        self._init = init
        self._stretch += 1
        self.lower.begin(init, clock=clock)
        if not known:
            self._fail()
        self._helper.start()

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        self.lower.add(fragment, arrival=arrival)
        self._fed = arrival
        if not self._helper.ready or self._init is None:
            return
        if len(self._under_way) > _MOST_UNDER_WAY:
            self._fail()
            return
        decode_time = fragment.decode_time
        for sample in fragment.samples:
            self._under_way.append((decode_time, self._stretch))
            decode_time += sample.duration
        self._helper.write(adts_frames(fragment, self._init.sample_rate or 48_000, self._init.channels or 2))

    def pause(self, *, at: datetime) -> None:
        self._stretch += 1
        self._level = None
        self.hearing.forget()
        self.lower.pause(at=at)

    # -- what there is to say --------------------------------------------------------------------------

    @property
    def level(self) -> Level | None:
        return self._level if time.monotonic() - self._heard < _LEVEL_S else None

    @property
    def silent_since(self) -> datetime | None:
        return self._silence.since

    def look(self) -> None:
        """Some ten times a second: a sound that is not there says nothing by itself.

        One that is there while the helper says nothing is unknown, which is no alarm.
        """
        if self._fed and time.monotonic() - self._fed > _LEVEL_S:
            self._silence.note(None, datetime.now(UTC))

    @property
    def pid(self) -> int:
        return self._helper.pid

    async def stop(self) -> None:
        await self._helper.stop()

    # -- the child -------------------------------------------------------------------------------------

    @staticmethod
    def _command(fds: command_lines.Fds) -> list[str]:
        return command_lines.listen_in(ffmpeg_path(), levels_fd=fds[0], sound_fd=fds[1])

    def _began(self) -> None:
        self._levels = LevelReader()
        self._reader = Reader()
        self._under_way.clear()
        self._first = 0
        self.lower.own_over(arrival=time.monotonic())

    def _fail(self) -> None:
        self._helper.restart()
        self._under_way.clear()
        self.lower.own_over(arrival=time.monotonic())

    def _take_levels(self, data: bytes) -> None:
        for level in self._levels.feed(data):
            self._level, self._heard = level, time.monotonic()
            self._silence.note(level, datetime.now(UTC))
            self.hearing.note(level, datetime.now(UTC))

    def _take_sound(self, data: bytes) -> None:
        pieces: list[tuple[int, Sample, bytes]] = []
        for value in self._reader.feed(data):
            match value:
                case Malformed():
                    self._fail()
                    return
                case Init():
                    self.lower.own_begin(value)
                case Fragment():
                    pieces += self._placed(value)
        if pieces:
            self._pass_on(pieces)

    def _placed(self, fragment: Fragment) -> list[tuple[int, Sample, bytes]]:
        """Its frames with the time stamps of the frames they were made of, which the child only counts.

        An AAC coder is one frame late and says so: its first frame is number −1, and of nothing we sent.
        """
        found = []
        at, decode_time = 0, fragment.decode_time - command_lines.TIME_OFFSET_S * fragment.timescale
        for sample in fragment.samples:
            number = round(decode_time / _FRAME)
            while self._under_way and self._first < number:
                self._under_way.popleft()
                self._first += 1
            if self._under_way and self._first == number:
                sent, stretch = self._under_way[0]
                if stretch == self._stretch:
                    found.append((sent, sample, fragment.payload[at : at + sample.size]))
            at += sample.size
            decode_time += sample.duration
        return found

    def _pass_on(self, pieces: list[tuple[int, Sample, bytes]]) -> None:
        """As few fragments as there can be: one for each unbroken row."""
        arrival, row = time.monotonic(), [pieces[0]]
        for piece in [*pieces[1:], None]:
            if piece is not None and abs(piece[0] - row[-1][0] - _FRAME) <= 2:
                row.append(piece)
                continue
            samples = tuple(Sample(len(data), _FRAME, sync=True) for _, _, data in row)
            payload = b"".join(data for _, _, data in row)
            self.lower.own_add(Fragment(1, 48_000, row[0][0], samples, payload), arrival=arrival)
            if piece is not None:
                row = [piece]
