"""Letters drawn as strokes: no font file is needed, and they look alike on every machine."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Point = tuple[float, float]
Stroke = list[Point]

#: Cap height is 1; a letter's strokes lie in 0 <= y <= 1, downwards.
_GAP = 0.26
_SPACE = 0.42


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Part of an ellipse; degrees, clockwise from three o'clock as the y axis points down."""
    steps = max(6, int(abs(end - start) / 9))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


_ROUND_C = _arc(0.36, 0.5, 0.36, 0.5, -48, -312)
_S = [*_arc(0.31, 0.25, 0.29, 0.25, -30, -270), *_arc(0.29, 0.75, 0.31, 0.25, -90, 150)]

#: Width and strokes. Latin and Cyrillic letters of the same shape are entered under both.
_GLYPHS: dict[str, tuple[float, list[Stroke]]] = {
    "A": (0.74, [[(0, 1), (0.37, 0), (0.74, 1)], [(0.13, 0.66), (0.61, 0.66)]]),
    "D": (
        0.66,
        [[(0, 0), (0, 1), (0.26, 1), *_arc(0.26, 0.5, 0.4, 0.5, 90, -90), (0, 0)]],
    ),
    "E": (0.52, [[(0.52, 0), (0, 0), (0, 1), (0.52, 1)], [(0, 0.49), (0.44, 0.49)]]),
    "I": (0.0, [[(0, 0), (0, 1)]]),
    "K": (0.6, [[(0, 0), (0, 1)], [(0.57, 0), (0, 0.6)], [(0.2, 0.4), (0.6, 1)]]),
    "L": (0.5, [[(0, 0), (0, 1), (0.5, 1)]]),
    "M": (0.82, [[(0, 1), (0, 0), (0.41, 0.66), (0.82, 0), (0.82, 1)]]),
    "N": (0.66, [[(0, 1), (0, 0), (0.66, 1), (0.66, 0)]]),
    "O": (0.8, [_arc(0.4, 0.5, 0.4, 0.5, -90, 270)]),
    "S": (0.6, [_S]),
    "T": (0.64, [[(0, 0), (0.64, 0)], [(0.32, 0), (0.32, 1)]]),
    "U": (0.66, [[(0, 0), (0, 0.67), *_arc(0.33, 0.67, 0.33, 0.33, 180, 0), (0.66, 0)]]),
    "И": (0.66, [[(0, 0), (0, 1), (0.66, 0), (0.66, 1)]]),
    "Л": (0.68, [[(0, 1), *_arc(0.02, 0.72, 0.17, 0.28, 80, 0), (0.24, 0), (0.68, 0), (0.68, 1)]]),
    "М": (0.82, [[(0, 1), (0, 0), (0.41, 0.66), (0.82, 0), (0.82, 1)]]),
    "С": (0.68, [_ROUND_C]),
    "У": (0.68, [[(0, 0), (0.35, 0.64)], [(0.68, 0), (0.31, 0.82), *_arc(0.14, 0.78, 0.17, 0.21, 30, 110)]]),
    "Ц": (0.76, [[(0, 0), (0, 1), (0.76, 1), (0.76, 1.2)], [(0.63, 0), (0.63, 1)]]),
    "Я": (
        0.6,
        [
            [(0.6, 1), (0.6, 0), (0.28, 0), *_arc(0.28, 0.28, 0.28, 0.28, -90, -270), (0.6, 0.56)],
            [(0.3, 0.56), (0, 1)],
        ],
    ),
    "·": (0.0, [[(0, 0.5), (0, 0.5)]]),
}


def width_of(text: str) -> float:
    """In cap heights."""
    return sum(_SPACE if letter == " " else _GLYPHS[letter][0] + _GAP for letter in text) - _GAP


def draw_text(
    draw: ImageDraw.ImageDraw,
    *,
    text: str,
    at: Point,
    height: float,
    weight: float,
    fill: tuple[int, ...] | int,
) -> None:
    """`at` is the top left corner of the first letter, `weight` the width of the strokes, all in pixels."""
    x, y = at
    for letter in text:
        if letter == " ":
            x += _SPACE * height
            continue
        wide, strokes = _GLYPHS[letter]
        for stroke in strokes:
            draw_stroke(
                draw, [(x + px * height, y + py * height) for px, py in stroke], weight=weight, fill=fill
            )
        x += (wide + _GAP) * height


def draw_stroke(
    draw: ImageDraw.ImageDraw, points: Sequence[Point], *, weight: float, fill: tuple[int, ...] | int
) -> None:
    """A line with round joints and ends."""
    draw.line(list(points), fill=fill, width=round(weight), joint="curve")
    radius = weight / 2
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def label(
    *, text: str, height: int, ink: tuple[int, int, int], ground: tuple[int, int, int, int]
) -> Image.Image:
    """A line of text on a rounded ground, smooth, with transparency around it."""
    scale = 4
    cap = height * scale * 0.42
    wide = int(width_of(text) * cap + height * scale * 0.9)
    image = Image.new("RGBA", (wide, height * scale), (*ground[:3], 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, wide - 1, height * scale - 1), radius=height * scale // 2, fill=ground)
    place = (height * scale * 0.45, (height * scale - cap) / 2)
    draw_text(draw, text=text, at=place, height=cap, weight=cap * 0.15, fill=(*ink, 255))
    return image.reduce(scale)
