"""The picture, read from its pixels in Chromium; what happens to it when the encoder fails; who gets it at all."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from bench.demo_server import DemoServer
from bench.timecode import READER, TimecodeEncoder
from tests.browser.conftest import Enter

#: Not a figure to hold (`./konsilium bench latency` is for that): beyond this it is no live picture.
NO_LONGER_LIVE_MS = 8_000


def read_codes(page: Page) -> None:
    page.wait_for_selector("video")
    page.evaluate(f"({READER})(document.querySelector('video'))")


def expect_codes(page: Page, *, timeout: float = 40_000) -> list[list[float]]:
    """The codes read during two seconds, once the coded picture is there."""
    page.evaluate("window.readings.length = 0")
    page.wait_for_function("() => window.readings.length > 0", timeout=timeout)
    page.evaluate("window.readings.length = 0")
    page.wait_for_timeout(2_000)
    return list(page.evaluate("window.readings"))


def test_the_encoder_takes_the_feed_over_and_the_picture_moves(
    enter: Enter, demo: DemoServer, operation: str
) -> None:
    delegate = enter("delegate")
    delegate.goto(operation + "live/")
    read_codes(delegate)
    with TimecodeEncoder(demo.ready["ingest"]["endoscope"]["srt"]) as encoder:
        readings = expect_codes(delegate)
        coded = [code for _, code, _ in readings]
        assert len(set(coded)) > 20, "the picture stands still"
        assert coded == sorted(coded), "the picture goes backwards"
        latencies = [shown - code for shown, code, _ in readings]
        assert 0 < max(latencies) < NO_LONGER_LIVE_MS

        encoder.kill()
        expect(delegate.locator(".player-bar, .stage-bar")).to_contain_text("Signal lost", timeout=15_000)
    with TimecodeEncoder(demo.ready["ingest"]["endoscope"]["srt"]):
        assert expect_codes(delegate), "the picture did not come back by itself"


def media_answer(page: Page, address: str) -> int:
    return int(page.evaluate("address => fetch(address).then(answer => answer.status)", address))


def test_the_picture_is_for_the_holder_of_a_grant_only(
    enter: Enter, demo: DemoServer, operation: str
) -> None:
    delegate = enter("delegate")
    delegate.goto(operation + "live/")
    delegate.wait_for_selector("video")
    bootstrap = json.loads(delegate.locator("#bootstrap").text_content() or "{}")
    master = bootstrap["channel"]["master_url"]
    delegate.wait_for_function("() => document.querySelector('video').readyState > 2")
    assert media_answer(delegate, master) == 200

    stranger = enter(None)
    stranger.goto(demo.ready["url"])
    assert media_answer(stranger, master) in {401, 403}
    assert media_answer(stranger, master.replace("master", "no-such-file")) in {401, 403}
    unverified = enter("unverified")
    unverified.goto(demo.ready["url"])
    assert media_answer(unverified, master) in {401, 403}


@pytest.mark.parametrize("place", ["live/", "desk/", "board/", "screen/"])
def test_an_unverified_member_never_gets_into_the_room(
    enter: Enter, demo: DemoServer, operation: str, place: str
) -> None:
    unverified = enter("unverified")
    answer = unverified.goto(operation + place)
    assert answer is not None
    assert answer.status == 403
    expect(unverified.locator("video, #bootstrap")).to_have_count(0)
    announced = unverified.goto(operation)
    assert announced is not None
    assert announced.status == 200


@pytest.mark.parametrize("place", ["desk/", "board/", "screen/"])
def test_a_delegate_gets_neither_desk_nor_board(enter: Enter, operation: str, place: str) -> None:
    answer = enter("delegate").goto(operation + place)
    assert answer is not None
    assert answer.status == 403


def test_a_demo_link_works_once(enter: Enter, demo: DemoServer) -> None:
    link = demo.ready["logins"]["director"]
    first, second = enter("director"), enter(None)
    first.goto(demo.ready["url"])
    expect(first.locator("a[href*='/accounts/login']")).to_have_count(0)
    answer = second.goto(link)
    assert answer is not None
    assert urlsplit(second.url).path != "/"


def test_stop_shows_the_slate_to_everybody_and_resume_brings_the_picture_back(
    enter: Enter, demo: DemoServer, operation: str
) -> None:
    delegate, advocate, moderator = enter("delegate"), enter("advocate"), enter("moderator")
    delegate.goto(operation + "live/")
    moderator.goto(operation + "desk/")
    delegate.wait_for_function("() => document.querySelector('video')?.readyState > 2")
    answer = advocate.goto(operation + "live/")
    assert answer is not None
    assert answer.status == 200
    stop = moderator.locator("[data-act='operation.stop']")
    stop.click(delay=900)
    expect(delegate.locator("[data-status='stopped']")).to_be_visible()
    moderator.locator("[data-act='operation.resume']").click(delay=900)
    expect(delegate.locator("[data-status='stopped']")).to_have_count(0)
    delegate.wait_for_function("() => document.querySelector('video')?.readyState > 2")
