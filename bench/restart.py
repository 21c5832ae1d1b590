"""From a kill -9 to the next picture: the demo's server dies, or everything that the demo started does.

The supervisor starts it again. What is timed: the server answers, every door has its signal back, and a viewer can
fetch a part of the picture that is newer than the kill; the slate does not count. An encoder that lived on does not
know of the kill: SRT gives a silent line up after five seconds, and only then it calls again.
"""

import argparse
import json
import os
import re
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

from bench.demo_server import DemoServer
from bench.visitor import Visitor
from konsilium.config.demo.waiting import is_up
from konsilium.mediaplane.status import Status

HOLD_S = 5.0
#: After which SRT gives a silent line up: an encoder that lived on has no signal to give before.
SRT_SILENCE_S = 5.0
PATIENCE_S = 60.0
LOOK_S = 0.02
#: Longer than the supervisor's STABLE_AFTER, so that no kill is taken for a fault of the start before it.
REST_S = 8.0
MAP = re.compile(r'#EXT-X-MAP:URI="([^"]+)"')
PART = re.compile(r'#EXT-X-PART:.*?URI="(part-(\d+)\.m4s)"')


@dataclass(frozen=True)
class Back:
    """Seconds from the kill."""

    killed: str
    server_s: float
    signal_s: float
    picture_s: float


class Viewer:
    """One that asks for the leading picture."""

    def __init__(self, demo: DemoServer) -> None:
        self.visitor = Visitor(demo.ready["logins"]["delegate"])
        self.channel = self.visitor.bootstrap(demo.ready["live_room"])["channel"]
        self.renew()
        master = self.visitor.get(self.channel["master_url"]).decode()
        found = next(line for line in master.splitlines() if line.partition("?")[0].endswith("video.m3u8"))
        self.playlist = urljoin(self.channel["master_url"], found)
        #: A channel begins with the slate.
        self.slate = MAP.findall(self.visitor.get(self.playlist).decode())[0]

    def renew(self) -> None:
        self.visitor.post(self.channel["grant_url"])

    def newest(self) -> int:
        """Where the newest part of a signal begins; 0 while the slate is shown or nobody answers."""
        try:
            text = self.visitor.get(self.playlist, timeout=2).decode()
            parts = PART.findall(text)
            if not parts or MAP.findall(text)[-1] == self.slate:
                return 0
            self.visitor.get(urljoin(self.playlist, parts[-1][0]), timeout=2)
        except OSError:
            return 0
        return int(parts[-1][1])


def children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_server(process: int) -> bool:
    return b"konsilium.config.cli" in Path(f"/proc/{process}/cmdline").read_bytes()


def until(condition: Callable[[], bool], since: float, what: str) -> float:
    while not condition():
        if time.monotonic() - since > PATIENCE_S:
            raise SystemExit(f"{what} did not come back within {PATIENCE_S:g} s")
        time.sleep(LOOK_S)
    return round(time.monotonic() - since, 2)


def has_signal(status: Path, *, since: datetime) -> bool:
    """What every door says after the kill."""
    said = Status.model_validate_json(status.read_bytes())
    return said.at > since and all(door.signal == "live" for door in said.doors.values())


def measure(demo: DemoServer, viewer: Viewer, *, everything: bool) -> Back:
    assert demo.process is not None
    viewer.renew()
    before = viewer.newest()
    victims = [one for one in children(demo.process.pid) if everything or is_server(one)]
    killed, at = time.monotonic(), datetime.now(UTC)
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    status = demo.folder / "data" / "studio" / "status.json"
    return Back(
        "everything" if everything else "the server",
        until(lambda: is_up(str(demo.ready["url"])), killed, "the server"),
        until(lambda: has_signal(status, since=at), killed, "the signal"),
        until(lambda: viewer.newest() > before, killed, "the picture"),
    )


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench restart", description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="in each of the two ways")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    load = os.getloadavg()[0]
    backs: list[Back] = []
    with tempfile.TemporaryDirectory(prefix="konsilium-restart-") as folder, DemoServer(Path(folder)) as demo:
        viewer = Viewer(demo)
        for everything in [False, True] * arguments.times:
            time.sleep(REST_S)
            backs.append(measure(demo, viewer, everything=everything))
    if arguments.json:
        print(json.dumps({"load_before": load, "hold_s": HOLD_S, "backs": [asdict(one) for one in backs]}))
        return 0 if is_held(backs) else 1
    print(f"load before: {load}")
    print(
        f"{'killed':14}{'server':>9}{'signal':>9}{'picture: median':>17}{'worst':>8}   seconds after the kill"
    )
    for way in ("the server", "everything"):
        own = [one for one in backs if one.killed == way]
        server = statistics.median(one.server_s for one in own)
        signals = statistics.median(one.signal_s for one in own)
        pictures = [one.picture_s for one in own]
        print(
            f"{way:14}{server:>9.2f}{signals:>9.2f}{statistics.median(pictures):>17.2f}{max(pictures):>8.2f}"
        )
    print(f"hold: {HOLD_S:g} s, the worst of them; if the encoder lived on, after SRT's {SRT_SILENCE_S:g}")
    return 0 if is_held(backs) else 1


def is_held(backs: Sequence[Back]) -> bool:
    spared = {"the server": SRT_SILENCE_S, "everything": 0.0}
    return all(one.picture_s <= HOLD_S + spared[one.killed] for one in backs)
