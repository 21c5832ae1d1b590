"""One run of a transport stream in, initialisation sections and fragments out.

What waits for the next picture is only its end: a picture leaves as soon as it is whole, with the duration of
the one before it. The timeline lets durations give way, so a wrong guess costs nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.cmaf.avc import ParameterSets
from konsilium.mediaplane.cmaf.boxes import BoxError
from konsilium.mediaplane.cmaf.compose import compose_audio_init, compose_video_init
from konsilium.mediaplane.cmaf.init import TRACK
from konsilium.mediaplane.mpegts import Audio, Video
from konsilium.mediaplane.remux.access_unit import AccessUnit, read_access_unit
from konsilium.mediaplane.remux.packets import Assembler, Pes, Unwrapper, carried_by

HZ: Final = 90_000
#: ISO/IEC 14496-3 4.5.1.1: samples of an AAC-LC frame.
AAC_FRAME: Final = 1024
#: Before a second picture tells how long the first one lasts: 30 a second.
ASSUMED_DURATION: Final = HZ // 30
LONGEST_DURATION: Final = HZ
#: Sound goes on by counting its samples while the stamps say about the same; 5 ms are rounding, more is a hole.
SAME_PLACE_S: Final = 0.005

Out = tuple[Kind, Init | Fragment]


class Unsuitable(Exception):
    """The stream is one that a real demultiplexer has to read; the text says why."""


class Remuxer:
    """For H.264 in one picture a packet and AAC-LC in ADTS; `offset_s` is added to every time."""

    def __init__(self, *, video: Video | None, audio: Audio | None, offset_s: int) -> None:
        self._picture = _Picture(video, offset_s) if video else None
        self._sound = _Sound(audio, offset_s) if audio else None
        self._streams: dict[int, tuple[Assembler, _Picture | _Sound]] = {}
        for source, stream in ((video, self._picture), (audio, self._sound)):
            if source is not None and stream is not None:
                self._streams[source.pid] = (Assembler(), stream)
        self._wanted = frozenset(self._streams)

    def feed(self, packets: bytes) -> list[Out]:
        """Whole transport packets. Raises Unsuitable."""
        out: list[Out] = []
        for carried in carried_by(packets, self._wanted):
            assembler, stream = self._streams[carried.pid]
            for pes in assembler.add(carried):
                out += stream.take(pes)
        return out

    def finish(self) -> list[Out]:
        """The run is over: its last picture has no follower."""
        out: list[Out] = []
        for assembler, stream in self._streams.values():
            for pes in assembler.flush():
                out += stream.take(pes)
        return out


class _Picture:
    def __init__(self, video: Video, offset_s: int) -> None:
        rate = video.sps.frame_rate if video.sps else None
        self._duration = round(HZ / rate) if rate else ASSUMED_DURATION
        self._offset = offset_s * HZ
        self._unwrap = Unwrapper()
        self._last: int | None = None
        self._sets: ParameterSets | None = None

    def take(self, pes: Pes) -> Iterator[Out]:
        if pes.presentation is None or pes.decoding is None:
            raise Unsuitable("a picture has no time stamp")
        unit = read_access_unit(pes.data)
        if unit.pictures != 1:
            raise Unsuitable(f"{unit.pictures} pictures lie in one packet")
        yield from self._changed(unit)
        if self._sets is None:
            # A decoder could do nothing with it.
            return
        decoding = self._unwrap(pes.decoding)
        if self._last is not None:
            decoding = max(decoding, self._last + 1)
            self._duration = min(decoding - self._last, LONGEST_DURATION)
        self._last = decoding
        composition = (pes.presentation - pes.decoding + (1 << 32)) % (1 << 33) - (1 << 32)
        sample = Sample(len(unit.data), self._duration, unit.sync, composition)
        yield Kind.VIDEO, Fragment(TRACK, HZ, decoding + self._offset, (sample,), unit.data)

    def _changed(self, unit: AccessUnit) -> Iterator[Out]:
        if not (unit.sync and unit.sps and unit.pps):
            return
        sets = ParameterSets(sps=unit.sps, pps=unit.pps)
        if sets == self._sets or len(sets.sps) > 31 or len(sets.pps) > 255:
            return
        try:
            init = compose_video_init(sets, timescale=HZ)
        except BoxError as error:
            raise Unsuitable(str(error)) from error
        self._sets = sets
        yield Kind.VIDEO, init


class _Sound:
    def __init__(self, audio: Audio, offset_s: int) -> None:
        if audio.sample_rate is None or audio.channels is None:
            raise Unsuitable("the sound says nothing of itself")
        self._rate, self._channels = audio.sample_rate, audio.channels
        self._offset = offset_s * self._rate
        self._unwrap = Unwrapper()
        self._next: int | None = None
        self._rest = b""
        self._begun = False

    def take(self, pes: Pes) -> Iterator[Out]:
        data = self._rest + pes.data
        if pes.presentation is not None:
            # The stamp is of the first frame that begins in the packet (2.4.3.7).
            begins = AAC_FRAME if self._rest else 0
            stamped = self._unwrap(pes.presentation) * self._rate // HZ - begins
            if self._next is None or abs(stamped - self._next) > SAME_PLACE_S * self._rate:
                if stamped + self._offset < 0:
                    raise Unsuitable("the sound's time stamps go back to before they began")
                self._next = stamped
        frames, self._rest = _frames(data)
        if self._next is None or not frames:
            return
        if not self._begun:
            self._begun = True
            yield (
                Kind.AUDIO,
                compose_audio_init(sample_rate=self._rate, channels=self._channels, timescale=self._rate),
            )
        samples = tuple(Sample(len(frame), AAC_FRAME, True) for frame in frames)
        yield (
            Kind.AUDIO,
            Fragment(TRACK, self._rate, self._next + self._offset, samples, b"".join(frames)),
        )
        self._next += AAC_FRAME * len(frames)


def _frames(data: bytes) -> tuple[list[bytes], bytes]:
    """The AAC frames without their ADTS headers (ISO/IEC 13818-7, 6.2), and the beginning of one that goes on."""
    frames: list[bytes] = []
    at = 0
    while at + 7 <= len(data):
        if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
            # Damaged: what can be found again begins with the next sync word.
            at = data.find(b"\xff", at + 1)
            if at == -1:
                return frames, b""
            continue
        size = (data[at + 3] & 0x03) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        header = 7 if data[at + 1] & 1 else 9
        if size <= header:
            at += 1
            continue
        if data[at + 6] & 0x03:
            raise Unsuitable("several blocks lie in one frame of sound")
        if at + size > len(data):
            break
        frames.append(data[at + header : at + size])
        at += size
    return frames, data[at:]


def fragments(out: Iterable[Out], kind: Kind) -> list[Fragment]:
    """Those of one kind, for tests and tools."""
    return [value for found, value in out if found is kind and isinstance(value, Fragment)]
