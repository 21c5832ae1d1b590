"""hls.js and Shaka Player as npm has them, in Chromium, with low latency, while the encoder comes and goes."""

from pathlib import Path

import pytest

from tests.players.conftest import Chromium
from tests.players.showing import showing
from tests.players.watching import check, read_codes, until, until_picture, until_slate, watch

pytestmark = pytest.mark.browser

PARTS = "performance.getEntriesByType('resource').filter(one => one.name.includes('/part-')).length"


@pytest.mark.parametrize(("page", "header"), [("hls.html", False), ("shaka.html", True)])
async def test_it_plays_across_a_loss_of_signal(
    page: str, header: bool, chromium: Chromium, modules: Path, tmp_path: Path
) -> None:
    async with showing(tmp_path, modules) as shown:
        with shown.encoder() as encoder:
            await shown.theatre.until_live(within=20)
            await chromium.open(shown.page(page, header=header))
            await read_codes(chromium)
            await until_picture(chromium)
            check(await watch(chromium))
            assert await chromium.ask(PARTS) > 5, "it does not load parts"
            encoder.kill()
            await until_slate(chromium)
        with shown.encoder():
            await until_picture(chromium)
            await until(chromium, "watched.sounds.slice(-1)[0][1] > 0.01", "the sound")
            check(await watch(chromium))
        assert await chromium.ask("watched.errors") == []
