"""The media plane's shell: reads the plan, runs doors and channels, reports what runs.

It may be killed at any moment: everything it needs is in the plan, the vault and the stops; its children die with
it.
"""

import asyncio
import logging
import os
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from konsilium.mediaplane.broadcasting import Broadcasting
from konsilium.mediaplane.conversion import Conversions
from konsilium.mediaplane.encoder.decisions import wants_rung
from konsilium.mediaplane.encoder.feed import Feed
from konsilium.mediaplane.encoder.slate import Slates, prepare_slates
from konsilium.mediaplane.encoder.tools import has_nvenc
from konsilium.mediaplane.following import Faults, PlanFile
from konsilium.mediaplane.origin import ChannelTimelines
from konsilium.mediaplane.origin.needs import StopAnswer
from konsilium.mediaplane.plan import ChannelPlan, DoorPlan, Plan, is_overtaken
from konsilium.mediaplane.playbacks import Playbacks
from konsilium.mediaplane.rounds import Listener, rounds
from konsilium.mediaplane.settings import StudioSettings
from konsilium.mediaplane.status import RecordingStatus, Status
from konsilium.mediaplane.steady import SteadyClock
from konsilium.mediaplane.stops import Stops
from konsilium.mediaplane.vault import Destroyed, Recorded, SpaceLimits, Store, Vault

log = logging.getLogger(__name__)

#: 58 ms: a stop in a new plan is followed within the 100 ms that it may take.
_LOOK_ROUNDS = 2
#: What could not be followed is tried again after so long.
_AGAIN_S = 0.5
#: Looking at every recording takes some milliseconds: not for each of five reports a second.
_RECORDINGS_EVERY_S = 1.0


class Studio:
    """What the origin needs of it: `origin/needs.py`."""

    def __init__(
        self,
        data_dir: Path,
        settings: StudioSettings | None = None,
        *,
        store: Store | None = None,
        space: SpaceLimits | None = None,
    ) -> None:
        """`store` takes the recordings besides this machine's disk; `space` is what they leave free there."""
        self.settings = settings or StudioSettings.of(data_dir)
        self.plan = Plan(version=0)
        self._file = PlanFile(self.settings.plan)
        self._faults = Faults()
        #: When the plan is to be followed once more, by the loop's clock.
        self._again_at: float | None = None
        #: Version of the last plan that was followed in all.
        self._followed = 0
        self._clock = SteadyClock()
        self._store = store
        self._space = space
        self._vault: Vault | None = None
        self._slates: Slates | None = None
        self._has_nvenc = False
        self._conversions: Conversions | None = None
        self._playbacks = Playbacks(self.recording, ready=self._follow_again)
        self._stops = Stops(self.settings.stops)
        self._broadcasts: dict[str, Broadcasting] = {}
        self._channels: dict[str, ChannelTimelines] = {}
        self._feeds: dict[str, Feed] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        #: What the doors were opened with.
        self._doors_of: tuple[object, ...] | None = None
        self._barred: Mapping[str, Mapping[str, datetime]] = {}
        self._destroyed: set[str] = set()
        self._saving: set[asyncio.Future[None]] = set()
        self._listener: Listener | None = None
        self._reported: tuple[object, ...] = ()
        self._reported_at = 0.0
        self._recordings: tuple[float, dict[str, RecordingStatus]] = (0.0, {})

    # -- for the origin --------------------------------------------------------------------------------

    @property
    def channels(self) -> Mapping[str, ChannelTimelines]:
        return self._channels

    @property
    def feeds(self) -> Mapping[str, Feed]:
        return self._feeds

    def recording(self, channel: str) -> Recorded | None:
        return None if self._vault is None else self._vault.recording(channel)

    def channels_of(self, hall: str) -> Collection[str]:
        return [
            channel.id
            for channel in self.plan.channels
            if any(feed.door.startswith(f"{hall}.") for feed in channel.feeds)
        ]

    def thumbnail(self, door: str) -> bytes | None:
        feed = self._feeds.get(door)
        return None if feed is None else feed.thumbnail

    def barred(self, channel: str) -> Mapping[str, datetime]:
        return self._barred.get(channel, {})

    @property
    def plan_error(self) -> str:
        """Why the newest plan file is not followed, or what of it, or nothing."""
        return self._file.fault or str(self._faults)

    def stop_channel(
        self, channel: str, person: str, at: datetime, age: timedelta = timedelta()
    ) -> StopAnswer:
        """Cuts first; then the stop is kept, by a thread, as a disk may be slow.

        It is kept as one of `at`, not of when it was pressed: an older one might be known already.
        """
        broadcast = self._broadcasts.get(channel)
        if broadcast is None:
            return "unknown"
        if broadcast.timelines.over:
            return "ended"
        if is_overtaken(at - age, broadcast.plan.live_since):
            log.warning("channel %s: a stop of %s comes too late, as it went on since", channel, person)
            return "overtaken"
        broadcast.cut(at)
        self._stops.press(channel, person=person, at=at)
        log.warning("channel %s: stopped at the media plane by %s", channel, person)
        self._save_stops()
        self._follow(broadcast, broadcast.plan, at)
        return "stopped"

    def report(self, channel: str, person: str, *, behind_s: float, stalls: int, feed: str) -> None:
        broadcast = self._broadcasts.get(channel)
        if broadcast is not None:
            at = asyncio.get_running_loop().time()
            broadcast.measured.note(person, at=at, behind_s=behind_s, stalls=stalls, feed=feed)

    def _save_stops(self) -> None:
        async def save() -> None:
            try:
                await asyncio.to_thread(self._stops.save)
            except OSError as error:
                log.error("a stop cannot be kept: %s", error.strerror)  # noqa: TRY400 - the reason says it all

        task = asyncio.ensure_future(save())
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        self._slates = await asyncio.to_thread(prepare_slates, self.settings.slates)
        self._has_nvenc = await asyncio.to_thread(has_nvenc)
        self._vault = await asyncio.to_thread(
            Vault, self.settings.vault, self._store, keys=self.settings.keys, limits=self._space
        )
        self._conversions = Conversions(
            uploads=self.settings.uploads,
            notes=self.settings.conversions,
            recordings=self._vault,
            silence=self._slates.silence,
        )
        self._conversions.start()
        self.reload()
        self._listener = rounds().listen(self._look, every=_LOOK_ROUNDS)

    async def stop(self) -> None:
        if self._listener is not None:
            rounds().leave(self._listener)
            self._listener = None
        for broadcast in self._broadcasts.values():
            broadcast.timelines.close()
        feeds, self._feeds = self._feeds, {}
        await asyncio.gather(*(feed.stop() for feed in feeds.values()), *self._closing.values())
        await self._playbacks.stop()
        if self._conversions is not None:
            await self._conversions.stop()
        await asyncio.gather(*self._saving)
        self._report()
        if self._vault is not None:
            await self._vault.close()

    def _look(self) -> None:
        for step in (self.reload, self._tick_now, self._report_if_due):
            try:
                step()
            except Exception:
                # Whatever it is, the other channels must go on.
                log.exception("the studio stumbled")

    def _tick_now(self) -> None:
        self.tick(self._now())

    def _now(self) -> datetime:
        """The one clock that delays are counted by."""
        now, was_set = self._clock.look(datetime.now(UTC), time.monotonic())
        if was_set:
            self._begin_anew(now)
        return now

    def _begin_anew(self, now: datetime) -> None:
        log.warning("the machine's clock was set: what waits is dropped, and the doors open anew")
        for key, broadcast in list(self._broadcasts.items()):
            try:
                broadcast.timelines.begin_anew(now)
            except Exception:
                # Rather no channel than one that lets out what waits; the plan makes another one.
                log.exception("channel %s cannot begin anew", key)
                self._drop(key, now)
        # Encoders come back and are dated by the clock as it is now.
        self._doors_of, self._again_at = None, 0.0

    def tick(self, now: datetime) -> None:
        for key, broadcast in self._broadcasts.items():
            try:
                broadcast.tick(now)
            except Exception:
                log.exception("channel %s stumbled", key)
            if key in self._channels and broadcast.is_past(now):
                self._channels = {other: one for other, one in self._channels.items() if other != key}
                broadcast.close(now)

    # -- the plan --------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Look whether there is a new plan file, or something left of the last one, and follow it."""
        plan, due = self._file.look(), self._again_at
        if plan is not None or (due is not None and asyncio.get_running_loop().time() >= due):
            self.apply(plan or self.plan)

    def apply(self, plan: Plan) -> None:
        """What is on air changes at once; doors open and close in the background.

        Whatever fails keeps nothing else from being done, and is tried again.
        """
        if self._slates is None or self._vault is None or self._conversions is None:
            raise RuntimeError("the studio has not been started")
        now, is_new = self._now(), plan is not self.plan
        self.plan = plan
        self._barred = plan.barred | {channel.id: channel.barred for channel in plan.channels}
        self._vault.rotation_s = plan.rotation_s
        self._faults.begin()
        attempt = self._faults.attempt
        wanted = {channel.id: channel for channel in plan.channels if channel.id not in plan.destroyed}
        # Stops come before everything that could fail, and what is destroyed right after them.
        for key, channel in wanted.items():
            if channel.state != "live" and (running := self._broadcasts.get(key)) is not None:
                attempt(f"channel {key}", running.follow_state, channel.state, now)
        for key in self._broadcasts.keys() - wanted.keys():
            attempt(f"channel {key}", self._drop, key, now)
        for key in set(plan.destroyed) - self._destroyed:
            attempt(f"the end of recording {key}", self._destroy, key, self._vault)
        attempt("recordings that are shown", self._playbacks.follow, plan.channels, destroyed=plan.destroyed)
        self._apply_doors(plan)
        self._stops.keep_only(wanted)
        for key, channel in wanted.items():
            attempt(f"channel {key}", self._apply_channel, plan, channel, self._slates, self._vault, now)
        self._channels = {
            key: broadcast.timelines
            for key, broadcast in self._broadcasts.items()
            if not broadcast.is_past(now)
        }
        attempt("conversions", self._conversions.follow, plan.conversions)
        if self._stops.changed:
            self._save_stops()
        self._note_faults()
        self._followed = self._followed if self._faults else plan.version
        if is_new:
            log.info("plan %d: %d doors, %d channels", plan.version, len(plan.doors), len(plan.channels))

    def _note_faults(self) -> None:
        self._again_at = asyncio.get_running_loop().time() + _AGAIN_S if self._faults else None

    def _drop(self, key: str, now: datetime) -> None:
        broadcast = self._broadcasts.pop(key)
        self._channels = {other: one for other, one in self._channels.items() if other != key}
        broadcast.close(now)

    def _destroy(self, key: str, vault: Vault) -> None:
        vault.destroy(key)
        self._destroyed.add(key)

    def _apply_channel(
        self, plan: Plan, channel: ChannelPlan, slates: Slates, vault: Vault, now: datetime
    ) -> None:
        broadcast = self._broadcasts.get(channel.id)
        has_low = wants_rung(plan.ladder.use, nvenc=self._has_nvenc, cores=os.cpu_count() or 1)
        if broadcast is not None and not broadcast.fits(channel, has_low=has_low):
            del self._broadcasts[channel.id]
            broadcast.close(now)
            broadcast = None
        if broadcast is None:
            if channel.state == "ended":
                # It ended while we were away: nothing is on air, and what there is is whole.
                vault.finish(channel.id)
                return
            try:
                broadcast = Broadcasting(plan, channel, has_low=has_low, slates=slates, vault=vault, now=now)
            except Destroyed:
                log.warning("channel %s: its key is destroyed, nothing of it can be shown", channel.id)
                return
            self._broadcasts[channel.id] = broadcast
        self._follow(broadcast, channel, now)

    def _follow(self, broadcast: Broadcasting, channel: ChannelPlan, now: datetime) -> None:
        channel = self._stops.follow(channel)
        broadcast.follow(channel, feeds=self._feeds, playback=self._playbacks.of(channel), now=now)

    def _follow_again(self, channel_id: str) -> None:
        """A recording that is to be shown is ready."""
        broadcast = self._broadcasts.get(channel_id)
        channel = next((one for one in self.plan.channels if one.id == channel_id), None)
        if broadcast is not None and channel is not None:
            self._faults.attempt(f"channel {channel_id}", self._follow, broadcast, channel, self._now())
            self._note_faults()

    def _apply_doors(self, plan: Plan) -> None:
        wanted = {door.id: door for door in plan.doors}
        doors_of = (plan.bind, plan.ladder)
        anew, self._doors_of = doors_of != self._doors_of, doors_of
        for key, feed in list(self._feeds.items()):
            if anew or wanted.get(key) != feed.plan:
                del self._feeds[key]
                self._closing[key] = asyncio.create_task(feed.stop(), name=f"closing {key}")
        for key, door in wanted.items():
            if key not in self._feeds:
                self._faults.attempt(f"door {key}", self._open, door, plan)

    def _open(self, door: DoorPlan, plan: Plan) -> None:
        feed = Feed(door, bind=plan.bind, ladder=plan.ladder)
        # Any of the doors that are closing may still hold the port.
        feed.start(after=tuple(self._closing.values()))
        self._feeds[door.id] = feed

    # -- the report ------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        at = asyncio.get_running_loop().time()
        return Status(
            at=datetime.now(UTC),
            version=self._followed,
            plan_error=self.plan_error,
            doors={key: feed.status for key, feed in self._feeds.items()},
            channels={
                key: broadcast.status(self._stops.get(key), at=at)
                for key, broadcast in self._broadcasts.items()
            },
            recordings=self._recordings_of(at),
            conversions=self._conversions.status if self._conversions else {},
            disk=self._vault.disk() if self._vault else None,
        )

    def _recordings_of(self, at: float) -> dict[str, RecordingStatus]:
        if self._vault is not None and at - self._recordings[0] >= _RECORDINGS_EVERY_S:
            self._recordings = (at, self._vault.recordings())
        return self._recordings[1]

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
        channels = tuple(
            (key, broadcast.timelines.state, self._stops.get(key))
            for key, broadcast in self._broadcasts.items()
        )
        return (self._followed, self.plan_error, doors, channels)

    def _report(self) -> None:
        unfinished = self.settings.status.with_suffix(".part")
        try:
            unfinished.write_text(self.status.model_dump_json(), encoding="utf-8")
            unfinished.replace(self.settings.status)
        except OSError as error:
            log.warning("the status cannot be written: %s", error.strerror)
