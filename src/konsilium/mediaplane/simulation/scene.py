"""What all drawn scenes share: size, time and a few ways to draw smoothly."""

import itertools
import math
import random
from collections.abc import Sequence
from typing import Protocol

from PIL import Image, ImageDraw, ImageFilter

from konsilium.mediaplane.encoder.lettering import label

Colour = tuple[int, int, int]
Point = tuple[float, float]

#: Of the two large scenes.
SIZE = (1280, 720)
#: Loops without a seam: whole GOPs of 1 s, whole AAC frames (750 of 1024 at 48 kHz) and whole heartbeats.
LENGTH_S = 16
#: 19 in 16 s: 71 a minute.
BEATS = 19

MARK = "SIMULATED · СИМУЛЯЦИЯ"


class Scene(Protocol):
    def frame(self, phase: float) -> Image.Image:
        """RGB; `phase` is how much of the loop has passed, and 1 is 0 again."""
        ...


def wave(phase: float, *, turns: int, shift: float = 0.0) -> float:
    """A sine that comes whole `turns` times in a loop; `phase` runs from 0 to 1."""
    return math.sin(2 * math.pi * (turns * phase + shift))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def clouds(size: tuple[int, int], *, seed: int, octaves: Sequence[tuple[int, float]]) -> Image.Image:
    """Soft irregular brightness; each octave is the number of cells across and its strength."""
    chance = random.Random(seed)
    result = Image.new("L", size, 128)
    for cells, strength in octaves:
        rows = max(2, cells * size[1] // size[0])
        spots = Image.new("L", (cells, rows))
        spots.putdata([chance.randrange(256) for _ in range(cells * rows)])
        smooth = spots.resize(size, Image.Resampling.BICUBIC)
        result = Image.blend(result, smooth, strength)
    return result


def vertical(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    strip = Image.new("RGB", (1, 64))
    strip.putdata([mix(top, bottom, row / 63) for row in range(64)])
    return strip.resize(size, Image.Resampling.BICUBIC)


def curve(points: Sequence[Point], *, closed: bool = False, steps: int = 24) -> list[Point]:
    """A smooth line through all points (Catmull-Rom); a closed one names its first point again at the end."""
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    ends = [before, *points, after]
    line: list[Point] = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(steps):
            t = step / steps
            line.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return [*line, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def scaled(points: Sequence[Point], factor: float, by: Point = (0.0, 0.0)) -> list[Point]:
    return [((x + by[0]) * factor, (y + by[1]) * factor) for x, y in points]


def soft_shape(
    target: Image.Image, points: Sequence[Point], *, fill: Colour, blur: float, strength: int = 255
) -> None:
    """A filled outline with a soft edge, drawn at a quarter of the size: softness needs no more."""
    small = Image.new("L", (target.width // 4, target.height // 4), 0)
    ImageDraw.Draw(small).polygon([(x / 4, y / 4) for x, y in points], fill=strength)
    small = small.filter(ImageFilter.GaussianBlur(blur / 4))
    target.paste(
        Image.new("RGB", target.size, fill), mask=small.resize(target.size, Image.Resampling.BICUBIC)
    )


def oval(x: float, y: float, rx: float, ry: float, turn: float = 0.0, steps: int = 72) -> list[Point]:
    points = []
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        px, py = rx * math.cos(angle), ry * math.sin(angle)
        points.append(
            (x + px * math.cos(turn) - py * math.sin(turn), y + px * math.sin(turn) + py * math.cos(turn))
        )
    return points


def window(
    layer: Image.Image, size: tuple[int, int], *, x: float = 0.0, y: float = 0.0, zoom: float = 1.0
) -> Image.Image:
    """The middle of a larger layer, shifted by parts of a pixel; far cheaper than an affine transform."""
    wide, high = size[0] / zoom, size[1] / zoom
    left, top = (layer.width - wide) / 2 - x, (layer.height - high) / 2 - y
    return layer.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + wide, top + high))


def thick_line(pen: ImageDraw.ImageDraw, line: Sequence[Point], *, width: float, fill: Colour | int) -> None:
    """Without the spikes that a polyline of many short pieces gets from its joints."""
    radius = width / 2
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        steps = max(1, round(math.hypot(bx - ax, by - ay) / max(1.0, radius / 6)))
        for step in range(steps):
            x, y = ax + (bx - ax) * step / steps, ay + (by - ay) * step / steps
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def mark() -> Image.Image:
    return label(text=MARK, height=38, ink=(238, 242, 244), ground=(20, 26, 32, 215))
