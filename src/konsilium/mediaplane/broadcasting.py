"""One channel on air: follows its plan and connects the feeds with its timelines."""

from collections.abc import Mapping
from datetime import datetime

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.encoder.feed import Feed
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.slate import Slates
from konsilium.mediaplane.hls import SOUND, ChannelState, Limits
from konsilium.mediaplane.origin import ChannelTimelines, angles_of
from konsilium.mediaplane.plan import ChannelPlan, Plan
from konsilium.mediaplane.seam import RenditionSink
from konsilium.mediaplane.status import ChannelStatus


class Broadcasting:
    def __init__(self, plan: Plan, channel: ChannelPlan, *, slates: Slates, now: datetime) -> None:
        self.plan = channel
        self.timelines = ChannelTimelines(
            angles=angles_of((feed.key, feed.title) for feed in channel.feeds),
            slate=slates.lost,
            stopped=slates.stopped,
            silence=slates.silence,
            limits=Limits(part_ms=plan.part_ms, window_s=plan.window_s),
            now=now,
        )
        self._attached: dict[str, Outlet] = {}

    def fits(self, channel: ChannelPlan) -> bool:
        """The angles and their names are fixed while a channel runs, and what has ended never begins again."""
        same = [(feed.key, feed.title) for feed in channel.feeds] == [
            (feed.key, feed.title) for feed in self.plan.feeds
        ]
        return same and (self.timelines.state is not ChannelState.ENDED or channel.state == "ended")

    def follow(self, channel: ChannelPlan, *, feeds: Mapping[str, Feed], now: datetime) -> None:
        self.plan = channel
        self._follow_state(ChannelState(channel.state), now)
        ended = self.timelines.state is ChannelState.ENDED
        doors = {feed.key: feeds[feed.door] for feed in channel.feeds}
        wanted = {key: feed.outlets[Kind.VIDEO] for key, feed in doors.items()}
        wanted[SOUND] = doors[channel.sound].outlets[Kind.AUDIO]
        for key, outlet in wanted.items():
            self._attach(key, None if ended else outlet, now)

    def _follow_state(self, wanted: ChannelState, now: datetime) -> None:
        if wanted is self.timelines.state:
            return
        match wanted:
            case ChannelState.LIVE:
                self.timelines.resume(now)
            case ChannelState.STOPPED:
                self.timelines.stop(now)
            case ChannelState.ENDED:
                self.timelines.end()

    def _sink(self, key: str) -> RenditionSink:
        return self.timelines.sound_sink() if key == SOUND else self.timelines.picture_sink(key)

    def _attach(self, key: str, outlet: Outlet | None, now: datetime) -> None:
        attached = self._attached.get(key)
        if attached is outlet:
            return
        if attached is not None:
            del self._attached[key]
            attached.detach(self._sink(key), at=now)
        if outlet is not None:
            self._attached[key] = outlet
            outlet.attach(self._sink(key))

    def close(self, now: datetime) -> None:
        for key in list(self._attached):
            self._attach(key, None, now)
        self.timelines.close()

    @property
    def status(self) -> ChannelStatus:
        return ChannelStatus(
            state=self.plan.state, started=self.timelines.started, viewers=self.timelines.viewers()
        )
