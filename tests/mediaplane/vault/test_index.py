"""The format, by properties: whatever happens to the files, what is served is exactly what was written."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.shelf import Kept
from konsilium.mediaplane.vault.facts import Facts
from konsilium.mediaplane.vault.files import RenditionFiles, read_index, read_segment
from konsilium.mediaplane.vault.index import (
    Entry,
    Header,
    Index,
    Section,
    Table,
    entry_line,
    parse_index,
    section_line,
    written_index,
)

pytestmark = pytest.mark.unit

HEADER = Header("operation-1", "endoscope", Kind.VIDEO, 10)
SECOND = 10
#: Volumes of a minute, segments of 25 s: three in a volume.
SEGMENT_S = 25
COUNT = 8


def kept(number: int) -> Kept:
    return Kept(100 + number, number * SEGMENT_S * SECOND, SEGMENT_S * SECOND, 100, 0, number, 0)


def content(number: int) -> bytes:
    return bytes((number * 31 + at) % 256 for at in range(40 + 16 * number))


def write(folder: Path, first: int = 0, count: int = COUNT) -> RenditionFiles:
    files = RenditionFiles(folder, HEADER)
    files.add_section(Section(100, b"section", "avc1.640028", 640, 360, 25.0))
    for number in range(first, first + count):
        files.append(kept(number), content(number), Facts(10, independent=True))
    return files


def served(folder: Path) -> dict[int, bytes]:
    found = {}
    for entry in read_index(folder).entries:
        data = read_segment(folder, entry)
        if data is not None:
            found[entry.start] = data
    return found


WRITTEN = {kept(number).start: content(number) for number in range(COUNT)}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "endoscope"
    write(folder).close()
    return folder


def copied(original: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    return folder


def test_all_of_it_is_there(original: Path) -> None:
    assert served(original) == WRITTEN
    assert read_index(original).damaged == 0
    assert len(list(original.glob("*.vol"))) == 3


def test_the_index_cut_at_every_length(original: Path, tmp_path: Path) -> None:
    whole = (original / "index").read_bytes()
    folder = copied(original, tmp_path / "cut")
    entries = list(read_index(original).entries)
    before = 0
    for length in range(len(whole) + 1):
        (folder / "index").write_bytes(whole[:length])
        found = list(read_index(folder).entries)
        assert found == entries[: len(found)]
        assert len(found) >= before, "the more of it is there, the more is served"
        before = len(found)
        if length % 100 == 0:
            assert served(folder).items() <= WRITTEN.items()
    assert before == COUNT


def test_a_volume_cut_at_every_length(original: Path, tmp_path: Path) -> None:
    folder = copied(original, tmp_path / "cut")
    path = max(folder.glob("*.vol"), key=lambda one: int(one.stem))
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        index = read_index(folder)
        found = served(folder)
        assert found.items() <= WRITTEN.items()
        assert len(found) + index.damaged == COUNT


def test_a_missing_volume_is_reported_and_the_others_served(original: Path, tmp_path: Path) -> None:
    folder = copied(original, tmp_path / "gone")
    sorted(folder.glob("*.vol"), key=lambda one: int(one.stem))[1].unlink()
    assert len(served(folder)) == COUNT - 3
    assert read_index(folder).damaged == 3


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 3), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_flipped_byte_is_never_served(
    original: Path, tmp_path: Path, which: int, where: float, flip: int
) -> None:
    folder = copied(original, tmp_path / "flipped")
    path = sorted(folder.iterdir())[which]
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= flip
    path.write_bytes(data)
    found = served(folder)
    assert found.items() <= WRITTEN.items()
    # One byte costs one segment, or two where it joined two lines.
    assert len(found) >= COUNT - 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_going_on_after_any_damage(original: Path, tmp_path: Path, data: st.DataObject) -> None:
    """A killed run, a failed power supply, a bad disk: the next run writes on, and all it wrote is served."""
    folder = copied(original, tmp_path / "killed")
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        if data.draw(st.booleans()):
            whole = whole[: data.draw(st.integers(0, len(whole)))]
        if data.draw(st.booleans()):
            whole += data.draw(st.binary(max_size=50))
        path.write_bytes(whole)
    before = served(folder)
    assert before.items() <= WRITTEN.items()
    more = write(folder, first=COUNT, count=4)
    more.close()
    new = {kept(number).start: content(number) for number in range(COUNT, COUNT + 4)}
    found = served(folder)
    assert new.items() <= found.items()
    assert found == before | new
    assert read_index(folder).damaged == 0
    write(folder, first=COUNT + 4, count=1).close()
    assert len(served(folder)) == len(found) + 1


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
@example(b"\n\n\n")
@example(b"00000000 S \n")
def test_nonsense_is_an_empty_index(data: bytes) -> None:
    assert len(parse_index(data).entries) == 0


entries = st.builds(
    Entry,
    msn=st.integers(1, 50),
    start=st.integers(0, 1000),
    duration=st.integers(-5, 50),
    init=st.sampled_from([100, 200]),
    discontinuities=st.integers(0, 3),
    key=st.integers(0, 9),
    size=st.integers(-1, 20),
    volume=st.integers(0, 3),
    offset=st.integers(0, 100),
    crc=st.integers(0, 2**32 - 1),
    plain=st.integers(0, 20),
    independent=st.integers(0, 1),
    lowest=st.integers(-9000, 0),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(entries, max_size=30))
def test_only_what_follows_is_taken(found: list[Entry]) -> None:
    section = Section(100, b"section", "avc1.640028")
    index = parse_index(section_line(section) + b"".join(map(entry_line, found)))
    taken = list(index.entries)
    for before, after in pairwise(taken):
        assert before.end <= after.start
        assert before.msn < after.msn
    assert all(entry.init == 100 and entry.size > 0 for entry in taken)
    assert len(taken) + index.damaged == len(found)
    again = parse_index(written_index(index))
    assert list(again.entries) == taken
    assert again.damaged == 0


@given(st.lists(st.integers(1, 9), max_size=20), st.integers(-5, 200), st.integers(-5, 200))
def test_what_lies_between(durations: list[int], begin: int, end: int) -> None:
    table, index = Table(), Index(HEADER)
    index.sections[0] = Section(0, b"", "")
    start = 0
    for number, duration in enumerate(durations):
        table.add(Entry(number, start, duration, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0))
        start += duration + number % 2
    expected = [entry for entry in table if entry.start < end and entry.end > begin]
    assert [table[number] for number in table.between(begin, end)] == (expected if begin < end else [])
    assert [table[number] for number in table.between(None, None)] == list(table)
    for entry in table:
        assert table.find(entry.start) == entry
