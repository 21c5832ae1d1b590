"""What is copied, what is coded anew, who has the feed."""

from dataclasses import replace
from typing import Literal

import pytest

from konsilium.mediaplane.encoder.decisions import (
    NAMES,
    RungLoad,
    Source,
    StagePlan,
    Treatment,
    choose_source,
    is_overloaded,
    names_of,
    plan_stage,
    rest_of_rung,
    restart_delay,
    treat_audio,
    treat_video,
    wants_rung,
)
from konsilium.mediaplane.mpegts import Audio, AudioCodec, Reason, Sps, Streams, Video, VideoCodec
from konsilium.mediaplane.status import Trouble

PLAIN = Sps(
    profile=100,
    level=31,
    chroma_format=1,
    bit_depth=8,
    width=1280,
    height=720,
    progressive=True,
    frame_rate=25,
)
CAMERA = Video(256, VideoCodec.H264, PLAIN)
MICROPHONE = Audio(257, AudioCodec.AAC, 2, 48000, 2)


@pytest.mark.parametrize(
    ("video", "treatment"),
    [
        (CAMERA, Treatment.COPY),
        (replace(CAMERA, sps=replace(PLAIN, profile=66)), Treatment.COPY),
        (replace(CAMERA, sps=replace(PLAIN, profile=77)), Treatment.COPY),
        (replace(CAMERA, sps=replace(PLAIN, chroma_format=2, profile=122)), Treatment.TRANSCODE),
        (replace(CAMERA, sps=replace(PLAIN, chroma_format=0)), Treatment.TRANSCODE),
        (replace(CAMERA, sps=replace(PLAIN, bit_depth=10, profile=110)), Treatment.TRANSCODE),
        (replace(CAMERA, sps=replace(PLAIN, progressive=False)), Treatment.TRANSCODE),
        (replace(CAMERA, sps=None), Treatment.TRANSCODE),
        (Video(256, VideoCodec.HEVC), Treatment.TRANSCODE),
        (None, Treatment.NONE),
    ],
)
def test_only_what_every_browser_plays_is_copied(video: Video | None, treatment: Treatment) -> None:
    assert treat_video(video) is treatment


@pytest.mark.parametrize(
    ("audio", "treatment"),
    [
        (MICROPHONE, Treatment.COPY),
        (replace(MICROPHONE, object_type=5), Treatment.TRANSCODE),
        (replace(MICROPHONE, sample_rate=44100), Treatment.TRANSCODE),
        (replace(MICROPHONE, channels=1), Treatment.TRANSCODE),
        (Audio(257, AudioCodec.MPEG), Treatment.TRANSCODE),
        (None, Treatment.NONE),
    ],
)
def test_sound_is_aac_of_one_kind(audio: Audio | None, treatment: Treatment) -> None:
    assert treat_audio(audio) is treatment


def test_only_what_is_interlaced_or_may_be_is_deinterlaced() -> None:
    assert plan_stage(Streams(CAMERA, MICROPHONE)) == StagePlan(Treatment.COPY, Treatment.COPY, 256, 257)
    fields = replace(CAMERA, sps=replace(PLAIN, progressive=False))
    assert plan_stage(Streams(fields, None)).deinterlace
    assert plan_stage(Streams(Video(256, VideoCodec.MPEG2), None)).deinterlace
    deep = replace(CAMERA, sps=replace(PLAIN, bit_depth=10))
    assert not plan_stage(Streams(deep, None)).deinterlace


@pytest.mark.parametrize(
    ("encoder_connected", "encoder_heard", "stand_in_connected", "chosen"),
    [
        (False, None, False, None),
        (False, None, True, Source.STAND_IN),
        (True, None, True, Source.STAND_IN),  # connected, but has not said anything yet
        (True, 99.9, True, Source.ENCODER),
        (True, 99.9, False, Source.ENCODER),
        (False, 99.9, True, None),
        (False, 41.0, True, None),
        (False, 39.9, True, Source.STAND_IN),
        (False, 39.9, False, None),
    ],
)
def test_a_real_encoder_goes_before_the_stand_in(
    *,
    encoder_connected: bool,
    encoder_heard: float | None,
    stand_in_connected: bool,
    chosen: Source | None,
) -> None:
    assert (
        choose_source(
            now=100.0,
            encoder_connected=encoder_connected,
            encoder_heard=encoder_heard,
            stand_in_connected=stand_in_connected,
            patience=60.0,
        )
        is chosen
    )


def test_attempts_become_rarer_but_never_cease() -> None:
    assert [restart_delay(failures) for failures in range(9)] == [0, 0, 0.25, 0.5, 1, 2, 4, 5, 5]


def test_everything_unreadable_is_a_trouble_and_every_codec_has_a_name() -> None:
    assert {Trouble(reason) for reason in Reason} < set(Trouble)
    assert set(NAMES) == {*VideoCodec, *AudioCodec}
    assert names_of(Streams(Video(256, VideoCodec.HEVC), Audio(257, AudioCodec.AAC))) == "H.265, AAC"
    assert names_of(Streams(None, Audio(257, AudioCodec.OPUS))) == "Opus"
    assert names_of(None) == ""


@pytest.mark.parametrize(
    ("use", "nvenc", "cores", "wanted"),
    [
        ("off", True, 64, False),
        ("on", False, 1, True),
        ("auto", False, 3, False),
        ("auto", False, 4, True),
        ("auto", True, 2, True),
    ],
)
def test_a_rung_is_coded_where_the_machine_can_afford_it(
    *, use: Literal["off", "auto", "on"], nvenc: bool, cores: int, wanted: bool
) -> None:
    assert wants_rung(use, nvenc=nvenc, cores=cores) is wanted


AT_EASE = RungLoad(behind_s=0.1, waiting_bytes=0, top_late_s=0.05)


@pytest.mark.parametrize(
    ("load", "overloaded"),
    [
        (AT_EASE, False),
        (replace(AT_EASE, behind_s=2.0), False),
        (replace(AT_EASE, behind_s=2.1), True),
        (replace(AT_EASE, waiting_bytes=2 << 20), True),
        (replace(AT_EASE, top_late_s=0.7), True),
    ],
)
def test_overload_drops_the_rung(load: RungLoad, *, overloaded: bool) -> None:
    assert is_overloaded(load) is overloaded


def test_a_dropped_rung_is_tried_again_ever_more_rarely() -> None:
    assert [rest_of_rung(drops) for drops in range(1, 7)] == [60, 120, 240, 480, 900, 900]
