"""One demo server and one Chromium for the whole folder; a signed-in page for each role that a test asks for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.demo_server import DemoServer

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-background-networking"]
PATIENCE_MS = 30_000

Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with DemoServer(tmp_path_factory.mktemp("demo")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sessions() -> dict[str, list[object]]:
    """Session cookies by role: a demo link works once, and many tests come as the same person."""
    return {}


@pytest.fixture
def enter(
    demo: DemoServer, browser: Browser, sessions: dict[str, list[object]], request: pytest.FixtureRequest
) -> Iterator[Enter]:
    """`enter("delegate", language="ru")` is a page of that person; a failing test leaves a screenshot of each."""
    contexts: list[BrowserContext] = []

    def enter_as(
        role: str | None, *, language: str = "en", width: int = 1440, height: int = 900, phone: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", has_touch=phone, is_mobile=phone
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        context.add_cookies([{"name": "konsilium_language", "value": language, "url": demo.ready["url"]}])
        page = context.new_page()
        if role in sessions:
            context.add_cookies(sessions[role])  # type: ignore[arg-type]
        elif role:
            page.goto(demo.ready["logins"][role])
            sessions[role] = [c for c in context.cookies() if c["name"] == "konsilium_session"]
        return page

    yield enter_as
    for number, context in enumerate(contexts):
        report = getattr(request.node, "report_of_call", None)
        if report is not None and report.failed:
            folder = Path(demo.folder) / "failures"
            folder.mkdir(exist_ok=True)
            for page in context.pages:
                page.screenshot(path=folder / f"{request.node.name}-{number}.png")
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        item.report_of_call = report  # type: ignore[attr-defined]


@pytest.fixture
def operation(demo: DemoServer) -> str:
    """The address of the operation that is on air."""
    return str(demo.ready["live_room"]).removesuffix("live/")
