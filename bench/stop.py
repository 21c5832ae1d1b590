"""A stop under load: from the press until nothing newer leaves the origin, with 1,500 viewers following.

Pressed in both ways there are: posted to the media plane, and written into the plan file as the web plane does.
The studio is the real one with its plan, its vault and a safety delay of a second; after every press the parts
that follow are fetched, decrypted and compared with the theatre's frames.
"""

import argparse
import http.client
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._origin_clip import clip_of
from bench._origin_processes import OriginProcess
from bench._origin_viewers import Viewers
from konsilium.mediaplane.cmaf import Fragment, Reader
from konsilium.mediaplane.hls.cipher import iv_of
from tests.mediaplane.hls.m3u8 import parse

HOLD_MS = 100
PART_MS = 500
#: What was released before the cut is on its way to everybody for a while: not longer than a part lasts.
HOLD_LEFT_MS = HOLD_MS + PART_MS
DELAY_S = 1.0
FEED = "endoscope"
CHANNEL = "bench"


class Plan:
    """The web plane's side: a whole new file for every change."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "studio/plan.json"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.version = 0

    def write(self, state: str, *, stop_known: datetime | None = None) -> None:
        self.version += 1
        door = {"id": f"hall.{FEED}", "port": 20_990 + os.getpid() % 1000, "passphrase": "measured only"}
        channel = {
            "id": CHANNEL, "state": state, "sound": FEED, "delay_s": DELAY_S,
            "feeds": [{"key": FEED, "door": door["id"], "title": "Endoscope"}],
            "stop_known": stop_known.isoformat() if stop_known else None,
        }  # fmt: skip
        plan = {"version": self.version, "doors": [door], "channels": [channel], "part_ms": PART_MS}
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(plan))
        draft.rename(self.file)


class Theatre:
    """Knows its frames again, wherever they turn up."""

    def __init__(self, origin: OriginProcess, folder: Path, kbps: int) -> None:
        self.origin = origin
        own = clip_of(folder, "picture", kbps)
        self.frames = {one.payload for one in own.fragments}

    def get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.origin.port, timeout=10)
        connection.request(
            "GET", f"/media/{CHANNEL}/{path}", headers={"Authorization": f"Bearer {self.origin.grants[0]}"}
        )
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body!r}")
        return body

    def frames_shown(self, *, since: int) -> tuple[int, int]:
        """How many of the theatre's frames the newest parts hold: before the cut, and from it on."""
        before = after = 0
        playlist = parse(self.get(f"{FEED}/video.m3u8").decode())
        for segment in playlist.segments[-4:]:
            assert segment.key is not None
            assert segment.key[1] is not None
            key = self.get(segment.key[1].removeprefix("../"))
            init = self.get(f"{FEED}/{segment.map_uri}")
            for part in segment.parts:
                start = int(part.uri[5:-4])
                clear = decrypted(self.get(f"{FEED}/{part.uri}"), key, segment.msn)
                known = sum(frame in self.frames for frame in frames_of(init + clear))
                before, after = (before + known, after) if start < since else (before, after + known)
        return before, after


def decrypted(data: bytes, key: bytes, msn: int) -> bytes:
    from cryptography.hazmat.primitives.ciphers import (  # reason: used by the check only
        Cipher,
        algorithms,
        modes,
    )

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv_of(msn))).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    return padded[: -padded[-1]]


def frames_of(film: bytes) -> list[bytes]:
    found = []
    for one in Reader().feed(film):
        if isinstance(one, Fragment):
            at = 0
            for sample in one.samples:
                found.append(one.payload[at : at + sample.size])
                at += sample.size
    return found


def press(way: str, plan: Plan, origin: OriginProcess) -> float:
    """The moment of the press, before anything is sent."""
    if way == "plan":
        pressed = time.monotonic()
        plan.write("stopped")
        return pressed
    connection = http.client.HTTPConnection("127.0.0.1", origin.port, timeout=10)
    # A page that plays has its connections open.
    connection.connect()
    time.sleep(0.1)
    pressed = time.monotonic()
    connection.request(
        "POST", f"/media/{CHANNEL}/stop", headers={"Authorization": f"Bearer {origin.stop_grant}"}
    )
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"the stop was refused: {answer.status} {answer.read()!r}")
    connection.close()
    return pressed


def measure(
    way: str, plan: Plan, origin: OriginProcess, viewers: Viewers, theatre: Theatre
) -> dict[str, Any]:
    time.sleep(2.5 + random.random())
    viewers.begin(2.0)
    time.sleep(0.5)
    pressed = press(way, plan, origin)
    figures = viewers.figures()
    said = origin.order("now")
    effect = said["effect"]
    appeared = {int(start): at for start, at in said["appeared"][FEED].items()}
    newest = max((start for start, at in appeared.items() if at <= effect), default=0)
    last = max((at for at in appeared.values() if pressed < at <= effect), default=pressed)
    released = {start for start, at in appeared.items() if at <= effect}
    arrived = [at for name, start, at in figures.arrivals if name == FEED and start in released]
    slate = min((start for start, at in appeared.items() if at > effect), default=None)
    before, after = theatre.frames_shown(since=newest + 1)
    plan.write("live", stop_known=datetime.now(UTC))
    return {
        "way": way,
        "viewers": figures.viewers,
        "effect_ms": (effect - pressed) * 1000,
        "last_new_part_ms": (last - pressed) * 1000,
        "last_arrival_ms": max(0.0, max(arrived, default=pressed) - pressed) * 1000,
        "got_the_slate": sum(name == FEED and start == slate for name, start, _ in figures.arrivals),
        "withheld_frames": said["withheld"],
        "theatre_frames_before": before,
        "theatre_frames_after": after,
        "stalls": figures.stalls,
    }


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench stop", description=__doc__)
    parser.add_argument("--viewers", type=int, default=1500)
    parser.add_argument("--presses", type=int, default=5, help="in each of the two ways")
    parser.add_argument("--kbps", type=int, default=600, help="of the picture")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    cores = sorted(os.sched_getaffinity(0))
    core, others = cores[0], set(cores[1:]) or set(cores)
    os.sched_setaffinity(0, others)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="konsilium-stop-") as name:
        folder = Path(name)
        plan = Plan(folder)
        plan.write("live")
        with OriginProcess(
            folder, viewers=arguments.viewers, part_ms=PART_MS, kbps=arguments.kbps, core=core,
            module="bench._stop_server",
        ) as origin:  # fmt: skip
            theatre = Theatre(origin, folder, arguments.kbps)
            viewers = Viewers(origin.port, origin.grants, PART_MS / 1000)
            try:
                viewers.grow(arguments.viewers, 400.0)
                ways = ["posted", "plan"] * arguments.presses
                presses = [measure(way, plan, origin, viewers, theatre) for way in ways]
            finally:
                viewers.close()
    if arguments.json:
        print(json.dumps({"load_before": load, "hold_ms": HOLD_MS, "presses": presses}))
    else:
        _print(presses, load)
    return 0 if is_held(presses) else 1


def is_held(presses: Sequence[dict[str, Any]]) -> bool:
    return all(
        one["effect_ms"] <= HOLD_MS
        and one["last_arrival_ms"] <= HOLD_LEFT_MS
        and one["got_the_slate"] == one["viewers"]
        and not one["theatre_frames_after"]
        for one in presses
    )


def _print(presses: Sequence[dict[str, Any]], load: float) -> None:
    print(f"{presses[0]['viewers']} viewers, {PART_MS} ms parts, delay {DELAY_S:g} s; load before: {load}")
    print(
        f"{'pressed':10}{'presses':>8}{'cut: median':>13}{'worst':>8}{'last new part':>15}{'it left':>9}{'ms':>4}"
    )
    for way in ("posted", "plan"):
        own = [one for one in presses if one["way"] == way]
        cut = [one["effect_ms"] for one in own]
        last = max(one["last_new_part_ms"] for one in own)
        left = max(one["last_arrival_ms"] for one in own)
        print(
            f"{way:10}{len(own):>8}{statistics.median(cut):>13.1f}{max(cut):>8.1f}{last:>15.1f}{left:>9.1f}"
        )
    withheld = [one["withheld_frames"] for one in presses]
    print(f"withheld frames at each press: {min(withheld)} to {max(withheld)}")
    before = sum(one["theatre_frames_before"] for one in presses)
    after = sum(one["theatre_frames_after"] for one in presses)
    print(f"theatre's frames found in parts before the cuts: {before}; after them: {after} (hold: 0)")
    slate = min(one["got_the_slate"] for one in presses)
    print(f"viewers who got the slate, at least: {slate} (hold: {presses[0]['viewers']})")
    print(f"hold: cut within {HOLD_MS} ms, the last new part at its last viewer within {HOLD_LEFT_MS} ms")
