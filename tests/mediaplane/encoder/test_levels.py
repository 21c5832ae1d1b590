"""What is said of a sound, from what ffmpeg writes of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.encoder.levels import (
    FLOOR_DB,
    HEARING,
    SILENCE_DB,
    Hearing,
    Level,
    LevelReader,
    Silence,
)

SAID = (
    b"frame:0    pts:0       pts_time:0\n"
    b"lavfi.astats.1.RMS_level=-26.481211\n"
    b"lavfi.astats.2.RMS_level=-inf\n"
    b"lavfi.astats.Overall.Peak_level=-19.653353\n"
    b"lavfi.astats.Overall.RMS_level=-29.443592\n"
    b"frame:1    pts:1584    pts_time:0.2\n"
    b"lavfi.astats.Overall.Peak_level=-inf\n"
    b"lavfi.astats.Overall.RMS_level=nan\n"
)
MEANT = [
    Level(rms_db=-29.4, peak_db=-19.7, left_db=-26.5, right_db=FLOOR_DB),
    Level(rms_db=FLOOR_DB, peak_db=FLOOR_DB),
]
NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)


@given(st.integers(1, len(SAID)))
def test_lines_are_read_however_they_are_cut(step: int) -> None:
    reader = LevelReader()
    found = [level for at in range(0, len(SAID), step) for level in reader.feed(SAID[at : at + step])]
    assert found == MEANT


@given(st.binary(max_size=400))
def test_anything_else_is_survived(noise: bytes) -> None:
    reader = LevelReader()
    list(reader.feed(noise + b"\n"))
    assert list(reader.feed(SAID))[-1] == MEANT[-1]


def test_silence_is_dated_from_its_beginning() -> None:
    silence = Silence()
    loud, soft = Level(-30, -20), Level(SILENCE_DB - 0.1, -50)
    moments = [NOON + timedelta(seconds=second) for second in range(5)]
    silence.note(loud, moments[0])
    assert silence.since is None
    silence.note(soft, moments[1])
    silence.note(None, moments[2])
    assert silence.since == moments[1], "no sound at all is silence too"
    silence.note(Level(SILENCE_DB, -50), moments[3])
    assert silence.since is None


def heard(*levels: Level) -> Hearing:
    """One a second."""
    hearing = Hearing()
    for second, level in enumerate(levels):
        hearing.note(level, NOON + timedelta(seconds=second))
    return hearing


def test_the_loudest_moment_is_remembered_for_a_while() -> None:
    quiet = Level(-40, -30)
    assert heard(quiet, Level(-3, 0.0), quiet).loudest_db == 0.0
    assert heard(Level(-3, 0.0), *[quiet] * (int(HEARING.total_seconds()) + 2)).loudest_db == -30
    assert heard().loudest_db is None


def test_a_sound_on_one_side_is_told_from_one_in_the_middle() -> None:
    left, right = Level(-26, -20, -23, FLOOR_DB), Level(-26, -20, -80, -23)
    assert heard(left, left).only_side == "left"
    assert heard(right).only_side == "right"
    assert heard(left, right).only_side is None, "a stereo effect that wanders"
    assert heard(Level(-26, -20, -23, -40)).only_side is None, "somebody stands to one side"
    assert heard(Level(-90, -85, -90, FLOOR_DB)).only_side is None, "silence has no side"
    assert heard(Level(-26, -20)).only_side is None, "mono"
