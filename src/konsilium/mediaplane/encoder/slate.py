"""Slate and silence: what the audience gets in place of a signal. Made once, kept in the data directory."""

import logging
import math
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader
from konsilium.mediaplane.encoder.command_lines import IN_BAND
from konsilium.mediaplane.encoder.lettering import draw_stroke, draw_text, width_of
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.hls import Filler

log = logging.getLogger(__name__)

#: Goes up when the pictures change, so that kept ones are made again.
_EDITION = 2
_SIZE = (1280, 720)
_SCALE = 3
_FRAMES = 25

_NIGHT = (16, 22, 28)
_DUSK = (27, 37, 45)
_QUIET_INK = (126, 146, 156)
_TEAL = (72, 164, 160)


@dataclass(frozen=True, slots=True)
class Slates:
    #: Shown while there is no signal.
    lost: Filler
    #: Shown after a stop.
    stopped: Filler
    silence: Filler


class SlateError(Exception):
    """ffmpeg could not make the slate."""


Drawing = Callable[[ImageDraw.ImageDraw, float, float], None]


def prepare_slates(directory: Path) -> Slates:
    """Blocks for about a second the first time; afterwards it only reads three small files."""
    directory.mkdir(parents=True, exist_ok=True)
    return Slates(
        lost=_picture(directory, "lost", draw_lost),
        stopped=_picture(directory, "stopped", draw_stopped),
        silence=_silence(directory),
    )


def _picture(directory: Path, name: str, draw: Drawing) -> Filler:
    path = directory / f"slate-{name}-{_EDITION}.mp4"
    found = _read(path)
    if found is not None:
        return found
    raw = slate_picture(draw).tobytes() * _FRAMES
    source = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{_SIZE[0]}x{_SIZE[1]}",
        "-r",
        str(_FRAMES),
        "-i",
        "pipe:0",
    ]
    coding = [
        *("-c:v", "libx264", "-preset", "medium", "-profile:v", "high", "-pix_fmt", "yuv420p", "-crf", "20"),
        *("-g", str(_FRAMES), "-bf", "0", "-video_track_timescale", "90000"),
        *IN_BAND,
    ]
    return _make(path, source=source, coding=coding, data=raw)


def _silence(directory: Path) -> Filler:
    path = directory / f"silence-{_EDITION}.mp4"
    found = _read(path)
    if found is not None:
        return found
    source = ["-f", "s16le", "-ar", "48000", "-ac", "2", "-i", "pipe:0"]
    coding = ["-c:a", "aac", "-profile:a", "aac_low", "-b:a", "64k"]
    return _make(path, source=source, coding=coding, data=bytes(48000 * 4))


def slate_picture(draw: Drawing) -> Image.Image:
    """A calm dark ground, one sign without words, and whose slate it is."""
    wide, high = _SIZE
    ground = Image.new("RGB", _SIZE, _NIGHT)
    glow = Image.new("L", (wide // 8, high // 8), 0)
    ImageDraw.Draw(glow).ellipse((wide // 32, high // 64, wide * 3 // 32, high * 7 // 64), fill=150)
    smooth = glow.filter(ImageFilter.GaussianBlur(22)).resize(_SIZE, Image.Resampling.BICUBIC)
    ground.paste(Image.new("RGB", _SIZE, _DUSK), mask=smooth)
    layer = Image.new("RGBA", (wide * _SCALE, high * _SCALE), (*_NIGHT, 0))
    pen = ImageDraw.Draw(layer)
    draw(pen, wide * _SCALE / 2, high * _SCALE * 0.43)
    cap = 24.0 * _SCALE
    left = (wide * _SCALE - width_of("KONSILIUM") * cap) / 2
    draw_text(
        pen, text="KONSILIUM", at=(left, high * _SCALE * 0.7), height=cap, weight=cap * 0.12, fill=_QUIET_INK
    )
    sharp = layer.reduce(_SCALE)
    ground.paste(sharp, mask=sharp)
    return ground


def draw_lost(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """Waves that do not arrive."""
    unit = 26.0 * _SCALE
    weight = unit * 0.42
    foot = y + unit * 2.2
    for ring in (1.6, 3.1, 4.6):
        turns = [math.radians(angle) for angle in range(-135, -44, 3)]
        points = [(x + unit * ring * math.cos(turn), foot + unit * ring * math.sin(turn)) for turn in turns]
        draw_stroke(pen, points, weight=weight, fill=_TEAL)
    pen.ellipse((x - unit * 0.5, foot - unit * 0.5, x + unit * 0.5, foot + unit * 0.5), fill=_TEAL)
    slash = [(x - unit * 3.1, y - unit * 2.7), (x + unit * 3.1, y + unit * 3.0)]
    draw_stroke(pen, slash, weight=weight * 3.0, fill=(*_NIGHT, 0))
    draw_stroke(pen, slash, weight=weight, fill=_QUIET_INK)


def draw_stopped(pen: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """The sign of a stopped player, in a ring."""
    unit = 26.0 * _SCALE
    ring, weight, half = unit * 4.2, unit * 0.42, unit * 1.45
    pen.ellipse((x - ring, y - ring, x + ring, y + ring), outline=_TEAL, width=round(weight))
    pen.rounded_rectangle((x - half, y - half, x + half, y + half), radius=unit * 0.4, fill=_QUIET_INK)


def _make(path: Path, *, source: list[str], coding: list[str], data: bytes) -> Filler:
    flags = "+frag_every_frame+empty_moov+default_base_moof+skip_trailer"
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}.part")
    command = [
        *(*guard(), ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error", *source, *coding),
        *("-movflags", flags, "-use_editlist", "0", "-f", "mp4", "-y", str(unfinished)),
    ]
    done = subprocess.run(command, input=data, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SlateError(done.stderr.decode("utf-8", "replace").strip()[-400:] or "ffmpeg made no slate")
    unfinished.replace(path)
    made = _read(path)
    if made is None:
        raise SlateError(f"ffmpeg made a slate that cannot be read: {path}")
    return made


def _read(path: Path) -> Filler | None:
    try:
        values = Reader().feed(path.read_bytes())
    except OSError:
        return None
    inits = [value for value in values if isinstance(value, Init)]
    fragments = [value for value in values if isinstance(value, Fragment)]
    if len(inits) != 1 or not fragments or any(isinstance(value, Malformed) for value in values):
        log.warning("the kept slate %s cannot be read and is made again", path.name)
        return None
    # Sound begins with a frame that only primes the decoder.
    return Filler.of(inits[0], fragments if inits[0].kind is Kind.VIDEO else fragments[2:12])
