"""What the media plane reports: written to one JSON file on every change and every second."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SignalState = Literal["none", "starting", "live", "lost", "unreadable"]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VideoStatus(_Value):
    codec: str
    width: int
    height: int
    fps: float | None = None


class AudioStatus(_Value):
    codec: str
    sample_rate: int
    channels: int


class DoorStatus(_Value):
    signal: SignalState
    source: Literal["encoder", "stand_in"] | None = None
    since: datetime
    #: Bits per second that came in during the last seconds.
    bitrate: int = 0
    video: VideoStatus | None = None
    audio: AudioStatus | None = None
    #: A plain English sentence for the director's desk, or nothing.
    detail: str = ""


class ChannelStatus(_Value):
    state: Literal["live", "stopped", "ended"]
    started: datetime
    viewers: int = 0


class Status(_Value):
    at: datetime
    #: Version of the plan this is the result of.
    version: int
    #: Why a newer plan file is not followed, in a plain English sentence, or nothing.
    plan_error: str = ""
    doors: dict[str, DoorStatus] = Field(default_factory=dict)
    channels: dict[str, ChannelStatus] = Field(default_factory=dict)
