"""A broadcast as its director runs it, with a server of its own: it ends, and becomes a recording."""

import json
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from bench.demo_server import DemoServer
from tests.browser.conftest import Enter
from tests.browser.encoders import Encoder
from tests.browser.media_readings import wait_for_picture


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    folder = tmp_path_factory.mktemp("director")
    # Twice what is free, so that the disk counts as nearly full, and not as full.
    twice = str(max(1, 2 * shutil.disk_usage(folder).free // 10**9))
    with DemoServer(folder, environment={"KONSILIUM_RECORDINGS_FREE_GB": twice}) as server:
        yield server


@pytest.fixture(scope="module")
def sessions() -> dict[str, list[object]]:
    return {}


def desk_of(enter: Enter, operation: str) -> Page:
    page = enter("director")
    page.goto(operation + "director/")
    expect(page.locator("[data-feed=endoscope][data-health]")).to_be_visible()
    return page


def watching(enter: Enter, operation: str, role: str = "delegate") -> Page:
    page = enter(role)
    page.goto(operation + "live/")
    wait_for_picture(page)
    return page


def hold(page: Page, act: str) -> None:
    page.locator(f"[data-act='{act}']").click(delay=900)


def test_the_desk_shows_each_feed_with_its_picture_and_its_sound(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    for feed in ("endoscope", "overview"):
        card = desk.locator(f".feed-card[data-feed={feed}]")
        expect(card.locator("img")).to_be_visible(timeout=40_000)
        desk.wait_for_function(
            "(feed) => document.querySelector(`.feed-card[data-feed=${feed}] img`).naturalWidth > 0",
            arg=feed,
            timeout=40_000,
        )
    meter = desk.locator("[data-meter=endoscope]")
    levels = set()
    for _ in range(20):
        levels.add(meter.get_attribute("aria-valuenow"))
        desk.wait_for_timeout(250)
    assert len(levels) > 1, "the level moves"


def test_the_desk_tells_rate_frames_viewers_and_their_latency(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    viewers = desk.locator(".director-facts")
    # The desk's own monitor is one.
    expect(viewers).to_contain_text("1 viewer", timeout=60_000)
    watching(enter, operation)
    facts = desk.locator(".feed-card[data-feed=endoscope] .feed-facts")
    expect(facts).to_have_text(re.compile(r"\d+×\d+ · [\d.]+ fps · [\d.]+ Mbit/s"), timeout=40_000)
    expect(viewers).to_contain_text("2 viewers", timeout=40_000)
    # Measured by the viewer's own player, and told every few seconds.
    expect(viewers).to_have_text(
        re.compile(r"Behind the theatre\s*[\d.]+ s, half of them less"), timeout=60_000
    )
    seconds = re.search(r"theatre\s*([\d.]+) s", viewers.inner_text())
    assert seconds is not None
    assert 0 < float(seconds.group(1)) < 20


def test_a_short_break_shows_the_slate_and_the_picture_comes_back(enter: Enter, operation: str) -> None:
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    button = desk.locator("[data-act='channel.slate']")
    button.click()
    expect(button).to_have_text("Back to the picture")
    expect(desk.locator(".director-state")).to_contain_text("Short break")
    expect(delegate.locator(".stage-facts")).to_contain_text("Short break")
    button.click()
    expect(button).to_have_text("Show the slate")
    expect(delegate.locator(".stage-facts")).not_to_contain_text("Short break")
    wait_for_picture(delegate)
    expect(desk.locator(".director-log")).to_contain_text("Slate shown")


def test_what_the_studio_cannot_follow_is_told(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    expect(desk.locator("[data-plan-error]")).to_have_count(0)
    status = {
        "at": "2026-03-10T04:00:00Z",
        "plan_error": "two doors have one port",
        "doors": {},
        "channels": {},
    }
    said = f"data: {json.dumps({**status, 'disk': None})}\n\n"
    desk.route("**/media/*/desk", lambda route: route.fulfill(body=said, content_type="text/event-stream"))
    desk.reload()
    told = desk.locator("[data-plan-error]")
    expect(told).to_contain_text("The studio cannot follow what is set here")
    expect(told).to_contain_text("two doors have one port")


def test_a_recording_that_is_not_ready_is_said_to_be_made_ready(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    desk.locator("[data-act='channel.show_recording']").click(timeout=120_000)
    part = desk.locator(".director-recorded")
    expect(part).to_contain_text("Viewers see that it is recorded.")
    channel = desk.evaluate("() => JSON.parse(document.getElementById('bootstrap').textContent).channel.id")
    running = {
        "state": "live",
        "viewers": 0,
        "latency": None,
        "watching": {},
        "showing": None,
        "left_s": None,
    }
    status = {"at": "2026-03-10T04:00:00Z", "doors": {}, "channels": {channel: running}, "disk": None}
    said = f"data: {json.dumps(status)}\n\n"
    desk.route("**/media/*/desk", lambda route: route.fulfill(body=said, content_type="text/event-stream"))
    desk.reload()
    expect(part).to_contain_text("The recording is being made ready; viewers see the slate.")
    desk.locator("[data-act='channel.show_live']").click()
    expect(part).to_have_count(0)


def test_what_cannot_be_read_is_said_on_the_desk(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    log = desk.locator(".director-log")
    expect(log.locator("li").first).to_be_visible()
    desk.route("**/director/log/", lambda route: route.fulfill(status=500, body=""))
    expect(log).to_contain_text("The server does not answer.", timeout=40_000)
    desk.unroute("**/director/log/")
    expect(log).not_to_contain_text("The server does not answer.", timeout=40_000)


def test_the_passphrase_is_shown_only_when_asked_for(enter: Enter, demo: DemoServer, operation: str) -> None:
    desk = desk_of(enter, operation)
    address = demo.ready["ingest"]["endoscope"]["srt"]
    secret = address.partition("passphrase=")[2].partition("&")[0]
    card = desk.locator(".feed-card[data-feed=endoscope]")
    card.locator("summary").click()
    expect(card.locator(".connect-lines")).to_be_visible()
    expect(card).not_to_contain_text(secret)
    card.locator(".connect button[aria-pressed]").click()
    expect(card.locator(".connect-lines")).to_contain_text(secret)


def test_the_programme_feed_is_followed_by_who_has_not_chosen(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    follower, chooser = watching(enter, operation), watching(enter, operation, "second_delegate")
    chooser.locator(".feed[data-feed=endoscope]").click()
    desk.locator(".feed-card[data-feed=overview] [data-act='channel.programme']").click()
    expect(desk.locator(".feed-card[data-feed=overview]")).to_have_attribute("data-programme", "")
    expect(follower.locator(".feed[data-feed=overview]")).to_have_attribute("data-shown", "")
    expect(chooser.locator(".feed[data-feed=endoscope]")).to_have_attribute("data-shown", "")
    desk.keyboard.press("1")
    expect(follower.locator(".feed[data-feed=endoscope]")).to_have_attribute("data-shown", "")


def test_a_raised_delay_is_explained_and_counted(enter: Enter, operation: str) -> None:
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    desk.locator("#delay").fill("8")
    expect(desk.locator(".director-confirm")).to_contain_text("8 s")
    desk.locator("[data-act='channel.delay']").click()
    expect(delegate.locator(".player")).to_have_attribute("data-status", "building")
    expect(delegate.locator(".player")).to_have_attribute("data-status", "live", timeout=40_000)
    delegate.wait_for_function(
        "() => Number(document.querySelector('.player-delay')?.dataset.delay) > 7", timeout=40_000
    )
    expect(delegate.locator(".player-delay")).to_contain_text("8 s")
    desk.locator("#delay").fill("0")
    expect(desk.locator(".director-confirm")).to_be_visible()
    desk.locator("[data-act='channel.delay']").click()
    delegate.wait_for_function(
        "() => Number(document.querySelector('.player-delay')?.dataset.delay) < 7", timeout=40_000
    )


def test_a_delay_that_is_being_set_stays_in_its_box(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    box, confirm = desk.locator("#delay"), desk.locator(".director-confirm")
    expect(box).to_have_value("0")
    # An emptied box is nobody's wish.
    box.fill("5")
    box.fill("")
    desk.wait_for_timeout(1_500)
    expect(box).to_have_value("")
    expect(confirm).to_contain_text("Set to 5 s")
    box.fill("6")

    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    desk.route("**/commands", keep)
    button = confirm.locator("[data-act='channel.delay']")
    button.focus()
    desk.keyboard.press("Enter")
    expect(confirm).to_contain_text("Being set …")
    desk.wait_for_timeout(1_500)
    expect(box).to_have_value("6")
    expect(button).to_be_focused()
    held[0].continue_()
    desk.unroute("**/commands")
    expect(confirm).to_have_count(0)
    expect(box).to_have_value("6")
    expect(box).to_be_focused()
    box.fill("0")
    button.click()
    expect(confirm).to_have_count(0)
    expect(box).to_have_value("0")


def test_a_disk_that_fills_up_is_told(enter: Enter, operation: str) -> None:
    desk = desk_of(enter, operation)
    warning = desk.locator(".director-left .notice-warning")
    expect(warning).to_contain_text("The disk is nearly full")
    expect(warning).to_contain_text("The live picture goes on.")


def test_a_feed_is_closed_and_opened_again(enter: Enter, demo: DemoServer, operation: str) -> None:
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    card = desk.locator(".feed-card[data-feed=overview]")
    expect(card).to_have_attribute("data-health", "ok")
    card.locator("[data-act='feed.close']").click()
    expect(card).to_have_attribute("data-health", "off")
    expect(card).to_contain_text("Closed: no encoder is let in.")
    expect(card.locator("img")).to_have_count(0)
    # Whoever watches it is told that it is dark; the other camera and the sound go on.
    delegate.locator(".feed[data-feed=overview]").click()
    expect(delegate.locator(".player")).to_have_attribute("data-status", "no_signal")
    delegate.locator(".feed[data-feed=endoscope]").click()
    expect(delegate.locator(".player")).to_have_attribute("data-status", "live")
    with Encoder(demo.ready["ingest"]["overview"]["srt"], tone=440):
        desk.wait_for_timeout(3_000)
        expect(card).to_have_attribute("data-health", "off")
        card.locator("[data-act='feed.open']").click()
        expect(card).to_have_attribute("data-health", "ok", timeout=60_000)
    expect(desk.locator(".director-log li", has_text="Overview").first).to_be_visible()


def cut(route: Route) -> None:
    route.abort("connectionfailed")


def resume(page: Page, delegate: Page) -> None:
    hold(page, "operation.resume")
    expect(page.locator("[data-act='operation.resume']")).to_have_count(0)
    expect(delegate.locator("[data-status='stopped']")).to_have_count(0)
    wait_for_picture(delegate)


def test_stop_reaches_everybody_by_the_media_plane_alone(enter: Enter, operation: str) -> None:
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    desk.route("**/commands", cut)
    hold(desk, "operation.stop")
    # The web plane learns of it from the media plane, whose word is enough.
    expect(desk.locator("[data-stop=picture], [data-act='operation.resume']").first).to_be_visible()
    expect(delegate.locator("[data-status='stopped']")).to_be_visible()
    desk.unroute("**/commands")
    expect(desk.locator("[data-act='operation.resume']")).to_be_visible(timeout=40_000)
    resume(desk, delegate)


def test_stop_reaches_everybody_by_the_room_alone(enter: Enter, operation: str) -> None:
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    desk.route("**/media/**/stop*", cut)
    hold(desk, "operation.stop")
    expect(delegate.locator("[data-status='stopped']")).to_be_visible()
    desk.unroute("**/media/**/stop*")
    # The other way is still trying. What is resumed within two seconds of a press is in doubt, and stops again.
    desk.wait_for_timeout(2_500)
    resume(desk, delegate)


def test_a_stop_that_nobody_confirmed_does_not_pretend(enter: Enter, operation: str) -> None:
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    for pattern in ("**/commands", "**/media/**/stop*"):
        desk.route(pattern, cut)
    hold(desk, "operation.stop")
    expect(desk.locator("[data-stop=sending]")).to_be_visible()
    expect(desk.locator("[data-stop=picture]")).to_have_count(0)
    for pattern in ("**/commands", "**/media/**/stop*"):
        desk.unroute(pattern)
    expect(delegate.locator("[data-status='stopped']")).to_be_visible(timeout=40_000)
    expect(desk.locator("[data-act='operation.resume']")).to_be_visible(timeout=40_000)
    resume(desk, delegate)


def test_it_ends_and_the_recording_is_there_with_its_chapters(enter: Enter, operation: str) -> None:
    """Last: after it this server broadcasts no more."""
    desk, delegate = desk_of(enter, operation), watching(enter, operation)
    hold(desk, "operation.stop")
    hold(desk, "operation.end")
    link = delegate.locator(".player-state-ended a")
    expect(link).to_be_visible(timeout=90_000)
    link.click()
    wait_for_picture(delegate)
    expect(delegate.locator(".chapter").first).to_be_visible()
    last = delegate.locator(".chapter").nth(1)
    last.click()
    expect(last).to_have_attribute("aria-current", "true")

    organiser = enter("organiser")
    organiser.goto(operation + "recording/")
    wait_for_picture(organiser)
    organiser.locator("#tab-clips").click()
    organiser.keyboard.press("Home")
    organiser.wait_for_timeout(1_000)
    organiser.locator("[data-mark=from]").click()
    organiser.keyboard.press("ArrowRight")
    organiser.wait_for_timeout(1_500)
    organiser.locator("[data-mark=to]").click()
    organiser.locator("#clip-title").fill("Clipping the artery")
    organiser.locator(".clip-maker button.button-primary").click()
    expect(organiser.locator("[data-clip]")).to_contain_text("Clipping the artery")
    # By keyboard alone: taken away, and brought back.
    organiser.locator("[data-clip] button.button-icon").focus()
    organiser.keyboard.press("Enter")
    expect(organiser.locator("[data-act=undo]")).to_be_focused()
    organiser.keyboard.press("Enter")
    expect(organiser.locator("[data-clip] .clip-play")).to_be_focused()
    with organiser.expect_download(timeout=60_000) as taken:
        organiser.locator("[data-clip] a[download]").click()
    film = taken.value.path().read_bytes()
    assert film[4:8] == b"ftyp"
    assert len(film) > 50_000
