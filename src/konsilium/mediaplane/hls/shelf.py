"""Where a rendition puts its segments once they are whole, and finds those that a former run left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from konsilium.mediaplane.cmaf import Init


@dataclass(frozen=True, slots=True)
class Kept:
    """One complete segment; `start` and `duration` are in ticks of the rendition on the channel clock."""

    msn: int
    start: int
    duration: int
    #: Number of its initialisation section.
    init: int
    #: Its Discontinuity Sequence Number (RFC 8216bis 3): where it is greater than its predecessor's,
    #: EXT-X-DISCONTINUITY stands between the two.
    discontinuities: int
    #: Number of the key it is encrypted with.
    key: int
    #: Bytes of its ciphertext.
    size: int

    @property
    def end(self) -> int:
        return self.start + self.duration


class Shelf(Protocol):
    """Of one rendition. Everything but `read` is called in the event loop and must never block."""

    def keep_init(self, number: int, init: Init) -> None:
        """Before the first segment that needs it."""

    def keep(self, kept: Kept, data: bytes) -> None:
        """A complete, released segment as ciphertext; they come in the order of their `start`."""

    def let_go(self, before: int) -> None:
        """Nobody here asks any more for what ends before that (ticks): it is kept, but not in memory."""

    @property
    def past(self) -> Sequence[Kept]:
        """What a former run left, oldest first."""

    def past_init(self, number: int) -> bytes | None: ...

    def holds(self, start: int) -> bool:
        """Whether the segment that begins at `start` can be read: a full disk may not have taken it."""

    async def read(self, start: int) -> bytes | None:
        """Ciphertext of the segment that begins at `start`, if it is kept."""
