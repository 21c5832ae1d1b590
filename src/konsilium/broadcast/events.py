"""What a room is told of its picture, and what may be asked of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from konsilium.broadcast.decisions import LONGEST_DELAY
from konsilium.rooms.registry import Wire


class SignalChanged(Wire):
    """The signal of one feed came, went or changed its source; or the feed was closed or opened."""

    #: The feed's key.
    id: str
    title: dict[str, str]
    signal: Literal["none", "starting", "live", "lost", "unreadable"]
    #: The demo's theatre is simulated, and the screen says so.
    simulated: bool
    since: datetime
    #: Switched off by the director: no encoder is let in.
    closed: bool
    #: Of an interpreter's sound, as in RFC 5646; null for a picture.
    language: str | None


class DelayData(Wire):
    """From this moment on the delay was so many seconds."""

    since: datetime
    seconds: float


class ShowingData(Wire):
    """What is shown: the theatre, or a recording in its place."""

    kind: Literal["live", "recording"]
    #: Of the recording; nothing for the theatre.
    title: dict[str, str]
    since: datetime
    #: The recording has been shown to its end.
    over: bool


class ChannelChanged(Wire):
    """The channel was prepared, went on air, was stopped, went on or ended, or is run differently."""

    id: str
    #: "ready": prepared by the director, and not yet on air; nothing can be played.
    state: Literal["ready", "live", "stopped", "ended"]
    master_url: str
    #: The sound alone.
    listen_url: str
    grant_url: str
    #: Takes a stop grant, and needs no database.
    stop_url: str
    #: The page of the recording, once there is one; null also after it was destroyed.
    recording_url: str | None
    opened_at: datetime
    delay_s: float
    delays: list[DelayData]
    #: The feed shown to whoever has not chosen one.
    programme: str | None
    showing: ShowingData
    #: A short break: the slate in place of the picture.
    slate: bool


FeedKey = Annotated[str, Field(max_length=40)]


class SetDelay(Wire):
    seconds: Annotated[float, Field(ge=0, le=LONGEST_DELAY, allow_inf_nan=False)]


class SetProgramme(Wire):
    feed: FeedKey | None = Field(description="null: the first feed")


class ShowRecording(Wire):
    recording: UUID


class ShowLive(Wire): ...


class SetSlate(Wire):
    on: bool


class OpenFeed(Wire):
    feed: FeedKey


class CloseFeed(Wire):
    feed: FeedKey
