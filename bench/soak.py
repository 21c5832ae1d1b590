"""Memory over time: the demo on air, with viewers that follow every rendition and one who goes back.

The proportional set size (PSS, from /proc) of the server's Python process and of its children is sampled; what
is held is that the second half of the run does not grow.
"""

import argparse
import json
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin

from bench.demo_server import DemoServer
from bench.visitor import Visitor

PART = re.compile(r'#EXT-X-PART:.*?URI="([^"]+)"')
SEGMENT = re.compile(r"^seg-.*$", re.MULTILINE)
SEQUENCE = re.compile(r"#EXT-X-MEDIA-SEQUENCE:(\d+)")
RENDITION = re.compile(r'(?:URI="|^)([^"\n]+\.m3u8)', re.MULTILINE)
#: A slope below this is noise of the allocator: some 1 % of what the process holds.
FLAT_MB_PER_HOUR = 8.0


@dataclass(frozen=True)
class Sample:
    """Seconds since the start; megabytes of the server and of everything it started."""

    at: float
    server: float
    children: float


def tree(process: int) -> Iterator[int]:
    """The process and all that came of it."""
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from tree(int(child))


def pss(process: int) -> float:
    """Megabytes; shared pages count in part."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


def is_python(process: int) -> bool:
    try:
        return b"python" in Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def sample(root: int, started: float) -> Sample:
    """The largest Python process is the server; the supervisor and the encoders are its company."""
    sizes = {process: (pss(process), is_python(process)) for process in tree(root)}
    server = max((size for size, python in sizes.values() if python), default=0.0)
    return Sample(time.monotonic() - started, server, sum(size for size, _ in sizes.values()) - server)


class Follower(threading.Thread):
    """Reloads one playlist as players do, and fetches each new part."""

    def __init__(self, visitor: Visitor, playlist: str, *, back: bool, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._visitor = visitor
        self._playlist = playlist
        self._back = back
        self._over = over
        self.fetched = 0
        self.failed = 0

    def run(self) -> None:
        last = ""
        while not self._over.is_set():
            try:
                last = self._step(last)
            except (HTTPError, URLError, OSError):
                self.failed += 1
                time.sleep(1)

    def _step(self, last: str) -> str:
        text = self._visitor.get(self._playlist).decode()
        if self._back:
            segments = SEGMENT.findall(text)
            self._fetch(segments[len(segments) // 3])
            time.sleep(1)
            return last
        parts = PART.findall(text)
        for part in parts[parts.index(last) + 1 if last in parts else -1 :]:
            self._fetch(part)
        time.sleep(0.1)
        return parts[-1] if parts else last

    def _fetch(self, name: str) -> None:
        self._visitor.get(urljoin(urljoin(self._visitor.site, self._playlist), name))
        self.fetched += 1


def measure(minutes: float, viewers: int) -> dict[str, Any]:
    """Run the demo for so long and sample it every ten seconds."""
    with tempfile.TemporaryDirectory() as folder, DemoServer(Path(folder)) as demo:
        visitor = Visitor(demo.ready["logins"]["delegate"])
        channel = visitor.bootstrap(demo.ready["live_room"])["channel"]
        visitor.post(channel["grant_url"])
        master = visitor.get(channel["master_url"]).decode()
        playlists = sorted({urljoin(channel["master_url"], found) for found in RENDITION.findall(master)})
        over = threading.Event()
        followers = [
            Follower(visitor, playlist, back=number == 0, over=over)
            for number in range(viewers)
            for playlist in playlists
        ]
        for follower in followers:
            follower.start()
        assert demo.process is not None
        samples: list[Sample] = []
        started = renewed = time.monotonic()
        while time.monotonic() - started < minutes * 60:
            time.sleep(min(10.0, minutes * 6))
            samples.append(sample(demo.process.pid, started))
            if time.monotonic() - renewed > 45:
                visitor.post(channel["grant_url"])
                renewed = time.monotonic()
        over.set()
    return {
        "minutes": minutes,
        "fetched": sum(follower.fetched for follower in followers),
        "failed": sum(follower.failed for follower in followers),
        "server_mb": [round(one.server, 1) for one in samples],
        "children_mb": [round(one.children, 1) for one in samples],
        "server_mb_per_hour": slope([(one.at, one.server) for one in samples]),
        "children_mb_per_hour": slope([(one.at, one.children) for one in samples]),
    }


def slope(points: list[tuple[float, float]]) -> float:
    """Of the second half, in megabytes an hour: by then caches and the window have filled."""
    later = points[len(points) // 2 :]
    if len(later) < 2:
        return 0.0
    return round(statistics.linear_regression(*zip(*later, strict=True)).slope * 3600, 1)


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument(
        "--viewers", type=int, default=3, help="followers of every rendition; the first goes back"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    result = measure(arguments.minutes, arguments.viewers)
    if arguments.json:
        print(json.dumps(result | {"hold_mb_per_hour": FLAT_MB_PER_HOUR}))
        return 0 if is_held(result) else 1
    server, children = result["server_mb"], result["children_mb"]
    print(
        f"{arguments.minutes:g} minutes, {result['fetched']} parts and segments fetched, {result['failed']} failed"
    )
    for name, values, rise in (
        ("server", server, result["server_mb_per_hour"]),
        ("encoders and the rest", children, result["children_mb_per_hour"]),
    ):
        marks = [values[len(values) * step // 8] for step in range(8)] + [values[-1]]
        print(f"  {name}: {' '.join(f'{mark:.0f}' for mark in marks)} MB; second half {rise:+} MB an hour")
    print(f"  (hold: within {FLAT_MB_PER_HOUR:g} MB an hour)")
    return 0 if is_held(result) else 1


def is_held(result: dict[str, Any]) -> bool:
    """What gives memory back is as good as what needs no more."""
    rises = result["server_mb_per_hour"], result["children_mb_per_hour"]
    return result["fetched"] > 0 and max(rises) <= FLAT_MB_PER_HOUR
