"""Chunks moved, blanked and lengthened in place: what the reader finds afterwards is what was meant."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Kind, Reader, Sample, write_chunk
from konsilium.mediaplane.cmaf.boxes import BoxError
from konsilium.mediaplane.cmaf.film import parameter_units, sound_coding
from konsilium.mediaplane.cmaf.retime import blank, chunks_in, prepend, retime
from tests.mediaplane.hls_factory import PPS_640, SPS_640, init_section

pytestmark = pytest.mark.unit

frames = st.lists(
    st.tuples(st.binary(min_size=1, max_size=20), st.integers(1, 9000), st.integers(-9000, 9000)),
    min_size=1,
    max_size=6,
)


def segment_of(chunks: list[list[tuple[bytes, int, int]]]) -> bytes:
    written, at = [], 1000
    for chunk in chunks:
        samples = [
            Sample(len(data), duration, number == 0, offset)
            for number, (data, duration, offset) in enumerate(chunk)
        ]
        payload = [data for data, _, _ in chunk]
        written.append(write_chunk(sequence=1, decode_time=at, samples=samples, payload=payload))
        at += sum(duration for _, duration, _ in chunk)
    return b"".join(written)


def read(segment: bytes | bytearray) -> list[Fragment]:
    _, *found = Reader().feed(init_section(Kind.VIDEO) + bytes(segment))
    assert all(isinstance(one, Fragment) for one in found)
    return [one for one in found if isinstance(one, Fragment)]


@settings(deadline=None)
@given(st.lists(frames, min_size=1, max_size=4))
def test_what_it_says_is_what_the_reader_finds(chunks: list[list[tuple[bytes, int, int]]]) -> None:
    segment = segment_of(chunks)
    found = list(chunks_in(segment))
    fragments = read(segment)
    assert [one.decode_time for one in found] == [one.decode_time for one in fragments]
    assert [one.duration for one in found] == [one.duration for one in fragments]
    assert all(one.independent for one in found)
    lowest = [min(sample.composition_offset for sample in one.samples) for one in fragments]
    assert [one.lowest for one in found] == lowest
    assert found[-1].end == len(segment)


@settings(deadline=None)
@given(st.lists(frames, min_size=1, max_size=4), st.integers(0, 1 << 40), st.binary(max_size=30))
def test_moved_and_lengthened(chunks: list[list[tuple[bytes, int, int]]], shift: int, units: bytes) -> None:
    segment = bytearray(segment_of(chunks))
    before = read(segment)
    found = list(chunks_in(bytes(segment)))
    for chunk in found:
        retime(segment, chunk, track=1, decode_time=chunk.decode_time + shift, later=9000)
    prepend(segment, found[0], units)
    after = read(segment)
    assert [one.decode_time - shift for one in after] == [one.decode_time for one in before]
    assert after[0].payload == units + before[0].payload
    assert after[0].samples[0].size == before[0].samples[0].size + len(units)
    for old, new in zip(before, after, strict=True):
        assert [one.composition_offset for one in new.samples] == [
            one.composition_offset + 9000 for one in old.samples
        ]
        assert new.duration == old.duration


@settings(deadline=None)
@given(st.lists(frames, min_size=2, max_size=4))
def test_blanked(chunks: list[list[tuple[bytes, int, int]]]) -> None:
    segment = bytearray(segment_of(chunks))
    size = len(segment)
    before = read(segment)
    first = next(chunks_in(bytes(segment)))
    blank(segment, first)
    assert len(segment) == size
    assert [one.payload for one in read(segment)] == [one.payload for one in before[1:]]
    assert bytes(segment[first.mdat + 8 : first.end]) == bytes(first.end - first.mdat - 8)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_nonsense_is_refused(data: bytes) -> None:
    with contextlib.suppress(BoxError):
        assert list(chunks_in(data)) == []


@settings(deadline=None, max_examples=200)
@given(frames, st.data())
def test_a_flipped_byte_is_refused_or_harmless(
    chunk: list[tuple[bytes, int, int]], data: st.DataObject
) -> None:
    segment = bytearray(segment_of([chunk]))
    segment[data.draw(st.integers(0, len(segment) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BoxError):
        for one in chunks_in(bytes(segment)):
            assert 0 <= one.start < one.mdat < one.end <= len(segment)


def test_parameter_sets_as_a_sample_carries_them() -> None:
    units = parameter_units(init_section(Kind.VIDEO))
    expected = b"".join(len(one).to_bytes(4, "big") + one for one in (SPS_640, PPS_640))
    assert units == expected


def test_how_sound_is_coded() -> None:
    assert sound_coding(init_section(Kind.AUDIO)) == bytes.fromhex("1190")
