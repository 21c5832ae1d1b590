"""All conversions of a studio, one at a time in the plan's order; told by the plan, reported in the status."""

import asyncio
import json
import logging
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from konsilium.mediaplane.conversion.converter import Converter, Phase, Ready
from konsilium.mediaplane.conversion.run import Cancelled
from konsilium.mediaplane.conversion.writing import Recordings
from konsilium.mediaplane.hls import Filler
from konsilium.mediaplane.plan import ConversionPlan
from konsilium.mediaplane.status import ConversionStatus, FilmFault

log = logging.getLogger(__name__)


class _Done(BaseModel):
    """What became of an upload; kept until the plan no longer speaks of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    status: ConversionStatus


class Conversions:
    """`follow` the plan; `start` and `stop` with the studio."""

    def __init__(self, *, uploads: Path, notes: Path, recordings: Recordings, silence: Filler) -> None:
        """`uploads` is the folder of the files, `notes` the file in which we remember what is done."""
        self._uploads = uploads
        self._notes = notes
        self._recordings = recordings
        self._silence = silence
        self._writing = threading.Lock()
        self._done = self._read_notes()
        self._plans: dict[str, ConversionPlan] = {}
        self._running: tuple[ConversionPlan, threading.Event] | None = None
        self._now = ConversionStatus(state="waiting")
        self._task: asyncio.Task[None] | None = None
        self._look = asyncio.Event()

    # -- life ------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="conversions")

    async def stop(self) -> None:
        """What is being converted begins anew next time."""
        if self._running is not None:
            self._running[1].set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def follow(self, plans: Sequence[ConversionPlan]) -> None:
        self._plans = {plan.recording: plan for plan in plans}
        if self._running is not None and self._plans.get(self._running[0].recording) != self._running[0]:
            self._running[1].set()
        outdated = [key for key, done in self._done.items() if not self._still(key, done)]
        for key in outdated:
            del self._done[key]
        if outdated:
            self._write_notes()
        for done in self._done.values():
            if done.status.state == "ready":
                # We were killed between noting and removing.
                (self._uploads / done.file).unlink(missing_ok=True)
        self._look.set()

    def _still(self, key: str, done: _Done) -> bool:
        plan = self._plans.get(key)
        return plan is not None and plan.file == done.file

    @property
    def status(self) -> dict[str, ConversionStatus]:
        found: dict[str, ConversionStatus] = {}
        for key in self._plans:
            if key in self._done:
                found[key] = self._done[key].status
            elif self._running is not None and self._running[0].recording == key:
                found[key] = self._now
            else:
                found[key] = ConversionStatus(state="waiting")
        return found

    # -- one after the other ---------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._look.clear()
            plan = next((plan for key, plan in self._plans.items() if key not in self._done), None)
            if plan is None:
                await self._look.wait()
                continue
            cancelled = threading.Event()
            self._running = (plan, cancelled)
            self._now = ConversionStatus(state="checking")
            work = asyncio.create_task(asyncio.to_thread(self._convert, plan, cancelled))
            try:
                status = await asyncio.shield(work)
            except asyncio.CancelledError:
                # The thread looks five times a second; without it nobody would remove its half recording.
                cancelled.set()
                with suppress(Exception):
                    await work
                raise
            finally:
                self._running = None
            if status is not None and self._plans.get(plan.recording) == plan:
                self._done[plan.recording] = _Done(file=plan.file, status=status)
                self._write_notes()

    def _convert(self, plan: ConversionPlan, cancelled: threading.Event) -> ConversionStatus | None:
        """None if it was cancelled."""
        path = self._uploads / plan.file
        try:
            outcome = Converter(
                recordings=self._recordings, silence=self._silence, tell=self._tell, cancelled=cancelled
            ).convert(path, plan.recording)
        except Cancelled:
            return None
        except Exception:
            # The next upload must have its turn.
            log.exception("conversion of %s stumbled", plan.recording)
            return ConversionStatus(state="failed", fault=FilmFault.INTERRUPTED)
        if not isinstance(outcome, Ready):
            log.info("conversion of %s: %s", plan.recording, outcome.fault)
            return ConversionStatus(
                state="failed", fault=outcome.fault, read_s=outcome.read_s, said_s=outcome.said_s
            )
        status = ConversionStatus(
            state="ready", progress=1, duration_s=outcome.duration_s, sha256=outcome.sha256
        )
        # First remember, then remove: a kill in between leaves a file too many, never one too few.
        self._remember(plan, status)
        path.unlink(missing_ok=True)
        return status

    def _tell(self, phase: Phase, progress: float, duration_s: float | None) -> None:
        # One reference is replaced by another: safe from any thread.
        self._now = ConversionStatus(state=phase, progress=round(progress, 4), duration_s=duration_s)

    # -- notes -----------------------------------------------------------------------------------------

    def _remember(self, plan: ConversionPlan, status: ConversionStatus) -> None:
        self._write_notes({**self._done, plan.recording: _Done(file=plan.file, status=status)})

    def _read_notes(self) -> dict[str, _Done]:
        try:
            entries = json.loads(self._notes.read_bytes())
            return {key: _Done.model_validate(entry) for key, entry in entries.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, ValidationError) as error:
            log.warning("what was converted before is forgotten: %s", type(error).__name__)
            return {}

    def _write_notes(self, done: dict[str, _Done] | None = None) -> None:
        entries = {
            key: entry.model_dump(mode="json")
            for key, entry in (self._done if done is None else done).items()
        }
        unfinished = self._notes.with_suffix(".part")
        try:
            self._notes.parent.mkdir(parents=True, exist_ok=True)
            with self._writing, unfinished.open("w", encoding="utf-8") as file:
                json.dump(entries, file)
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(self._notes)
        except OSError as error:
            log.warning("what was converted cannot be noted: %s", error.strerror)
