"""Frames taken out of their film, so that a decoder takes them one by one."""

from konsilium.mediaplane.cmaf import Fragment, Sample
from konsilium.mediaplane.encoder.adts import adts_frames
from konsilium.mediaplane.encoder.key_frames import alone
from konsilium.mediaplane.mpegts.elementary import read_adts, read_sps, without_usability
from tests.mediaplane.mpegts.streams import PPS, SPS_240, SPS_720


def unit(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def test_a_key_frame_loses_the_parameter_sets_it_repeats() -> None:
    delimiter, slice_a, slice_b = unit(b"\x09\xf0"), unit(b"\x65" + b"a" * 50), unit(b"\x65b")
    sample = delimiter + unit(SPS_720) + unit(PPS) + slice_a + slice_b
    assert alone(sample) == slice_a + slice_b
    assert alone(sample[:-1]) == slice_a + slice_b[:-1], "a cut-off frame is the decoder's matter"
    assert alone(b"") == b""


def test_a_parameter_set_without_its_usability_describes_the_same_picture() -> None:
    for sps in (SPS_720, SPS_240):
        whole, short = read_sps(sps), without_usability(sps)
        assert whole is not None
        assert short is not None
        assert len(short) < len(sps)
        bare = read_sps(short)
        assert bare is not None
        assert (bare.width, bare.height, bare.profile) == (whole.width, whole.height, whole.profile)
        assert (whole.frame_rate is None, bare.frame_rate) == (False, None)
    assert without_usability(SPS_720[:6]) is None


def test_coded_sound_gets_headers_that_say_its_length() -> None:
    samples = (Sample(300, 1024, sync=True), Sample(2, 1024, sync=True))
    fragment = Fragment(1, 48_000, 0, samples, b"a" * 300 + b"bb")
    data = adts_frames(fragment, 48_000, 2)
    assert len(data) == 302 + 2 * 7
    header = read_adts(data)
    assert header is not None
    assert (header.object_type, header.sample_rate, header.channels) == (2, 48_000, 2)
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    assert length == 307
    assert read_adts(data[length:]) == header
