"""What ffmpeg says of a file, read into values. It is asked with `-i` alone: ffprobe does not come with it."""

import re
from dataclasses import dataclass
from typing import TypeVar

#: A number with more digits is none of ffmpeg's, and Python refuses to read one of 4,301.
_DURATION = re.compile(r"^\s*Duration: (\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)", re.MULTILINE)
_INPUT = re.compile(r"^Input #0, (\S+), from", re.MULTILINE)
_STREAM = re.compile(r"^\s*Stream #0:(\d{1,4})(?:\[[^\]]*\])?(?:\([^)]*\))?: (Video|Audio): (.*)$")
_ROTATION = re.compile(r"rotation of (-?\d{1,9}(?:\.\d+)?) degrees")
_SIZE = re.compile(r"(?<![\w.])(\d{1,5})x(\d{1,5})(?![\w.])")
_PIXEL_SHAPE = re.compile(r"SAR (\d{1,9}):(\d{1,9})")
_RATE = re.compile(r"(?<![\d.])(\d{1,9}(?:\.\d+)?)(k?) (fps|tbr)\b")
_KBPS = re.compile(r"(\d{1,9}) kb/s")
_HERTZ = re.compile(r"(\d{1,9}) Hz")
_PIXELS = re.compile(r", ([a-z][a-z0-9]+)(?:\(([^)]*)\))?, \d+x\d+")
#: ffmpeg's names of the layouts with one and with two channels.
_CHANNELS = {"mono": 1, "stereo": 2}


@dataclass(frozen=True, slots=True)
class PictureStream:
    index: int
    codec: str
    profile: str
    pixels: str
    #: Range, colours, order of fields, as ffmpeg lists them.
    traits: str
    width: int
    height: int
    #: Frames per second on average, and as the time stamps suggest.
    fps: float | None = None
    tbr: float | None = None
    kbps: int | None = None
    square: bool = True
    #: Degrees, counter-clockwise.
    rotation: float = 0


@dataclass(frozen=True, slots=True)
class SoundStream:
    index: int
    codec: str
    profile: str
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Film:
    """What a file holds; of several pictures or sounds the ones that are marked as the main ones."""

    format: str
    duration_s: float | None
    picture: PictureStream | None
    sound: SoundStream | None


_Stream = TypeVar("_Stream")


def read_report(text: str) -> Film | None:
    """Of what ffmpeg writes about its input; None if it could not open it."""
    form = _INPUT.search(text)
    if form is None:
        return None
    pictures: list[tuple[bool, PictureStream]] = []
    sounds: list[tuple[bool, SoundStream]] = []
    for line, after in _streams(text):
        found = _STREAM.match(line)
        if found is None:
            continue
        index, kind, rest = int(found[1]), found[2], found[3]
        main = "(default)" in rest
        if kind == "Audio":
            sounds.append((main, _sound(index, rest)))
        elif "(attached pic)" not in rest and "(still image)" not in rest:
            picture = _picture(index, rest, after)
            if picture is not None:
                pictures.append((main, picture))
    return Film(form[1], _duration(text), _main(pictures), _main(sounds))


def _streams(text: str) -> list[tuple[str, str]]:
    """Each stream's line, and what is said of it in the lines that follow."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _STREAM.match(line)]
    ends = [*starts[1:], len(lines)]
    return [
        (lines[start], "\n".join(lines[start + 1 : end]))
        for start, end in zip(starts, ends, strict=len(starts) > 0)
    ]


def _main(found: list[tuple[bool, _Stream]]) -> _Stream | None:
    ordered = sorted(found, key=lambda stream: not stream[0])
    return ordered[0][1] if ordered else None


def _duration(text: str) -> float | None:
    found = _DURATION.search(text)
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])


def _codec(rest: str) -> tuple[str, str]:
    found = re.match(r"([\w-]+)(?: \(([^)/]*)\))?", rest)
    return (found[1], found[2] or "") if found else ("", "")


def _picture(index: int, rest: str, after: str) -> PictureStream | None:
    size, pixels = _SIZE.search(rest), _PIXELS.search(rest)
    if size is None:
        return None
    codec, profile = _codec(rest)
    rates = {unit: float(value) * (1000 if thousand else 1) for value, thousand, unit in _RATE.findall(rest)}
    shape, rate, turned = _PIXEL_SHAPE.search(rest), _KBPS.search(rest), _ROTATION.search(after)
    return PictureStream(
        index=index,
        codec=codec,
        profile=profile,
        pixels=pixels[1] if pixels else "",
        traits=(pixels[2] or "") if pixels else "",
        width=int(size[1]),
        height=int(size[2]),
        fps=rates.get("fps"),
        tbr=rates.get("tbr"),
        kbps=int(rate[1]) if rate else None,
        square=shape is None or shape[1] == shape[2],
        rotation=float(turned[1]) if turned else 0,
    )


def _sound(index: int, rest: str) -> SoundStream:
    codec, profile = _codec(rest)
    rate = _HERTZ.search(rest)
    words = [word.strip() for word in rest.split(",")]
    channels = next((_CHANNELS[word] for word in words if word in _CHANNELS), 0)
    return SoundStream(index, codec, profile, int(rate[1]) if rate else 0, channels)
