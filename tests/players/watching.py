"""What is seen and heard of a player in a page, the same for every player and browser."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Protocol

from bench.timecode import READER

#: A busy machine is slow; nothing here is a figure to hold.
PATIENCE_S = 40.0
TONE_HZ = 440


class Page(Protocol):
    """A page in any browser."""

    async def ask(self, expression: str) -> Any:
        """The value of an expression of the page's script."""


@dataclass(frozen=True)
class Watched:
    """A stretch of time in front of the screen."""

    #: The moments coded into the pictures, in s since 1970, in the order in which they were shown.
    coded: list[float]
    #: What the player says was the time then (EXT-X-PROGRAM-DATE-TIME), in s since 1970.
    dates: list[float]
    loudness: list[float]
    hertz: list[float]
    #: How far the player went, in s.
    played: float

    @property
    def moves(self) -> bool:
        return len(set(self.coded)) > 10 and self.coded == sorted(self.coded)

    @property
    def sounds(self) -> bool:
        """The encoder's tone, most of the time."""
        heard = [
            one for one, hertz in zip(self.loudness, self.hertz, strict=True) if abs(hertz - TONE_HZ) < 40
        ]
        return len([one for one in heard if one > 0.01]) > len(self.loudness) / 2


WATCH = """(() => {
  const video = document.querySelector('video');
  const date = watched.dateOf();
  const start = date === null ? null : date / 1000 - video.currentTime;
  return {readings: window.readings, sounds: watched.sounds, start, at: video.currentTime};
})()"""
FORGET = (
    "(window.readings.length = 0, watched.sounds.length = 0, document.querySelector('video').currentTime)"
)


async def read_codes(page: Page) -> None:
    await page.ask(f"void ({READER})(document.querySelector('video'))")


async def watch(page: Page, seconds: float = 3) -> Watched:
    began = await page.ask(FORGET)
    await asyncio.sleep(seconds)
    found = await page.ask(WATCH)
    start = found["start"]
    return Watched(
        coded=[coded / 1000 for _, coded, _ in found["readings"]],
        dates=[] if start is None else [start + at for _, _, at in found["readings"]],
        loudness=[loudness for _, loudness, _ in found["sounds"]],
        hertz=[hertz for _, _, hertz in found["sounds"]],
        played=found["at"] - began,
    )


async def until(page: Page, expression: str, what: str, *, within: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + within
    while not await page.ask(expression):
        errors = await page.ask("window.watched?.errors ?? []")
        assert time.monotonic() < deadline, f"{what} did not come about; the player says {errors}"
        await asyncio.sleep(0.1)


async def until_picture(page: Page) -> None:
    await page.ask("window.readings.length = 0")
    await until(page, "window.readings.length > 3", "the encoder's picture")


async def until_slate(page: Page) -> None:
    """The coded picture is gone, and the player plays on."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen = await watch(page, 1.5)
        if not seen.coded and seen.played > 0.5:
            return
        assert time.monotonic() < deadline, "the player did not play on with the slate"


def check(seen: Watched) -> None:
    assert seen.moves, f"the picture stands still or goes back: {seen.coded}"
    assert seen.sounds, f"the tone is not heard: {seen.loudness}, {seen.hertz}"
    assert seen.played > 1
    late = [date - coded for date, coded in zip(seen.dates, seen.coded, strict=True)]
    # From the frame's making to the beginning of its signal; a picture of another time would be far off.
    assert min(late) > -1, late
    assert max(late) < 3, late
