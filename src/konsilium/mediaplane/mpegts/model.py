"""What the splitter says about a transport stream."""

from dataclasses import dataclass
from enum import StrEnum


class VideoCodec(StrEnum):
    """Named as ffmpeg names them."""

    H264 = "h264"
    HEVC = "hevc"
    VVC = "vvc"
    MPEG1 = "mpeg1video"
    MPEG2 = "mpeg2video"
    MPEG4 = "mpeg4"
    AV1 = "av1"
    VC1 = "vc1"


class AudioCodec(StrEnum):
    AAC = "aac"
    LATM = "aac_latm"
    MPEG = "mp2"
    AC3 = "ac3"
    EAC3 = "eac3"
    OPUS = "opus"
    DTS = "dts"
    PCM = "s302m"


@dataclass(frozen=True, slots=True)
class Sps:
    """What an H.264 sequence parameter set says about the picture."""

    profile: int
    level: int
    chroma_format: int
    bit_depth: int
    width: int
    height: int
    progressive: bool
    frame_rate: float | None


@dataclass(frozen=True, slots=True)
class Video:
    pid: int
    codec: VideoCodec
    #: Only of H.264; None when it could not be read.
    sps: Sps | None = None


@dataclass(frozen=True, slots=True)
class Audio:
    pid: int
    codec: AudioCodec
    #: Only of AAC in ADTS, where every frame says it; object type 2 is AAC-LC.
    object_type: int | None = None
    sample_rate: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Streams:
    """The elementary streams that really carry something: one of announced but silent ones is absent."""

    video: Video | None
    audio: Audio | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A run of unchanged coding begins.

    `preamble` repeats the tables a decoder needs to start here and goes on until every stream has been seen,
    which takes `probe` bytes of coded data.
    """

    streams: Streams
    preamble: bytes
    probe: int


@dataclass(frozen=True, slots=True)
class Payload:
    """Whole transport packets of the run that began last."""

    data: bytes


class Reason(StrEnum):
    NOT_A_TRANSPORT_STREAM = "not-a-transport-stream"
    NO_PROGRAMME = "no-programme"
    NO_KNOWN_CODEC = "no-known-codec"
    SCRAMBLED = "scrambled"
    NO_KEY_FRAME = "no-key-frame"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Said once, until a run begins."""

    reason: Reason


Event = Begun | Payload | Unreadable
