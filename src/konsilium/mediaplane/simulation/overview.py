"""Feed "overview": the theatre from a corner of the ceiling, drawn flat and calm."""

import math

from PIL import Image, ImageDraw, ImageFilter

from konsilium.mediaplane.simulation.scene import (
    SIZE,
    Colour,
    Point,
    curve,
    mark,
    mix,
    oval,
    scaled,
    soft_shape,
    thick_line,
    vertical,
    wave,
    window,
)
from konsilium.mediaplane.simulation.traces import draw_traces

_WIDE, _HIGH = SIZE
_FINE = 2

_WALL_TOP: Colour = (30, 52, 62)
_WALL_LOW: Colour = (52, 82, 92)
_FLOOR: Colour = (66, 90, 98)
_STEEL: Colour = (150, 166, 172)
_DARK: Colour = (22, 32, 40)
_DRAPE: Colour = (58, 132, 140)
_LIGHT: Colour = (250, 248, 226)
_GREEN, _BLUE, _AMBER = (104, 220, 140), (110, 196, 236), (236, 200, 104)

#: Where the two monitors' pictures are.
_TRACE = (1024, 236, 1204, 352)
_SCOPE = (92, 214, 268, 322)

#: Middle of the head, size, gown and cap, turns and shift of the sway. The last ones stand in front.
_TEAM: tuple[tuple[Point, float, Colour, Colour, int, float], ...] = (
    ((930, 300), 0.86, (84, 116, 150), (120, 150, 182), 2, 0.7),
    ((520, 286), 0.92, (56, 118, 122), (86, 152, 152), 3, 0.1),
    ((742, 280), 0.92, (62, 124, 128), (92, 158, 158), 2, 0.45),
    ((352, 330), 1.08, (48, 106, 112), (80, 144, 146), 2, 0.25),
    ((848, 352), 1.12, (50, 108, 114), (82, 146, 148), 3, 0.85),
)
#: From this one on they stand on our side of the table.
_IN_FRONT = 3
_FIGURE = (250, 420)
_MARGIN = 10


class Overview:
    def __init__(self) -> None:
        self._room = _draw_room()
        self._front, self._front_mask = _draw_table()
        self._figures = [
            _draw_figure(gown, cap, size, from_behind=place >= _IN_FRONT)
            for place, (_, size, gown, cap, _, _) in enumerate(_TEAM)
        ]
        self._glow = _draw_glow()
        self._warm = Image.new("RGB", self._glow.size, _LIGHT)
        self._mark = mark()

    def frame(self, phase: float) -> Image.Image:
        picture = self._room.copy()
        _draw_scope(picture, phase)
        _draw_trace(picture, phase)
        for place, (figure, mask) in enumerate(self._figures):
            if place == _IN_FRONT:
                picture.paste(self._front, _TABLE_AT, self._front_mask)
            self._stand(picture, place, figure, mask, phase)
        picture.paste(self._warm, _GLOW_AT, self._glow)
        picture.paste(self._mark, (24, 22), self._mark)
        return picture

    def _stand(
        self, picture: Image.Image, place: int, figure: Image.Image, mask: Image.Image, phase: float
    ) -> None:
        (x, y), _, _, _, turns, shift = _TEAM[place]
        size = (figure.width - 2 * _MARGIN, figure.height - 2 * _MARGIN)
        dx = 4.0 * wave(phase, turns=turns, shift=shift) + 1.4 * wave(phase, turns=turns * 3, shift=shift)
        dy = 1.6 * wave(phase, turns=4, shift=shift)
        at = (round(x - figure.width / 2), round(y - figure.width * 0.28))
        picture.paste(window(figure, size, x=dx, y=dy), at, window(mask, size, x=dx, y=dy))


# -- what stands still -------------------------------------------------------------------------------------


def _draw_room() -> Image.Image:
    room = vertical(SIZE, _WALL_TOP, _WALL_LOW)
    floor = vertical((_WIDE, 260), mix(_FLOOR, _DARK, 0.25), _FLOOR)
    room.paste(floor, (0, 460))
    soft_shape(room, oval(640, 620, 460, 90), fill=mix(_FLOOR, _DARK, 0.55), blur=40, strength=150)
    soft_shape(room, oval(640, 330, 420, 220), fill=mix(_WALL_LOW, _LIGHT, 0.25), blur=120, strength=130)
    fine = room.resize((_WIDE * _FINE, _HIGH * _FINE), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(fine)
    _draw_walls(pen)
    _draw_lamp(pen, foot=(470, -20), elbow=(560, 40), head=(520, 120), turn=0.22)
    _draw_lamp(pen, foot=(830, -20), elbow=(720, 30), head=(790, 110), turn=-0.26)
    _draw_cart(pen, left=72, top=196, wide=216, screen=_SCOPE)
    _draw_cart(pen, left=1004, top=218, wide=220, screen=_TRACE)
    return fine.reduce(_FINE)


def _box(
    pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], *, fill: Colour, round_by: float
) -> None:
    pen.rounded_rectangle([value * _FINE for value in box], radius=round_by * _FINE, fill=fill)


def _draw_walls(pen: ImageDraw.ImageDraw) -> None:
    seam = mix(_WALL_LOW, _DARK, 0.18)
    for x in range(80, _WIDE, 160):
        pen.line([(x * _FINE, 0), (x * _FINE, 460 * _FINE)], fill=seam, width=2)
    pen.line([(0, 460 * _FINE), (_WIDE * _FINE, 460 * _FINE)], fill=mix(_WALL_LOW, _DARK, 0.4), width=4)
    _box(pen, (560, 176, 700, 270), fill=mix(_WALL_TOP, _DARK, 0.35), round_by=8)
    _box(pen, (566, 182, 694, 264), fill=mix(_BLUE, _WALL_TOP, 0.72), round_by=5)
    _box(pen, (316, 200, 420, 330), fill=mix(_WALL_LOW, _STEEL, 0.22), round_by=8)
    for shelf in (232, 266, 300):
        _box(pen, (324, shelf, 412, shelf + 3), fill=mix(_WALL_LOW, _DARK, 0.3), round_by=1)


def _draw_lamp(pen: ImageDraw.ImageDraw, *, foot: Point, elbow: Point, head: Point, turn: float) -> None:
    arm = scaled([foot, elbow, head], _FINE)
    thick_line(pen, arm, width=16 * _FINE, fill=mix(_STEEL, _DARK, 0.35))
    thick_line(pen, arm, width=9 * _FINE, fill=_STEEL)
    x, y = head
    pen.polygon(scaled(oval(x, y, 108, 40, turn), _FINE), fill=mix(_STEEL, _DARK, 0.3))
    pen.polygon(scaled(oval(x, y + 6, 100, 34, turn), _FINE), fill=(226, 232, 230))
    for spot in range(6):
        angle = spot * math.pi / 3
        sx, sy = 60 * math.cos(angle), 18 * math.sin(angle)
        place = (
            x + sx * math.cos(turn) - sy * math.sin(turn),
            y + 8 + sx * math.sin(turn) + sy * math.cos(turn),
        )
        pen.polygon(scaled(oval(*place, 20, 8, turn), _FINE), fill=_LIGHT)
    pen.polygon(scaled(oval(x, y + 8, 20, 8, turn), _FINE), fill=_LIGHT)


def _draw_cart(
    pen: ImageDraw.ImageDraw, *, left: float, top: float, wide: float, screen: tuple[int, int, int, int]
) -> None:
    middle = left + wide / 2
    _box(pen, (middle - 7, top + 120, middle + 7, 600), fill=mix(_STEEL, _DARK, 0.2), round_by=4)
    _box(pen, (left + 10, 430, left + wide - 10, 592), fill=mix(_STEEL, _WALL_LOW, 0.35), round_by=12)
    for shelf in (452, 498, 544):
        _box(pen, (left + 24, shelf, left + wide - 24, shelf + 34), fill=mix(_DARK, _STEEL, 0.3), round_by=5)
        _box(pen, (left + 34, shelf + 13, left + 62, shelf + 20), fill=_GREEN, round_by=3)
        _box(
            pen,
            (left + wide - 84, shelf + 12, left + wide - 36, shelf + 21),
            fill=mix(_STEEL, _DARK, 0.4),
            round_by=3,
        )
    _box(pen, (screen[0] - 12, screen[1] - 12, screen[2] + 12, screen[3] + 14), fill=_DARK, round_by=10)
    for wheel in (left + 28, left + wide - 28):
        pen.ellipse([v * _FINE for v in (wheel - 12, 588, wheel + 12, 612)], fill=_DARK)


_TABLE_AT = (330, 356)
_TABLE_SIZE = (620, 300)


def _draw_table() -> tuple[Image.Image, Image.Image]:
    """The table under its drapes; who stands in front of it covers it, who stands behind is covered."""
    wide, high = _TABLE_SIZE
    colour = vertical((wide, high), _DRAPE, mix(_DRAPE, _DARK, 0.45))
    soft_shape(colour, oval(310, 40, 190, 26), fill=mix(_DRAPE, _LIGHT, 0.55), blur=26, strength=210)
    fine = colour.resize((wide * _FINE, high * _FINE), Image.Resampling.BICUBIC)
    mask = Image.new("L", fine.size, 0)
    pen, cover = ImageDraw.Draw(fine), ImageDraw.Draw(mask)
    body = curve(
        [
            (24, 74),
            (90, 40),
            (190, 22),
            (320, 14),
            (440, 26),
            (540, 40),
            (598, 72),
            (590, 150),
            (470, 176),
            (310, 184),
            (150, 176),
            (32, 150),
            (24, 74),
        ],
        closed=True,
    )
    cover.polygon(scaled(body, _FINE), fill=255)
    for index in range(9):
        x = 70 + index * 60
        fold = curve([(x, 84 + (index % 3) * 8), (x - 8 + index * 2, 124), (x - 6 + index * 2, 176)])
        thick_line(pen, scaled(fold, _FINE), width=5, fill=mix(_DRAPE, _DARK, 0.3 + 0.1 * (index % 2)))
    pen.polygon(scaled(oval(312, 44, 66, 18), _FINE), fill=mix(_DRAPE, _DARK, 0.35))
    pen.polygon(scaled(oval(312, 45, 56, 13), _FINE), fill=(214, 152, 138))
    for left, right in (((222, 92), (276, 50)), ((410, 96), (346, 50))):
        thick_line(pen, scaled([left, right], _FINE), width=9, fill=_DARK)
        thick_line(cover, scaled([left, right], _FINE), width=9, fill=255)
    for box in ((280, 176, 344, 268), (220, 262, 404, 290)):
        place = [value * _FINE for value in box]
        cover.rounded_rectangle(place, radius=16, fill=255)
        pen.rounded_rectangle(place, radius=16, fill=mix(_STEEL, _DARK, 0.35))
    return fine.reduce(_FINE), mask.reduce(_FINE)


def _draw_figure(
    gown: Colour, cap: Colour, size: float, *, from_behind: bool
) -> tuple[Image.Image, Image.Image]:
    """A member of the team in gown, cap and mask; nobody in particular."""
    wide, high = _FIGURE
    colour = vertical((wide, high), mix(gown, _LIGHT, 0.12), mix(gown, _DARK, 0.45))
    fine = colour.resize((wide * _FINE, high * _FINE), Image.Resampling.BICUBIC)
    mask = Image.new("L", fine.size, 0)
    pen, cover = ImageDraw.Draw(fine), ImageDraw.Draw(mask)
    body = curve(
        [
            (125, 118),
            (168, 132),
            (204, 170),
            (216, 250),
            (206, 330),
            (196, 410),
            (54, 410),
            (44, 330),
            (34, 250),
            (46, 170),
            (82, 132),
            (125, 118),
        ],
        closed=True,
    )
    cover.polygon(scaled(body, _FINE), fill=255)
    # From behind, the forearms are hidden by the body.
    reach = 2 if from_behind else 3
    for whole in ([(58, 176), (44, 250), (84, 284)], [(192, 176), (206, 250), (166, 284)]):
        arm = whole[:reach]
        thick_line(pen, scaled(curve(arm), _FINE), width=30 * _FINE, fill=mix(gown, _DARK, 0.22))
        thick_line(pen, scaled(curve(arm), _FINE), width=24 * _FINE, fill=mix(gown, _LIGHT, 0.06))
        if not from_behind:
            x, y = arm[-1]
            pen.ellipse(_fine_box(x - 15, y - 13, x + 15, y + 13), fill=(226, 232, 232))
    cover.ellipse(_fine_box(86, 36, 164, 130), fill=255)
    if from_behind:
        pen.ellipse(_fine_box(86, 36, 164, 130), fill=mix(cap, _DARK, 0.08))
        for y in (138, 196, 262):
            pen.line(scaled([(118, y), (132, y + 7)], _FINE), fill=mix(gown, _DARK, 0.35), width=6)
    else:
        _draw_face(pen, cap)
    cover.pieslice(_fine_box(84, 32, 166, 120), 180, 360, fill=255)
    pen.pieslice(_fine_box(84, 32, 166, 120), 180, 360, fill=cap)
    pen.line(scaled([(87, 76), (163, 76)], _FINE), fill=mix(cap, _DARK, 0.25), width=5)
    target = (round(wide * size), round(high * size))
    return (
        fine.resize(target, Image.Resampling.LANCZOS),
        mask.resize(target, Image.Resampling.LANCZOS),
    )


def _fine_box(left: float, top: float, right: float, bottom: float) -> list[float]:
    return [value * _FINE for value in (left, top, right, bottom)]


def _draw_face(pen: ImageDraw.ImageDraw, cap: Colour) -> None:
    pen.ellipse(_fine_box(86, 36, 164, 130), fill=(222, 190, 170))
    for x in (111, 139):
        pen.ellipse(_fine_box(x - 3, 83, x + 3, 88), fill=(70, 62, 60))
    mask = curve([(90, 98), (125, 93), (160, 98), (152, 118), (125, 129), (98, 118), (90, 98)], closed=True)
    pen.polygon(scaled(mask, _FINE), fill=mix(cap, _LIGHT, 0.5))


_GLOW_AT = (360, 100)
_GLOW_SIZE = (560, 340)


def _draw_glow() -> Image.Image:
    small = Image.new("L", (_GLOW_SIZE[0] // 4, _GLOW_SIZE[1] // 4), 0)
    pen = ImageDraw.Draw(small)
    for cone in (
        [(135, 30), (187, 30), (400, 300), (180, 300)],
        [(400, 22), (456, 26), (420, 300), (200, 300)],
    ):
        pen.polygon([(x / 4, y / 4) for x, y in cone], fill=40)
    return small.filter(ImageFilter.GaussianBlur(7)).resize(_GLOW_SIZE, Image.Resampling.BICUBIC)


# -- the two monitors --------------------------------------------------------------------------------------


def _draw_trace(picture: Image.Image, phase: float) -> None:
    screen = Image.new(
        "RGB", ((_TRACE[2] - _TRACE[0]) * _FINE, (_TRACE[3] - _TRACE[1]) * _FINE), (10, 18, 24)
    )
    draw_traces(screen, phase, weight=5)
    picture.paste(screen.reduce(_FINE), _TRACE[:2])


def _draw_scope(picture: Image.Image, phase: float) -> None:
    """What the surgeons look at, in small: the round picture and two instruments."""
    wide, high = (_SCOPE[2] - _SCOPE[0]) * _FINE, (_SCOPE[3] - _SCOPE[1]) * _FINE
    screen = Image.new("RGB", (wide, high), (8, 10, 12))
    pen = ImageDraw.Draw(screen)
    x, y, radius = wide / 2, high / 2, high * 0.47
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(196, 118, 110))
    pen.ellipse(
        (x - radius * 0.1, y - radius * 0.5, x + radius * 0.75, y + radius * 0.55), fill=(172, 90, 102)
    )
    left = (x - 24 + 12 * wave(phase, turns=2), y + 12 + 8 * wave(phase, turns=3, shift=0.1))
    right = (x + 26 + 14 * wave(phase, turns=3, shift=0.4), y - 4 + 10 * wave(phase, turns=2, shift=0.6))
    thick_line(pen, [(x - radius * 0.8, y + radius * 0.7), left], width=11, fill=(40, 46, 54))
    thick_line(pen, [(x + radius * 0.85, y + radius * 0.6), right], width=11, fill=(40, 46, 54))
    for tip in (left, right):
        pen.ellipse((tip[0] - 5, tip[1] - 5, tip[0] + 5, tip[1] + 5), fill=(216, 222, 226))
    picture.paste(screen.reduce(_FINE), _SCOPE[:2])
