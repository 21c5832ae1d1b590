"""What to do with what an encoder sends, decided from plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from konsilium.mediaplane.mpegts import Audio, AudioCodec, Streams, Video, VideoCodec

#: Every browser decodes these H.264 profiles: Baseline, Main, Extended's subset aside, High.
_PLAYABLE_PROFILES = frozenset({66, 77, 100})

#: As encoders and their manuals write them.
NAMES: dict[VideoCodec | AudioCodec, str] = {
    VideoCodec.H264: "H.264",
    VideoCodec.HEVC: "H.265",
    VideoCodec.VVC: "H.266",
    VideoCodec.MPEG1: "MPEG-1",
    VideoCodec.MPEG2: "MPEG-2",
    VideoCodec.MPEG4: "MPEG-4 Visual",
    VideoCodec.AV1: "AV1",
    VideoCodec.VC1: "VC-1",
    AudioCodec.AAC: "AAC",
    AudioCodec.LATM: "AAC (LATM)",
    AudioCodec.MPEG: "MPEG Audio",
    AudioCodec.AC3: "AC-3",
    AudioCodec.EAC3: "E-AC-3",
    AudioCodec.OPUS: "Opus",
    AudioCodec.DTS: "DTS",
    AudioCodec.PCM: "PCM",
}


def names_of(streams: Streams | None) -> str:
    carried = (streams.video, streams.audio) if streams else ()
    return ", ".join(NAMES[stream.codec] for stream in carried if stream is not None)


class Treatment(StrEnum):
    COPY = "copy"
    TRANSCODE = "transcode"
    #: There is none.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StagePlan:
    """How one run becomes fragmented MP4."""

    video: Treatment
    audio: Treatment
    video_pid: int | None = None
    audio_pid: int | None = None
    deinterlace: bool = False

    @property
    def converts(self) -> bool:
        return Treatment.TRANSCODE in {self.video, self.audio}


def treat_video(video: Video | None) -> Treatment:
    if video is None:
        return Treatment.NONE
    sps = video.sps
    if video.codec is not VideoCodec.H264 or sps is None:
        return Treatment.TRANSCODE
    plain = sps.chroma_format == 1 and sps.bit_depth == 8 and sps.progressive
    return Treatment.COPY if plain and sps.profile in _PLAYABLE_PROFILES else Treatment.TRANSCODE


def treat_audio(audio: Audio | None) -> Treatment:
    if audio is None:
        return Treatment.NONE
    plain = (audio.codec, audio.object_type, audio.sample_rate, audio.channels) == (
        AudioCodec.AAC,
        2,
        48000,
        2,
    )
    return Treatment.COPY if plain else Treatment.TRANSCODE


def plan_stage(streams: Streams) -> StagePlan:
    video, audio = streams.video, streams.audio
    interlaced = video is not None and (video.sps is None or not video.sps.progressive)
    return StagePlan(
        video=treat_video(video),
        audio=treat_audio(audio),
        video_pid=video.pid if video else None,
        audio_pid=audio.pid if audio else None,
        deinterlace=interlaced and treat_video(video) is Treatment.TRANSCODE,
    )


class Source(StrEnum):
    ENCODER = "encoder"
    STAND_IN = "stand_in"


def choose_source(
    *,
    now: float,
    encoder_connected: bool,
    encoder_heard: float | None,
    stand_in_connected: bool,
    patience: float,
) -> Source | None:
    """Who has the feed: a real encoder at once; the stand-in only once the encoder stayed away for long."""
    if encoder_connected and encoder_heard is not None:
        return Source.ENCODER
    if encoder_heard is not None and now - encoder_heard < patience:
        return None
    return Source.STAND_IN if stand_in_connected else None


def restart_delay(failures: int) -> float:
    """Seconds to wait before the next attempt: at once after a first failure, then ever longer up to 5 s."""
    return 0.0 if failures <= 1 else min(0.25 * 2 ** (failures - 2), 5.0)


#: From so many cores on, "auto" trusts the machine with coding a lower rung beside everything else.
ENOUGH_CORES = 4
#: A rung so far behind shows the past; a machine that brings the top itself so late has no time for rungs.
_RUNG_BEHIND_S = 2.0
_TOP_LATE_S = 0.6
_MOST_WAITING = 1024 * 1024
_FIRST_REST_S, _LONGEST_REST_S = 60.0, 900.0


def wants_rung(use: Literal["off", "auto", "on"], *, nvenc: bool, cores: int) -> bool:
    return use == "on" or (use == "auto" and (nvenc or cores >= ENOUGH_CORES))


@dataclass(frozen=True, slots=True)
class RungLoad:
    #: Of film, between what it was given and what it gave.
    behind_s: float
    #: Given, but not taken yet.
    waiting_bytes: int
    #: How much after its time the top itself came, at least, during the last seconds.
    top_late_s: float


def is_overloaded(load: RungLoad) -> bool:
    """The picture goes before its ladder."""
    return (
        load.behind_s > _RUNG_BEHIND_S or load.waiting_bytes > _MOST_WAITING or load.top_late_s > _TOP_LATE_S
    )


def rest_of_rung(drops: int) -> float:
    """Seconds until it is tried again: a minute, and twice as long after each further time, up to 15 minutes."""
    return min(_FIRST_REST_S * float(2 ** (drops - 1)), _LONGEST_REST_S)
