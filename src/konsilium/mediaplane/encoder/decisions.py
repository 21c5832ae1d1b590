"""What to do with what an encoder sends, decided from plain values."""

from dataclasses import dataclass
from enum import StrEnum

from konsilium.mediaplane.mpegts import Audio, AudioCodec, Reason, Streams, Video, VideoCodec

#: Every browser decodes these H.264 profiles: Baseline, Main, Extended's subset aside, High.
_PLAYABLE_PROFILES = frozenset({66, 77, 100})

REASONS: dict[Reason, str] = {
    Reason.NOT_A_TRANSPORT_STREAM: (
        "Something is connected, but it does not send an MPEG transport stream. "
        "Choose MPEG-TS as the format in the encoder."
    ),
    Reason.NO_PROGRAMME: "The transport stream has no programme table, so it is unknown what it carries.",
    Reason.NO_KNOWN_CODEC: "The transport stream carries neither a picture nor a sound that can be read.",
    Reason.SCRAMBLED: "The transport stream is scrambled. Switch scrambling off; SRT encrypts it already.",
    Reason.NO_KEY_FRAME: "The picture has no key frame. Set the encoder to one key frame a second.",
}


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
