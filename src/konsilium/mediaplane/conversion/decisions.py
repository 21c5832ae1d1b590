"""How a film becomes a recording, decided from plain values."""

import re
from dataclasses import dataclass
from enum import StrEnum

from konsilium.mediaplane.conversion.probing import Film, PictureStream, SoundStream
from konsilium.mediaplane.status import FilmFault

#: Every browser decodes these (ffmpeg's names of H.264's profiles).
_PLAYABLE_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High", "Progressive High"})
_MOST_PIXELS = (1920, 1088)
#: More than this costs a hall's line dearly and shows nothing more at 1080p.
_MOST_COPIED_KBPS = 16_000
#: Below, a part cannot keep its length; above, no browser keeps up for certain.
_SLOWEST_FPS, _FASTEST_FPS = 10.0, 61.0
#: Seconds between two key frames: what a player waits for when it seeks, at most.
LONGEST_GROUP_S = 2.05
#: Frame rates that a film is brought to: the nearest one.
_RATES = {
    24.0: "24",
    24000 / 1001: "24000/1001",
    25.0: "25",
    30.0: "30",
    30000 / 1001: "30000/1001",
    50.0: "50",
    60.0: "60",
    60000 / 1001: "60000/1001",
}
#: Formats of single pictures in ffmpeg's names.
_STILLS = re.compile(r"(^|,)(image2|\w+_pipe|ico)(,|$)")
#: How much of what a file says of its length may be missing: two seconds, or one in a hundred.
_MISSING_S, _MISSING_SHARE = 2.0, 0.01


class Treatment(StrEnum):
    COPY = "copy"
    CODE = "code"
    #: There is none.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Refused:
    fault: FilmFault
    #: Of a film that was cut off: how much could be read of how much it says it has.
    read_s: float | None = None
    said_s: float | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """How one film is made into a picture and a sound."""

    picture: Treatment
    sound: Treatment
    picture_index: int
    sound_index: int | None = None
    #: Frames per second it is brought to when it is coded, as ffmpeg writes it.
    rate: str = "25"
    #: Frames per second it then has.
    frame_rate: float | None = None
    deinterlace: bool = False
    #: From the brightness of a cinema's to that of a usual screen.
    tone_map: bool = False


def plan_work(film: Film | None, *, size: int, head: bytes, locked: bool) -> Work | Refused:
    """`head` is how the file begins; `locked` whether its index says that its media are encrypted."""
    if size == 0:
        return Refused(FilmFault.EMPTY)
    if film is None:
        # ISO/IEC 14496-12 4.3: every file of this family begins with its type.
        return Refused(FilmFault.NO_INDEX if head[4:8] == b"ftyp" else FilmFault.NO_FILM)
    if locked:
        return Refused(FilmFault.LOCKED)
    picture, sound = film.picture, film.sound
    if picture is None:
        return Refused(FilmFault.NO_PICTURE)
    if _STILLS.search(film.format):
        return Refused(FilmFault.STILL)
    copied, rate = _may_be_copied(picture), _rate(picture)
    return Work(
        picture=Treatment.COPY if copied else Treatment.CODE,
        sound=_treat_sound(sound),
        picture_index=picture.index,
        sound_index=sound.index if sound else None,
        rate=rate,
        frame_rate=picture.fps if copied else _number(rate),
        deinterlace="progressive" not in picture.traits,
        tone_map="smpte2084" in picture.traits or "arib-std-b67" in picture.traits,
    )


def _may_be_copied(picture: PictureStream) -> bool:
    wide, high = _MOST_PIXELS
    rate = picture.fps or 0
    return (
        picture.codec == "h264"
        and picture.profile in _PLAYABLE_PROFILES
        and picture.pixels in {"yuv420p", "yuvj420p"}
        # What does not say that it is progressive may be anything.
        and "progressive" in picture.traits
        and picture.width <= wide
        and picture.height <= high
        and picture.square
        and picture.rotation % 360 == 0
        and (picture.kbps or 0) <= _MOST_COPIED_KBPS
        and _SLOWEST_FPS <= rate <= _FASTEST_FPS
        and _is_steady(picture)
    )


def _is_steady(picture: PictureStream) -> bool:
    """The average rate is the one that the time stamps suggest."""
    return picture.fps is not None and picture.tbr is not None and abs(picture.fps - picture.tbr) < 0.1


def _treat_sound(sound: SoundStream | None) -> Treatment:
    if sound is None:
        return Treatment.NONE
    plain = (sound.codec, sound.profile, sound.sample_rate, sound.channels) == ("aac", "LC", 48_000, 2)
    return Treatment.COPY if plain else Treatment.CODE


def _rate(picture: PictureStream) -> str:
    known = [rate for rate in (picture.fps, picture.tbr) if rate is not None and rate <= 1000]
    rate = known[0] if known else 25.0
    while rate > _FASTEST_FPS:
        rate /= 2
    while rate < 20:
        # Repeated frames cost next to nothing, and 15 a second become 30 rather than 25.
        rate = rate * 2 if rate > 5 else 25.0
    return _RATES[min(_RATES, key=lambda known_rate: abs(known_rate - rate))]


def _number(rate: str) -> float:
    over, _, under = rate.partition("/")
    return round(int(over) / int(under or 1), 3)


def why_unread(messages: str, *, produced: bool) -> FilmFault:
    """Of a film at which ffmpeg gave up."""
    if re.search(r"\bDRM\b|[Ee]ncrypted", messages):
        return FilmFault.LOCKED
    return FilmFault.INTERRUPTED if produced else FilmFault.UNREADABLE


def is_cut_off(said_s: float | None, read_s: float) -> bool:
    """Whether much less came of a film than it says it has."""
    return said_s is not None and said_s - read_s > max(_MISSING_S, said_s * _MISSING_SHARE)


def says_locked(index: bytes) -> bool:
    """ISO/IEC 14496-12 8.12: protected sample entries are called encv or enca and say how in a scheme box."""
    return b"schm" in index and (b"encv" in index or b"enca" in index)
