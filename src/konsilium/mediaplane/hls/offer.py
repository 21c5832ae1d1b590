"""What an audience may choose from: angles, each perhaps with a lower rung, the sound, and interpreters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from konsilium.mediaplane.cmaf import Init, Kind
from konsilium.mediaplane.hls.master import Sound, Variant, measured_bandwidth, render_master
from konsilium.mediaplane.hls.rendition import Rendition

SOUND: Final = "sound"
#: The same at a rate that any line carries.
SOUND_LOW: Final = "sound-low"
LOW_GROUP: Final = "low"
#: What a variant is said to need before anything could be measured.
ASSUMED_BANDWIDTH: Final = 4_000_000
ASSUMED_SOUND_BANDWIDTH: Final = 64_000


@dataclass(frozen=True, slots=True)
class Angle:
    key: str
    title: str
    #: Lines of the lower quality, if it is offered in one as well.
    low_height: int | None = None

    @property
    def has_low(self) -> bool:
        return self.low_height is not None

    @property
    def low(self) -> str:
        return f"{self.key}.low"


@dataclass(frozen=True, slots=True)
class Interpreter:
    key: str
    title: str
    #: RFC 5646.
    language: str


@dataclass(frozen=True, slots=True)
class Offer:
    angles: tuple[Angle, ...]
    interpreters: tuple[Interpreter, ...] = ()
    #: The angle for whoever has not chosen one.
    programme: str | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """All renditions."""
        pictures = [key for angle in self.angles for key in (angle.key, angle.low)[: 1 + angle.has_low]]
        sounds = [SOUND, SOUND_LOW, *(interpreter.key for interpreter in self.interpreters)]
        return dict.fromkeys(pictures, Kind.VIDEO) | dict.fromkeys(sounds, Kind.AUDIO)

    @property
    def in_order(self) -> list[Angle]:
        """The programme feed first: players begin with the first variant."""
        return sorted(self.angles, key=lambda angle: angle.key != self.programme)


def uri_of(key: str, kind: Kind) -> str:
    return f"{key}/{'audio' if kind is Kind.AUDIO else 'video'}.m3u8"


def master_of(
    offer: Offer, renditions: Mapping[str, Rendition], only: str | None = None, *, query: str = ""
) -> str:
    """All angles, or one of them for players that would take angles for qualities.

    `query` ends the addresses of the media playlists.
    """
    sound = renditions[SOUND]
    variants = [
        _picture(angle, renditions, key, sound, query)
        for angle in offer.in_order
        if only in {None, angle.key}
        for key in (angle.key, angle.low)[: 1 + angle.has_low]
    ]
    groups = {SOUND: _members(offer, SOUND, query, channels=2)}
    if only is None:
        variants.append(_sound_alone(renditions[SOUND_LOW], query, group=LOW_GROUP))
        groups[LOW_GROUP] = _members(offer, SOUND_LOW, query, channels=1)
    return render_master(variants, groups)


def listen_master_of(offer: Offer, renditions: Mapping[str, Rendition], *, query: str = "") -> str:
    """For listening without watching."""
    low = renditions[SOUND_LOW]
    if not offer.interpreters:
        return render_master([_sound_alone(low, query, group=None)], {})
    members = {LOW_GROUP: _members(offer, SOUND_LOW, query, channels=1)}
    return render_master([_sound_alone(low, query, group=LOW_GROUP)], members)


def _picture(
    angle: Angle, renditions: Mapping[str, Rendition], key: str, sound: Rendition, query: str
) -> Variant:
    rendition = renditions[key]
    peak, average = measured_bandwidth([rendition.timeline, sound.timeline], otherwise=ASSUMED_BANDWIDTH)
    picture = rendition.signal
    width, height = picture.width, picture.height
    top = renditions[angle.key].signal
    if key == angle.low and height == top.height:
        # Nothing smaller is coded yet, or not any more. Whoever comes now could not tell the two apart.
        width, height = _lowered(top, angle.low_height or 0)
    return Variant(
        key=key,
        title=angle.title,
        uri=uri_of(key, Kind.VIDEO) + query,
        codecs=(picture.codecs, sound.signal.codecs),
        bandwidth=peak,
        average_bandwidth=average,
        group=SOUND,
        width=width,
        height=height,
        frame_rate=picture.frame_rate,
    )


def _lowered(top: Init, height: int) -> tuple[int | None, int | None]:
    """As the rung will be coded: never larger than the top, with even sides."""
    if not top.width or not top.height:
        return None, None
    low = min(height, top.height) // 2 * 2
    return top.width * low // top.height // 2 * 2, low


def _sound_alone(rendition: Rendition, query: str, *, group: str | None) -> Variant:
    peak, average = measured_bandwidth([rendition.timeline], otherwise=ASSUMED_SOUND_BANDWIDTH)
    return Variant(
        key=SOUND_LOW,
        title="Sound",
        uri=uri_of(SOUND_LOW, Kind.AUDIO) + query,
        codecs=(rendition.signal.codecs,),
        bandwidth=peak,
        average_bandwidth=average,
        group=group,
    )


def _members(offer: Offer, sound: str, query: str, *, channels: int) -> Sequence[Sound]:
    """The identity is that of the content, which is the same in both groups."""
    return [
        Sound(SOUND, "Sound", uri_of(sound, Kind.AUDIO) + query, channels),
        *(
            Sound(one.key, one.title, uri_of(one.key, Kind.AUDIO) + query, 2, one.language)
            for one in offer.interpreters
        ),
    ]
