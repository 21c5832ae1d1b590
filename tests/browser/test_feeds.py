"""Encoders as they come: one that is set wrongly, and an interpreter's, from the feeds page to a listener's ear."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bench.demo_server import DemoServer
from tests.browser.conftest import Enter
from tests.browser.encoders import Encoder
from tests.browser.media_readings import wait_for_picture

THEATRE_HZ, INTERPRETER_HZ = 440, 1500
VOICE = ".player-menu [data-name=voice]"

#: The loudest tone that is heard, in Hz, over the last moments; 0 is silence.
LISTEN = """() => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(document.querySelector('.player-lead video').captureStream()).connect(analyser);
  const tones = new Float32Array(analyser.frequencyBinCount);
  window.tone = () => {
    analyser.getFloatFrequencyData(tones);
    const loudest = tones.reduce((best, value, place) => (value > tones[best] ? place : best), 0);
    return tones[loudest] < -70 ? 0 : (loudest * context.sampleRate) / analyser.fftSize;
  };
}"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with DemoServer(tmp_path_factory.mktemp("feeds")) as server:
        yield server


@pytest.fixture(scope="module")
def sessions() -> dict[str, list[object]]:
    return {}


@pytest.fixture
def following(enter: Enter, operation: str) -> str:
    """The address of the next operation in the same theatre, which nobody has put on air."""
    page = enter("organiser")
    page.goto(operation)
    address = page.locator("main a[href*='/operations/']").last.evaluate("(link) => link.href")
    assert address.rstrip("/") != operation.rstrip("/")
    return str(address)


def listen(page: Page) -> None:
    page.wait_for_function(
        "() => document.querySelector('.player-lead video').captureStream().getAudioTracks().length > 0",
        timeout=60_000,
    )
    page.evaluate(LISTEN)


def hear(page: Page, hertz: int) -> None:
    page.wait_for_function("(hertz) => Math.abs(window.tone() - hertz) < 60", arg=hertz, timeout=60_000)


def add_feed(page: Page, *, key: str, title: str, language: str) -> str:
    """The address that an encoder is given."""
    page.locator("#id_key").fill(key)
    page.locator("#id_title").fill(title)
    page.locator("#id_language").fill(language)
    page.locator("form button.button-primary").last.click()
    row = page.locator("tr", has=page.get_by_text(key, exact=True))
    return row.locator("code.srt").inner_text()


def test_what_is_odd_about_an_encoder_is_said_before_going_on_air(
    enter: Enter, demo: DemoServer, following: str
) -> None:
    desk = enter("director")
    desk.goto(following + "director/")
    checks = desk.locator(".director-checks")
    door = demo.ready["ingest"]["endoscope"]["srt"]
    with Encoder(door.replace("passphrase=", "passphrase=not-"), tone=THEATRE_HZ, size="640x360"):
        told = "An encoder tried to connect with a wrong passphrase."
        expect(checks).to_contain_text(told, timeout=60_000)
        expect(desk.locator("[data-feed=endoscope] .feed-troubles")).to_contain_text(told)
    with Encoder(door, tone=THEATRE_HZ, size="640x360", key_frames_s=10.0, sides="c0=c0|c1=0*c0"):
        expect(checks).to_contain_text(
            "Set the key frame interval of Endoscope to 1 or 2 seconds.", timeout=60_000
        )
        expect(checks).to_contain_text("The picture of Endoscope is small (640 × 360).")
        expect(checks).to_contain_text("The sound of Endoscope is on the left side only.", timeout=60_000)
    with Encoder(door, tone=THEATRE_HZ):
        expect(checks).not_to_contain_text("Endoscope", timeout=60_000)
        expect(desk.locator(".director-good")).to_be_visible(timeout=60_000)
        desk.route("**/director/preflight/", lambda route: route.abort("connectionfailed"))
        expect(desk.locator(".director-unchecked")).to_be_visible(timeout=20_000)
        expect(desk.locator(".director-good")).to_have_count(0)


def test_an_interpreter_is_added_chosen_and_heard(
    enter: Enter, demo: DemoServer, operation: str, following: str
) -> None:
    desk = enter("director")
    desk.goto(operation + "director/")
    for act in ("operation.stop", "operation.end"):
        desk.locator(f"[data-act='{act}']").click(delay=900)
        expect(desk.locator(f"[data-act='{act}']")).to_have_count(0)

    organiser = enter("organiser")
    organiser.goto(following + "director/")
    feeds = organiser.locator("a[href$='/feeds/']").first.evaluate("(link) => link.href")
    organiser.goto(feeds)
    interpreter = add_feed(organiser, key="interpreter", title="Booth 1", language="ru")

    door = demo.ready["ingest"]["endoscope"]["srt"]
    with Encoder(door, tone=THEATRE_HZ), Encoder(interpreter, tone=INTERPRETER_HZ, size=None):
        desk.goto(following + "director/")
        expect(desk.locator("[data-feed=interpreter][data-health=ok]")).to_be_visible(timeout=60_000)
        desk.locator("[data-act='operation.open']").click(delay=900)
        expect(desk.locator("[data-act='operation.stop']")).to_be_visible()

        page = enter("delegate")
        page.goto(following + "live/")
        wait_for_picture(page)
        listen(page)
        hear(page, THEATRE_HZ)

        # Another one joins what is on air: whoever loads the page again can choose it.
        organiser.goto(feeds)
        add_feed(organiser, key="booth-2", title="Booth 2", language="kk")
        page.reload()
        wait_for_picture(page)
        listen(page)

        # By keyboard alone: the menu opens, the choice has the focus, an arrow changes it.
        page.locator("[data-name=menu]").focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"{VOICE} option")).to_have_text(["From the theatre", "Russian", "Kazakh"])
        expect(page.locator(VOICE)).to_be_focused()
        page.keyboard.press("ArrowDown")
        hear(page, INTERPRETER_HZ)
        page.keyboard.press("Escape")
        expect(page.locator(VOICE)).to_have_count(0)
        expect(page.locator("[data-name=menu]")).to_be_focused()
        assert page.evaluate("() => document.querySelector('.player-lead video').paused") is False

        # The choice is kept, and the language has its name in the reader's own.
        page.context.add_cookies([{"name": "konsilium_language", "value": "kk", "url": demo.ready["url"]}])
        page.reload()
        wait_for_picture(page)
        listen(page)
        hear(page, INTERPRETER_HZ)
        page.locator("[data-name=menu]").click()
        expect(page.locator(f"{VOICE} option").nth(1)).to_have_text("Орыс тілі")
        page.locator(VOICE).select_option("")
        hear(page, THEATRE_HZ)
