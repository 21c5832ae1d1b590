"""One channel on air: follows its plan, connects what it shows with its timelines, keeps what was released."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from konsilium.mediaplane.encoder.feed import Feed
from konsilium.mediaplane.encoder.slate import Slates
from konsilium.mediaplane.hls import SOUND, Angle, ChannelState, Interpreter, Limits
from konsilium.mediaplane.hls.offer import SOUND_LOW, Offer
from konsilium.mediaplane.measured import Measured
from konsilium.mediaplane.origin import ChannelTimelines
from konsilium.mediaplane.plan import ChannelPlan, Plan
from konsilium.mediaplane.playback import Attachment, Playback
from konsilium.mediaplane.playback.attachment import AnyOutlet
from konsilium.mediaplane.status import ChannelStatus, StopStatus
from konsilium.mediaplane.vault import Vault

LOW = ".low"
#: Players have read the end of their playlists by then; afterwards the recording answers for the channel.
STAYS_AFTER_END = timedelta(seconds=5)


class Broadcasting:
    """Raises `Destroyed` for a channel whose key was taken away."""

    def __init__(
        self,
        plan: Plan,
        channel: ChannelPlan,
        *,
        has_low: bool,
        slates: Slates,
        vault: Vault,
        now: datetime,
    ) -> None:
        """`has_low`: each feed is offered in a lower quality as well."""
        self.plan = channel
        self.measured = Measured()
        self._vault = vault
        self._low_height = plan.ladder.height if has_low else None
        offer = self._offer(channel)
        self.timelines = ChannelTimelines(
            angles=offer.angles,
            interpreters=offer.interpreters,
            programme=offer.programme,
            slate=slates.lost,
            stopped=slates.stopped,
            silence=slates.silence,
            limits=Limits(part_ms=plan.part_ms, window_s=plan.window_s),
            now=now,
            cipher=vault.cipher(channel.id),
            shelves={key: vault.shelf(channel.id, key, kind) for key, kind in offer.kinds.items()},
            delay=channel.delay_s,
        )
        self._delay_s = channel.delay_s
        self._attachments = {key: Attachment(self.timelines.sink(key)) for key in offer.kinds}
        self._presented: Offer | None = None
        self._playback: Playback | None = None
        self._over_since: datetime | None = None

    def _offer(self, channel: ChannelPlan) -> Offer:
        return Offer(
            angles=tuple(Angle(feed.key, feed.title, self._low_height) for feed in channel.feeds),
            interpreters=tuple(Interpreter(one.key, one.title, one.language) for one in channel.interpreters),
            programme=channel.programme,
        )

    def fits(self, channel: ChannelPlan, *, has_low: bool) -> bool:
        """The renditions are fixed while a channel runs, and what has ended never begins again."""
        same = (
            has_low == (self._low_height is not None) and self._offer(channel).kinds == self.timelines.kinds
        )
        return same and (self.timelines.state is not ChannelState.ENDED or channel.state == "ended")

    def follow(
        self,
        channel: ChannelPlan,
        *,
        feeds: Mapping[str, Feed],
        playback: Playback | None = None,
        now: datetime,
    ) -> None:
        """`playback` is what is shown in place of the theatre, once it is ready."""
        self.plan = channel
        self._playback = playback
        if channel.state != "live":
            # Before everything that could fail.
            self.follow_state(channel.state, now)
        self._present(channel)
        if channel.delay_s != self._delay_s:
            self._delay_s = channel.delay_s
            self.timelines.set_delay(channel.delay_s, now)
        self.timelines.set_slate(channel.slate, now)
        self.follow_state(channel.state, now)
        ended = self.timelines.state is ChannelState.ENDED
        if channel.showing is not None and playback is None and not ended:
            # Whoever waits for a recording must not be shown the theatre: what is on air goes on, and that may be
            # nothing.
            return
        for key, attachment in self._attachments.items():
            attachment.show(None if ended else self._outlet(key, feeds), now)

    def _present(self, channel: ChannelPlan) -> None:
        offer = self._offer(channel)
        if offer == self._presented or offer.kinds != self.timelines.kinds:
            return
        self._presented = offer
        self.timelines.present(
            angles=offer.angles, interpreters=offer.interpreters, programme=offer.programme
        )
        self._vault.describe(
            channel.id,
            [(angle.key, angle.title) for angle in offer.angles],
            interpreters=[(one.key, one.title, one.language) for one in offer.interpreters],
            programme=offer.programme,
        )

    def _outlet(self, key: str, feeds: Mapping[str, Feed]) -> AnyOutlet:
        plan = self.plan
        kind = self.timelines.kinds[key]
        low = key == SOUND_LOW or key.endswith(LOW)
        feed = plan.sound if key in {SOUND, SOUND_LOW} else key.removesuffix(LOW)
        if self._playback is not None:
            return self._playback.feed(feed).outlets[f"{kind}.low" if low else kind]
        door = feeds[next(one.door for one in (*plan.feeds, *plan.interpreters) if one.key == feed)]
        return door.low_outlets[kind] if low else door.outlets[kind]

    def follow_state(self, state: str, now: datetime) -> None:
        """Of all that a plan says, what must not wait for the rest of it."""
        wanted = ChannelState(state)
        if wanted is self.timelines.state:
            return
        match wanted:
            case ChannelState.LIVE:
                self.timelines.resume(now)
            case ChannelState.STOPPED:
                self.cut(now)
            case ChannelState.ENDED:
                self.timelines.end()

    def cut(self, now: datetime) -> None:
        """At once, and also while what the delay held still comes out after the end."""
        for withheld in self.timelines.stop(now):
            self._vault.seal(self.plan.id, withheld)

    def tick(self, now: datetime) -> None:
        for attachment in self._attachments.values():
            attachment.tick(now)
        self.timelines.tick(now)
        if self._over_since is None and self.timelines.over:
            self._over_since = now
            self._vault.finish(self.plan.id)

    def is_past(self, now: datetime) -> bool:
        """Whether the recording answers for the channel from now on."""
        return self._over_since is not None and now - self._over_since > STAYS_AFTER_END

    def close(self, now: datetime) -> None:
        for attachment in self._attachments.values():
            attachment.show(None, now)
        self.timelines.close()

    def status(self, stop: StopStatus | None, *, at: float) -> ChannelStatus:
        """`at` is the clock that viewers' reports are counted by, in seconds."""
        self.measured.forget_gone(at)
        playback = self._playback
        return ChannelStatus(
            state=self.timelines.state.value,
            started=self.timelines.started,
            viewers=self.timelines.viewers(),
            latency=self.measured.latency,
            watching=self.measured.watching,
            stop=stop,
            showing=playback.recording if playback else None,
            left_s=playback.left_s if playback else None,
        )
