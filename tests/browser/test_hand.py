"""What a hand meets on the picture: fingers on a phone, keys, full screen, and how cameras share the room there is."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.browser.media_readings import wait_for_picture

LEAD = ".player-lead"
BAR = ".player-controls"
#: An upright phone, and the same on its side.
UPRIGHT, ON_ITS_SIDE = {"width": 390, "height": 844}, {"width": 844, "height": 390}
TARGET = 44


def phone_page(enter: Enter, operation: str, size: dict[str, int] = UPRIGHT) -> Page:
    page = enter("delegate", phone=True, **size)
    page.goto(operation + "live/")
    wait_for_picture(page)
    return page


def box(place: Locator) -> dict[str, float]:
    found = place.bounding_box()
    assert found is not None
    return dict(found)


def wait_until_idle(page: Page) -> None:
    page.wait_for_selector(".player[data-idle]")
    page.wait_for_timeout(400)


def tap(page: Page, control: str) -> None:
    """On a slow machine the bar may have gone, and what is gone takes no touch."""
    page.locator(".player").dispatch_event("pointermove")
    page.locator(control).tap()


def bar_opacity(page: Page) -> str:
    return str(page.evaluate(f"() => getComputedStyle(document.querySelector('{BAR}')).opacity"))


def test_the_bar_goes_after_a_tap_and_comes_back_by_one_that_presses_nothing(
    enter: Enter, operation: str
) -> None:
    page = phone_page(enter, operation)
    # The finger leaves the focus on the button; the bar goes all the same.
    mute = page.locator("[data-name=mute]")
    tap(page, "[data-name=mute]")
    wait_until_idle(page)
    assert bar_opacity(page) == "0"
    label, place = mute.get_attribute("aria-label") or "", box(mute)
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.touchscreen.tap(x, y)
    page.wait_for_timeout(400)
    assert bar_opacity(page) == "1"
    expect(mute).to_have_attribute("aria-label", label)
    page.touchscreen.tap(x, y)
    expect(mute).not_to_have_attribute("aria-label", label)


def test_the_bar_stays_for_whoever_comes_by_keyboard(enter: Enter, operation: str) -> None:
    page = enter("delegate")
    page.goto(operation + "live/")
    wait_for_picture(page)
    page.locator("[data-name=play]").focus()
    page.keyboard.press("Tab")
    page.wait_for_timeout(3_500)
    expect(page.locator(".player[data-idle]")).to_have_count(0)
    assert bar_opacity(page) == "1"


def test_a_tap_that_wakes_the_bar_changes_no_camera(enter: Enter, operation: str) -> None:
    page = phone_page(enter, operation, ON_ITS_SIDE)
    tap(page, "[data-name=angles]")
    tile = page.locator(".tile:not(.tile-over)")
    expect(tile).to_have_count(1)
    feed = tile.get_attribute("data-feed") or ""
    wait_until_idle(page)
    tile.tap()
    page.wait_for_timeout(400)
    assert bar_opacity(page) == "1"
    expect(tile).to_have_attribute("data-feed", feed)
    tile.tap()
    expect(page.locator(".tile:not(.tile-over)")).not_to_have_attribute("data-feed", feed)


def test_on_a_phone_the_bar_lies_over_neither_of_two_cameras(enter: Enter, operation: str) -> None:
    page = phone_page(enter, operation)
    tap(page, "[data-name=angles]")
    expect(page.locator(".tile")).to_have_count(1)
    cells, bar = box(page.locator(".player-cells")), box(page.locator(BAR))
    assert bar["y"] >= cells["y"] + cells["height"] - 1
    for picture in (LEAD, ".tile"):
        one = box(page.locator(picture))
        assert one["width"] == pytest.approx(390, abs=1)
        assert one["height"] == pytest.approx(390 * 9 / 16, abs=2)
    wait_until_idle(page)
    assert bar_opacity(page) == "1", "it hides nothing, so it stays"


@pytest.mark.parametrize(("width", "stacked"), [(1440, True), (2400, False)])
def test_two_cameras_stand_as_they_are_larger(
    enter: Enter, operation: str, width: int, *, stacked: bool
) -> None:
    page = enter("delegate", width=width, height=900)
    page.goto(operation + "live/")
    wait_for_picture(page)
    page.keyboard.press("g")
    expect(page.locator(".tile")).to_have_count(1)
    stage, lead, tile = box(page.locator(".player")), box(page.locator(LEAD)), box(page.locator(".tile"))
    assert (tile["y"] > lead["y"]) is stacked
    other_way = (
        min(stage["width"] / 2, stage["height"] * 16 / 9)
        if stacked
        else min(stage["width"], stage["height"] / 2 * 16 / 9)
    )
    assert lead["width"] > other_way
    assert lead["width"] / lead["height"] == pytest.approx(16 / 9, rel=0.02)


@pytest.mark.parametrize(("language", "width"), [("en", 390), ("ru", 390), ("kk", 390), ("ru", 360)])
def test_everything_on_the_picture_is_as_large_as_a_finger(
    enter: Enter, operation: str, language: str, width: int
) -> None:
    page = enter("delegate", phone=True, language=language, width=width, height=844)
    page.goto(operation + "live/")
    wait_for_picture(page)
    page.wait_for_selector(".player-seek", timeout=60_000)
    targets = page.locator(f"{BAR} :is(button, input):visible").all()
    assert len(targets) >= 7
    end = 0.0
    for target in targets:
        place, name = box(target), target.get_attribute("data-name")
        assert min(place["width"], place["height"]) >= TARGET, name
        if name is not None:
            assert place["x"] >= end - 0.5, f"{name} lies over the one before it"
            end = place["x"] + place["width"]
        assert place["x"] + place["width"] <= width, name
        assert target.evaluate("(one) => one.scrollWidth <= one.clientWidth"), f"{name} is cut"
    assert len({box(target)["height"] for target in targets}) == 1, "a word takes two lines"


def focus_is_in(page: Page, selector: str) -> bool:
    return bool(page.evaluate("(selector) => document.activeElement.closest(selector) !== null", selector))


def test_in_full_screen_the_questions_are_a_drawer(enter: Enter, operation: str) -> None:
    page = enter("delegate")
    page.goto(operation + "live/")
    wait_for_picture(page)
    side = page.locator("#side")
    expect(page.locator("[data-name=drawer]")).to_have_count(0)
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement !== null")
    expect(side).to_be_hidden()
    picture = box(page.locator(".player"))
    window = page.evaluate("() => [innerWidth, innerHeight]")
    assert [picture["width"], picture["height"]] == window

    page.keyboard.press("a")
    expect(side).to_be_visible()
    expect(page.locator("#ask")).to_be_focused()
    page.wait_for_timeout(400)
    assert page.evaluate(
        "() => { const { x, y } = document.getElementById('ask').getBoundingClientRect();"
        " return document.elementFromPoint(x + 5, y + 5).closest('#side') !== null; }"
    ), "something lies over it"
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    assert focus_is_in(page, "[data-name=drawer]")
    page.locator("[data-name=drawer]").click()
    expect(side).to_be_visible()
    assert focus_is_in(page, "#side")
    page.locator(".drawer-close").click()
    expect(side).to_be_hidden()
    page.locator("[data-name=full]").click()
    page.wait_for_function("() => document.fullscreenElement === null")
    expect(side).to_be_visible()


def test_a_phone_on_its_side_is_all_picture_and_the_questions_a_drawer(enter: Enter, operation: str) -> None:
    page = phone_page(enter, operation)
    side = page.locator("#side")
    expect(side).to_be_visible()
    page.set_viewport_size(ON_ITS_SIDE)
    expect(side).to_be_hidden()
    assert box(page.locator(".player")) == {"x": 0, "y": 0, **ON_ITS_SIDE}
    tap(page, "[data-name=drawer]")
    expect(side).to_be_visible()
    expect(page.locator("#ask")).to_be_in_viewport()
    page.set_viewport_size(UPRIGHT)
    expect(page.locator("#content[data-drawer]")).to_have_count(0)
    expect(side).to_be_visible()


def test_sliders_and_panels_keep_their_own_keys(enter: Enter, operation: str) -> None:
    page = enter("delegate", height=500)
    page.goto(operation + "live/")
    wait_for_picture(page)
    page.wait_for_selector(".player-seek", timeout=60_000)
    volume = page.locator(".player-volume")
    volume.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert float(volume.input_value()) == pytest.approx(0.9)
    page.keyboard.press("Home")
    assert float(volume.input_value()) == 0
    expect(page.locator(".player")).to_have_attribute("data-status", "live")

    page.locator("#tab-info").click()
    panel = page.locator("#panel-info")
    assert panel.evaluate("(panel) => panel.scrollHeight > panel.clientHeight"), (
        "there is something to scroll"
    )
    panel.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.getElementById('panel-info').scrollTop > 0")
    page.keyboard.press("Home")
    page.wait_for_function("() => document.getElementById('panel-info').scrollTop === 0")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.getElementById('panel-info').scrollTop > 0")
    assert not page.evaluate("() => document.querySelector('.player-lead video').paused")
    expect(page.locator(".player")).to_have_attribute("data-status", "live")
