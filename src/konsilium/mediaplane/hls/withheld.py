"""What a stop kept from the audience."""

from dataclasses import dataclass
from datetime import datetime

from konsilium.mediaplane.cmaf import Fragment


@dataclass(frozen=True, slots=True)
class Withheld:
    """One unbroken stretch of a rendition that was taken in and never released; to be sealed at once."""

    rendition: str
    #: When its first frame was taken, by the wall clock.
    began: datetime
    #: As the source gave it: the fragments are in the source's own time.
    init: bytes
    fragments: tuple[Fragment, ...]
