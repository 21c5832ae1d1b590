"""What a conversion needs of the vault. Everything here may block: it is called in the conversion's thread."""

from datetime import datetime
from typing import Final, Protocol

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.hls import SOUND, SOUND_LOW

#: A converted film has one picture, under this key, and one sound, at two rates.
PICTURE: Final = "film"

__all__ = ["PICTURE", "SOUND", "SOUND_LOW", "RecordingWriter", "Recordings"]


class RecordingWriter(Protocol):
    def begin(self, rendition: str, init: Init) -> None: ...

    def add(self, rendition: str, fragment: Fragment) -> None:
        """One after the other without a hole, from 0; of a picture each begins with a key frame."""

    def finish(self) -> str:
        """All of it is safe on the disk; the SHA-256 of its segments."""

    def abandon(self) -> None:
        """As if it had never been."""


class Recordings(Protocol):
    def writer(self, recording: str, *, began: datetime) -> RecordingWriter:
        """What a killed conversion left of this recording is removed first."""

    def remove(self, recording: str) -> None:
        """With its secret, whether it is whole or half."""
