"""What the reader makes of fragmented MP4, whole, in pieces and damaged."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader, Sample, with_timescale
from konsilium.mediaplane.cmaf.boxes import box, find
from konsilium.mediaplane.cmaf.reader import MAX_MEDIA, MAX_OTHER
from tests.mediaplane.hls_factory import (
    OTHER_FRAME,
    PPS_320,
    SPS_320,
    SPS_640,
    fragment_bytes,
    full,
    init_section,
    key_frame,
    sound,
)

KEY = key_frame()
VIDEO = init_section(Kind.VIDEO)
STREAM = (
    VIDEO
    + fragment_bytes(0, [(KEY, 3000, True)])
    + fragment_bytes(3000, [(OTHER_FRAME, 3000, False), (OTHER_FRAME, 3003, False)])
)


def test_reader_reads_what_a_video_track_says() -> None:
    init, first, second = Reader().feed(STREAM)
    assert isinstance(init, Init)
    assert (init.kind, init.codecs, init.timescale) == (Kind.VIDEO, "avc1.4d401e", 90_000)
    assert (init.width, init.height) == (640, 360)
    assert first == Fragment(1, 90_000, 0, (Sample(len(KEY), 3000, True),), KEY)
    assert isinstance(second, Fragment)
    assert (second.decode_time, second.duration, second.independent) == (3000, 6003, False)
    assert second.payload == OTHER_FRAME * 2


def test_reader_reads_what_an_audio_track_says() -> None:
    (init,) = Reader().feed(init_section(Kind.AUDIO, timescale=48_000))
    assert isinstance(init, Init)
    assert (init.kind, init.codecs, init.timescale) == (Kind.AUDIO, "mp4a.40.2", 48_000)
    assert (init.sample_rate, init.channels) == (48_000, 2)


def test_initialisation_is_made_alike() -> None:
    """Another track number, an edit list or user data would make a discontinuity out of a restart."""
    (one,) = Reader().feed(init_section(Kind.VIDEO, track=1))
    (other,) = Reader().feed(init_section(Kind.VIDEO, track=7))
    assert isinstance(one, Init)
    assert one == other
    assert b"edts" not in one.data
    assert b"udta" not in one.data


def test_timescale_is_rewritten_in_place() -> None:
    (slow,) = Reader().feed(init_section(Kind.VIDEO, timescale=15_360))
    assert isinstance(slow, Init)
    (fast,) = Reader().feed(with_timescale(slow, 90_000).data)
    assert isinstance(fast, Init)
    assert (slow.timescale, fast.timescale) == (15_360, 90_000)


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    reader = Reader()
    found: list[Init | Fragment | Malformed] = []
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(edges):
        found += reader.feed(STREAM[start:end])
    assert found == Reader().feed(STREAM)


def test_new_parameter_sets_inside_a_key_frame_give_a_new_init() -> None:
    changed = key_frame(sps=SPS_320, pps=PPS_320)
    _, _, init, fragment = Reader().feed(
        VIDEO + fragment_bytes(0, [(KEY, 3000, True)]) + fragment_bytes(3000, [(changed, 3000, True)])
    )
    assert isinstance(init, Init)
    assert (init.width, init.height, init.codecs) == (320, 240, "avc1.42c00d")
    assert isinstance(fragment, Fragment)
    (read_again,) = Reader().feed(init.data)
    assert read_again == init


def test_repeated_parameter_sets_change_nothing() -> None:
    repeated = key_frame(sps=SPS_640)
    init, *fragments = Reader().feed(VIDEO + fragment_bytes(0, [(repeated, 3000, True)]) * 3)
    assert isinstance(init, Init)
    assert [type(one) for one in fragments] == [Fragment] * 3


def test_boxes_between_fragments_are_skipped() -> None:
    extra = box(b"styp", b"msdh") + box(b"sidx", bytes(20)) + box(b"free")
    assert len(Reader().feed(VIDEO + extra + fragment_bytes(0, [(KEY, 3000, True)]) + extra)) == 2


def test_absolute_data_offsets_are_followed() -> None:
    """ffmpeg without `default_base_moof` counts from the beginning of the file."""
    moof_at = len(VIDEO)
    tfhd = full(b"tfhd", struct.pack(">IQII", 1, moof_at, 3000, len(KEY)), flags=0x19)
    tfdt = full(b"tfdt", struct.pack(">I", 5))
    size = 8 + 16 + 8 + len(tfhd) + len(tfdt) + 20
    trun = full(b"trun", struct.pack(">Ii", 1, size + 8), flags=1)
    moof = box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", tfhd, tfdt, trun))
    assert len(moof) == size
    _, fragment = Reader().feed(VIDEO + moof + box(b"mdat", KEY))
    assert fragment == Fragment(1, 90_000, 5, (Sample(len(KEY), 3000, True),), KEY)


MALFORMED = {
    "no MP4 at all": b"HTTP/1.1 404 Not Found\r\n\r\n",
    "a box without length": struct.pack(">I4s", 0, b"moov"),
    "an enormous box": struct.pack(">I4s", MAX_OTHER + 1, b"moov"),
    "an enormous 64-bit box": struct.pack(">I4sQ", 1, b"mdat", MAX_MEDIA + 1),
    "media before its description": box(b"mdat", b"x"),
    "a fragment before the init": fragment_bytes(0, [(KEY, 3000, True)]),
    "an empty moov": box(b"moov"),
    "boxes without end": box(b"moov", *[struct.pack(">I4s", 8 * (200 - i), b"moov") for i in range(200)]),
    "a track of another fragment": VIDEO
    + fragment_bytes(0, [(KEY, 3000, True)]).replace(
        struct.pack(">II", 0x020000, 1), struct.pack(">II", 0x020000, 2)
    ),
    "samples outside their data": VIDEO
    + fragment_bytes(0, [(KEY, 3000, True)]).replace(
        struct.pack(">II", 3000, len(KEY)), struct.pack(">II", 3000, 99_999)
    ),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_nonsense_is_a_value_and_the_last_one(data: bytes) -> None:
    reader = Reader()
    found = reader.feed(data)
    assert isinstance(found[-1], Malformed)
    assert found[-1].reason
    assert reader.feed(STREAM) == []


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    Reader().feed(data)


@given(
    place=st.integers(0, len(STREAM) - 1),
    change=st.binary(min_size=1, max_size=8),
    cut=st.integers(0, len(STREAM)),
)
def test_damaged_streams_are_read_without_an_exception(place: int, change: bytes, cut: int) -> None:
    damaged = STREAM[:place] + change + STREAM[place + len(change) :]
    reader = Reader()
    for found in (*reader.feed(damaged[:cut]), *reader.feed(damaged[cut:])):
        if isinstance(found, Fragment):
            assert sum(sample.size for sample in found.samples) == found.size


@given(
    name=st.sampled_from([b"tkhd", b"mdhd", b"stsd", b"avcC", b"trex", b"mdia", b"avc1"]),
    content=st.binary(max_size=60),
)
def test_damaged_inits_are_read_without_an_exception(name: bytes, content: bytes) -> None:
    start = VIDEO.index(name) - 4
    (size,) = struct.unpack_from(">I", VIDEO, start)
    padded = content.ljust(size - 8, b"\0")[: size - 8]
    Reader().feed(VIDEO[: start + 8] + padded + VIDEO[start + size :])


def test_audio_fragments_keep_every_frame() -> None:
    fragment = next(sound())
    assert (len(fragment.samples), fragment.duration, fragment.independent) == (9, 9 * 1024, True)


def test_find_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="mvex"):
        find(box(b"moov", box(b"trak")), b"moov", b"mvex")
