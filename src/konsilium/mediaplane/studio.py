"""The media plane's shell: reads the plan, runs doors and channels, reports what runs.

It may be killed at any moment: everything it needs is in the plan, and its children die with it.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from konsilium.mediaplane.broadcasting import Broadcasting
from konsilium.mediaplane.encoder.feed import Feed
from konsilium.mediaplane.encoder.slate import Slates, prepare_slates
from konsilium.mediaplane.origin import ChannelTimelines
from konsilium.mediaplane.plan import DoorPlan, Plan
from konsilium.mediaplane.settings import StudioSettings
from konsilium.mediaplane.status import Status

log = logging.getLogger(__name__)

_NO_JSON = "The plan cannot be read; what ran before goes on. First fault: {fault}"


class Studio:
    """What the origin needs of it is `channels`."""

    def __init__(self, data_dir: Path, settings: StudioSettings | None = None) -> None:
        self.settings = settings or StudioSettings.of(data_dir)
        self.plan = Plan(version=0)
        #: Why the newest plan file is not followed, or nothing.
        self.plan_error = ""
        self._slates: Slates | None = None
        self._broadcasts: dict[str, Broadcasting] = {}
        self._channels: dict[str, ChannelTimelines] = {}
        self._feeds: dict[str, Feed] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._seen: tuple[int, int, int] | None = None
        self._task: asyncio.Task[None] | None = None
        self._reported: tuple[object, ...] = ()
        self._reported_at = 0.0

    @property
    def channels(self) -> Mapping[str, ChannelTimelines]:
        return self._channels

    @property
    def feeds(self) -> Mapping[str, Feed]:
        return self._feeds

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        self._slates = await asyncio.to_thread(prepare_slates, self.settings.slates)
        self.reload()
        self._task = asyncio.create_task(self._run(), name="studio")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for broadcast in self._broadcasts.values():
            broadcast.timelines.close()
        feeds, self._feeds = self._feeds, {}
        await asyncio.gather(*(feed.stop() for feed in feeds.values()), *self._closing.values())
        self._report()

    async def _run(self) -> None:
        while True:
            try:
                self.reload()
                self.tick(datetime.now(UTC))
                self._report_if_due()
            except Exception:
                # Whatever it is, the other channels must go on.
                log.exception("the studio stumbled")
            await asyncio.sleep(self.settings.look_s)

    def tick(self, now: datetime) -> None:
        for broadcast in self._broadcasts.values():
            try:
                broadcast.timelines.tick(now)
            except Exception:
                log.exception("channel %s stumbled", broadcast.plan.id)

    # -- the plan --------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Look whether there is a new plan file, and follow it."""
        try:
            found = self.settings.plan.stat()
        except OSError:
            return
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if mark == self._seen:
            return
        try:
            text = self.settings.plan.read_bytes()
        except OSError as error:
            log.warning("the plan cannot be opened: %s", error.strerror)
            return
        self._seen = mark
        try:
            plan = Plan.model_validate_json(text)
        except ValidationError as error:
            self.plan_error = _NO_JSON.format(fault=_first_fault(error))
            log.error("%s", self.plan_error)  # noqa: TRY400 - its trace would show the plan's passphrases
            return
        self.plan_error = ""
        self.apply(plan)

    def apply(self, plan: Plan) -> None:
        """What is on air changes at once; doors open and close in the background."""
        if self._slates is None:
            raise RuntimeError("the studio has not been started")
        now = datetime.now(UTC)
        before, self.plan = self.plan, plan
        self._apply_doors(plan, rebound=before.bind != plan.bind)
        wanted = {channel.id: channel for channel in plan.channels}
        for key in [key for key in self._broadcasts if key not in wanted]:
            self._broadcasts.pop(key).close(now)
        for key, channel in wanted.items():
            broadcast = self._broadcasts.get(key)
            if broadcast is not None and not broadcast.fits(channel):
                broadcast.close(now)
                broadcast = None
            if broadcast is None:
                broadcast = Broadcasting(plan, channel, slates=self._slates, now=now)
                self._broadcasts[key] = broadcast
            broadcast.follow(channel, feeds=self._feeds, now=now)
        self._channels = {key: broadcast.timelines for key, broadcast in self._broadcasts.items()}
        log.info("plan %d: %d doors, %d channels", plan.version, len(plan.doors), len(plan.channels))

    def _apply_doors(self, plan: Plan, *, rebound: bool) -> None:
        wanted = {door.id: door for door in plan.doors}
        for key, feed in list(self._feeds.items()):
            if rebound or wanted.get(key) != feed.plan:
                del self._feeds[key]
                self._closing[key] = asyncio.create_task(feed.stop(), name=f"closing {key}")
        for key, door in wanted.items():
            if key not in self._feeds:
                self._feeds[key] = self._open(door, plan.bind)

    def _open(self, door: DoorPlan, bind: str) -> Feed:
        feed = Feed(door, bind=bind)
        # Any of the doors that are closing may still hold the port.
        feed.start(after=tuple(self._closing.values()))
        return feed

    # -- the report ------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        return Status(
            at=datetime.now(UTC),
            version=self.plan.version,
            plan_error=self.plan_error,
            doors={key: feed.status for key, feed in self._feeds.items()},
            channels={key: broadcast.status for key, broadcast in self._broadcasts.items()},
        )

    def _report_if_due(self) -> None:
        for key in [key for key, task in self._closing.items() if task.done()]:
            del self._closing[key]
        essence = self._essence()
        now = asyncio.get_running_loop().time()
        if essence != self._reported or now - self._reported_at >= self.settings.report_s:
            self._report()
            self._reported, self._reported_at = essence, now

    def _essence(self) -> tuple[object, ...]:
        """What makes a report urgent: not every change of a bit rate."""
        doors = tuple((key, feed.essence) for key, feed in self._feeds.items())
        channels = tuple((key, broadcast.plan.state) for key, broadcast in self._broadcasts.items())
        return (self.plan.version, self.plan_error, doors, channels)

    def _report(self) -> None:
        unfinished = self.settings.status.with_suffix(".part")
        try:
            unfinished.write_text(self.status.model_dump_json(), encoding="utf-8")
            unfinished.replace(self.settings.status)
        except OSError as error:
            log.warning("the status cannot be written: %s", error.strerror)


def _first_fault(error: ValidationError) -> str:
    """Without the values: passphrases are among them."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in fault["loc"])
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])
