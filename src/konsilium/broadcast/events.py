"""What a room is told of its picture."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class SignalChanged(BaseModel):
    """The signal of one feed came, went or changed its source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The feed's key.
    id: str
    title: dict[str, str]
    signal: Literal["none", "starting", "live", "lost", "unreadable"]
    #: The demo's theatre is simulated, and the screen says so.
    simulated: bool
    since: datetime


class ChannelChanged(BaseModel):
    """The channel went on air, was stopped, went on or ended; the picture is at `master_url`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    state: Literal["live", "stopped", "ended"]
    master_url: str
    grant_url: str
    opened_at: datetime
