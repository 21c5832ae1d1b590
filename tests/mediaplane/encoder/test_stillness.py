"""Black and frozen, told from what a camera and a coder do to a picture that is neither."""

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.encoder.pictures import Misread, Picture, PictureReader
from konsilium.mediaplane.encoder.stillness import FROZEN_AFTER, Look, Stillness, look_at

NOON = datetime(2027, 5, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def histogram(counts: Mapping[int, int]) -> list[int]:
    return [counts.get(value, 0) for value in range(256)]


SCENE = histogram({60: 20_000, 120: 30_000, 200: 7_600})


def test_the_first_picture_is_like_no_other() -> None:
    look = look_at(SCENE, None)
    assert look == Look(mean=pytest.approx(109.7, abs=0.1), peak=200, same=False)


def test_coding_the_same_anew_is_no_change_but_noise_and_a_hand_are() -> None:
    """Counts as measured on thumbnails of 320 points at 1.5 and 5 Mbit/s."""
    assert look_at(SCENE, histogram({0: 54_000, 1: 3_500, 2: 100})).same
    table_at_rest = histogram({0: 44_300, 1: 13_100, 2: 170, 3: 30})
    assert not look_at(SCENE, table_at_rest).same
    far_hand = histogram({0: 57_500, 40: 100})
    assert not look_at(SCENE, far_hand).same


def test_what_is_the_same_for_long_is_frozen_since_it_began() -> None:
    stillness = Stillness()
    for seconds, same in ((0, False), (2, False), (4, True), (6, True)):
        stillness.note(Look(90, 200, same=same), at(seconds))
    assert stillness.frozen_since(at(6)) is None
    assert stillness.frozen_since(at(2) + FROZEN_AFTER + timedelta(seconds=1)) == at(2)
    stillness.note(Look(90, 200, same=False), at(10))
    assert stillness.frozen_since(at(30)) is None


def test_black_has_neither_light_nor_lights() -> None:
    stillness = Stillness()
    stillness.note(Look(5, 20, same=False), at(0))
    stillness.note(Look(6, 22, same=False), at(2))
    assert stillness.black_since == at(0)
    stillness.note(Look(6, 230, same=False), at(4))
    assert stillness.black_since is None, "a line of text, or an endoscope's lamp in the dark"
    stillness.note(Look(5, 20, same=False), at(6))
    stillness.forget()
    assert (stillness.black_since, stillness.frozen_since(at(60))) == (None, None)


PICTURES = b"YUV4MPEG2 W4 H2 F1:1 Ip A1:1 C420jpeg\n" + b"".join(
    b"FRAME\n" + bytes(range(first, first + 12)) for first in (0, 100)
)


@given(st.integers(1, len(PICTURES)))
def test_pictures_are_read_however_they_are_cut(step: int) -> None:
    reader = PictureReader()
    found = [
        one for start in range(0, len(PICTURES), step) for one in reader.feed(PICTURES[start : start + step])
    ]
    assert found == [Picture(4, 2, bytes(range(first, first + 12))) for first in (0, 100)]
    assert (found[0].grey, found[0].colours) == (bytes(range(8)), (b"\x08\x09", b"\x0a\x0b"))


@given(st.binary(max_size=2000))
def test_nothing_but_a_picture_is_taken_for_one(noise: bytes) -> None:
    with contextlib.suppress(Misread):
        assert PictureReader().feed(noise) == []
