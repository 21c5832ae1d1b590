"""A film on its way to the server, with a line that breaks and a page that is loaded again."""

import json
import subprocess
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from playwright.sync_api import Page, Route, expect

from bench.demo_server import DemoServer
from tests.browser.conftest import PATIENCE_MS, Enter
from tests.browser.media_readings import wait_for_picture

PIECE = 8 * 1024 * 1024


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds, more than three pieces long."""
    path = tmp_path_factory.mktemp("film") / "operation.mkv"
    source = "testsrc2=size=1280x720:rate=10,noise=alls=20:allf=t"
    coding = ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le"]
    subprocess.run(
        [
            get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi", "-i", source,
            "-f", "lavfi", "-i", "sine=frequency=500:sample_rate=48000", "-t", "12", *coding, str(path),
        ],
        check=True,
        timeout=60,
    )  # fmt: skip
    assert path.stat().st_size > 3 * PIECE, path.stat().st_size
    return path


def recordings(enter: Enter, demo: DemoServer, role: str = "organiser") -> Page:
    page = enter(role)
    page.goto(str(demo.ready["url"]).rstrip("/") + "/congresses/onko-week/recordings/")
    expect(page.locator(".drop")).to_be_visible()
    return page


def choose(page: Page, film: Path) -> None:
    page.locator(".drop input[type=file]").set_input_files(film)


def show_and_go_back(enter: Enter, operation: str) -> None:
    """The film in place of the theatre and back again, while somebody watches who loads nothing anew."""
    delegate, desk = enter("delegate"), enter("director")
    delegate.goto(operation + "live/")
    wait_for_picture(delegate)
    delegate.evaluate("() => { window.stayed = true; }")
    desk.goto(operation + "director/")
    desk.locator("[data-act='channel.show_recording']").click()
    expect(delegate.locator(".tag-recorded")).to_be_visible()
    before = delegate.evaluate("() => document.querySelector('.player-lead video').currentTime")
    delegate.wait_for_function(
        "(before) => document.querySelector('.player-lead video').currentTime > before + 3", arg=before
    )
    desk.locator("[data-act='channel.show_live']").click()
    expect(delegate.locator(".tag-recorded")).to_have_count(0)
    wait_for_picture(delegate)
    assert delegate.evaluate("() => window.stayed === true")


def test_an_upload_goes_on_after_a_broken_line_and_a_reload_and_is_converted(
    enter: Enter, demo: DemoServer, operation: str, film: Path
) -> None:
    page = recordings(enter, demo)
    offsets: list[int] = []

    def first_piece_only(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        offset = int(route.request.headers["upload-offset"])
        offsets.append(offset)
        if offset == 0:
            route.continue_()
        else:
            route.abort("connectionfailed")

    page.route("**/uploads/**", first_piece_only)
    page.on("dialog", lambda dialog: dialog.accept())
    choose(page, film)
    upload = page.locator("[data-transfer]")
    expect(upload).to_be_visible()
    page.wait_for_function(
        "() => Number(document.querySelector('[data-transfer] progress')?.value) > 0.02", timeout=40_000
    )
    expect.set_options(timeout=40_000)
    try:
        for _ in range(100):
            if offsets.count(PIECE):
                break
            page.wait_for_timeout(200)
        assert PIECE in offsets, "the second piece was begun where the first ended"

        page.unroute("**/uploads/**")
        page.reload()
        unfinished = page.locator("[data-recording][data-state=uploading]", has_text="operation")
        expect(unfinished).to_be_visible()
        unfinished.locator("input[type=file]").set_input_files(film)
        sent: list[int] = []
        page.on(
            "request",
            lambda request: (
                sent.append(int(request.headers["upload-offset"])) if request.method == "PATCH" else None
            ),
        )
        expect(page.locator("[data-transfer]:not([data-state=done])")).to_have_count(0)
        ready = page.locator("[data-recording][data-state=kept], [data-recording][data-state=ready]")
        expect(ready.filter(has_text="operation")).to_be_visible(timeout=120_000)
        assert 0 not in sent, "nothing was sent twice"
        show_and_go_back(enter, operation)
        ready.filter(has_text="operation").locator("a.button", has_text="Look at it").click()
        wait_for_picture(page)
    finally:
        expect.set_options(timeout=PATIENCE_MS)


def test_what_is_no_film_is_said_so(enter: Enter, demo: DemoServer, tmp_path: Path) -> None:
    page = recordings(enter, demo)
    nonsense = tmp_path / "notes.mp4"
    nonsense.write_bytes(b"These are notes and no film. " * 4000)
    choose(page, nonsense)
    failed = page.locator("[data-recording][data-state=failed]", has_text="notes")
    expect(failed).to_be_visible(timeout=60_000)
    expect(failed.locator(".upload-trouble")).not_to_be_empty()
    failed.locator("[data-act=delete]").click()
    expect(failed).to_have_count(0)


def test_a_delegate_brings_no_films(enter: Enter, demo: DemoServer) -> None:
    page = enter("delegate")
    page.goto(str(demo.ready["url"]).rstrip("/") + "/congresses/onko-week/recordings/")
    expect(page.locator("#recordings .empty, #recordings [data-recording]").first).to_be_visible()
    expect(page.locator(".drop, [data-act=delete]")).to_have_count(0)
    expect(page.locator("#recordings")).not_to_contain_text("Films you bring")


def full(route: Route) -> None:
    """The server's disk, as the server says it."""
    if route.request.method != "PATCH":
        route.continue_()
        return
    said = {"code": "no_room", "message": "The server's disk is full."}
    route.fulfill(status=507, content_type="application/json", body=json.dumps(said))


def test_a_full_disk_is_said_and_the_film_is_thrown_away_after_a_question(
    enter: Enter, demo: DemoServer, film: Path
) -> None:
    page, director = recordings(enter, demo), recordings(enter, demo, "director")
    page.route("**/uploads/**", full)
    choose(page, film)
    upload = page.locator("[data-transfer]")
    expect(upload.locator(".upload-trouble")).to_contain_text("The server's disk is full.")
    # It is tried again, and what is wrong stays on the page meanwhile.
    page.wait_for_timeout(3_000)
    expect(upload.locator(".upload-trouble")).to_contain_text("The server's disk is full.")

    # Another one in charge is asked first, and refused as long as somebody is at it.
    line = director.locator("[data-recording][data-state=uploading]", has_text="operation")
    expect(line).to_be_visible()
    line.locator("[data-act=delete]").click()
    director.keyboard.press("Escape")
    expect(line).to_be_visible()
    line.locator("[data-act=delete]").click()
    director.locator("[data-act=confirm]").click()
    expect(director.locator(".toast-error")).to_contain_text("Somebody is sending this film")
    expect(line).to_be_visible()

    # One and the same button, with the focus on it.
    upload.locator("[data-act=pause]").focus()
    page.keyboard.press("Enter")
    expect(upload.locator("[data-act=resume]")).to_be_focused()
    upload.locator("[data-act=discard]").click()
    page.locator("[data-act=confirm]").click()
    expect(upload).to_have_count(0)
    expect(page.locator("[data-recording][data-state=uploading]", has_text="operation")).to_have_count(0)


def test_an_empty_file_is_said_to_be_empty(enter: Enter, demo: DemoServer, tmp_path: Path) -> None:
    page = recordings(enter, demo)
    empty = tmp_path / "nothing.mp4"
    empty.touch()
    choose(page, empty)
    expect(page.locator(".toast-error")).to_contain_text("nothing.mp4 is empty.")
    expect(page.locator("[data-transfer]")).to_have_count(0)


def test_a_list_that_cannot_be_read_is_said_to_be_old(enter: Enter, demo: DemoServer) -> None:
    page = recordings(enter, demo)
    page.route("**/list.json", lambda route: route.fulfill(status=401, body="{}"))
    expect(page.locator("[data-trouble]")).to_contain_text("Your session has ended.", timeout=40_000)
