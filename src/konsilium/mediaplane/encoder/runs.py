"""The stages of one feed, one after the other.

What a later one gives waits until the earlier has ended, and what the first gives until its sender's clock is settled.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.encoder.copying import Copying
from konsilium.mediaplane.encoder.decisions import plan_stage
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.source_clock import SourceClock
from konsilium.mediaplane.encoder.stage import Stage
from konsilium.mediaplane.mpegts import Begun, Streams

log = logging.getLogger(__name__)

#: A stage that worked for so long starts the count of failures anew.
_WORKED_S = 3.0
_LONGEST_PROBE = 4_000_000


@dataclass(slots=True, eq=False)
class Run:
    stage: Stage | Copying
    streams: Streams
    clock: SourceClock
    since: float
    early: list[tuple[Kind, Init | Fragment]] = field(default_factory=list)
    over: bool = False


class Runs:
    def __init__(self, *, name: str, outlets: dict[Kind, Outlet], died: Callable[[Run], None]) -> None:
        self._name = name
        self._outlets = outlets
        self._died = died
        self._runs: list[Run] = []
        #: Stages in a row that ended by themselves.
        self.failures = 0
        #: Until a stream turns out to need a real demultiplexer.
        self._may_copy = True

    def start_anew(self) -> None:
        """Another sender, about whom nothing is known yet."""
        self.failures, self._may_copy = 0, True

    @property
    def current(self) -> Run | None:
        """The one that still takes input."""
        last = self._runs[-1] if self._runs else None
        return last if last is not None and not last.over and not last.stage.finishing else None

    @property
    def producing(self) -> bool:
        return self.current is not None and self.current.stage.produced

    @property
    def idle(self) -> bool:
        """Nothing runs, not even to write out what is left."""
        return not self._runs

    @property
    def pids(self) -> list[int]:
        return [run.stage.pid for run in self._runs if run.stage.pid]

    def begin(self, begun: Begun, clock: SourceClock) -> None:
        self.finish()
        plan = plan_stage(begun.streams)
        log.info("feed %s: %s", self._name, plan)
        # Each attempt after a failure looks four times as long.
        probe = min(begun.probe * 4**self.failures, _LONGEST_PROBE)
        stage: Stage | Copying
        if self.failures == 0 and self._may_copy and not plan.converts:
            stage = Copying(name=self._name, streams=begun.streams, taker=self)
        else:
            stage = Stage(name=self._name, plan=plan, taker=self, probe=probe)
        self._runs.append(Run(stage, begun.streams, clock, time.monotonic()))
        stage.start(begun.preamble)

    def write(self, data: bytes) -> None:
        run = self.current
        if run is None:
            return
        run.stage.write(data)
        self._let_out()
        if run.stage.is_stuck():
            log.warning("stage %s: takes everything and gives nothing", self._name)
            run.stage.kill()

    def finish(self) -> None:
        run = self.current
        if run is not None:
            run.stage.finish()

    async def abandon(self) -> None:
        runs, self._runs = self._runs, []
        for run in runs:
            await run.stage.abandon()

    # -- what the stages say ---------------------------------------------------------------------------

    def take(self, stage: object, kind: Kind, value: Init | Fragment) -> None:
        run = next((run for run in self._runs if run.stage is stage), None)
        if run is not None:
            run.early.append((kind, value))
            self._let_out()

    def over(self, stage: object) -> None:
        run = next((run for run in self._runs if run.stage is stage and not run.over), None)
        if run is None:
            return
        run.over = True
        self._let_out()
        if not run.stage.finishing:
            self._may_copy = self._may_copy and isinstance(run.stage, Stage)
            worked = run.stage.produced and time.monotonic() - run.since > _WORKED_S
            self.failures = 1 if worked else self.failures + 1
            self._died(run)

    def _let_out(self) -> None:
        while self._runs:
            first = self._runs[0]
            if first.clock.settled or first.over:
                early, first.early = first.early, []
                for kind, value in early:
                    self._pass_on(first, kind, value)
            if not first.over:
                return
            self._runs.pop(0)

    def _pass_on(self, run: Run, kind: Kind, value: Init | Fragment) -> None:
        outlet = self._outlets[kind]
        if isinstance(value, Fragment):
            outlet.add(value, arrival=time.monotonic())
            if time.monotonic() - run.since > _WORKED_S:
                self.failures = 0
            return
        sps = run.streams.video.sps if run.streams.video and kind is Kind.VIDEO else None
        outlet.begin(replace(value, frame_rate=sps.frame_rate if sps else None), clock=run.clock)
