"""Frames of any rate become parts that keep the limits, and nothing is lost or overlaps."""

from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Sample
from konsilium.mediaplane.hls.cutter import Cutter, Lengths, PartCut, SegmentCut

HZ = 90_000
LENGTHS = Lengths(shortest_part=16_065, longest_part=18_900, shortest_segment=HZ, longest_segment=4 * HZ)


def cut_all(cutter: Cutter, durations: list[int], *, gop: int) -> list[PartCut | SegmentCut]:
    cuts: list[PartCut | SegmentCut] = []
    wanted = cutter.end
    for number, duration in enumerate(durations):
        wanted += duration
        cuts += cutter.add(Sample(1, duration, number % gop == 0), b"x", wanted_end=wanted)
    return cuts + cutter.close_segment()


def parts_by_segment(cuts: list[PartCut | SegmentCut]) -> list[list[PartCut]]:
    segments: list[list[PartCut]] = [[]]
    for cut in cuts:
        if isinstance(cut, PartCut):
            segments[-1].append(cut)
        else:
            segments.append([])
    assert segments.pop() == []
    return segments


@given(
    fps=st.sampled_from(
        [6, 7, 9, 10, 12, 15, 18, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 100, 120]
    ),
    gop=st.integers(1, 300),
    jitter=st.lists(st.integers(-400, 400), min_size=300, max_size=300),
)
def test_parts_keep_the_limits_at_any_frame_rate(fps: float, gop: int, jitter: list[int]) -> None:
    even = round(HZ / fps)
    durations = [even + shift for shift in jitter]
    cutter = Cutter(LENGTHS, 1_000)
    segments = parts_by_segment(cut_all(cutter, durations, gop=gop))
    at = 1_000
    for segment in segments:
        assert sum(part.duration for part in segment) < 4.2 * HZ
        for part in segment:
            assert part.start == at
            at += part.duration
            assert part.duration <= LENGTHS.longest_part
        assert all(part.duration >= LENGTHS.shortest_part for part in segment[:-1])
    assert at == cutter.end
    assert sum(len(part.samples) for segment in segments for part in segment) == len(durations)
    # The stretching of single frames never adds up.
    assert abs(cutter.end - 1_000 - sum(durations)) <= LENGTHS.longest_part


def test_segments_begin_with_key_frames() -> None:
    cuts = cut_all(Cutter(LENGTHS, 0), [3000] * 300, gop=45)
    segments = parts_by_segment(cuts)
    assert [sum(part.duration for part in segment) for segment in segments[:3]] == [135_000] * 3
    assert all(segment[0].samples[0].sync for segment in segments)


def test_segments_end_without_a_key_frame_after_four_seconds() -> None:
    segments = parts_by_segment(cut_all(Cutter(LENGTHS, 0), [3000] * 300, gop=100_000))
    assert [sum(part.duration for part in segment) for segment in segments] == [4 * HZ, 4 * HZ, 2 * HZ]
    assert [segment[0].independent for segment in segments] == [True, False, False]


def test_a_key_frame_begins_a_new_part_where_the_rules_allow() -> None:
    cuts = cut_all(Cutter(LENGTHS, 0), [3000] * 90, gop=17)
    independent = [cut for cut in cuts if isinstance(cut, PartCut) and cut.samples[0].sync]
    assert len(independent) >= 2


def test_where_every_frame_is_a_key_frame_segments_end_with_full_parts() -> None:
    cutter = Cutter(Lengths(8568, 10_080, 96_000, 192_000), 0)
    cuts = [cut for _ in range(400) for cut in cutter.add(Sample(1, 1024, True), b"x")]
    parts = [cut for cut in cuts if isinstance(cut, PartCut)]
    assert {part.duration for part in parts} == {9 * 1024}
    assert cuts.count(SegmentCut()) == 4


def test_lost_frames_are_caught_up_with() -> None:
    """300 ms are missing: the frames after the hole are shown a little longer, none for too long."""
    durations = [3000] * 20 + [30_000] + [3000] * 60
    cuts = cut_all(Cutter(LENGTHS, 0), durations, gop=30)
    parts = [cut for cut in cuts if isinstance(cut, PartCut)]
    assert max(part.duration for part in parts) <= LENGTHS.longest_part
    assert sum(part.duration for part in parts) == sum(durations)


def test_a_frame_is_held_over_a_hole_of_more_than_a_second() -> None:
    durations = [3000] * 20 + [135_000] + [3000] * 20
    parts = [cut for cut in cut_all(Cutter(LENGTHS, 0), durations, gop=100) if isinstance(cut, PartCut)]
    assert max(part.duration for part in parts) > HZ


def test_dropped_samples_never_come_back() -> None:
    cutter = Cutter(LENGTHS, 0)
    cutter.add(Sample(1, 3000, True), b"never seen")
    cutter.drop(500)
    cuts = cut_all(cutter, [3000] * 12, gop=12)
    parts = [cut for cut in cuts if isinstance(cut, PartCut)]
    assert parts[0].start == 500
    assert all(b"never seen" not in part.payload for part in parts)
