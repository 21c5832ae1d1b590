"""hls.js as npm has it in Debian's Firefox; tests/browser/test_firefox.py is about our own pages in it."""

from pathlib import Path

import pytest

from tests.players.loudspeaker import loudspeaker
from tests.players.marionette import firefox
from tests.players.showing import showing
from tests.players.watching import check, read_codes, until, until_picture, until_slate, watch

pytestmark = pytest.mark.browser


async def test_hls_js_plays_across_a_loss_of_signal(modules: Path, tmp_path: Path) -> None:
    async with (
        loudspeaker() as speaker,
        firefox(tmp_path, speaker.environment) as tab,
        showing(tmp_path / "studio", modules) as shown,
    ):
        with shown.encoder() as encoder:
            await shown.theatre.until_live(within=20)
            await tab.open(shown.page("hls.html"))
            await read_codes(tab)
            await until_picture(tab)
            check(await watch(tab))
            encoder.kill()
            await until_slate(tab)
        with shown.encoder():
            await until_picture(tab)
            await until(tab, "watched.sounds.slice(-1)[0][1] > 0.01", "the sound")
            check(await watch(tab))
        assert await tab.ask("watched.errors") == []
