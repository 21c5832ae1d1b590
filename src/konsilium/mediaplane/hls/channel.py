"""What one audience watches: the angles and the one sound, in step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.clock import Limits
from konsilium.mediaplane.hls.playlist import (
    Report,
    Sound,
    Variant,
    measured_bandwidth,
    render_master,
    render_playlist,
)
from konsilium.mediaplane.hls.rendition import Rendition
from konsilium.mediaplane.hls.signal import Filler

SOUND: Final = "sound"
#: What a variant is said to need before anything could be measured.
ASSUMED_BANDWIDTH: Final = 4_000_000
#: Media sequence numbers count from here, so that they need no more than 31 bits until 2060.
FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
#: A machine that slept for longer is not filled up with slate minute by minute.
LONGEST_PAUSE: Final = timedelta(minutes=10)


class ChannelState(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Angle:
    key: str
    title: str


def first_msn_at(now: datetime) -> int:
    """Media sequence numbers never go back, not even when the media plane is killed and forgets them.

    Two a second is more than any timeline uses, so a new one always begins above the old one.
    """
    return max(0, int((now - FIRST_DAY).total_seconds())) * 2


def first_discontinuity_at(now: datetime) -> int:
    """Grows with the day as well, but stays small: hls.js keeps an array as long as this number."""
    return now.hour * 60 + now.minute


class Channel:
    """Holds no clock: whoever owns it calls `tick` some ten times a second."""

    def __init__(
        self,
        *,
        angles: Sequence[Angle],
        slate: Filler,
        silence: Filler,
        limits: Limits,
        now: datetime,
        stopped: Filler | None = None,
    ) -> None:
        """`slate` is shown while there is no signal, `stopped` after a stop if it is another picture."""
        self.limits = limits
        self.state = ChannelState.LIVE
        self.angles = tuple(angles)
        self._now = now
        self._slate = slate
        self._stopped = stopped or slate
        # 6.2.2: a playlist shorter than three target durations makes players stumble, so it begins with
        # that much slate in the past.
        start = now - timedelta(seconds=limits.parts_kept_s + 2)

        def rendition(kind: Kind, filler: Filler) -> Rendition:
            return Rendition(
                kind=kind,
                filler=filler,
                limits=limits,
                start=start,
                first_msn=first_msn_at(now),
                first_discontinuity=first_discontinuity_at(now),
            )

        self.renditions = {angle.key: rendition(Kind.VIDEO, slate) for angle in angles}
        self.renditions[SOUND] = rendition(Kind.AUDIO, silence)
        self.tick(now)

    def tick(self, now: datetime) -> None:
        if now - self._now > LONGEST_PAUSE:
            self._skip_to(now)
        self._now = now
        for rendition in self.renditions.values():
            rendition.tick(now)

    def stop(self, now: datetime) -> None:
        """At once: nothing that was not released leaves any more, slate follows in every rendition."""
        if self.state is not ChannelState.LIVE:
            return
        self.state = ChannelState.STOPPED
        self._show_instead(self._stopped)
        self._cut()
        self.tick(now)

    def resume(self, now: datetime) -> None:
        """From now on: signals come back at their next key frames."""
        if self.state is not ChannelState.STOPPED:
            return
        self.state = ChannelState.LIVE
        self.tick(now)
        self._show_instead(self._slate)
        for rendition in self.renditions.values():
            rendition.resume()

    def end(self) -> None:
        if self.state is ChannelState.ENDED:
            return
        self.state = ChannelState.ENDED
        ends = {key: rendition.wind_up() for key, rendition in self.renditions.items()}
        sound = self.renditions[SOUND]
        sound.finish(min(end for key, end in ends.items() if key != SOUND))
        for key, rendition in self.renditions.items():
            if key != SOUND:
                rendition.finish(sound.timeline.date(sound.timeline.end))

    def version(self, key: str) -> int:
        return self.renditions[key].timeline.version

    def playlist(self, key: str, *, skip: bool = False) -> str:
        reports = [
            Report(_report_uri(key, other), *last)
            for other, rendition in self.renditions.items()
            if other != key and (last := rendition.timeline.last) is not None
        ]
        return render_playlist(self.renditions[key].timeline, skip=skip, reports=reports)

    def master(self, only: str | None = None) -> str:
        """All angles, or one of them for players that would take angles for qualities."""
        sound = self.renditions[SOUND]
        variants = []
        for angle in self.angles:
            if only not in {None, angle.key}:
                continue
            rendition = self.renditions[angle.key]
            peak, average = measured_bandwidth(
                [rendition.timeline, sound.timeline], otherwise=ASSUMED_BANDWIDTH
            )
            picture = rendition.picture
            variants.append(
                Variant(
                    key=angle.key,
                    title=angle.title,
                    uri=f"{angle.key}/video.m3u8",
                    codecs=(picture.codecs, sound.picture.codecs),
                    bandwidth=peak,
                    average_bandwidth=average,
                    width=picture.width,
                    height=picture.height,
                    frame_rate=picture.frame_rate,
                )
            )
        return render_master(variants, Sound(uri=f"{SOUND}/audio.m3u8"))

    def _show_instead(self, slate: Filler) -> None:
        for angle in self.angles:
            self.renditions[angle.key].show_instead(slate)

    def _cut(self) -> None:
        for rendition in self.renditions.values():
            rendition.cut()

    def _skip_to(self, now: datetime) -> None:
        """Time stamps jump here: the one discontinuity there is, and all renditions have it."""
        self._cut()
        for rendition in self.renditions.values():
            rendition.skip_to(now - timedelta(seconds=self.limits.parts_kept_s))
            if self.state is ChannelState.LIVE:
                rendition.resume()


def _report_uri(key: str, other: str) -> str:
    """4.4.5.4: "MUST be relative to the URI of the Media Playlist containing the EXT-X-RENDITION-REPORT tag"."""
    own_name = "audio" if other == SOUND else "video"
    return f"../{other}/{own_name}.m3u8" if other != key else f"{own_name}.m3u8"
