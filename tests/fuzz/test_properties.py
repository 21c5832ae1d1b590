"""The same targets with hypothesis: noise, and good examples that were damaged."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.seeds import mp4, seeds
from tests.fuzz.targets import TARGETS
from tests.mediaplane.mpegts import streams

EXAMPLES = 60


def damaged(target: str) -> st.SearchStrategy[bytes]:
    """Some bytes changed, stretches left out, doubled or cut off."""

    def damage(seed: bytes, chance: int, hits: int) -> bytes:
        dice = random.Random(chance)
        data = bytearray(seed)
        for _ in range(hits):
            at = dice.randrange(max(1, len(data)))
            match dice.randrange(5):
                case 0 if data:
                    data[at % len(data)] = dice.choice((0, 0xFF, 0x7F, 0x80, dice.randrange(256)))
                case 1:
                    del data[at : at + dice.randrange(1, 64)]
                case 2:
                    data[at:at] = data[at : at + dice.randrange(1, 200)]
                case 3:
                    data[at:at] = dice.randbytes(dice.randrange(1, 16))
                case _ if dice.random() < 0.1:
                    del data[at:]
        return bytes(data)

    return st.builds(
        damage, st.sampled_from(seeds(target)), st.integers(0, 1 << 30), st.integers(0, 20)
    ) | st.binary(max_size=600)


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_comes_the_promises_hold(target: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(damaged(target))
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    for seed in seeds(target):
        TARGETS[target](seed)
    holds()


@pytest.mark.parametrize("length", range(0, 400, 7))
def test_a_film_that_is_cut_off_anywhere_is_only_shorter(length: int) -> None:
    TARGETS["mp4"](b"\x10" + mp4()[:length])


def test_a_packet_that_ends_within_its_own_header_is_passed_over() -> None:
    """Found by the guided run: PES_packet_length of 1 where 3 is the least there is."""
    stream = streams.programme(frames=12)
    sound = stream.index(b"\x00\x00\x01\xc0")
    TARGETS["remux"](b"\x28" + stream[: sound + 4] + b"\x00\x01" + stream[sound + 6 :])
