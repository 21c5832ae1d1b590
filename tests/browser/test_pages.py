"""Every page as a person meets it: axe finds nothing, nothing is cut off on a phone, no policy is broken."""

from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import ConsoleMessage, Page

from bench.demo_server import DemoServer
from tests.browser.conftest import Enter

AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: A colour that has just changed is measured halfway until its transition is over.
STANDS_STILL = "() => document.getAnimations().every(({ playState }) => playState === 'finished')"
# A phone of 2015; wider ones have more room.
PHONE_WIDTH = 360

#: Who opens what; `{operation}` is the one on air.
PAGES = [
    (None, "/"),
    (None, "/now/"),
    (None, "/congresses/onko-week/"),
    (None, "/congresses/onko-week/programme/"),
    (None, "/accounts/login/"),
    (None, "/accounts/signup/"),
    (None, "/accounts/password/reset/"),
    (None, "/people/verification/"),
    (None, "/no-such-page/"),
    (None, "{operation}"),
    ("unverified", "{operation}"),
    ("delegate", "{operation}"),
    ("delegate", "{operation}live/"),
    ("delegate", "/people/settings/"),
    ("organiser", "/congresses/onko-week/members/"),
    ("moderator", "{operation}desk/"),
    ("moderator", "{operation}screen/"),
    ("surgeon", "{operation}board/"),
    ("director", "{operation}director/"),
    ("organiser", "/congresses/onko-week/recordings/"),
    ("delegate", "{operation}recording/"),
]


def violations(page: Page) -> list[str]:
    """What axe finds, one line each: the rule, how many places, the first of them."""
    found: list[str] = page.evaluate(
        """async (tags) => (await axe.run(document, {runOnly: tags})).violations.map(
            (rule) => `${rule.id} ×${rule.nodes.length}: ${rule.nodes[0].html.slice(0, 160)}`)""",
        RULES,
    )
    return found


def broken_policies(page: Page) -> list[str]:
    """Collects what the browser refuses from now on because of the content security policy."""
    broken: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    page.on("console", note)
    return broken


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_axe_finds_nothing_by_day_and_in_the_dark(
    enter: Enter, demo: DemoServer, operation: str, role: str | None, path: str
) -> None:
    page = enter(role)
    broken = broken_policies(page)
    # Without movement nothing is measured half faded in.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(urljoin(str(demo.ready["url"]), path.format(operation=operation)))
    page.wait_for_timeout(700)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert ("light", violations(page)) == ("light", [])
    # Colours are left to the style sheets (`prefers-color-scheme`), so the page need not be loaded again.
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function(STANDS_STILL)
    assert ("dark", violations(page)) == ("dark", [])
    assert broken == []


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_nothing_is_wider_than_a_phone(
    enter: Enter, demo: DemoServer, operation: str, role: str | None, path: str
) -> None:
    page = enter(role, width=PHONE_WIDTH, height=740)
    site = str(demo.ready["url"])
    widths: dict[str, int] = {}
    for language in ("ru", "kk", "en"):
        page.context.add_cookies([{"name": "konsilium_language", "value": language, "url": site}])
        page.goto(urljoin(site, path.format(operation=operation)))
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.lang") == language
        widths[language] = page.evaluate("document.documentElement.scrollWidth")
    assert {language: width for language, width in widths.items() if width > PHONE_WIDTH} == {}


def test_the_theme_changes_at_once_and_is_kept(enter: Enter, demo: DemoServer) -> None:
    page = enter(None)
    page.goto(str(demo.ready["url"]))
    page.locator(".site-tools details:has([data-theme-switch]) > summary").first.click()
    with page.expect_response("**/preferences/"):
        page.locator("button[value=dark]:visible").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(enter: Enter, demo: DemoServer) -> None:
    page = enter(None)
    page.goto(str(demo.ready["url"]))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
