"""What a page's pictures and sound tell of themselves: coded times, standing still, silence."""

from playwright.sync_api import Page

from bench.timecode import READER

#: Reads the codes of each of these videos into `video.readings` as [shown, coded, mediaTime].
READ_EACH = f"""(selector) => {{
  for (const video of document.querySelectorAll(selector)) {{
    if (video.readings) continue;
    ({READER.replace("window.readings", "video.readings")})(video);
  }}
}}"""

#: Notes every wait of the leading picture, and twenty times a second where it is and how loud it is.
WATCH = """() => {
  const video = document.querySelector('.player-lead video');
  const watch = { waits: 0, samples: [] };
  window.watch = watch;
  video.addEventListener('waiting', () => { watch.waits += 1; });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  context.createMediaStreamSource(video.captureStream()).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const loud = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
    watch.samples.push([performance.now(), video.currentTime, loud]);
  }, 50);
}"""


def read_codes_of(page: Page, selector: str = ".player-cells video") -> None:
    """Start reading the codes of every video that the selector finds."""
    page.evaluate(READ_EACH, selector)


def codes_of(page: Page, selector: str) -> list[list[float]]:
    """What was read of the first such video so far."""
    return list(page.evaluate("(selector) => document.querySelector(selector)?.readings ?? []", selector))


def apart(first: list[list[float]], second: list[list[float]]) -> list[float]:
    """Milliseconds between what two pictures showed at the same moments, oldest first."""
    differences: list[float] = []
    place = 0
    for shown, coded, _ in first:
        while place + 1 < len(second) and second[place + 1][0] <= shown:
            place += 1
        if place + 1 >= len(second) or second[place][0] > shown:
            continue
        (from_at, from_code, _), (to_at, to_code, _) = second[place], second[place + 1]
        between = from_code + (to_code - from_code) * (shown - from_at) / max(0.001, to_at - from_at)
        differences.append(coded - between)
    return differences


def watch(page: Page) -> None:
    """Start noting; the picture has to play with sound."""
    page.wait_for_function(
        "() => document.querySelector('.player-lead video').captureStream().getAudioTracks().length > 0",
        timeout=60_000,
    )
    page.evaluate(WATCH)


def wait_for_picture(page: Page) -> None:
    """Until the leading picture plays."""
    page.wait_for_function(
        "() => { const video = document.querySelector('.player-lead video');"
        " return video && video.readyState > 2 && !video.paused && video.currentTime > 0; }",
        timeout=60_000,
    )
