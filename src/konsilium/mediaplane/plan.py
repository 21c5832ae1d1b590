"""What the web plane tells the media plane to run: plain values in one JSON file."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Port = Annotated[int, Field(ge=1, le=65535)]
#: Ends up in URLs and file names.
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
DoorId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,126}$")]
#: RFC 5646 tags as EXT-X-MEDIA's LANGUAGE wants them.
LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$")]
Title = Annotated[str, Field(min_length=1, max_length=120)]

#: Of the audio renditions: the one everybody hears, and the same at a rate that any line carries.
SOUND_KEYS = ("sound", "sound-low")


#: How far the age of a press and the clocks of two machines may be off: in doubt the picture is gone.
STOP_DOUBT = timedelta(seconds=2)


def is_overtaken(pressed_at: datetime, live_since: datetime | None) -> bool:
    """Whether somebody has put the channel on air since a stop was pressed: then they have decided."""
    return live_since is not None and pressed_at < live_since - STOP_DOUBT


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
    #: Switched off by the director: nobody is let in, and whoever was in is put out.
    closed: bool = False


class FeedPlan(_Value):
    key: Key
    door: DoorId
    title: Title


class InterpreterPlan(FeedPlan):
    """The sound of a feed that carries an interpreter, offered beside the theatre's own."""

    language: LanguageTag


class ShowingPlan(_Value):
    """A recording that is shown in place of the theatre, as if it happened now."""

    recording: Key
    #: Wall clock at which its first frame is due.
    since: datetime


class ChannelPlan(_Value):
    """What one audience watches."""

    id: Key
    state: Literal["live", "stopped", "ended"]
    #: The key of the feed whose sound everybody hears.
    sound: Key
    feeds: Annotated[tuple[FeedPlan, ...], Field(min_length=1, max_length=8)]
    interpreters: Annotated[tuple[InterpreterPlan, ...], Field(max_length=8)] = ()
    #: The feed the director shows to whoever has not chosen one: the first of the multivariant playlist.
    programme: Key | None = None
    #: Safety delay in seconds.
    delay_s: Annotated[float, Field(ge=0, le=60)] = 0
    showing: ShowingPlan | None = None
    #: Slate and silence in place of whatever is shown; what the delay holds still comes out before.
    slate: bool = False
    #: When it last went on air.
    live_since: datetime | None = None
    #: The last stop pressed at the media plane itself that the web plane knows of; a later one still holds.
    stop_known: datetime | None = None
    #: Person → moment before which every grant of theirs was taken back.
    barred: dict[str, datetime] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _feeds_are_distinct_and_one_sounds(self) -> "ChannelPlan":
        keys = [rendition.key for rendition in (*self.feeds, *self.interpreters)]
        if len(set(keys)) != len(keys):
            raise ValueError("two renditions of a channel have the same key")
        if reserved := set(SOUND_KEYS) & set(keys):
            raise ValueError(
                f"{min(reserved)!r} is the name of a shared audio rendition, no feed can have it"
            )
        feeds = {feed.key for feed in self.feeds}
        if self.sound not in feeds:
            raise ValueError(f"the sound comes from {self.sound!r}, which is no feed of the channel")
        if self.programme is not None and self.programme not in feeds:
            raise ValueError(f"the programme feed {self.programme!r} is no feed of the channel")
        return self


class ConversionPlan(_Value):
    """An uploaded film that is to become a recording."""

    #: Of the recording it becomes.
    recording: Key
    #: Its file below the folder of uploads; taken away when the recording is whole.
    file: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    title: Title


class LadderPlan(_Value):
    """Whether feeds get a lower rung beside the copied one."""

    #: "auto": where a graphics processor encodes, or enough cores are there.
    use: Literal["off", "auto", "on"] = "off"
    height: Annotated[int, Field(ge=144, le=720)] = 360
    kbps: Annotated[int, Field(ge=100, le=3000)] = 600


class Plan(_Value):
    version: Annotated[int, Field(ge=0)]
    doors: tuple[DoorPlan, ...] = ()
    channels: tuple[ChannelPlan, ...] = ()
    conversions: tuple[ConversionPlan, ...] = ()
    #: Recordings whose key is destroyed: whatever copy there is can no longer be read by anybody.
    destroyed: tuple[Key, ...] = ()
    #: As a channel's own, for whatever is no channel of this plan: recordings, and the desks of halls.
    barred: dict[Key, dict[str, datetime]] = Field(default_factory=dict)
    ladder: LadderPlan = LadderPlan()
    bind: str = "127.0.0.1"
    part_ms: Annotated[int, Field(ge=200, le=1000)] = 200
    window_s: Annotated[int, Field(ge=24, le=7200)] = 1800
    rotation_s: Annotated[int, Field(ge=5, le=60)] = 30

    @model_validator(mode="after")
    def _ids_are_distinct_and_doors_exist(self) -> "Plan":
        doors = [door.id for door in self.doors]
        channels = [channel.id for channel in self.channels]
        if len(set(doors)) != len(doors) or len(set(channels)) != len(channels):
            raise ValueError("two doors or two channels have the same id")
        ports = [port for door in self.doors for port in (door.port, door.stand_in_port) if port]
        if len(set(ports)) != len(ports):
            raise ValueError("two doors listen on the same port")
        used = {
            rendition.door
            for channel in self.channels
            for rendition in (*channel.feeds, *channel.interpreters)
        }
        if missing := used - set(doors):
            raise ValueError(f"no door is called {', '.join(sorted(missing))}")
        return self
