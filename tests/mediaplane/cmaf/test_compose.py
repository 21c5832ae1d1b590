"""Initialisation sections of our own making."""

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.cmaf.compose import compose_audio_init


@pytest.mark.parametrize(("rate", "told"), [(48_000, 48_000), (88_200, 0), (96_000, 0)])
def test_a_rate_that_has_no_room_in_its_box_is_told_by_the_configuration_alone(rate: int, told: int) -> None:
    init = compose_audio_init(sample_rate=rate, channels=2, timescale=rate)
    entry = init.data.index(b"mp4a") + 4
    assert int.from_bytes(init.data[entry + 24 : entry + 28], "big") == told << 16
    assert (init.kind, init.sample_rate) == (Kind.AUDIO, rate)
