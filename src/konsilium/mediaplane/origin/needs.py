"""What the origin asks of the studio and of what the vault keeps."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.origin.channel import ChannelTimelines
from konsilium.mediaplane.status import Status


class Film(Protocol):
    """One MP4 that is put together while it is sent; its size is known beforehand."""

    @property
    def size(self) -> int: ...

    def chunks(self, offset: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `offset` up to, without, `end`."""
        ...


class Recorded(Protocol):
    """A channel's recording; `None` in place of a moment is its beginning or end."""

    @property
    def prepared(self) -> bool:
        """Nothing that is asked of it waits for a disk."""
        ...

    async def prepare(self) -> None: ...

    @property
    def whole(self) -> bool:
        """Nothing follows any more."""
        ...

    @property
    def began(self) -> datetime: ...

    @property
    def ended(self) -> datetime: ...

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Its renditions."""
        ...

    def master(
        self, only: str | None, frm: datetime | None, to: datetime | None, *, explicit_iv: bool
    ) -> str: ...

    def listen(self, frm: datetime | None, to: datetime | None, *, explicit_iv: bool) -> str: ...

    async def playlist_bytes(
        self,
        rendition: str,
        frm: datetime | None,
        to: datetime | None,
        *,
        packed: bool,
        explicit_iv: bool,
    ) -> bytes:
        """One of four hours takes as long to render and pack as a stop may take: never in the event loop."""
        ...

    def key(self, n: int) -> bytes | None: ...

    def init(self, rendition: str, n: int) -> bytes | None: ...

    async def segment(self, rendition: str, start: int) -> bytes | None: ...

    @property
    def is_away(self) -> bool:
        """What is missing now may be there in a moment."""
        ...

    def film(self, feed: str, frm: datetime | None, to: datetime | None) -> Film | None:
        """None: there is no such feed, or nothing of it between the two moments."""
        ...


StopAnswer = Literal["stopped", "overtaken", "ended", "unknown"]


class Studio(Protocol):
    """What the origin needs of the studio. All of it is called in the event loop and returns at once.

    `barred` is asked for every request; everything else that players need is `channels`.
    """

    @property
    def channels(self) -> Mapping[str, ChannelTimelines]: ...

    @property
    def status(self) -> Status: ...

    def recording(self, channel: str) -> Recorded | None:
        """What the vault keeps of a channel or upload, also while it is being recorded."""
        ...

    def channels_of(self, hall: str) -> Collection[str]:
        """Of the channels that run: those that show one of the hall's doors."""
        ...

    def thumbnail(self, door: str) -> bytes | None:
        """A JPEG of the door's last picture."""
        ...

    def barred(self, channel: str) -> Mapping[str, datetime]:
        """Person → moment before which every grant of theirs was taken back."""
        ...

    def stop_channel(self, channel: str, person: str, at: datetime, age: timedelta) -> StopAnswer:
        """Cuts before it returns; again and again is as good as once.

        `age` is how long before `at` it was pressed: one from before the channel went on air cuts nothing.
        """
        ...

    def report(self, channel: str, person: str, *, behind_s: float, stalls: int, feed: str) -> None:
        """What a viewer's player measured. `feed` is the rendition watched, or "" for sound alone."""
        ...
