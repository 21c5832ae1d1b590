"""What the web plane tells the media plane to run: plain values in one JSON file."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Port = Annotated[int, Field(ge=1, le=65535)]
#: Ends up in URLs and file names.
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
DoorId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,126}$")]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DoorPlan(_Value):
    """An SRT listener that stands open for one feed of a theatre."""

    id: DoorId
    port: Port
    #: SRT refuses passphrases outside 10..79 characters.
    passphrase: Annotated[str, Field(min_length=10, max_length=79, repr=False)]
    latency_ms: Annotated[int, Field(ge=20, le=8000)] = 120
    #: A second listener on loopback through which the demo's simulated theatre comes in.
    stand_in_port: Port | None = None


class FeedPlan(_Value):
    key: Key
    door: DoorId
    title: Annotated[str, Field(min_length=1, max_length=120)]


class ChannelPlan(_Value):
    """What one audience watches."""

    id: Key
    state: Literal["live", "stopped", "ended"]
    #: The key of the feed whose sound everybody hears.
    sound: Key
    feeds: Annotated[tuple[FeedPlan, ...], Field(min_length=1, max_length=8)]

    @model_validator(mode="after")
    def _feeds_are_distinct_and_one_sounds(self) -> "ChannelPlan":
        keys = [feed.key for feed in self.feeds]
        if len(set(keys)) != len(keys):
            raise ValueError("two feeds of a channel have the same key")
        if "sound" in keys:
            raise ValueError("'sound' is the name of the shared audio rendition, no feed can have it")
        if self.sound not in keys:
            raise ValueError(f"the sound comes from {self.sound!r}, which is no feed of the channel")
        return self


class Plan(_Value):
    version: Annotated[int, Field(ge=0)]
    doors: tuple[DoorPlan, ...] = ()
    channels: tuple[ChannelPlan, ...] = ()
    bind: str = "127.0.0.1"
    part_ms: Annotated[int, Field(ge=200, le=1000)] = 200
    window_s: Annotated[int, Field(ge=24, le=7200)] = 60

    @model_validator(mode="after")
    def _ids_are_distinct_and_doors_exist(self) -> "Plan":
        doors = [door.id for door in self.doors]
        channels = [channel.id for channel in self.channels]
        if len(set(doors)) != len(doors) or len(set(channels)) != len(channels):
            raise ValueError("two doors or two channels have the same id")
        ports = [port for door in self.doors for port in (door.port, door.stand_in_port) if port]
        if len(set(ports)) != len(ports):
            raise ValueError("two doors listen on the same port")
        missing = {feed.door for channel in self.channels for feed in channel.feeds} - set(doors)
        if missing:
            raise ValueError(f"no door is called {', '.join(sorted(missing))}")
        return self
