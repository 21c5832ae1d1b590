"""An operation may last a day: memory is bounded by the live window, and the rest is found on the disk."""

import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from konsilium.mediaplane import hls
from konsilium.mediaplane import vault as vaults
from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import Limits, Part, Timeline
from konsilium.mediaplane.hls.clock import ticks_at
from konsilium.mediaplane.hls.playlist import render_playlist
from konsilium.mediaplane.vault import Vault
from tests.mediaplane.hls_factory import init_of
from tests.mediaplane.vault.kept import CHANNEL, NOON

ANGLE = "endoscope"
SEGMENT_S = 4
LIMITS = Limits(window_s=300)
#: Whatever grows with the hours: a volume's name and end each minute is most of it.
MOST_GROWN = 48 << 10
OURS = [
    tracemalloc.Filter(inclusive=True, filename_pattern=f"{Path(str(package.__file__)).parent}/*")
    for package in (hls, vaults)
]


class Operation:
    """One angle on the air, as fast as segments can be made up and written down."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder / "vault", keys=folder / "keys", look_s=3600)
        self.timeline = Timeline(
            timescale=90_000,
            limits=LIMITS,
            start=ticks_at(NOON, 90_000),
            first_msn=1000,
            cipher=self.vault.cipher(CHANNEL),
            shelf=self.vault.shelf(CHANNEL, ANGLE, Kind.VIDEO),
        )
        self.timeline.switch_init(init_of(Kind.VIDEO))
        #: Of all segments, in no memory that would be measured.
        self.starts = array("q")

    def run(self, hours: float) -> None:
        for number in range(round(hours * 3600 / SEGMENT_S)):
            start = self.timeline.end
            self.starts.append(start)
            self.timeline.add_part(Part(start, SEGMENT_S * 90_000, True, b"%d" % start * 10))
            self.timeline.close_segment()
            if number % 20 == 0:
                render_playlist(self.timeline)
                assert self.vault.drain()
        assert self.vault.drain()


@pytest.fixture
def operation(tmp_path: Path) -> Iterator[Operation]:
    made = Operation(tmp_path)
    yield made
    made.vault.shut()


def held(work: Callable[[], None]) -> int:
    """Bytes that our modules hold afterwards."""
    work()
    found = tracemalloc.take_snapshot().filter_traces(OURS)
    return sum(one.size for one in found.statistics("filename"))


def test_memory_after_six_hours_is_that_after_two(operation: Operation) -> None:
    tracemalloc.start()
    try:
        early = held(lambda: operation.run(2))
        late = held(lambda: operation.run(4))
    finally:
        tracemalloc.stop()
    assert late - early < MOST_GROWN


async def test_what_left_memory_is_read_from_the_disk(operation: Operation) -> None:
    operation.run(3)
    timeline, recording = operation.timeline, operation.vault.recording(CHANNEL)
    assert recording is not None
    assert timeline.shelf is not None
    first, newest = operation.starts[0], operation.starts[-1]
    assert not timeline.shelf.holds(first)
    data = await recording.segment(ANGLE, first)
    assert data is not None
    key = timeline.cipher.number(first, 90_000)
    assert timeline.cipher.decrypt(data, key, 1000) == b"%d" % first * 10
    await recording.prepare()
    assert recording.prepared
    assert recording.playlist(ANGLE, None, None).count("#EXTINF") == len(operation.starts)
    operation.run(0.01)
    text = recording.playlist(ANGLE, None, None)
    assert f"seg-{newest}.m4s" in text
    assert text.count("#EXTINF") == len(operation.starts), "what was added since is there as well"


async def test_segments_that_left_the_playlist_stay_readable_for_as_long_as_it_was(
    operation: Operation,
) -> None:
    """RFC 8216bis 6.2.2."""
    operation.run(1)
    timeline = operation.timeline
    assert timeline.shelf is not None
    shown = {segment.start for segment in timeline.segments}
    reach = len(shown) + LIMITS.window_s // SEGMENT_S + 1
    assert not shown.issuperset(operation.starts[-reach:])
    for start in operation.starts[-reach:]:
        assert await timeline.shelf.read(start) is not None
        assert timeline.cipher.number(start, 90_000) in timeline.keys


def test_an_operation_that_ended_is_described_as_a_whole(operation: Operation) -> None:
    operation.run(3)
    operation.vault.finish(CHANNEL)
    assert operation.vault.drain()
    status = operation.vault.recordings()[CHANNEL]
    assert (status.state, status.duration_s, status.began) == ("kept", 3 * 3600, NOON)
    assert status.bytes > 3 * 3600 / SEGMENT_S * 100


async def test_a_long_operation_is_a_recording_within_ten_seconds(operation: Operation) -> None:
    """From its end: its index is closed, and a viewer has the playlist."""
    operation.run(4)
    ended = time.monotonic()
    operation.vault.finish(CHANNEL)
    assert operation.vault.drain()
    assert operation.vault.recordings()[CHANNEL].state == "kept"
    recording = operation.vault.recording(CHANNEL)
    assert recording is not None
    await recording.prepare()
    text = recording.playlist(ANGLE, None, None)
    took = time.monotonic() - ended
    print(f"four hours are a recording after {took:.2f} s")
    assert took < 10
    assert text.count("#EXTINF") == len(operation.starts) == 3600
    assert "#EXT-X-ENDLIST" in text
