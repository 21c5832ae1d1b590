"""The lower quality of a camera, chosen by somebody and seen: a demo of its own, with the ladder on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.demo_server import DemoServer
from tests.browser.conftest import PATIENCE_MS
from tests.browser.media_readings import wait_for_picture


@pytest.fixture
def laddered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    # Every rung is an encoder more, so it is not part of the demo that all other tests share.
    with DemoServer(tmp_path_factory.mktemp("ladder"), environment={"KONSILIUM_LADDER": "on"}) as server:
        yield server


def height(page: Page) -> int:
    return int(page.evaluate("() => document.querySelector('.player-lead video').videoHeight"))


def wait_for_height(page: Page, wanted: int) -> None:
    page.wait_for_function(
        "(wanted) => { const video = document.querySelector('.player-lead video');"
        " return video.videoHeight === wanted && !video.paused && video.readyState > 2; }",
        arg=wanted,
        timeout=60_000,
    )


def test_the_lower_quality_is_chosen_and_left_again(laddered: DemoServer, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    try:
        page.goto(laddered.ready["logins"]["delegate"])
        page.goto(laddered.ready["live_room"])
        wait_for_picture(page)
        page.locator("[data-name=menu]").click()
        choice = page.locator("select.player-quality:not([data-name])")
        expect(choice).to_be_visible(timeout=60_000)
        top, lower = (int(one.removesuffix("p")) for one in choice.locator("option").all_inner_texts()[1:])
        assert (top > 360, lower) == (True, 360)
        choice.select_option(str(top))
        wait_for_height(page, top)
        choice.select_option("360")
        wait_for_height(page, 360)
        expect(page.locator(".player")).to_have_attribute("data-status", "live")
        choice.select_option(str(top))
        wait_for_height(page, top)
        choice.select_option("auto")
        page.wait_for_timeout(3_000)
        assert height(page) in {top, 360}
        expect(page.locator(".player")).to_have_attribute("data-status", "live")
    finally:
        context.close()
