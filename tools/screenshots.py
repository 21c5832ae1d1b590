"""Take the screenshots: every page, as each role sees it, at phone and desk width, light and dark.

    .venv/bin/python -m tools.screenshots [--out DIR] [--only NAME …] [--language ru]

Starts the demo with a data folder of its own. Without `--out`, takes only the pictures that the documentation
shows and puts them into docs/images.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.demo_server import ROOT, DemoServer

QUESTIONS = {
    "en": (
        "Is the posterior branch clipped separately?",
        "What margin do you accept on frozen section?",
        "Why not the retroperitoneal way here?",
        "How long is the ischaemia so far?",
    ),
    "ru": (
        "Клипируется ли задняя ветвь отдельно?",
        "Какой край резекции вы считаете достаточным по срочной гистологии?",
        "Почему здесь не забрюшинный доступ?",
        "Сколько сейчас длится ишемия?",
    ),
    "kk": (
        "Артқы тармақ бөлек қысыла ма?",
        "Шұғыл гистологияда қандай шетті жеткілікті деп санайсыз?",
        "Неліктен мұнда ретроперитонеальды жол емес?",
        "Ишемия қанша уақытқа созылды?",
    ),
}

WIDTHS = {"phone": (390, 844), "desk": (1440, 900)}
SCHEMES = ("light", "dark")
ARGUMENTS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-background-networking"]


@dataclass(frozen=True)
class Shot:
    """A page to look at: its name, who looks, and where it is ({room} stands for the live room's address)."""

    name: str
    role: str | None
    path: str
    #: Pages of the darkened theatre look the same in every scheme.
    dark_only: bool = False
    #: The widths in which the documentation shows it.
    documented: tuple[str, ...] = ()


SHOTS = (
    Shot("home", None, "/", documented=("desk",)),
    Shot("home-delegate", "delegate", "/"),
    Shot("now", "delegate", "/now/"),
    Shot("congress-a", None, "{congress}"),
    Shot("programme", None, "{congress}programme/", documented=("desk", "phone")),
    Shot("operation", "delegate", "{operation}"),
    Shot("operation-unverified", "unverified", "{operation}"),
    Shot("live", "delegate", "{operation}live/", dark_only=True, documented=("desk", "phone")),
    Shot("desk", "moderator", "{operation}desk/", dark_only=True, documented=("desk",)),
    Shot("board", "surgeon", "{operation}board/", dark_only=True, documented=("desk",)),
    Shot("screen", "moderator", "{operation}screen/", dark_only=True),
    Shot("director", "director", "{operation}director/", dark_only=True, documented=("desk",)),
    Shot("recording", "delegate", "{operation}recording/", dark_only=True),
    Shot("recordings", "organiser", "{congress}recordings/"),
    Shot("sign-in", None, "/accounts/login/"),
    Shot("sign-up", None, "/accounts/signup/"),
    Shot("profile", "delegate", "/people/settings/"),
    Shot("members", "organiser", "{congress}members/"),
    Shot("missing", None, "/no-such-page/"),
    Shot("styleguide", None, "/styleguide/"),
)


@contextmanager
def signed_in(browser: Browser, demo: DemoServer, shot: Shot, width: str, scheme: str) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(
        viewport={"width": WIDTHS[width][0], "height": WIDTHS[width][1]},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if width == "phone" else 1,
        is_mobile=width == "phone",
        has_touch=width == "phone",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def places(demo: DemoServer) -> dict[str, str]:
    """The addresses that differ from demo to demo."""
    room = demo.ready["live_room"].removeprefix(demo.ready["url"].rstrip("/"))
    return {"operation": room.removesuffix("live/"), "congress": "/congresses/onko-week/"}


def furnish(browser: Browser, demo: DemoServer, language: str, states: dict[str, object]) -> None:
    """Ask a few questions, choose three and take one up, so that the pages show what they are for."""
    place = places(demo)["operation"]
    url = demo.ready["url"].rstrip("/")

    def page_of(role: str, name: str) -> Page:
        context = browser.new_context()
        page = context.new_page()
        page.goto(demo.ready["logins"][role])
        states[role] = [cookie for cookie in context.cookies() if cookie["name"] == "konsilium_session"]
        page.goto(f"{url}{place}{name}/")
        return page

    delegate, moderator, surgeon = (
        page_of("delegate", "live"),
        page_of("moderator", "desk"),
        page_of("surgeon", "board"),
    )
    for text in QUESTIONS[language]:
        delegate.locator("#ask").fill(text)
        delegate.locator(".ask-send").click()
        moderator.locator(".desk-card", has_text=text).wait_for()
    for text in QUESTIONS[language][:3]:
        moderator.locator(".desk-card", has_text=text).locator("[data-act='question.approve']").click()
        moderator.wait_for_timeout(500)
    surgeon.locator("[data-act='question.answer']").click()
    surgeon.locator("[data-act='question.finish']").wait_for()
    for page in (delegate, moderator, surgeon):
        page.context.close()


def make_small(picture: Path) -> None:
    """As few colours as do for a page: a third of the bytes, as the pictures live in the repository."""
    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(
            # The other ways lose a blue vein among all the red.
            colors=256,
            method=Image.Quantize.MAXCOVERAGE,
            kmeans=4,
            dither=Image.Dither.NONE,
        )
        few.save(picture, optimize=True)


def take(demo: DemoServer, out: Path, shots: list[Shot], language: str, *, documentation: bool) -> None:
    """Take each shot in each width and scheme."""
    url = demo.ready["url"].rstrip("/")
    where = places(demo)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        states: dict[str, object] = {}
        furnish(browser, demo, language, states)
        for shot in shots:
            for width in shot.documented if documentation else WIDTHS:
                for scheme in ("dark",) if shot.dark_only else SCHEMES:
                    with signed_in(browser, demo, shot, width, scheme) as page:
                        page.context.add_cookies(
                            [{"name": "konsilium_language", "value": language, "url": url}]
                        )
                        if shot.role in states:
                            page.context.add_cookies(states[shot.role])  # type: ignore[arg-type]
                        elif shot.role:
                            page.goto(demo.ready["logins"][shot.role])
                            states[shot.role] = [
                                cookie
                                for cookie in page.context.cookies()
                                if cookie["name"] == "konsilium_session"
                            ]
                        page.goto(url + shot.path.format(**where))
                        page.wait_for_timeout(7000 if shot.name in {"live", "desk", "director"} else 1500)
                        full = not shot.dark_only and width == "desk"
                        picture = out / f"{shot.name}-{width}-{scheme}.png"
                        page.screenshot(path=picture, full_page=full)
                        if documentation:
                            make_small(picture)
                        print(f"{shot.name} {width} {scheme}")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--language", default="en")
    arguments = parser.parse_args()
    out = arguments.out or ROOT / "docs" / "images"
    out.mkdir(parents=True, exist_ok=True)
    shots = [
        shot
        for shot in SHOTS
        if (shot.name in arguments.only if arguments.only else arguments.out is not None or shot.documented)
    ]
    with tempfile.TemporaryDirectory() as folder, DemoServer(Path(folder)) as demo:
        take(demo, out, shots, arguments.language, documentation=arguments.out is None)


if __name__ == "__main__":
    main()
