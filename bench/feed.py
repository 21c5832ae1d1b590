"""What a feed costs: a 1080p30 stream of 5 Mbit/s over SRT, copied through to encrypted parts.

The studio runs as a process of its own; of it and of everything it started the processor time is read from
/proc. Beside it, in the same run, stands `ffmpeg -c copy` from the same SRT to HLS files: one process a feed,
without encryption, parts, a recording, or a look at what comes.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard

ROOT = Path(__file__).parent.parent
#: Percent of one core for each feed, monitors not counted: 5 for one, 20 for four (design section 9).
HOLD_PERCENT = 5.0
PASSPHRASE = "correct horse battery"  # noqa: S105 - of a benchmark
_LATENCY = ("-latency", "120000")
#: A word of the command line → what the process is; the first that fits.
ROLES = (("listener", "doors"), ("yuv4mpegpipe", "pictures"), ("astats", "sounds"), ("force_key", "rungs"))
MONITORS = frozenset({"pictures", "sounds", "rungs"})

Usage = dict[str, float]


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(count)
        ]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def make_clip(folder: Path) -> Path:
    """Moving and noisy enough to need its 5 Mbit/s; a key frame a second."""
    clip = folder / "camera.ts"
    coding = [
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"),
        *("-b:v", "5M", "-minrate", "5M", "-maxrate", "5M", "-bufsize", "2M", "-g", "30"),
        *("-c:a", "aac", "-b:a", "128k", "-ac", "2"),
    ]
    picture = "testsrc2=s=1920x1080:r=30:d=8,noise=alls=12:allf=t"
    command = [
        *(ffmpeg_path(), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", picture),
        *("-f", "lavfi", "-i", "sine=440:r=48000:d=8", *coding, "-f", "mpegts", str(clip)),
    ]
    subprocess.run(command, check=True)
    return clip


@contextmanager
def running(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([*guard(), *command], cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def sender(clip: Path, port: int) -> list[str]:
    return [
        *(ffmpeg_path(), "-nostdin", "-loglevel", "fatal", "-re", "-stream_loop", "-1", "-i", str(clip)),
        *("-map", "0", "-c", "copy", "-muxdelay", "0", "-muxpreload", "0", "-passphrase", PASSPHRASE),
        *(*_LATENCY, "-pkt_size", "1316", "-f", "mpegts", f"srt://127.0.0.1:{port}"),
    ]


def peer(folder: Path, port: int) -> list[str]:
    (folder / str(port)).mkdir()
    return [
        *(ffmpeg_path(), "-nostdin", "-loglevel", "fatal", "-mode", "listener", "-passphrase", PASSPHRASE),
        *(*_LATENCY, "-i", f"srt://127.0.0.1:{port}", "-map", "0", "-c", "copy", "-bsf:a", "aac_adtstoasc"),
        *("-f", "hls", "-hls_time", "2", "-hls_segment_type", "fmp4", "-hls_flags", "delete_segments"),
        str(folder / str(port) / "stream.m3u8"),
    ]


def tree(process: int) -> Iterator[int]:
    """The process and all that came of it."""
    yield process
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        children = [child for one in threads for child in (one / "children").read_text().split()]
    except OSError:  # it, or a thread of it, ended meanwhile
        return
    for child in children:
        yield from tree(int(child))


def role_of(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return "gone"
    if Path(words.partition("\0")[0]).name.startswith("python"):
        return "python"
    return next((role for word, role in ROLES if word in words), "stages")


def cpu_seconds(process: int) -> float:
    """User and system time with all threads (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def usage(process: int, seconds: float, role: Callable[[int], str] = role_of) -> Usage:
    """Percent of one core, by role. What ends meanwhile is left out, and should not."""
    before = {one: (role(one), cpu_seconds(one)) for one in tree(process)}
    began = time.monotonic()
    time.sleep(seconds)
    found: Usage = {}
    for one, (name, spent_before) in before.items():
        try:
            spent = cpu_seconds(one) - spent_before
        except OSError:
            continue
        found[name] = found.get(name, 0.0) + 100 * spent / (time.monotonic() - began)
    return found


def measure_house(clip: Path, *, feeds: int, seconds: float, warm_up: float, ladder: str) -> Usage:
    ports = free_ports(feeds)
    with tempfile.TemporaryDirectory(prefix="konsilium-feed-") as folder, ExitStack() as stack:
        command = [sys.executable, "-m", "bench._feed_house", folder, json.dumps(ports), PASSPHRASE, ladder]
        house = stack.enter_context(running(command))
        _await_doors(house.pid, feeds)
        for port in ports:
            stack.enter_context(running(sender(clip, port)))
        time.sleep(warm_up)
        status = json.loads((Path(folder) / "studio" / "status.json").read_text())
        live = [door for door in status["doors"].values() if door["signal"] == "live"]
        if len(live) != feeds:
            raise SystemExit(f"only {len(live)} of {feeds} feeds are live: {status['doors']}")
        return usage(house.pid, seconds)


def _await_doors(house: int, count: int) -> None:
    deadline = time.monotonic() + 60
    while sum(role_of(one) == "doors" for one in tree(house)) < count:
        if time.monotonic() > deadline:
            raise SystemExit("the studio did not open its doors")
        time.sleep(0.1)
    time.sleep(1)


def measure_peer(clip: Path, *, feeds: int, seconds: float, warm_up: float) -> float:
    ports = free_ports(feeds)
    with tempfile.TemporaryDirectory(prefix="konsilium-feed-") as folder, ExitStack() as stack:
        peers = [stack.enter_context(running(peer(Path(folder), port))) for port in ports]
        time.sleep(1)
        for port in ports:
            stack.enter_context(running(sender(clip, port)))
        time.sleep(warm_up)
        before = sum(cpu_seconds(one.pid) for one in peers)
        time.sleep(seconds)
        return 100 * (sum(cpu_seconds(one.pid) for one in peers) - before) / seconds


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench feed", description=__doc__)
    parser.add_argument("--feeds", type=int, default=1, help="of one theatre (1 to 8)")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--warm-up", type=float, default=8)
    parser.add_argument("--ladder", choices=("off", "auto", "on"), default="off")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="konsilium-clip-") as folder:
        clip = make_clip(Path(folder))
        load = os.getloadavg()[0]
        times = {"seconds": arguments.seconds, "warm_up": arguments.warm_up}
        house = measure_house(clip, feeds=arguments.feeds, ladder=arguments.ladder, **times)
        beside = measure_peer(clip, feeds=arguments.feeds, **times)
    result: dict[str, Any] = {
        "feeds": arguments.feeds,
        "load_before": load,
        "house": {role: round(value, 2) for role, value in house.items()},
        "picture_path": round(sum(value for role, value in house.items() if role not in MONITORS), 2),
        "monitors": round(sum(value for role, value in house.items() if role in MONITORS), 2),
        "ffmpeg_to_hls_files": round(beside, 2),
        "hold": HOLD_PERCENT * arguments.feeds,
    }
    if arguments.json:
        print(json.dumps(result))
    else:
        _print(result, house)
    return 0 if is_held(result) else 1


def is_held(result: dict[str, Any]) -> bool:
    return bool(result["picture_path"] <= result["hold"])


def _print(result: dict[str, Any], house: Usage) -> None:
    print(
        f"{result['feeds']} feed(s), 1080p30 at 5 Mbit/s; percent of one core; load before: {result['load_before']}"
    )
    for role, value in sorted(house.items(), key=lambda item: item[0] in MONITORS):
        print(f"  {role + (' (monitor)' if role in MONITORS else ''):22}{value:>8.2f}")
    print(f"{'from SRT to parts':24}{result['picture_path']:>8}   hold: {result['hold']:g}")
    print(f"{'monitors':24}{result['monitors']:>8}")
    print(
        f"{'ffmpeg to HLS files':24}{result['ffmpeg_to_hls_files']:>8}   (no encryption, no parts, no recording)"
    )
