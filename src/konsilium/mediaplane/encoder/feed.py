"""One feed of a theatre from its doors to its outlets: who sends, what it is, and what to say about it."""

import asyncio
import logging
import time
from collections import deque
from datetime import UTC, datetime

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.encoder.command_lines import ListenAt
from konsilium.mediaplane.encoder.decisions import Source, choose_source, names_of, restart_delay
from konsilium.mediaplane.encoder.doors import SILENCE_S, Door
from konsilium.mediaplane.encoder.monitors import Monitors
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.runs import Run, Runs
from konsilium.mediaplane.encoder.source_clock import SourceClock
from konsilium.mediaplane.mpegts import Begun, Event, Payload, Splitter, Streams, Unreadable
from konsilium.mediaplane.plan import DoorPlan, LadderPlan
from konsilium.mediaplane.rounds import Listener, rounds
from konsilium.mediaplane.status import AudioStatus, DoorStatus, SignalState, Trouble, VideoStatus

log = logging.getLogger(__name__)

#: How long the simulation stays away after a real encoder has left.
STAND_IN_PATIENCE_S = 60.0
#: 116 ms.
_LOOK_ROUNDS = 4
#: Window of the bit rate.
_RATE_S = 3.0
#: Window of the packets that did not come.
_LOST_S = 10.0
#: How long a refused attempt to connect is worth mentioning.
_TROUBLE_S = 60.0
#: Sound without the announced picture for so long deserves a word.
_PICTURE_DUE_S = 4.0


class _Line:
    """Hears one door for the feed."""

    def __init__(self, feed: "Feed", source: Source) -> None:
        self._feed = feed
        self._source = source
        self.connected_now = False
        self.heard: float | None = None

    def connected(self) -> None:
        self.connected_now = True
        self._feed.connected(self._source)

    def received(self, data: bytes) -> None:
        self.heard = time.monotonic()
        self._feed.received(self._source, data)

    def gone(self) -> None:
        self.connected_now = False
        self._feed.gone(self._source)

    def trouble(self, trouble: Trouble) -> None:
        self._feed.trouble(self._source, trouble)


class Feed:
    """`start` opens the doors, `stop` closes them; in between the outlets run by themselves."""

    def __init__(self, plan: DoorPlan, *, bind: str, ladder: LadderPlan | None = None) -> None:
        self.plan = plan
        self.outlets = {kind: Outlet(kind) for kind in Kind}
        self._monitors = Monitors(plan.id, self.outlets, ladder or LadderPlan())
        #: The same for thin lines; where nothing smaller is coded, they carry what the others carry.
        self.low_outlets = self._monitors.low_outlets
        self._runs = Runs(name=plan.id, outlets=self.outlets, died=self._stage_died)
        self._lines = {source: _Line(self, source) for source in Source}
        self._doors = [] if plan.closed else [self._door(Source.ENCODER, bind, plan.port)]
        if plan.stand_in_port is not None and not plan.closed:
            self._doors.append(self._door(Source.STAND_IN, "127.0.0.1", plan.stand_in_port))
        self._tasks: list[asyncio.Task[None]] = []
        self._listener: Listener | None = None
        self._source: Source | None = None
        self._splitter = Splitter()
        self._time_line = -1
        self._clock = SourceClock()
        #: Nothing is read until then, so that a failing stage does not restart at once for ever.
        self._deaf_until = 0.0
        self._signal: SignalState = "none"
        self._since = datetime.now(UTC)
        self._trouble: Trouble | None = None
        self._refused: tuple[float, Trouble] | None = None
        self._streams: Streams | None = None
        self._rate: deque[tuple[float, int]] = deque()
        self._lost: deque[tuple[float, int]] = deque()

    def _door(self, source: Source, address: str, port: int) -> Door:
        at = ListenAt(address, port, self.plan.passphrase, self.plan.latency_ms)
        return Door(name=f"{self.plan.id}/{source}", at=at, caller=self._lines[source])

    def start(self, *, after: tuple[asyncio.Task[None], ...] = ()) -> None:
        """`after` may still hold our ports: the doors open once they are over."""

        async def opened(door: Door) -> None:
            if after:
                await asyncio.wait(after)
            await door.run()

        self._monitors.start()
        self._tasks = [asyncio.create_task(opened(door), name=f"door {self.plan.id}") for door in self._doors]
        # Without this look no slate would ever follow a lost signal.
        self._listener = rounds().listen(self._look, every=_LOOK_ROUNDS)

    async def stop(self) -> None:
        if self._listener is not None:
            rounds().leave(self._listener)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runs.abandon()
        await self._monitors.stop()
        for outlet in (*self.outlets.values(), *self.low_outlets.values()):
            outlet.close(at=datetime.now(UTC))

    @property
    def pids(self) -> dict[str, list[int]]:
        """Of the children, for tests that kill them."""
        doors = [door.pid for door in self._doors]
        return {"doors": doors, "stages": self._runs.pids, **self._monitors.pids}

    # -- what the doors say ----------------------------------------------------------------------------

    def connected(self, source: Source) -> None:
        if source is Source.ENCODER:
            self._refused = None

    def received(self, source: Source, data: bytes) -> None:
        now = time.monotonic()
        if source is not self._source:
            if self._chosen(now) is not source:
                return
            self._switch(source)
        self._rate.append((now, len(data)))
        if now < self._deaf_until:
            return
        lost = self._splitter.lost
        events = self._splitter.feed(data)
        if self._splitter.lost > lost:
            self._lost.append((now, self._splitter.lost - lost))
        self._note_clock()
        for event in events:
            self._handle(event)

    def gone(self, source: Source) -> None:
        if source is self._source:
            self._lose()

    def trouble(self, source: Source, trouble: Trouble) -> None:
        if source is Source.ENCODER:
            self._refused = (time.monotonic(), trouble)

    def _chosen(self, now: float) -> Source | None:
        encoder, stand_in = self._lines[Source.ENCODER], self._lines[Source.STAND_IN]
        return choose_source(
            now=now,
            encoder_connected=encoder.connected_now,
            encoder_heard=encoder.heard,
            stand_in_connected=stand_in.connected_now,
            patience=STAND_IN_PATIENCE_S,
        )

    def _switch(self, source: Source) -> None:
        log.info("feed %s: %s sends", self.plan.id, source)
        self._runs.finish()
        self._runs.start_anew()
        self._deaf_until = 0.0
        self._source = source
        self._rate.clear()
        self._fresh_splitter()
        self._become("starting")

    def _lose(self) -> None:
        log.info("feed %s: %s is gone", self.plan.id, self._source)
        self._runs.finish()
        self._source, self._streams = None, None
        self._rate.clear()
        self._fresh_splitter()
        self._become("lost")

    # -- what it carries -------------------------------------------------------------------------------

    def _fresh_splitter(self) -> None:
        self._splitter = Splitter()
        self._time_line = -1

    def _note_clock(self) -> None:
        clock = self._splitter.clock
        if clock is None:
            return
        if self._splitter.time_line != self._time_line:
            self._time_line = self._splitter.time_line
            self._clock = SourceClock()
        self._clock.note(clock, time.time())

    def _handle(self, event: Event) -> None:
        match event:
            case Payload(data):
                self._runs.write(data)
            case Begun():
                self._streams = event.streams
                self._runs.begin(event, self._clock)
            case Unreadable(reason):
                log.warning("feed %s: %s", self.plan.id, reason)
                self._runs.finish()
                self._become("unreadable", Trouble(reason))

    def _stage_died(self, run: Run) -> None:
        failures = self._runs.failures
        self._deaf_until = time.monotonic() + restart_delay(failures)
        self._fresh_splitter()
        if self._source is None:
            return
        if run.stage.too_slow:
            self._become("unreadable", Trouble.TOO_SLOW)
        elif failures > 1 or not run.stage.produced:
            self._become("unreadable", Trouble.UNDECODABLE)

    # -- what there is to say --------------------------------------------------------------------------

    def _look(self) -> None:
        now = time.monotonic()
        for outlet in self.outlets.values():
            if outlet.last is not None and (self._runs.idle or now - outlet.last > SILENCE_S):
                outlet.pause(at=datetime.now(UTC))
        self._monitors.look(now)
        flowing = any(outlet.last is not None for outlet in self.outlets.values())
        if self._source is not None and flowing and self._runs.producing:
            self._become("live", self._missing_picture(now))
        elif self._source is not None and self._signal == "live":
            self._become("starting")
        while self._rate and now - self._rate[0][0] > _RATE_S:
            self._rate.popleft()
        while self._lost and now - self._lost[0][0] > _LOST_S:
            self._lost.popleft()

    def _missing_picture(self, now: float) -> Trouble | None:
        run = self._runs.current
        video = run.streams.video if run is not None else None
        if run is None or video is None or self.outlets[Kind.VIDEO].last is not None:
            return None
        return Trouble.UNDECODABLE_PICTURE if now - run.since > _PICTURE_DUE_S else None

    def _become(self, signal: SignalState, trouble: Trouble | None = None) -> None:
        if signal != self._signal:
            self._since = datetime.now(UTC)
        self._signal, self._trouble = signal, trouble

    @property
    def essence(self) -> tuple[object, ...]:
        """Changes when the status does in more than figures."""
        inits = tuple(outlet.init is not None for outlet in self.outlets.values())
        sound, picture, rung = self._monitors.sound, self._monitors.picture, self._monitors.rung
        faults = (sound.silent_since, picture.black_since, picture.frozen_since, rung.state)
        return (self._signal, self._source, self._present_trouble, self._streams, inits, faults)

    @property
    def _present_trouble(self) -> Trouble | None:
        if self._trouble is None and self._refused and time.monotonic() - self._refused[0] < _TROUBLE_S:
            return self._refused[1]
        return self._trouble

    @property
    def status(self) -> DoorStatus:
        return DoorStatus(
            signal=self._signal,
            source=self._source.value if self._source else None,
            since=self._since,
            bitrate=self._bitrate(),
            lost=sum(count for _, count in self._lost),
            video=self._video_status(),
            audio=self._audio_status(),
            rung=self._monitors.rung.state,
            thumbnail=self._monitors.picture.mark,
            trouble=self._present_trouble,
            sends=names_of(self._streams),
        )

    @property
    def thumbnail(self) -> bytes | None:
        """The latest, as a JPEG; it is nowhere else."""
        return self._monitors.picture.jpeg

    def _bitrate(self) -> int:
        if len(self._rate) < 2:
            return 0
        span = max(self._rate[-1][0] - self._rate[0][0], 0.5)
        return int(sum(size for _, size in self._rate) * 8 / span)

    def _video_status(self) -> VideoStatus | None:
        video, outlet = self._streams.video if self._streams else None, self.outlets[Kind.VIDEO]
        if video is None or outlet.init is None:
            return None
        sps = video.sps
        return VideoStatus(
            codec=video.codec,
            width=sps.width if sps else outlet.init.width or 0,
            height=sps.height if sps else outlet.init.height or 0,
            fps=outlet.measured_rate or (sps.frame_rate if sps else None),
            frozen_since=self._monitors.picture.frozen_since,
            black_since=self._monitors.picture.black_since,
            key_frames_s=self._monitors.habits.key_frames_s,
            sizes=self._monitors.habits.sizes,
            interlaced=sps is not None and not sps.progressive,
        )

    def _audio_status(self) -> AudioStatus | None:
        audio, outlet = self._streams.audio if self._streams else None, self.outlets[Kind.AUDIO]
        if audio is None or outlet.init is None:
            return None
        level = self._monitors.sound.level
        return AudioStatus(
            codec=audio.codec,
            sample_rate=audio.sample_rate or outlet.init.sample_rate or 0,
            channels=audio.channels or outlet.init.channels or 0,
            rms_db=level.rms_db if level else None,
            peak_db=level.peak_db if level else None,
            silent_since=self._monitors.sound.silent_since,
            loudest_db=self._monitors.sound.hearing.loudest_db,
            only_side=self._monitors.sound.hearing.only_side,
        )
