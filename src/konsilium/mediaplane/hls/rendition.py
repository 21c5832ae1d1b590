"""One rendition on the channel clock: signal while there is one, prepared slate or silence while not."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample, with_timescale, write_chunk
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import Limits, rescale, ticks_at
from konsilium.mediaplane.hls.cutter import Cut, Cutter, Lengths, PartCut
from konsilium.mediaplane.hls.shelf import Kept, Shelf
from konsilium.mediaplane.hls.signal import Filler, Period, samples_of, timescale_of
from konsilium.mediaplane.hls.timeline import Part, Timeline

#: Filling stays this far behind the clock, so that a signal that comes back finds its place still free: an
#: encoder's first frames are that old when ffmpeg has looked at them and started.
FILL_BEHIND: Final = timedelta(seconds=1)
#: An open signal that gives nothing for so long is filled over, whatever the encoder side says of it.
OVERTAKE_AFTER: Final = timedelta(seconds=4)
#: A signal that always comes too late for its own time stamps is given the present ones.
LATE_FOR: Final = timedelta(seconds=3)
#: Gaps and overlaps in milliseconds that frames absorb by giving way; beyond, something has broken.
GIVE_WAY_MS: Final = 60
LARGEST_GAP_MS: Final = 2000
#: From one signal to the next, frames give way by more, so that a swap of sources shows no flash of slate.
STRETCHED_MS: Final = 1100
#: hls.js passes over a last part of some ten milliseconds if the next segment is already there, and stalls.
SHORTEST_REST_MS: Final = 100
LARGEST_OVERLAP_MS: Final = 1000


class Rendition:
    """The `RenditionSink` of one feed's picture or of the sound; written by time and fragments only."""

    def __init__(
        self,
        *,
        kind: Kind,
        filler: Filler,
        limits: Limits,
        start: datetime,
        first_msn: int,
        first_discontinuity: int,
        cipher: Cipher,
        shelf: Shelf | None = None,
        past: Sequence[Kept] = (),
    ) -> None:
        self.timescale = timescale_of(kind)
        self.kind = kind
        self._filler = filler
        self._filler_init = filler.section
        self._filler_next = 0
        self.timeline = Timeline(
            timescale=self.timescale,
            limits=limits,
            start=ticks_at(start, self.timescale),
            first_msn=first_msn,
            cipher=cipher,
            shelf=shelf,
            discontinuity_sequence=first_discontinuity,
        )
        if past:
            self.timeline.restore(past)
        self._cutter = Cutter(self._lengths(kind, limits), self.timeline.end)
        self._limits = limits
        self.fill_behind = FILL_BEHIND
        #: Filling leaves the place free for what is known to come then.
        self.fill_up_to: datetime | None = None
        self._sequence = 0
        self._now = start
        self._period: Period | None = None
        #: The open period's samples are being written; otherwise slate or silence is.
        self._live = False
        #: Cut off by a stop: the signal is not looked at.
        self._silenced = False
        self._late_since: datetime | None = None
        #: What the master playlist speaks of: the signal that was shown last.
        self.signal = self._filler_init
        self._showing = self._filler_init
        self.timeline.switch_init(self._filler_init)

    # --- RenditionSink -------------------------------------------------------------------------------

    def open_period(self, init: Init, *, at: datetime) -> None:
        own = with_timescale(init, self.timescale)
        self._period = Period(own, init.timescale, ticks_at(at, self.timescale))
        self._late_since = None
        # Its first key frame follows what was there without anything between, if it comes soon.
        self._live = False

    def add_fragment(self, fragment: Fragment) -> float:
        period = self._period
        if period is None or self._silenced or self.timeline.ended:
            return 0.0
        if period.first_decode_time is None and fragment.samples:
            period.first_decode_time = fragment.decode_time
        decode_time = fragment.decode_time
        for sample, data in samples_of(fragment):
            self._take(period, decode_time, sample, data)
            decode_time += sample.duration
        return self.missing_s

    @property
    def missing_s(self) -> float:
        """Of the signal, until a part can be whole; 0 while a key frame is waited for."""
        return self._cutter.missing / self.timescale if self._live else 0.0

    def close_period(self, *, at: datetime) -> None:
        self._period = None
        self._end_signal()
        if not self._silenced:
            self.fill(self._room(min(at, self._now)))

    # --- Time ----------------------------------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        self._now = now
        if self.timeline.ended:
            return
        if self._live and self._cutter.end < ticks_at(now - OVERTAKE_AFTER, self.timescale):
            self._end_signal()
        if not self._live:
            self.fill(now if self._silenced else self._room(now))

    def fill(self, until: datetime) -> None:
        """Slate or silence in whole parts as far as `until` reaches."""
        if self.timeline.ended:
            return
        frame = self._filler.frames[self._filler_next][0].duration
        room = ticks_at(until, self.timescale)
        while self._cutter.end + frame <= room:
            self._add_filler(frame)

    def _room(self, now: datetime) -> datetime:
        until = now - self.fill_behind
        return until if self.fill_up_to is None else min(until, self.fill_up_to)

    @property
    def end(self) -> datetime:
        """Where what comes next will lie."""
        return self.timeline.date(self._cutter.end)

    # --- What the channel does with all its renditions at once -----------------------------------------

    def cut(self) -> None:
        """Frames that are no part yet have never existed; slate follows until `resume`."""
        self._cutter.drop(self.timeline.end)
        self.timeline.close_segment()
        self._silenced = True
        self._live = False
        # What was to be shown may be among what was dropped.
        self.timeline.switch_init(self._filler_init)
        self._showing = self._filler_init
        self._filler_next = 0

    def show_instead(self, filler: Filler) -> None:
        """From the next prepared frame on."""
        self._filler = filler
        self._filler_init = filler.section
        self._filler_next = 0

    def skip_to(self, at: datetime) -> None:
        """Leave out the time nobody watched; only after a cut."""
        place = max(ticks_at(at, self.timescale), self.timeline.end)
        self.timeline.discontinue()
        self.timeline.end = place
        self._cutter.drop(place)

    def resume(self) -> None:
        self._silenced = False
        self._late_since = None

    def wind_up(self) -> datetime:
        """The picture is over: what was released stays; where that ends."""
        self._live = False
        self._period = None
        enough = self._cutter.end - self.timeline.end >= self._ticks(SHORTEST_REST_MS)
        if self.kind is Kind.VIDEO and enough:
            self._write(self._cutter.close_segment())
        self._cutter.drop(self.timeline.end)
        return self.timeline.date(self.timeline.end)

    def finish(self, at: datetime) -> None:
        """Nothing follows (ENDLIST). Sound and pictures end together, the sound rather a little before.

        hls.js takes a stream for ended only if the middle of each rendition's last part is buffered in all.
        """
        missing = ticks_at(at, self.timescale) - self._cutter.end
        frame = self._filler.frames[0][0].duration
        if self.kind is Kind.AUDIO:
            for _ in range(missing // frame):
                self._write(self._cutter.add(*self._filler.frames[0]))
        elif missing > self._limits.part_ms * self.timescale // 2000:
            self._add_filler(missing)
        self._write(self._cutter.close_segment())
        self.timeline.finish()

    @property
    def is_live(self) -> bool:
        return self._live

    # --- Samples -------------------------------------------------------------------------------------

    def _take(self, period: Period, decode_time: int, sample: Sample, data: bytes) -> None:
        if not self._live and not self._begin_signal(period, decode_time, sample):
            return
        offset = self._offset(period.place(decode_time, self.timescale))
        if offset > self._ticks(LARGEST_GAP_MS) or offset < -self._ticks(LARGEST_OVERLAP_MS):
            # The source's clock jumped; while the channel's goes on, the source gets a new place on it.
            period.anchor(decode_time, self._cutter.end)
        if self.kind is Kind.AUDIO:
            self._add_sound(period, decode_time, sample, data)
            return
        composition = rescale(
            sample.composition_offset - period.first_composition, period.timescale, self.timescale
        )
        end = period.place(decode_time + sample.duration, self.timescale)
        duration = max(1, end - period.place(decode_time, self.timescale))
        own = sample.lasting(duration, composition)
        self._write(self._cutter.add(own, data, wanted_end=end))

    def _add_sound(self, period: Period, decode_time: int, sample: Sample, data: bytes) -> None:
        """Coded sound cannot give way: a hole is filled with silent frames, an overlap left out."""
        duration = rescale(sample.duration, period.timescale, self.timescale)
        offset = self._offset(period.place(decode_time, self.timescale))
        if 2 * offset <= -3 * duration:
            return
        if 2 * offset >= 3 * duration > 0:
            silent, silence = self._filler.frames[0]
            for _ in range((2 * offset + silent.duration) // (2 * silent.duration)):
                self._write(self._cutter.add(silent, silence))
        self._write(self._cutter.add(sample.lasting(duration, 0), data))

    def _begin_signal(self, period: Period, decode_time: int, sample: Sample) -> bool:
        if not sample.sync:
            return False
        start = period.place(decode_time, self.timescale)
        offset = self._offset(start)
        if offset < -self._ticks(GIVE_WAY_MS) and not self._is_late_for_long():
            return False
        if offset < -self._ticks(GIVE_WAY_MS) or start > ticks_at(self._now, self.timescale) + self._ticks(
            LARGEST_GAP_MS
        ):
            period.anchor(decode_time, self._cutter.end)
            offset = 0
        self._late_since = None
        self._fill_up(offset)
        self._live = True
        period.first_composition = sample.composition_offset
        self.signal = period.init
        self._show(period.init)
        return True

    def _is_late_for_long(self) -> bool:
        """If a signal lies behind what is already filled, wait for its next key frame, but not for ever."""
        if self._late_since is None:
            self._late_since = self._now
        return self._now - self._late_since > LATE_FOR

    def _end_signal(self) -> None:
        self._live = False
        self._late_since = None
        self._filler_next = 0

    def _fill_up(self, ticks: int) -> None:
        """Filling that ends where the signal begins; less than a frame is made up by the signal's first ones."""
        if self.kind is Kind.VIDEO and self.is_after_signal and ticks <= self._ticks(STRETCHED_MS):
            return
        frame = self._filler.frames[self._filler_next][0].duration
        while ticks >= frame:
            self._add_filler(frame)
            ticks -= frame
        if self.kind is Kind.VIDEO and ticks > self._ticks(GIVE_WAY_MS):
            self._add_filler(ticks)
        elif self.kind is Kind.AUDIO and 2 * ticks >= frame:
            self._add_filler(frame)

    @property
    def is_after_signal(self) -> bool:
        """Nothing was filled in since one was shown."""
        return self._showing != self._filler_init

    def _add_filler(self, duration: int) -> None:
        self._show(self._filler_init)
        sample, data = self._filler.frames[self._filler_next]
        self._filler_next = (self._filler_next + 1) % len(self._filler.frames)
        self._write(self._cutter.add(sample.lasting(duration, sample.composition_offset), data))

    # --- Places --------------------------------------------------------------------------------------

    def _offset(self, start: int) -> int:
        return start - self._cutter.end

    def _ticks(self, milliseconds: int) -> int:
        return milliseconds * self.timescale // 1000

    @staticmethod
    def _lengths(kind: Kind, limits: Limits) -> Lengths:
        scale = timescale_of(kind)
        video = kind is Kind.VIDEO
        shortest = limits.shortest_video_segment_ms if video else limits.shortest_audio_segment_ms
        return Lengths(
            shortest_part=-int(-limits.shortest_part_ms * scale // 1000),
            longest_part=limits.part_target_ms * scale // 1000,
            shortest_segment=shortest * scale // 1000,
            longest_segment=limits.target_duration_s * scale,
        )

    # --- Towards the timeline --------------------------------------------------------------------------

    def _show(self, init: Init) -> None:
        """An EXT-X-MAP without an EXT-X-DISCONTINUITY.

        RFC 8216bis 4.4.4.3 demands the latter where time stamps, tracks or their numbers change, which on
        the channel clock they never do, and only recommends it for a change of coding; 6.2.1 demands it there
        too, and from that we deviate (decision 0011). All renditions would have to
        bear it (6.2.4), angles that go on in the middle of a group of pictures too, which players then drop;
        and hls.js leaves out sound that it had not loaded when the picture passed it.
        """
        if init.data == self._showing.data:
            return
        self._showing = init
        if self._cutter.rest < self._ticks(SHORTEST_REST_MS):
            # What follows begins so much earlier, and is stretched until it has its place again.
            self._cutter.drop_rest()
        self._write(self._cutter.close_segment())
        self.timeline.switch_init(init)

    def _write(self, cuts: Iterable[Cut]) -> None:
        for cut in cuts:
            if isinstance(cut, PartCut):
                self._sequence += 1
                self.timeline.add_part(self._part(cut))
            else:
                self.timeline.close_segment()

    def _part(self, cut: PartCut) -> Part:
        data = write_chunk(
            sequence=self._sequence, decode_time=cut.start, samples=cut.samples, payload=cut.payload
        )
        return Part(cut.start, cut.duration, cut.independent, data)
