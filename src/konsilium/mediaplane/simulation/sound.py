"""The sound of the simulated theatre: a soft monitor beep over quiet room noise, without a seam."""

import array
import math
import random
import sys

from konsilium.mediaplane.simulation.scene import BEATS, LENGTH_S

RATE = 48_000
_BEEP_S = 0.11
_BEEP_HZ = 784.0
_BEEP = 0.10
_NOISE = 0.012
#: The noise fades over into its own beginning for so long.
_SEAM_S = 0.5


def loop() -> bytes:
    """16 bit, mono, little endian, `LENGTH_S` seconds."""
    samples = _room()
    beep = _beep()
    for beat in range(BEATS):
        start = round(beat * LENGTH_S * RATE / BEATS)
        for offset, value in enumerate(beep):
            samples[(start + offset) % len(samples)] += value
    pcm = array.array("h", (round(max(-1.0, min(1.0, value)) * 32767) for value in samples))
    if sys.byteorder == "big":
        pcm.byteswap()
    return pcm.tobytes()


def _beep() -> list[float]:
    count = round(_BEEP_S * RATE)
    return [
        _BEEP
        * math.sin(math.pi * step / count) ** 0.6
        * (
            math.sin(2 * math.pi * _BEEP_HZ * step / RATE)
            + 0.2 * math.sin(4 * math.pi * _BEEP_HZ * step / RATE)
        )
        for step in range(count)
    ]


def _room() -> list[float]:
    chance = random.Random(1)
    count, seam = LENGTH_S * RATE, round(_SEAM_S * RATE)
    noise: list[float] = []
    low = 0.0
    for _ in range(count + seam):
        # A single pole makes it a hum of air rather than a hiss.
        low += 0.06 * (chance.random() * 2 - 1 - low)
        noise.append(low * _NOISE * 6)
    for step in range(seam):
        share = step / seam
        noise[step] = noise[step] * math.sqrt(share) + noise[count + step] * math.sqrt(1 - share)
    return noise[:count]
