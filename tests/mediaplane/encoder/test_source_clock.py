"""A sender's clock is found within seconds, however its first frames come, and then followed for hours, slowly.

No real time passes here.
"""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Kind, Sample
from konsilium.mediaplane.encoder.command_lines import TIME_OFFSET_S
from konsilium.mediaplane.encoder.source_clock import SourceClock, Warp

HZ = 90_000
#: When the simulated day begins; any number of seconds will do.
DAWN = 1_800_000_000.0
#: Until then a clock is looked for; afterwards nothing moves faster than by a thousandth.
YOUNG_S = 30.0


class Sender:
    """Counts faster or slower than we do, over a network that delays each packet as it likes."""

    def __init__(self, *, ppm: float, jitter_s: float = 0.02, fps: int = 25) -> None:
        self.clock = SourceClock()
        self._ppm = ppm
        self._jitter = jitter_s
        self._chance = random.Random(ppm)
        self.step = HZ // fps

    def frames(self, hours: float) -> "list[tuple[float, int]]":
        """When each was made on our clock, and its time stamp; the clock hears of each as it arrives."""
        count = int(hours * 3600 * HZ / self.step)
        return [
            (number * self.step / HZ / (1 + self._ppm / 1e6), number * self.step) for number in range(count)
        ]

    def arrive(self, made: float, stamp: int) -> None:
        self.clock.note(stamp, DAWN + made + 0.12 + self._chance.random() * self._jitter)


def frame(kind: Kind, stamp: int, duration: int) -> Fragment:
    scale = HZ if kind is Kind.VIDEO else 48_000
    return Fragment(1, scale, stamp + TIME_OFFSET_S * scale, (Sample(2, duration, sync=True),), b"ab")


@pytest.mark.parametrize("ppm", [-500, 100, 500])
def test_a_picture_stays_in_step_for_hours_and_never_jumps(ppm: int) -> None:
    sender = Sender(ppm=ppm, fps=5)
    frames = sender.frames(hours=1.5)
    sender.arrive(*frames[0])
    warp = Warp(Kind.VIDEO, HZ, sender.clock.correction)
    behind, ends, starts = [], [], []
    for made, stamp in frames:
        sender.arrive(made, stamp)
        moved = warp.apply(frame(Kind.VIDEO, stamp, sender.step), sender.clock.correction)
        wall = sender.clock.wall(moved.decode_time, HZ).timestamp() - DAWN
        behind.append(wall - made)
        starts.append(moved.decode_time)
        ends.append(moved.decode_time + moved.duration)
    # Network and jitter are part of every frame's delay; what may not happen is that it grows.
    assert max(behind) - min(behind) < 0.045
    assert ends[:-1] == starts[1:], "no hole, no overlap"
    steps = [later - earlier for earlier, later in pairwise(starts)]
    grown_up = steps[int(YOUNG_S * HZ / sender.step) + 2 :]
    assert max(abs(step - sender.step) for step in grown_up) <= sender.step // 500


@pytest.mark.parametrize("ppm", [-300, 300])
def test_sound_drops_or_repeats_a_whole_frame_now_and_then(ppm: int) -> None:
    sender = Sender(ppm=ppm, fps=5)
    frames = sender.frames(hours=1)
    sender.arrive(*frames[0])
    warp = Warp(Kind.AUDIO, 48_000, sender.clock.correction)
    end: int | None = None
    changed, stamp_48 = 0, 0
    behind = []
    for made, stamp in frames:
        sender.arrive(made, stamp)
        # Nine or ten frames of sound to each of these pictures of 200 ms.
        while stamp_48 * HZ < stamp * 48_000:
            fragment = frame(Kind.AUDIO, stamp_48, 1024)
            moved = warp.apply(fragment, sender.clock.correction)
            changed += len(moved.samples) != 1
            assert end is None or moved.decode_time == end, "no hole, no overlap"
            end = moved.decode_time + moved.duration
            wall = sender.clock.wall(moved.decode_time, 48_000).timestamp() - DAWN
            behind.append(wall - made)
            stamp_48 += 1024
    assert changed == pytest.approx(3600 * abs(ppm) / 1e6 / (1024 / 48_000), abs=2)
    assert max(behind) - min(behind) < 0.045 + 0.2 + 2 * 1024 / 48_000


def test_what_is_left_out_or_repeated_is_the_least_of_a_fragment() -> None:
    samples = tuple(Sample(size, 1024, sync=True) for size in (3, 1, 2))
    fragment = Fragment(1, 48_000, 1024, samples, b"aaabcc")
    later = Warp(Kind.AUDIO, 48_000, 0.0).apply(fragment, 0.02)
    assert (later.payload, len(later.samples), later.decode_time) == (b"aaabbcc", 4, 1024)
    earlier = Warp(Kind.AUDIO, 48_000, 0.0).apply(fragment, -0.02)
    assert (earlier.payload, len(earlier.samples), earlier.decode_time) == (b"aaacc", 2, 1024)


def test_a_true_clock_is_left_alone() -> None:
    sender = Sender(ppm=0, jitter_s=0.004, fps=5)
    for made, stamp in sender.frames(hours=1):
        sender.arrive(made, stamp)
        sender.clock.wall(stamp + TIME_OFFSET_S * HZ, HZ)
        assert abs(sender.clock.correction) < 0.006


def test_a_longer_way_is_made_up_for_by_a_thousandth_at_most() -> None:
    """The network takes 300 ms more from now on: that is no reason to jump."""
    sender = Sender(ppm=0, jitter_s=0.0, fps=5)
    before = 0.0
    for made, stamp in sender.frames(hours=0.2):
        sender.arrive(made + (0.3 if made > 60 else 0.0), stamp)
        sender.clock.wall(stamp + TIME_OFFSET_S * HZ, HZ)
        assert abs(sender.clock.correction - before) <= 0.5 * 0.001 + 1e-9
        before = sender.clock.correction
    assert before == pytest.approx(0.3, abs=0.01)


class Start:
    """An encoder of 30 pictures a second, whose first ones are late by what `late_s` says of each."""

    STEP = 3000
    WAY_S = 0.12

    def __init__(self, late_s: list[float], *, seconds: int = 9) -> None:
        self.clock = SourceClock()
        #: Of all pictures the longest that one waited to be placed.
        self.waited = 0.0
        self.pictures: list[Fragment] = []
        self.sounds: list[Fragment] = []
        self._warps = {Kind.VIDEO: Warp(Kind.VIDEO, HZ, 0.0), Kind.AUDIO: Warp(Kind.AUDIO, 48_000, 0.0)}
        arrival, waiting = 0.0, []
        for number in range(seconds * 30):
            late = late_s[number] if number < len(late_s) else 0.002
            arrival = max(arrival, number / 30 + self.WAY_S + late)
            self.clock.note(number * self.STEP, DAWN + arrival)
            waiting.append((arrival, number))
            while self.clock.settled and waiting:
                since, first = waiting.pop(0)
                self.waited = max(self.waited, arrival - since)
                self._place(first)

    def _place(self, number: int) -> None:
        picture = frame(Kind.VIDEO, number * self.STEP, self.STEP)
        self.pictures.append(self._warps[Kind.VIDEO].apply(picture, self.clock.correction))
        while len(self.sounds) * 1024 / 48_000 <= number / 30:
            sound = frame(Kind.AUDIO, len(self.sounds) * 1024, 1024)
            self.sounds.append(self._warps[Kind.AUDIO].apply(sound, self.clock.correction))

    @property
    def late(self) -> list[float]:
        """Of each picture, how much later than it was made it is placed, the way left aside."""
        return [
            self.clock.wall(picture.decode_time, HZ).timestamp() - DAWN - number / 30 - self.WAY_S
            for number, picture in enumerate(self.pictures)
        ]


@given(late_s=st.lists(st.floats(0, 0.3), max_size=12))
def test_however_late_the_first_pictures_come_a_feed_is_dated_rightly_within_seconds(
    late_s: list[float],
) -> None:
    start = Start(late_s)
    assert -0.001 < start.late[-1] < 0.01
    steps = [later.decode_time - earlier.decode_time for earlier, later in pairwise(start.pictures)]
    assert all(Start.STEP * 11 // 12 <= step <= Start.STEP for step in steps), "no jump, and never backwards"
    assert [picture.duration for picture in start.pictures[:-1]] == steps, "no hole, no overlap"
    # The picture that ends the 100 ms may itself be 300 ms late.
    assert start.waited < 0.1 + 0.3 + 2 / 30


@pytest.mark.parametrize(
    ("late_s", "at_first"),
    [
        pytest.param([], 0.005, id="nothing has piled up"),
        pytest.param([0.165, 0.108, 0.021, 0.005], 0.005, id="as seen on an idle machine"),
        pytest.param([0.215, 0.19, 0.16, 0.12, 0.09, 0.06, 0.03], 0.1, id="a higher pile"),
        pytest.param([0.2] * 15, 0.205, id="half a second of pictures is late"),
    ],
)
def test_first_pictures_that_piled_up_date_nothing_for_long(late_s: list[float], at_first: float) -> None:
    start = Start(late_s)
    assert start.late[0] < at_first
    assert max(start.late[6 * 30 :]) < 0.01
    assert start.waited < 0.14


def test_sound_makes_up_for_a_late_start_by_leaving_out_frames() -> None:
    start = Start([0.2] * 15)
    left_out = [number for number, sound in enumerate(start.sounds) if not sound.samples]
    assert len(left_out) == round(0.2 * 48_000 / 1024)
    assert min(later - earlier for earlier, later in pairwise(left_out)) > 8, "never two close together"
    ends = [sound.decode_time + sound.duration for sound in start.sounds]
    assert [sound.decode_time for sound in start.sounds[1:]] == ends[:-1], "no hole, no overlap"
    made = (len(start.sounds) - 1) * 1024 / 48_000
    placed = start.clock.wall(start.sounds[-1].decode_time, 48_000).timestamp() - DAWN
    assert placed - made - Start.WAY_S == pytest.approx(start.late[-1], abs=1024 / 48_000)


def test_pictures_that_come_together_each_take_their_share() -> None:
    warp = Warp(Kind.VIDEO, 90_000, 0.0)
    together = Fragment(1, 90_000, 0, (Sample(1, 3600, False),) * 4, b"abcd")
    moved = warp.apply(together, 0.004)
    assert [sample.duration for sample in moved.samples] == [3690] * 4
    assert warp.apply(together, 0.004).decode_time == 360
