"""Tables, parameter sets and headers, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.mpegts import AudioCodec, VideoCodec
from konsilium.mediaplane.mpegts.elementary import read_adts, read_pes, read_picture_start, read_sps
from konsilium.mediaplane.mpegts.tables import Programme, crc32, is_repeated, read_pat, read_pmt, section_of
from tests.mediaplane.mpegts.streams import SPS_240, SPS_720, pat, pes, pmt


def test_the_checksum_of_a_section_with_its_checksum_is_zero() -> None:
    assert crc32(pat()) == 0
    assert crc32(b"123456789") == 0x0376E6E7  # CRC-32/MPEG-2's published check value


def test_the_programme_map_is_found() -> None:
    assert read_pat(pat(0x1ABC)) == 0x1ABC
    assert read_pat(pat()[:-1] + b"\x00") is None


@pytest.mark.parametrize(
    ("kind", "descriptors", "expected"),
    [
        (0x02, b"", Programme((33, VideoCodec.MPEG2), None)),
        (0x1B, b"", Programme((33, VideoCodec.H264), None)),
        (0x24, b"", Programme((33, VideoCodec.HEVC), None)),
        (0x06, b"\x05\x04AV01", Programme((33, VideoCodec.AV1), None)),
        (0x03, b"", Programme(None, (33, AudioCodec.MPEG))),
        (0x0F, b"", Programme(None, (33, AudioCodec.AAC))),
        (0x06, b"\x05\x04Opus", Programme(None, (33, AudioCodec.OPUS))),
        (0x06, b"\x0a\x04rus\x00\x6a\x01\x00", Programme(None, (33, AudioCodec.AC3))),
        (0x06, b"\x59\x08rus\x10\x00\x01\x00\x01", Programme(None, None)),
        (0x86, b"", Programme(None, None)),
    ],
)
def test_codings_are_known_by_type_or_descriptor(kind: int, descriptors: bytes, expected: Programme) -> None:
    assert read_pmt(pmt([(kind, 33, descriptors)])) == expected


def test_the_first_stream_of_each_kind_counts() -> None:
    streams = [(0x0F, 40, b""), (0x1B, 41, b""), (0x24, 42, b""), (0x03, 43, b"")]
    assert read_pmt(pmt(streams)) == Programme((41, VideoCodec.H264), (40, AudioCodec.AAC))


def test_a_section_that_is_cut_off_is_not_read() -> None:
    assert section_of(b"\x00" + pat()) == pat()
    assert section_of(b"\x00" + pat()[:-1]) is None


@pytest.mark.parametrize("time", [0, 1, 90_000, (1 << 32) + 12345, (1 << 33) - 1])
def test_time_stamps_survive_their_coding(time: int) -> None:
    found = read_pes(pes(0xE0, time, b"abc"))
    assert found is not None
    assert (found.time, found.body) == (time, 14)


def test_a_parameter_set_tells_size_and_rate() -> None:
    wide, small = read_sps(SPS_720), read_sps(SPS_240)
    assert wide is not None
    assert small is not None
    assert (wide.width, wide.height, wide.frame_rate, wide.level) == (1280, 720, 30.0, 31)
    assert (small.width, small.height, small.frame_rate, small.profile) == (426, 240, 25.0, 66)


def test_parameter_sets_are_found_before_the_picture() -> None:
    unit = b"\x00\x00\x00\x01"
    start = read_picture_start(unit + b"\x09\xf0" + unit + SPS_720 + unit + b"\x68\xee" + unit + b"\x65\x88")
    assert start.parameter_sets == (SPS_720,)
    assert start.whole
    assert not read_picture_start(unit + b"\x09\xf0" + unit + SPS_720).whole


def test_an_adts_header_tells_what_the_sound_is() -> None:
    header = read_adts(bytes.fromhex("fff14c8015fffc"))
    assert header is not None
    assert (header.object_type, header.sample_rate, header.channels) == (2, 48000, 2)
    assert read_adts(b"\xff\xfb\x90\x64") is None, "MPEG layer 3 looks alike"


@given(st.binary(max_size=700))
def test_any_bytes_are_survived(data: bytes) -> None:
    read_sps(data)
    read_pmt(data)
    read_pat(data)
    read_pes(data)
    read_adts(data)
    read_picture_start(data)
    section_of(data)


@given(st.binary(min_size=8, max_size=200))
def test_sections_with_a_good_checksum_and_any_content_are_survived(content: bytes) -> None:
    for table in (0, 2):
        body = bytes((table,)) + content
        whole = body + crc32(body).to_bytes(4, "big")
        read_pmt(whole)
        read_pat(whole)


def test_a_table_is_repeated_where_nothing_but_its_counter_differs() -> None:
    packet = bytes((0x47, 0x40, 0x00, 0x13)) + bytes(184)
    assert is_repeated(packet[:3] + b"\x14" + packet[4:], packet)
    assert not is_repeated(packet[:3] + b"\x33" + packet[4:], packet)
    assert not is_repeated(packet[:-1] + b"\x01", packet)
    assert not is_repeated(packet, b"")
    assert not is_repeated(packet, packet + packet)
