"""What a recording is, in one small file beside its renditions: enough to list it and to offer its angles."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from konsilium.mediaplane.cmaf import Kind


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AngleAbout(_Value):
    key: str
    title: str


class InterpreterAbout(AngleAbout):
    language: str


class RenditionAbout(_Value):
    kind: Kind
    bytes: int = 0
    seconds: float = 0
    #: Bits per second.
    peak: int = 0
    average: int = 0
    codecs: str = ""
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None


class About(_Value):
    channel: str
    #: Programme feed first, as the audience was offered them.
    angles: tuple[AngleAbout, ...] = ()
    interpreters: tuple[InterpreterAbout, ...] = ()
    state: Literal["recording", "kept"] = "recording"
    began: datetime | None = None
    ended: datetime | None = None
    #: Written when the recording is whole.
    renditions: dict[str, RenditionAbout] = Field(default_factory=dict)
    #: Segments that are missing, all renditions together.
    lost: int = 0
    #: Said of a recording that has holes, in a plain English sentence.
    detail: str = ""

    def angles_among(self, renditions: dict[str, Kind]) -> tuple[AngleAbout, ...]:
        """Those that were recorded; named by their keys if nobody said what they are called."""
        named = tuple(angle for angle in self.angles if angle.key in renditions)
        known = {angle.key for angle in named}
        others = sorted(
            key
            for key, kind in renditions.items()
            if kind is Kind.VIDEO and "." not in key and key not in known
        )
        return named + tuple(AngleAbout(key=key, title=key.replace("-", " ").capitalize()) for key in others)
