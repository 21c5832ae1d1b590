"""Feed "endoscope": a schematic view through a laparoscope. A drawing, and meant to look like one."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from konsilium.mediaplane.simulation.scene import (
    BEATS,
    SIZE,
    Colour,
    Point,
    clouds,
    curve,
    mark,
    mix,
    oval,
    scaled,
    soft_shape,
    thick_line,
    wave,
    window,
)

_WIDE, _HIGH = SIZE
_FINE = 2
#: The round picture of the optics, cut off above and below as usual.
_RADIUS = 452.0
#: What the optics show; nothing else is drawn.
_VIEW = (186, 0, 1094, 720)
_VIEW_SIZE = (_VIEW[2] - _VIEW[0], _HIGH)
#: No instrument reaches higher.
_TOOLS_TOP = 270
#: Around what is seen of a layer that moves.
_MARGIN = 40

_NIGHT: Colour = (6, 7, 9)

_DEEP: Colour = (128, 62, 70)
_TISSUE: Colour = (205, 122, 112)
_PALE: Colour = (236, 184, 164)
_ORGAN: Colour = (176, 92, 104)
_ORGAN_LIGHT: Colour = (218, 142, 142)
_ARTERY: Colour = (206, 84, 80)
_VEIN: Colour = (112, 116, 172)
_THREAD: Colour = (70, 92, 168)

_SHEATH = ((26, 30, 36), (58, 64, 72), (112, 120, 130), (52, 58, 66), (22, 26, 30))
_METAL = ((108, 116, 124), (176, 184, 190), (240, 244, 246), (168, 176, 184), (96, 104, 112))


class Endoscope:
    def __init__(self) -> None:
        self._bed = _draw_bed()
        self._organ, self._organ_mask = _draw_organ()
        self._shade = _draw_shade().crop(_VIEW)
        self._night = Image.new("RGB", _VIEW_SIZE, _NIGHT)
        self._ground = Image.new("RGB", SIZE, _NIGHT)
        self._mark = mark()

    def frame(self, phase: float) -> Image.Image:
        breath, pulse = wave(phase, turns=4), wave(phase, turns=BEATS)
        view = window(self._bed, _VIEW_SIZE, x=3 * breath, y=5 * breath, zoom=1.0 + 0.006 * breath)
        sway = {"x": 5 * breath, "y": 8 * breath + 1.2 * pulse, "zoom": 1.0 + 0.003 * pulse}
        organ = window(self._organ, _ORGAN_SHOWN, **sway)
        view.paste(organ, _ORGAN_AT, window(self._organ_mask, _ORGAN_SHOWN, **sway))
        tools = _tools(phase)
        _cast_shadow(view, tools)
        steel = _draw_tools(tools)
        view.paste(steel, (0, _TOOLS_TOP), steel)
        view.paste(self._night, mask=self._shade)
        picture = self._ground.copy()
        picture.paste(view, _VIEW[:2])
        picture.paste(self._mark, (24, 22), self._mark)
        return picture


# -- what does not move by itself --------------------------------------------------------------------------


def _draw_bed() -> Image.Image:
    light = clouds(SIZE, seed=7, octaves=((4, 0.9), (9, 0.35), (23, 0.16), (61, 0.07)))
    bed = ImageOps.colorize(ImageOps.autocontrast(light), black=_DEEP, white=_PALE, mid=_TISSUE)
    lobes = (
        (240, 190, 210, 130, 0.4),
        (420, 610, 260, 110, -0.2),
        (980, 640, 240, 130, 0.3),
        (1050, 130, 230, 110, -0.5),
    )
    for x, y, rx, ry, turn in lobes:
        soft_shape(bed, oval(x + 6, y + 12, rx, ry, turn), fill=_DEEP, blur=26, strength=130)
        soft_shape(
            bed, oval(x, y, rx, ry, turn), fill=mix(_PALE, (244, 206, 160), 0.5), blur=18, strength=165
        )
        soft_shape(
            bed,
            oval(x - rx * 0.2, y - ry * 0.3, rx * 0.5, ry * 0.3, turn),
            fill=(252, 228, 206),
            blur=24,
            strength=120,
        )
    fine = bed.resize((_WIDE * _FINE, _HIGH * _FINE), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(fine)
    for index in range(9):
        start = 60 + index * 145
        path = [(start, 720), (start + 46, 560), (start - 20, 380), (start + 60, 200), (start + 20, 0)]
        line = scaled(curve(path), _FINE)
        pen.line(line, fill=mix(_ARTERY, _TISSUE, 0.62), width=5 + index % 3 * 2, joint="curve")
    bed = Image.blend(bed, fine.reduce(_FINE), 0.6)
    return bed.crop((_VIEW[0] - _MARGIN, 0, _VIEW[2] + _MARGIN, _HIGH)).resize(
        (_VIEW_SIZE[0] + 2 * _MARGIN, _VIEW_SIZE[1] + 2 * _MARGIN), Image.Resampling.BICUBIC
    )


_ORGAN_SIZE = (930, 580)
_ORGAN_SHOWN = (_ORGAN_SIZE[0] - 2 * _MARGIN, _ORGAN_SIZE[1] - 2 * _MARGIN)
#: In the view.
_ORGAN_AT = (-10, 110)


def _draw_organ() -> tuple[Image.Image, Image.Image]:
    """A bean of an organ with artery and vein at its hilum, and where it covers what lies behind."""
    colour = Image.new("RGB", _ORGAN_SIZE, _ORGAN)
    bean = curve(_BEAN, closed=True)
    soft_shape(colour, oval(640, 190, 150, 90, 0.3), fill=_ORGAN_LIGHT, blur=60, strength=235)
    soft_shape(colour, oval(730, 420, 160, 90, -0.4), fill=mix(_ORGAN, _DEEP, 0.7), blur=60, strength=220)
    soft_shape(colour, oval(622, 158, 70, 22, -0.3), fill=(246, 206, 202), blur=16, strength=190)
    fine = colour.resize((_ORGAN_SIZE[0] * _FINE, _ORGAN_SIZE[1] * _FINE), Image.Resampling.BICUBIC)
    mask = Image.new("L", fine.size, 0)
    pen, cover = ImageDraw.Draw(fine), ImageDraw.Draw(mask)
    for path, body, thick in _VESSELS:
        _tube(pen, cover, scaled(curve(path), _FINE), body=body, thick=thick * _FINE)
    # The organ lies over the ends of its vessels.
    outline = scaled(bean, _FINE)
    bean_mask = Image.new("L", fine.size, 0)
    ImageDraw.Draw(bean_mask).polygon(outline, fill=255)
    fine.paste(colour.resize(fine.size, Image.Resampling.BICUBIC), mask=bean_mask)
    mask.paste(255, mask=bean_mask)
    thick_line(pen, [*outline, outline[1]], fill=mix(_ORGAN, _DEEP, 0.75), width=7)
    return fine.reduce(_FINE), mask.reduce(_FINE)


_BEAN: list[Point] = [
    (596, 96), (690, 96), (790, 150), (836, 256), (816, 384), (730, 468), (612, 474), (528, 416),
    (546, 330), (508, 248), (516, 146), (596, 96),
]  # fmt: skip
_VESSELS: tuple[tuple[list[Point], Colour, float], ...] = (
    ([(-60, 476), (110, 466), (270, 404), (400, 362), (600, 346)], _VEIN, 40),
    ([(-60, 330), (120, 312), (280, 300), (420, 310), (600, 300)], _ARTERY, 30),
    ([(400, 308), (452, 262), (600, 250)], _ARTERY, 18),
)


def _tube(
    pen: ImageDraw.ImageDraw, cover: ImageDraw.ImageDraw, line: list[Point], *, body: Colour, thick: float
) -> None:
    thick_line(cover, line, fill=255, width=thick)
    for share, colour, lift in (
        (1.0, mix(body, (40, 20, 30), 0.45), 0.0),
        (0.86, body, -0.02),
        (0.5, mix(body, (255, 255, 255), 0.18), -0.1),
        (0.16, mix(body, (255, 255, 255), 0.55), -0.2),
    ):
        thick_line(pen, [(x, y + thick * lift) for x, y in line], fill=colour, width=max(2.0, thick * share))


def _draw_shade() -> Image.Image:
    """How much black lies over each point: none in the middle, all beyond the round edge."""
    quarter = (_WIDE // 4, _HIGH // 4)
    soft = Image.new("L", quarter, 150)
    ImageDraw.Draw(soft).ellipse(_circle(quarter, _RADIUS / 4 * 0.82), fill=0)
    soft = soft.filter(ImageFilter.GaussianBlur(26)).resize(SIZE, Image.Resampling.BICUBIC)
    edge = Image.new("L", (_WIDE * 2, _HIGH * 2), 255)
    ImageDraw.Draw(edge).ellipse(_circle(edge.size, _RADIUS * 2), fill=0)
    edge = edge.reduce(2).filter(ImageFilter.GaussianBlur(1.6))
    soft.paste(255, mask=edge)
    return soft


def _circle(size: tuple[int, int], radius: float) -> tuple[float, float, float, float]:
    x, y = size[0] / 2, size[1] / 2
    return (x - radius, y - radius, x + radius, y + radius)


# -- the instruments ---------------------------------------------------------------------------------------

#: Where it comes from, where its tip is, how far the jaws are open (radians), which way they are turned.
Tool = tuple[Point, Point, float, float]


def _tools(phase: float) -> tuple[Tool, Tool]:
    left_tip = (
        506 + 34 * wave(phase, turns=2) + 12 * wave(phase, turns=5, shift=0.2),
        402 + 22 * wave(phase, turns=3, shift=0.1) + 8 * wave(phase, turns=7),
    )
    right_tip = (
        742 + 46 * wave(phase, turns=3, shift=0.4) + 14 * wave(phase, turns=8, shift=0.3),
        352 + 30 * wave(phase, turns=2, shift=0.6) + 9 * wave(phase, turns=6),
    )
    left_open = 0.06 + 0.2 * max(0.0, wave(phase, turns=2, shift=0.55))
    right_open = 0.05 + 0.26 * max(0.0, wave(phase, turns=8, shift=0.1))
    return ((120.0, 860.0), left_tip, left_open, 0.2 * wave(phase, turns=1)), (
        (1210.0, 820.0),
        right_tip,
        right_open,
        0.25 * wave(phase, turns=2, shift=0.3),
    )


def _along(start: Point, end: Point, at: float, aside: float) -> Point:
    """The point at distance `at` from `end` back towards `start`, `aside` to its side."""
    length = math.dist(start, end)
    ux, uy = (start[0] - end[0]) / length, (start[1] - end[1]) / length
    return (end[0] + ux * at - uy * aside, end[1] + uy * at + ux * aside)


def _cast_shadow(view: Image.Image, tools: tuple[Tool, Tool]) -> None:
    size = (_VIEW_SIZE[0], _HIGH - _TOOLS_TOP)
    small = Image.new("L", (size[0] // 8, size[1] // 8), 0)
    pen = ImageDraw.Draw(small)
    for start, tip, _, _ in tools:
        line = [((x + 26 - _VIEW[0]) / 8, (y + 34 - _TOOLS_TOP) / 8) for x, y in (start, tip)]
        pen.line(line, fill=105, width=5)
    mask = small.filter(ImageFilter.GaussianBlur(1.6)).resize(size, Image.Resampling.BILINEAR)
    view.paste((60, 22, 30), (0, _TOOLS_TOP, size[0], _HIGH), mask)


def _fine(points: Sequence[Point]) -> list[Point]:
    """From the picture's pixels to those of the layer of the instruments."""
    return scaled(points, _FINE, by=(-_VIEW[0], -_TOOLS_TOP))


def _draw_tools(tools: tuple[Tool, Tool]) -> Image.Image:
    size = (_VIEW_SIZE[0] * _FINE, (_HIGH - _TOOLS_TOP) * _FINE)
    layer = Image.new("RGBA", size, (70, 78, 86, 0))
    pen = ImageDraw.Draw(layer)
    _draw_thread(pen, tools[1][1])
    for start, tip, opened, turn in tools:
        _shaft(pen, start, tip, (118.0, math.dist(start, tip)), (21.0, 34.0), _SHEATH)
        _shaft(pen, start, tip, (78.0, 122.0), (13.0, 16.0), _METAL)
        for side in (-1.0, 1.0):
            _jaw(pen, start, tip, opened=opened * side + turn * 0.3, side=side)
        (hinge,) = _fine([_along(start, tip, 78.0, 0.0)])
        pen.ellipse(_around(hinge, 9.0 * _FINE), fill=(*_METAL[1], 255), outline=(*_METAL[4], 255), width=4)
    return layer.reduce(_FINE)


def _around(point: Point, radius: float) -> tuple[float, float, float, float]:
    return (point[0] - radius, point[1] - radius, point[0] + radius, point[1] + radius)


def _shaft(
    pen: ImageDraw.ImageDraw,
    start: Point,
    tip: Point,
    stretch: tuple[float, float],
    half: tuple[float, float],
    shades: tuple[Colour, ...],
) -> None:
    """A round rod as strips of changing brightness; it grows towards the eye."""
    strips = 12
    near, far = stretch[1], stretch[0]
    for strip in range(strips):
        low, high = strip / strips * 2 - 1, (strip + 1) / strips * 2 - 1
        place = (strip + 0.5) / strips * (len(shades) - 1)
        colour = mix(shades[int(place)], shades[min(int(place) + 1, len(shades) - 1)], place % 1)
        corners = [
            _along(start, tip, far, low * half[0]),
            _along(start, tip, far, high * half[0]),
            _along(start, tip, near, high * half[1]),
            _along(start, tip, near, low * half[1]),
        ]
        pen.polygon(_fine(corners), fill=(*colour, 255))


def _jaw(pen: ImageDraw.ImageDraw, start: Point, tip: Point, *, opened: float, side: float) -> None:
    hinge = _along(start, tip, 80.0, 0.0)
    length = 92.0
    outline = [
        (0.0, 2.0 * side),
        (0.15, 10.0 * side),
        (0.7, 8.5 * side),
        (1.0, 3.0 * side),
        (1.0, 0.5 * side),
        (0.0, 0.0),
    ]
    back = math.atan2(tip[1] - start[1], tip[0] - start[0]) + opened
    shape = [
        (
            hinge[0] + length * along * math.cos(back) - aside * math.sin(back),
            hinge[1] + length * along * math.sin(back) + aside * math.cos(back),
        )
        for along, aside in outline
    ]
    colour = _METAL[1] if side < 0 else _METAL[3]
    pen.polygon(_fine(shape), fill=(*colour, 255))
    pen.line(_fine(shape[1:4]), fill=(*_METAL[2], 255), width=3, joint="curve")


def _draw_thread(pen: ImageDraw.ImageDraw, tip: Point) -> None:
    path = [(690.0, 520.0), (640.0 + (tip[0] - 742) * 0.2, 462.0), (690.0, 400.0), tip]
    pen.line(_fine(curve(path)), fill=(*_THREAD, 255), width=5, joint="curve")
