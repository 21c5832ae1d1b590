"""What the media plane reports: written to one JSON file on every change and every second."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SignalState = Literal["none", "starting", "live", "lost", "unreadable"]
ChannelState = Literal["live", "stopped", "ended"]


class Trouble(StrEnum):
    """What keeps a sender, or the picture that it sends, off the air."""

    WRONG_PASSPHRASE = "wrong-passphrase"  # noqa: S105 - the name of a trouble
    PORT_IN_USE = "port-in-use"
    NO_RECEIVER = "no-receiver"
    #: These five are the splitter's reasons, by the same names.
    NOT_A_TRANSPORT_STREAM = "not-a-transport-stream"
    NO_PROGRAMME = "no-programme"
    NO_KNOWN_CODEC = "no-known-codec"
    SCRAMBLED = "scrambled"
    NO_KEY_FRAME = "no-key-frame"
    UNDECODABLE = "undecodable"
    #: Only the sound is on air.
    UNDECODABLE_PICTURE = "undecodable-picture"
    TOO_SLOW = "too-slow"


class FilmFault(StrEnum):
    """Why a film cannot become a recording."""

    EMPTY = "empty"
    NO_FILM = "no-film"
    NO_INDEX = "no-index"
    CUT_OFF = "cut-off"
    NO_PICTURE = "no-picture"
    STILL = "still"
    LOCKED = "locked"
    UNREADABLE = "unreadable"
    NO_ROOM = "no-room"
    GONE = "gone"
    INTERRUPTED = "interrupted"


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VideoStatus(_Value):
    codec: str
    width: int
    height: int
    fps: float | None = None
    #: The same picture, or none that shows anything, since.
    frozen_since: datetime | None = None
    black_since: datetime | None = None
    #: Seconds between the latest key frames; None until there was one.
    key_frames_s: float | None = None
    #: How often the picture changed its size within the last minute.
    sizes: int = 0
    interlaced: bool = False


class AudioStatus(_Value):
    codec: str
    sample_rate: int
    channels: int
    #: Of the last moments, in dB below full scale (0 is the loudest there is); None until measured.
    rms_db: float | None = None
    peak_db: float | None = None
    #: Nothing but silence (or no sound at all) since.
    silent_since: datetime | None = None
    #: The highest peak of the last ten seconds.
    loudest_db: float | None = None
    #: All of the last ten seconds' sound was there.
    only_side: Literal["left", "right"] | None = None


class DoorStatus(_Value):
    signal: SignalState
    source: Literal["encoder", "stand_in"] | None = None
    since: datetime
    #: Bits per second that came in during the last seconds.
    bitrate: int = 0
    #: Packets of the transport stream that did not come, in the last ten seconds, after SRT's own repair.
    lost: int = 0
    video: VideoStatus | None = None
    audio: AudioStatus | None = None
    #: "dropped": the machine could not afford it.
    rung: Literal["off", "on", "dropped"] = "off"
    #: Changes with every new thumbnail; empty while there is none.
    thumbnail: str = ""
    trouble: Trouble | None = None
    #: What the sender sends, by the codecs' names: "H.265, AAC".
    sends: str = ""


class StopStatus(_Value):
    """A stop that was pressed at the media plane itself."""

    at: datetime
    person: str


class LatencyStatus(_Value):
    """What viewers' players measured: seconds from the theatre to their screens, safety delay included."""

    viewers: int
    median_s: float
    p95_s: float
    #: Viewers whose picture stood still during the last half minute.
    stalled: int = 0


class ChannelStatus(_Value):
    state: ChannelState
    started: datetime
    viewers: int = 0
    latency: LatencyStatus | None = None
    #: Viewers by the feed they watch.
    watching: dict[str, int] = Field(default_factory=dict)
    stop: StopStatus | None = None
    showing: str | None = None
    #: Seconds until a recording that is shown in place of the theatre is over.
    left_s: float | None = None


class RecordingStatus(_Value):
    """What the vault holds of one channel or upload."""

    state: Literal["recording", "kept", "destroyed"]
    began: datetime | None = None
    duration_s: float = 0
    bytes: int = 0
    #: Keys of its pictures, best known first, and whether it has sound.
    feeds: tuple[str, ...] = ()
    sound: bool = False
    #: All of it lies where `store` says, not only on this machine's disk.
    stored: bool = True
    #: Segments that are missing from it, all renditions together.
    lost: int = 0
    detail: str = ""


class ConversionStatus(_Value):
    state: Literal["waiting", "checking", "converting", "ready", "failed"]
    #: 0 to 1.
    progress: float = 0
    duration_s: float | None = None
    sha256: str = ""
    #: Why it failed; of a film that was cut off, how much could be read of how much it says it has.
    fault: FilmFault | None = None
    read_s: float | None = None
    said_s: float | None = None


class DiskStatus(_Value):
    free_bytes: int
    total_bytes: int
    #: "low": a warning is due; "full": recording has stopped, live goes on.
    state: Literal["good", "low", "full"] = "good"
    #: At the rate of now, until it is full.
    hours_left: float | None = None


class Status(_Value):
    at: datetime
    #: Version of the plan this is the result of.
    version: int
    #: Why a newer plan file is not followed, in a plain English sentence, or nothing.
    plan_error: str = ""
    doors: dict[str, DoorStatus] = Field(default_factory=dict)
    channels: dict[str, ChannelStatus] = Field(default_factory=dict)
    recordings: dict[str, RecordingStatus] = Field(default_factory=dict)
    conversions: dict[str, ConversionStatus] = Field(default_factory=dict)
    disk: DiskStatus | None = None
