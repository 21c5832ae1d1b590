"""What is known of an encoder's settings from the picture it sends."""

from datetime import UTC, datetime

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Sample
from konsilium.mediaplane.encoder.habits import Habits
from konsilium.mediaplane.encoder.source_clock import SourceClock

FPS = 25


def init(width: int = 1280, height: int = 720) -> Init:
    return Init(b"init", Kind.VIDEO, "avc1.64001f", FPS, width, height)


def shown(*key_frames: int, until: int) -> Habits:
    """Frames up to `until` seconds, with key frames at these seconds."""
    found = Habits()
    found.begin(init(), clock=SourceClock())
    for frame in range(until * FPS):
        sync = frame in {second * FPS for second in key_frames}
        found.add(Fragment(1, FPS, 900 + frame, (Sample(1, 1, sync),), b"x"), arrival=0.0)
    return found


@pytest.mark.parametrize(
    ("key_frames", "until", "told"),
    [
        ((), 3, None),
        ((0,), 1, 1.0),
        ((0, 1, 2), 3, 1.0),
        ((0,), 7, 7.0),
        ((0, 10, 20), 22, 10.0),
        ((0, 10, 11, 20), 21, 10.0),
        ((0, 10, 11, 12, 13), 14, 1.0),
    ],
)
def test_key_frames_are_timed(key_frames: tuple[int, ...], until: int, told: float | None) -> None:
    found = shown(*key_frames, until=until)
    assert found.key_frames_s == (None if told is None else pytest.approx(told, abs=0.1))


def test_after_a_pause_the_clock_may_be_another_one() -> None:
    found = shown(0, 10, until=12)
    found.pause(at=datetime.now(UTC))
    assert found.key_frames_s is None


def test_sizes_are_counted_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("konsilium.mediaplane.encoder.habits.time.monotonic", lambda: now[0])
    found = Habits()
    for width, height in ((1280, 720), (1280, 720), (1920, 1080), (1280, 720)):
        found.begin(init(width, height), clock=SourceClock())
    assert found.sizes == 2
    now[0] += 61
    assert found.sizes == 0
