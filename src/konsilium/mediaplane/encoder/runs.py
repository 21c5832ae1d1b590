"""The stages of one feed, one after the other: what a later one gives waits until the earlier has ended."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.encoder.decisions import plan_stage
from konsilium.mediaplane.encoder.outlet import Outlet, SourceClock
from konsilium.mediaplane.encoder.stage import Stage
from konsilium.mediaplane.mpegts import Begun, Streams

log = logging.getLogger(__name__)

#: A stage that worked for so long starts the count of failures anew.
_WORKED_S = 3.0
_LONGEST_PROBE = 4_000_000


@dataclass(slots=True, eq=False)
class Run:
    stage: Stage
    streams: Streams
    clock: SourceClock
    since: float
    early: list[tuple[Kind, Init | Fragment]] = field(default_factory=list)


class Runs:
    def __init__(self, *, name: str, outlets: dict[Kind, Outlet], died: Callable[[Run], None]) -> None:
        self._name = name
        self._outlets = outlets
        self._died = died
        self._runs: list[Run] = []
        #: Stages in a row that ended by themselves.
        self.failures = 0

    @property
    def current(self) -> Run | None:
        """The one that still takes input."""
        return self._runs[-1] if self._runs and not self._runs[-1].stage.finishing else None

    @property
    def producing(self) -> bool:
        return self.current is not None and self.current.stage.produced

    @property
    def idle(self) -> bool:
        """Nothing runs, not even to write out what is left."""
        return not self._runs

    @property
    def pids(self) -> list[int]:
        return [run.stage.pid for run in self._runs]

    def begin(self, begun: Begun, clock: SourceClock) -> None:
        self.finish()
        plan = plan_stage(begun.streams)
        log.info("feed %s: %s", self._name, plan)
        # Each attempt after a failure looks four times as long.
        probe = min(begun.probe * 4**self.failures, _LONGEST_PROBE)
        stage = Stage(name=self._name, plan=plan, taker=self, probe=probe)
        self._runs.append(Run(stage, begun.streams, clock, time.monotonic()))
        stage.start(begun.preamble)

    def write(self, data: bytes) -> None:
        run = self.current
        if run is None:
            return
        run.stage.write(data)
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

    def take(self, stage: Stage, kind: Kind, value: Init | Fragment) -> None:
        run = next((run for run in self._runs if run.stage is stage), None)
        if run is None:
            return
        if run is self._runs[0]:
            self._pass_on(run, kind, value)
        else:
            run.early.append((kind, value))

    def over(self, stage: Stage) -> None:
        run = next((run for run in self._runs if run.stage is stage), None)
        if run is None:
            return
        first = run is self._runs[0]
        self._runs.remove(run)
        if first and self._runs:
            early, self._runs[0].early = self._runs[0].early, []
            for kind, value in early:
                self._pass_on(self._runs[0], kind, value)
        if not stage.finishing:
            worked = stage.produced and time.monotonic() - run.since > _WORKED_S
            self.failures = 1 if worked else self.failures + 1
            self._died(run)

    def _pass_on(self, run: Run, kind: Kind, value: Init | Fragment) -> None:
        outlet = self._outlets[kind]
        if isinstance(value, Fragment):
            outlet.add(value, arrival=time.monotonic())
            if time.monotonic() - run.since > _WORKED_S:
                self.failures = 0
            return
        sps = run.streams.video.sps if run.streams.video and kind is Kind.VIDEO else None
        outlet.begin(value, clock=run.clock, frame_rate=sps.frame_rate if sps else None)
