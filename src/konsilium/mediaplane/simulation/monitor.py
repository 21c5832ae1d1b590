"""Feed "monitor": the anaesthetist's screen, with figures that nobody's body has given."""

from PIL import Image, ImageDraw

from konsilium.mediaplane.simulation.scene import BEATS, Colour, mark, wave
from konsilium.mediaplane.simulation.traces import AMBER, BLUE, GREEN, draw_traces

SIZE = (640, 360)
_FINE = 2
_GROUND: Colour = (8, 12, 16)
_LINE: Colour = (40, 52, 60)
_RED: Colour = (236, 120, 112)
#: Where the curves run; the figures stand right of it.
_CURVES = (20, 76, 452, 344)
_FIGURES_X = 480

#: Which of the seven strokes of a figure are lit: top, upper left and right, middle, lower left and right, bottom.
_STROKES = {
    "0": "1110111", "1": "0010010", "2": "1011101", "3": "1011011", "4": "0111010",
    "5": "1101011", "6": "1101111", "7": "1010010", "8": "1111111", "9": "1111011",
}  # fmt: skip
_ENDS = (
    ((0, 0), (1, 0)), ((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 1), (1, 1)),
    ((0, 1), (0, 2)), ((1, 1), (1, 2)), ((0, 2), (1, 2)),
)  # fmt: skip


class Monitor:
    def __init__(self) -> None:
        self._ground = _draw_ground()
        self._mark = mark()

    def frame(self, phase: float) -> Image.Image:
        picture = self._ground.copy()
        left, top, right, bottom = _CURVES
        curves = Image.new("RGB", ((right - left) * _FINE, (bottom - top) * _FINE), _GROUND)
        draw_traces(curves, phase, weight=5)
        picture.paste(curves.reduce(_FINE), (left, top))
        pen = ImageDraw.Draw(picture)
        rate = 71 + round(1.4 * wave(phase, turns=2))
        _figures(pen, str(rate), at=(_FIGURES_X, 96), high=46, colour=GREEN)
        if wave(phase, turns=BEATS) > 0:
            _heart(pen, at=(604, 108))
        _figures(pen, str(98 + (wave(phase, turns=1) > 0.6)), at=(_FIGURES_X, 178), high=40, colour=BLUE)
        _figures(pen, "14", at=(_FIGURES_X, 252), high=30, colour=AMBER)
        picture.paste(self._mark, (24, 22), self._mark)
        return picture


def _draw_ground() -> Image.Image:
    ground = Image.new("RGB", SIZE, _GROUND)
    pen = ImageDraw.Draw(ground)
    pen.line([(464, 76), (464, 344)], fill=_LINE, width=2)
    for y in (160, 236, 300):
        pen.line([(464, y), (624, y)], fill=_LINE, width=1)
    _figures(pen, "118", at=(_FIGURES_X, 314), high=24, colour=_RED)
    pen.line([(548, 338), (558, 314)], fill=_RED, width=3)
    _figures(pen, "74", at=(568, 314), high=24, colour=_RED)
    return ground


def _figures(pen: ImageDraw.ImageDraw, text: str, *, at: tuple[int, int], high: int, colour: Colour) -> None:
    """As lamps show them, so that no font is needed."""
    half, weight = high // 2, max(3, high // 9)
    for place, letter in enumerate(text):
        x, y = at[0] + place * (half + high // 3), at[1]
        for lit, (start, end) in zip(_STROKES[letter], _ENDS, strict=True):
            if lit == "1":
                ends = [(x + px * half, y + py * half) for px, py in (start, end)]
                pen.line(ends, fill=colour, width=weight)


def _heart(pen: ImageDraw.ImageDraw, *, at: tuple[int, int]) -> None:
    x, y = at
    for side in (-5, 5):
        pen.ellipse((x + side - 6, y - 6, x + side + 6, y + 6), fill=GREEN)
    pen.polygon([(x - 10, y + 3), (x + 10, y + 3), (x, y + 15)], fill=GREEN)
