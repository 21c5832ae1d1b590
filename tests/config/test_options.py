"""Values that cannot be used are refused when the settings are read, and not when somebody is on air."""

import os

import pytest

from konsilium.config.options import CHOICES, RANGES, Options, WrongOption, read_options
from konsilium.config.recordings import recordings_space
from konsilium.mediaplane.vault import SpaceLimits


def read(**values: object) -> Options:
    return read_options(
        {"KONSILIUM_CONFIG": os.devnull}
        | {f"KONSILIUM_{name.upper()}": str(value) for name, value in values.items()}
    )


def test_the_defaults_can_be_used() -> None:
    assert read() == Options()


@pytest.mark.parametrize("name", sorted(RANGES))
def test_numbers_have_their_limits(name: str) -> None:
    lowest, highest = RANGES[name]
    assert getattr(read(**{name: lowest}), name) == lowest
    assert getattr(read(**{name: highest}), name) == highest
    for wrong in (lowest - 1, highest + 1):
        with pytest.raises(WrongOption, match=f"{name} must lie between {lowest} and {highest}"):
            read(**{name: wrong})


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_words_are_of_a_closed_set(name: str) -> None:
    for word in CHOICES[name]:
        assert getattr(read(**{name: word}), name) == word
    with pytest.raises(WrongOption, match="must be one of"):
        read(**{name: "perhaps"})


def test_the_disk_is_watched_as_the_options_say() -> None:
    limits = recordings_space(read(recordings_free_gb=50))
    assert (limits.low_bytes, limits.least_bytes) == (50_000_000_000, 5_000_000_000)
    assert recordings_space(read()) == SpaceLimits()
