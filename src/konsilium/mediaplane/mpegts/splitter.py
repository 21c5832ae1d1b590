"""Cuts a transport stream into runs: stretches within which one decoder set-up stays right.

A run ends when the tables, the H.264 parameter sets or the time line change; the next one begins where a
decoder can start. All packets of a run are passed on untouched.
"""

from dataclasses import dataclass, replace

from konsilium.mediaplane.mpegts.continuity import Continuity
from konsilium.mediaplane.mpegts.elementary import read_adts, read_pes, read_picture_start, read_sps
from konsilium.mediaplane.mpegts.model import (
    Audio,
    AudioCodec,
    Begun,
    Event,
    Payload,
    Reason,
    Streams,
    Unreadable,
    Video,
    VideoCodec,
)
from konsilium.mediaplane.mpegts.tables import (
    PACKET,
    PAT_PID,
    SYNC,
    Programme,
    is_repeated,
    packet_payload,
    read_pat,
    read_pmt,
    section_of,
)
from konsilium.mediaplane.mpegts.units import Units

#: This many packets in a row must begin with the sync byte before we believe in the alignment.
_PROOF = 4
#: Bytes without any alignment after which we say that this is no transport stream.
_NONSENSE = 64 * 1024
#: Aligned bytes without usable tables after which we say so; encoders repeat the tables every 100 ms.
_PATIENCE_FOR_TABLES = 2 * 1024 * 1024
#: Most bytes kept while waiting for the other stream; then the run begins with what is there.
_MOST_PENDING = 4 * 1024 * 1024
#: Most packets searched for the end of a parameter set that goes over several packets.
_SEARCH = 12
#: Packets read at once while a run has not begun.
_STEP = 64

_HZ = 90_000
_WRAP = 1 << 33
#: How long one stream may keep the other waiting.
_WAIT_FOR_SOUND = int(0.7 * _HZ)
_WAIT_FOR_PICTURE = int(1.5 * _HZ)
_WAIT_FOR_KEY_FRAME = 15 * _HZ
#: Time may go back a little (reordering) and forward over a loss; beyond that it is another time line.
_BACKWARD = int(0.5 * _HZ)
_FORWARD = 5 * _HZ


def signed_difference(later: int, earlier: int) -> int:
    """2.4.3.7: time stamps count modulo 2^33."""
    return (later - earlier + _WRAP // 2) % _WRAP - _WRAP // 2


@dataclass(slots=True)
class _Seen:
    """What came of one elementary stream since its table."""

    started: bool = False
    first: int | None = None
    last: int | None = None

    def note(self, time: int | None) -> None:
        self.started = True
        if time is not None:
            self.first = time if self.first is None else self.first
            self.last = time

    @property
    def span(self) -> int:
        return 0 if self.first is None or self.last is None else signed_difference(self.last, self.first)


class Splitter:
    """Feed it what arrives, hand on what it gives."""

    def __init__(self) -> None:
        self._buffer = b""
        self._aligned = False
        self._lost = 0
        self._held = 0
        self._events: list[Event] = []
        self._complained = False
        self._pmt_pid: int | None = None
        self._pat = b""
        self._pmt = b""
        self._programme: Programme | None = None
        self._forget_streams()
        self._clock: int | None = None
        self._time_line = 0
        self._without_tables = 0
        self._continuity = Continuity()

    def _forget_streams(self) -> None:
        self._running = False
        self._keyed = False
        self._join = False
        self._pending = bytearray()
        programme = self._programme
        self._units = Units(
            video_pid=programme.video[0] if programme and programme.video else None,
            audio_pid=programme.audio[0] if programme and programme.audio else None,
        )
        self._video: Video | None = None
        self._audio: Audio | None = None
        self._parameter_sets: tuple[bytes, ...] = ()
        self._seen_video = _Seen()
        self._seen_audio = _Seen()

    @property
    def clock(self) -> int | None:
        """Newest time (90 kHz) of the leading stream, counted on over the wrap at 2^33; None before the first."""
        return self._clock

    @property
    def time_line(self) -> int:
        """Goes up when the time stamps jumped: clock values of different time lines cannot be compared."""
        return self._time_line

    @property
    def lost(self) -> int:
        """Packets that did not come, since the beginning."""
        return self._continuity.lost

    def feed(self, data: bytes) -> list[Event]:
        self._buffer += data
        while self._buffer:
            if not self._aligned and not self._align():
                break
            block = self._take_block()
            if not block:
                break
            used = self._read_block(block)
            self._continuity.feed(block[:used])
            if used < len(block):
                self._buffer = block[used:] + self._buffer
                break
        events, self._events = self._events, []
        return events

    # -- alignment -------------------------------------------------------------------------------------

    def _align(self) -> bool:
        buffer = self._buffer
        start = buffer.find(SYNC)
        while start != -1 and start + PACKET * _PROOF <= len(buffer):
            if buffer[start : start + PACKET * _PROOF : PACKET] == bytes((SYNC,)) * _PROOF:
                self._buffer = buffer[start:]
                self._aligned, self._lost = True, 0
                return True
            start = buffer.find(SYNC, start + 1)
        keep = len(buffer) - start if start != -1 else 0
        self._lost += len(buffer) - keep
        self._buffer = buffer[len(buffer) - keep :]
        if self._lost > _NONSENSE:
            self._lost = 0
            self._complain(Reason.NOT_A_TRANSPORT_STREAM)
        return False

    def _take_block(self) -> bytes:
        count = len(self._buffer) // PACKET
        if self._held and count <= self._held:
            return b""
        if not self._running:
            # In small steps, because a run begins between two of them.
            count = min(count, self._held + _STEP)
        good = self._buffer[: count * PACKET : PACKET]
        if good.count(SYNC) != count:
            self._aligned = False
            count = next(index for index, byte in enumerate(good) if byte != SYNC)
        block, self._buffer = self._buffer[: count * PACKET], self._buffer[count * PACKET :]
        return block

    def _complain(self, reason: Reason) -> None:
        if not self._complained and not self._running:
            self._complained = True
            self._events.append(Unreadable(reason))

    # -- packets ---------------------------------------------------------------------------------------

    def _read_block(self, block: bytes) -> int:
        """Gives how much was read: less than everything when a parameter set is cut off at the end."""
        self._mark = 0
        self._held = 0
        end = len(block)
        for index, second in enumerate(block[1::PACKET]):
            if not second & 0x40:  # payload_unit_start_indicator
                continue
            at = index * PACKET
            pid = ((second & 0x1F) << 8) | block[at + 2]
            if pid == PAT_PID:
                self._read_pat(block, at)
            elif pid == self._pmt_pid:
                self._read_pmt(block, at)
            elif not self._read_stream(block, at, pid):
                self._held = (len(block) - at) // PACKET
                end = at
                break
        self._flush(block, end)
        if not self._running:
            self._begin_when_ready()
        return end

    def _flush(self, block: bytes, end: int) -> None:
        data = block[self._mark : end]
        self._mark = end
        if not data:
            return
        if self._running:
            self._events.append(Payload(data))
            return
        if self._programme is None or not (self._programme.video or self._programme.audio):
            self._without_tables += len(data)
            if self._without_tables > _PATIENCE_FOR_TABLES:
                self._complain(Reason.NO_PROGRAMME if self._programme is None else Reason.NO_KNOWN_CODEC)
            return
        self._pending += data
        self._units.feed(data)
        if len(self._pending) > _MOST_PENDING:
            self._begin_if(self._keyed or self._seen_audio.started)
            self._pending.clear()

    def _read_pat(self, block: bytes, at: int) -> None:
        packet = block[at : at + PACKET]
        if is_repeated(packet, self._pat):
            self._pat = packet
            return
        section = section_of(packet_payload(packet))
        pmt_pid = read_pat(section) if section else None
        if pmt_pid is None:
            return
        self._pat = packet
        if pmt_pid != self._pmt_pid:
            self._flush(block, at)
            self._pmt_pid, self._pmt, self._programme = pmt_pid, b"", None
            self._forget_streams()

    def _read_pmt(self, block: bytes, at: int) -> None:
        if is_repeated(block[at : at + PACKET], self._pmt):
            self._pmt = block[at : at + PACKET]
            return
        packets, payload = _gather(block, at, limit=6)
        section = section_of(payload)
        programme = read_pmt(section) if section else None
        if programme is None:
            return
        self._pmt = packets
        if programme != self._programme:
            self._flush(block, at)
            self._programme = programme
            self._without_tables = 0
            self._forget_streams()
            if not (programme.video or programme.audio):
                self._complain(Reason.NO_KNOWN_CODEC)

    def _read_stream(self, block: bytes, at: int, pid: int) -> bool:
        programme = self._programme
        if programme is None:
            return True
        if programme.video and pid == programme.video[0]:
            if block[at + 3] & 0xC0:  # transport_scrambling_control
                self._complain(Reason.SCRAMBLED)
                return True
            return self._read_video(block, at, pid, programme.video[1])
        if programme.audio and pid == programme.audio[0] and not block[at + 3] & 0xC0:
            self._read_audio(block, at, pid, programme.audio[1])
        return True

    # -- elementary streams ----------------------------------------------------------------------------

    def _read_video(self, block: bytes, at: int, pid: int, codec: VideoCodec) -> bool:
        payload = packet_payload(block[at : at + PACKET])
        pes = read_pes(payload)
        if pes is None:
            return True
        parameter_sets: tuple[bytes, ...] = ()
        if codec is VideoCodec.H264:
            picture = read_picture_start(payload[pes.body :])
            if not picture.whole:
                packets, payload = _gather(block, at, limit=_SEARCH)
                picture = read_picture_start(payload[pes.body :])
                gathered = len(packets) // PACKET
                if not picture.whole and gathered < _SEARCH and len(block) - at < 64 * _SEARCH * PACKET:
                    return False
            parameter_sets = picture.parameter_sets
        key = bool(parameter_sets) or codec is not VideoCodec.H264
        self._note_time(block, at, self._seen_video, pes.time)
        self._seen_video.note(pes.time)
        if key:
            self._key_frame(block, at, Video(pid, codec), parameter_sets)
        return True

    def _note_time(self, block: bytes, at: int, seen: _Seen, time: int | None) -> None:
        if time is None:
            return
        if self._clock is None:
            self._clock = time
            return
        step = signed_difference(time, self._clock)
        if not -_BACKWARD <= step <= _FORWARD:
            self._clock = time
            self._time_line += 1
            if seen.last is not None:
                self._flush(block, at)
                self._forget_streams()
        elif step > 0:
            self._clock += step

    def _key_frame(self, block: bytes, at: int, video: Video, parameter_sets: tuple[bytes, ...]) -> None:
        changed = parameter_sets != self._parameter_sets or self._video is None
        if self._running and (changed or self._join):
            picture = self._seen_video
            self._flush(block, at)
            self._forget_streams()
            self._seen_video = picture
        if not self._running and self._keyed and parameter_sets != self._parameter_sets:
            self._keyed = False
        if not self._keyed:
            # Whatever came before the first key frame cannot be shown.
            self._flush(block, at)
            self._pending.clear()
            self._units.clear()
            self._keyed = True
            self._seen_video = _Seen(started=True, first=self._seen_video.last, last=self._seen_video.last)
        self._parameter_sets = parameter_sets
        sps = read_sps(parameter_sets[0]) if parameter_sets else None
        self._video = replace(video, sps=sps)

    def _read_audio(self, block: bytes, at: int, pid: int, codec: AudioCodec) -> None:
        payload = packet_payload(block[at : at + PACKET])
        pes = read_pes(payload)
        if pes is None:
            return
        if not self._seen_video.started:
            self._note_time(block, at, self._seen_audio, pes.time)
        self._seen_audio.note(pes.time)
        audio = Audio(pid, codec)
        if codec is AudioCodec.AAC and (adts := read_adts(payload[pes.body :])) is not None:
            audio = Audio(pid, codec, adts.object_type, adts.sample_rate, adts.channels)
        if self._running:
            # Sound that came late joins at the next key frame.
            self._join = self._join or self._audio is None
        else:
            self._audio = audio

    def _begin_when_ready(self) -> None:
        programme = self._programme
        if programme is None:
            return
        video, audio = programme.video, programme.audio
        picture_due = video is not None and (
            self._seen_video.started or self._seen_audio.span < _WAIT_FOR_PICTURE
        )
        sound_due = audio is not None and self._seen_video.span < _WAIT_FOR_SOUND
        picture_ready = self._keyed and video is not None and self._units.has(video[0])
        sound_ready = audio is not None and self._units.has(audio[0])
        if (picture_ready or not picture_due) and (sound_ready or not sound_due):
            self._begin_if(picture_ready or sound_ready)
        elif self._seen_video.span > _WAIT_FOR_KEY_FRAME:
            self._complain(Reason.NO_KEY_FRAME)

    def _begin_if(self, ready: bool) -> None:
        if not ready:
            return
        audio = self._audio if self._audio is not None and self._units.has(self._audio.pid) else None
        preamble = self._pat + self._pmt + bytes(self._pending)
        streams = Streams(video=self._video, audio=audio)
        self._events.append(Begun(streams, preamble, probe=self._units.probe))
        self._pending = bytearray()
        self._audio = audio
        self._running, self._complained = True, False


def _gather(block: bytes, at: int, *, limit: int) -> tuple[bytes, bytes]:
    """The packets of one unit from `at` on, at most `limit`, and their payloads joined."""
    head = block[at + 1 : at + 3]
    continued = bytes((head[0] & 0xBF, head[1]))
    packets = [block[at : at + PACKET]]
    started = bytes((head[0] | 0x40, head[1]))
    position = at + PACKET
    while position < len(block) and len(packets) < limit:
        header = block[position + 1 : position + 3]
        if header == started:
            break
        if header == continued:
            packets.append(block[position : position + PACKET])
        position += PACKET
    return b"".join(packets), b"".join(packet_payload(packet) for packet in packets)
