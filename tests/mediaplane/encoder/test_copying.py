"""A fault of our own in reading a stream costs the shortcut, not the feed."""

import pytest

from konsilium.mediaplane.encoder.copying import Copying
from konsilium.mediaplane.mpegts import Begun, Splitter
from konsilium.mediaplane.remux import Remuxer
from tests.mediaplane.mpegts import streams


class _Taker:
    def __init__(self) -> None:
        self.ended = 0

    def take(self, stage: object, kind: object, value: object) -> None:
        pass

    def over(self, stage: object) -> None:
        self.ended += 1


def test_an_unforeseen_fault_leaves_the_stream_to_ffmpeg(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: object) -> None:
        raise IndexError

    begun = next(event for event in Splitter().feed(streams.programme()) if isinstance(event, Begun))
    taker = _Taker()
    copying = Copying(name="endoscope", streams=begun.streams, taker=taker)
    monkeypatch.setattr(Remuxer, "feed", stumble)
    copying.start(begun.preamble)
    copying.write(begun.preamble)
    copying.finish()
    assert taker.ended == 1
    assert "left to ffmpeg" in caplog.text
