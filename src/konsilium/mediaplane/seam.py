"""Where the encoder side hands over to the timeline side. Called in the event loop, never blocking."""

from datetime import datetime
from typing import Protocol

from konsilium.mediaplane.cmaf import Fragment, Init


class RenditionSink(Protocol):
    """Takes the coded picture (or the sound) of one feed, one period of signal after the other."""

    def open_period(self, init: Init, *, at: datetime) -> None:
        """A signal began, or its coding changed: the next fragment's first sample is of wall clock `at`.

        While a period is open, opening another one is a change without a loss: nothing is filled in.
        """

    def add_fragment(self, fragment: Fragment) -> float:
        """In the source's own time; the sink maps it on the channel clock.

        Gives how many seconds of film it can still take before a part of it is whole: until then what comes may
        as well come together. 0 where it cannot say, and wants everything at once.
        """

    def close_period(self, *, at: datetime) -> None:
        """The signal was lost: slate (or silence) follows from here."""
