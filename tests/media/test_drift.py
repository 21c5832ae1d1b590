"""An encoder whose clock runs fast, for as long as a test may take; `test_source_clock` lets hours pass."""

from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Kind
from tests.media.clips import clip
from tests.media.lone_feed import lone_feed


@pytest.mark.slow
async def test_a_clock_that_runs_fast_is_slowed_without_a_hole(tmp_path: Path) -> None:
    """By 3000 ppm, more than any quartz, so that half a minute shows it."""
    async with lone_feed() as alone:
        picture, sound = alone.keep(Kind.VIDEO), alone.keep(Kind.AUDIO)
        await alone.send(clip(tmp_path, "plain", 40), rate=1.003)
        await alone.until(lambda: picture.seconds > 27, within=45)
        assert alone.feed._clock.correction == pytest.approx(-0.003 * picture.seconds, abs=0.03)
        for kept in (picture, sound):
            assert len(kept.periods) == 1
            gaps = {
                later.decode_time - earlier.decode_time - earlier.duration
                for earlier, later in zip(kept.fragments, kept.fragments[1:], strict=False)
            }
            assert gaps == {0}
