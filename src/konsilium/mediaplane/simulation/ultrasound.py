"""Feed "ultrasound": a fan of grey with a beating vessel in it. A drawing, and meant to look like one."""

from PIL import Image, ImageDraw, ImageFilter

from konsilium.mediaplane.simulation.scene import (
    BEATS,
    Colour,
    clouds,
    curve,
    mark,
    oval,
    scaled,
    soft_shape,
    wave,
    window,
)

SIZE = (640, 360)
_WIDE, _HIGH = SIZE
_FINE = 2
_MARGIN = 20
_LAYER = (_WIDE + 2 * _MARGIN, _HIGH + 2 * _MARGIN)
_NIGHT: Colour = (6, 7, 9)
#: Where the probe touches, how far the fan reaches, and between which angles (degrees, clockwise from the right).
_PROBE = (_WIDE / 2, -70.0)
_NEAR, _FAR = 96.0, 410.0
_FAN = (48.0, 132.0)


class Ultrasound:
    def __init__(self) -> None:
        self._tissue = _draw_tissue()
        grain = clouds(_LAYER, seed=23, octaves=((150, 0.9), (310, 0.5)))
        self._grain = Image.merge("RGB", (grain, grain, grain))
        self._fan = _draw_fan()
        self._ruler = _draw_ruler()
        self._mark = mark()

    def frame(self, phase: float) -> Image.Image:
        breath, pulse = wave(phase, turns=4), wave(phase, turns=BEATS)
        tissue = window(self._tissue, SIZE, x=3 * breath, y=5 * breath)
        self._draw_vessel(tissue, y=5 * breath, wide=1.0 + 0.07 * pulse)
        # The grain goes its own way: this is what makes an ultrasound picture shimmer.
        grain = window(self._grain, SIZE, x=9 * wave(phase, turns=3), y=7 * wave(phase, turns=5, shift=0.2))
        picture = self._ruler.copy()
        picture.paste(Image.blend(tissue, grain, 0.3), mask=self._fan)
        picture.paste(self._mark, (24, 22), self._mark)
        return picture

    @staticmethod
    def _draw_vessel(picture: Image.Image, *, y: float, wide: float) -> None:
        """Dark inside, bright where its walls throw the sound back."""
        place = (352, 196 + y)
        soft_shape(picture, oval(*place, 62 * wide, 40 * wide, -0.2), fill=(206, 208, 206), blur=5)
        soft_shape(picture, oval(*place, 54 * wide, 33 * wide, -0.2), fill=(10, 11, 12), blur=5)


def _draw_tissue() -> Image.Image:
    light = clouds(_LAYER, seed=11, octaves=((6, 0.9), (17, 0.4), (60, 0.3), (140, 0.3)))
    light = light.point(lambda value: max(0, min(210, (value - 84) * 2)))
    tissue = Image.merge("RGB", (light, light, light))
    for y, bright, bend in ((96, 200, 10), (150, 150, -8), (292, 220, 14)):
        line = curve([(-20, y), (180, y + bend), (360, y - bend), (520, y + bend), (_LAYER[0] + 20, y)])
        band = [*line, *[(x, below + 9) for x, below in reversed(line)]]
        soft_shape(tissue, band, fill=(bright, bright, bright), blur=6, strength=190)
    # Behind what throws all sound back lies its shadow.
    shadow = [(196, 300), (262, 300), (276, _LAYER[1]), (150, _LAYER[1])]
    soft_shape(tissue, shadow, fill=_NIGHT, blur=12, strength=230)
    soft_shape(tissue, oval(228, 296, 36, 11), fill=(250, 250, 246), blur=5)
    return tissue


def _draw_fan() -> Image.Image:
    mask = Image.new("L", (_WIDE * _FINE, _HIGH * _FINE), 0)
    pen = ImageDraw.Draw(mask)
    pen.pieslice(_around(_FAR), *_FAN, fill=255)
    pen.pieslice(_around(_NEAR), *_FAN, fill=0)
    return mask.reduce(_FINE).filter(ImageFilter.GaussianBlur(0.8))


def _around(radius: float) -> tuple[float, float, float, float]:
    (x, y), (wide, high) = scaled([_PROBE, (radius, radius)], _FINE)
    return (x - wide, y - high, x + wide, y + high)


def _draw_ruler() -> Image.Image:
    """Night, and beside the fan how deep it looks."""
    ground = Image.new("RGB", SIZE, _NIGHT)
    pen = ImageDraw.Draw(ground)
    for step in range(11):
        y = 26 + step * 31
        pen.line([(606 if step % 5 == 0 else 614, y), (622, y)], fill=(150, 160, 164), width=2)
    for row in range(96):
        grey = 245 - round(row * 2.4)
        pen.line([(24, 132 + row), (34, 132 + row)], fill=(grey, grey, grey))
    return ground
