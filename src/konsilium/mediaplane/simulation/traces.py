"""The curves of a patient monitor: heart, pulse and breath, as textbooks draw them."""

import math

from PIL import Image, ImageDraw

from konsilium.mediaplane.simulation.scene import BEATS, Colour, Point

GREEN: Colour = (104, 220, 140)
BLUE: Colour = (110, 196, 236)
AMBER: Colour = (236, 200, 104)

#: How often the drawing runs across in a loop: once in 4 s.
_SWEEPS = 4
_BREATHS = 4
#: The gap before what is drawn anew.
_GAP = 0.07


def draw_traces(screen: Image.Image, phase: float, *, weight: int) -> None:
    """Over the whole of `screen`, three curves that a gap runs through, as on every patient monitor."""
    wide, high = screen.size
    pen = ImageDraw.Draw(screen)
    sweep = (phase * _SWEEPS) % 1.0
    # Close enough for the spike of a heartbeat, which is a hundredth of the width.
    steps = max(120, wide // 3)
    rows = ((0.25, 0.20, GREEN, _beat), (0.56, 0.10, BLUE, _pulse), (0.84, 0.08, AMBER, None))
    for middle, tall, colour, shape in rows:
        runs: list[list[Point]] = [[]]
        for step in range(steps + 1):
            x = step / steps
            behind = (sweep - x) % 1.0
            if behind > 1 - _GAP:
                runs.append([])
                continue
            then = phase - behind / _SWEEPS
            value = shape((then * BEATS) % 1.0) if shape else math.sin(2 * math.pi * then * _BREATHS) * 0.9
            runs[-1].append((x * wide, (middle - tall * value) * high))
        for run in runs:
            if len(run) > 1:
                pen.line(run, fill=colour, width=weight, joint="curve")


def _beat(at: float) -> float:
    """One heartbeat of an electrocardiogram, `at` from 0 to 1."""
    bumps = (
        (0.18, 0.028, 0.16),
        (0.285, 0.010, -0.14),
        (0.31, 0.012, 1.0),
        (0.335, 0.011, -0.26),
        (0.55, 0.045, 0.26),
    )
    return sum(height * math.exp(-(((at - place) / width) ** 2)) for place, width, height in bumps)


def _pulse(at: float) -> float:
    return math.sin(math.pi * at) ** 2 * 1.6 + 0.4 * math.sin(math.pi * ((at * 1.0 + 0.25) % 1.0)) ** 8 - 0.8
