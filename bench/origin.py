"""How many viewers one core carries: LL-HLS players with blocking reloads, parts and keys, 500 ms parts.

The server is pinned to one core, the viewers are on the others. A stall is a part that came later than a player
three parts behind the edge needed it. Beside it stands nginx, which hands out the same bytes from memory, without
having to wait for them, at the same times and on the same core.
"""

import argparse
import itertools
import json
import os
import resource
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench._origin_peer import measure_nginx
from bench._origin_processes import OriginProcess, cpu_seconds, pin
from bench._origin_viewers import Figures, Viewers
from tests.media.nginx import edge

STEPS = (250, 500, 1000, 1500, 2000)
#: Debian's, installed before it begins.
PACKAGES = ("nginx", "libnginx-mod-http-lua")
PEER = "nginx, files in memory"
#: Design section 9: viewers straight from the origin, without a stall.
HOLD_VIEWERS = 1500
PART_MS = 500
EDGE_STEPS = (500, 1000, 1500, 2000, 3000, 4000, 5000)
#: Beyond this share of its core the simulation measures itself; this share of late parts is no accident.
FULL_PERCENT, LATE_SHARE = 95.0, 0.01
FILES = 65_536


@dataclass(frozen=True, kw_only=True)
class Step:
    server: str
    viewers: int
    stalls: int
    stalled_s: float
    failures: int
    requests_per_s: float
    megabits_per_s: float
    #: Of the one core.
    cpu_percent: float
    cpu_us_per_request: float
    cpu_percent_per_viewer: float
    #: What the simulation itself took of its core: near 100, it is what stalls.
    viewers_percent: float
    #: From a part's appearance on the server to its last byte at the viewer.
    p50_ms: float
    p99_ms: float
    #: What the edge asked the origin for besides keys, for each part that appeared: 2 are the part and its playlist.
    upstream_per_part: float | None = None


def step_of(
    server: str, figures: Figures, seconds: float, cpu: float, appeared: dict[str, dict[str, float]]
) -> Step:
    delays = sorted(
        (at - appeared[name][str(start)]) * 1000
        for name, start, at in figures.arrivals
        if str(start) in appeared[name]
    )
    return Step(
        server=server,
        viewers=figures.viewers,
        stalls=figures.stalls,
        stalled_s=round(figures.stalled_s, 2),
        failures=sum(figures.failures.values()),
        requests_per_s=round(figures.requests / seconds, 1),
        megabits_per_s=round(figures.bytes * 8 / seconds / 1e6),
        cpu_percent=round(cpu / seconds * 100, 1),
        viewers_percent=round(figures.cpu_s / seconds * 100, 1),
        cpu_us_per_request=round(cpu / max(1, figures.requests) * 1e6, 1),
        cpu_percent_per_viewer=round(cpu / seconds * 100 / max(1, figures.viewers), 4),
        p50_ms=round(statistics.median(delays), 1) if delays else 0.0,
        p99_ms=round(delays[len(delays) * 99 // 100], 1) if delays else 0.0,
    )


Sizes = dict[str, tuple[int, int]]


def measure_origin(
    folder: Path, steps: Sequence[int], seconds: float, kbps: int, core: int, part_ms: int
) -> tuple[list[Step], Sizes]:
    results = []
    sizes: Sizes = {}
    with OriginProcess(folder, viewers=max(steps), part_ms=part_ms, kbps=kbps, core=core) as origin:
        viewers = Viewers(origin.port, origin.grants, part_ms / 1000)
        try:
            for count in steps:
                viewers.grow(count, 400.0)
                viewers.begin(1.5)
                viewers.figures()
                before = cpu_seconds(origin.process.pid)
                viewers.begin(seconds)
                figures = viewers.figures()
                cpu = cpu_seconds(origin.process.pid) - before
                appeared = origin.order("appeared")
                results.append(step_of("Konsilium", figures, seconds, cpu, appeared))
                sizes |= figures.sizes
        finally:
            viewers.close()
    return results, sizes


def measure_peer(viewers: int, sizes: Sizes, seconds: float, core: int) -> Step:
    figures, cpu = measure_nginx(viewers, sizes, seconds, core)
    asked = {name: {str(at): at / 1000 for one, at, _ in figures.arrivals if one == name} for name in sizes}
    return step_of(PEER, figures, seconds, cpu, asked)


def measure_edge(
    folder: Path, steps: Sequence[int], seconds: float, kbps: int, core: int, part_ms: int
) -> tuple[list[Step], str]:
    """All of them through nginx as `deploy/nginx/` sets it up; it and the origin share the core.

    Also gives why it went no further than it did, or nothing.
    """
    results: list[Step] = []
    with (
        OriginProcess(folder, viewers=max(steps), part_ms=part_ms, kbps=kbps, core=core) as origin,
        edge(folder / "edge", origin.port, files=FILES, logs=False) as nginx,
    ):
        assert nginx.process is not None
        pin(nginx.process.pid, core)
        viewers = Viewers(nginx.port, origin.grants, part_ms / 1000)
        servers = {"Konsilium behind an edge": origin.process.pid, "the edge (nginx)": nginx.process.pid}
        try:
            for count in steps:
                results += _edge_step(viewers, origin, servers, count, seconds)
                if end := _end_of_the_road(results[-1]):
                    return results, end
        finally:
            viewers.close()
    return results, ""


def _edge_step(
    viewers: Viewers, origin: OriginProcess, servers: dict[str, int], count: int, seconds: float
) -> list[Step]:
    viewers.grow(count, 400.0)
    viewers.begin(2.0)
    viewers.figures()
    before = {name: cpu_seconds(pid) for name, pid in servers.items()}
    asked, parts = origin.order("requests"), sum(map(len, origin.order("appeared").values()))
    viewers.begin(seconds)
    figures = viewers.figures()
    spent = {name: cpu_seconds(pid) - before[name] for name, pid in servers.items()}
    appeared = origin.order("appeared")
    asked = origin.order("requests") - asked - figures.keys
    parts = sum(map(len, appeared.values())) - parts
    upstream = round(asked / max(1, parts), 1)
    return [
        replace(step_of(name, figures, seconds, spent[name], appeared), upstream_per_part=upstream)
        for name in servers
    ]


def _end_of_the_road(last: Step) -> str:
    if last.viewers_percent > FULL_PERCENT:
        return f"the simulation of {last.viewers} viewers fills its core: more would measure the simulation"
    if last.stalls > LATE_SHARE * last.viewers:
        return f"{last.stalls} stalls with {last.viewers} viewers: this machine carries no more"
    return ""


def allow_files() -> int:
    """Each viewer has four connections. How many files a process may have open, after asking for enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(hard, FILES)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench origin", description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=6, help="measured at each step")
    parser.add_argument("--kbps", type=int, default=600, help="of the picture")
    parser.add_argument("--part-ms", type=int, default=PART_MS, help="1000 asks half as often")
    parser.add_argument("--edge", action="store_true", help="all of them through nginx, on the same core")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    most = (allow_files() - 700) // 4
    cores = sorted(os.sched_getaffinity(0))
    core, others = cores[0], set(cores[1:]) or set(cores)
    os.sched_setaffinity(0, others)
    load = os.getloadavg()[0]
    steps = arguments.viewers or (EDGE_STEPS if arguments.edge else STEPS)
    steps = sorted({min(count, most) for count in steps})
    with tempfile.TemporaryDirectory(prefix="konsilium-origin-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is somebody else
        end = ""
        measured = (steps, arguments.seconds, arguments.kbps, core, arguments.part_ms)
        if arguments.edge:
            results, end = measure_edge(folder, *measured)
        else:
            results, sizes = measure_origin(folder, *measured)
            if arguments.part_ms == PART_MS:
                results.append(measure_peer(min(HOLD_VIEWERS, max(steps)), sizes, arguments.seconds, core))
    if arguments.json:
        print(
            json.dumps({"load_before": load, "end": end, "results": [asdict(result) for result in results]})
        )
    else:
        print(
            f"load before: {load}; parts of {arguments.part_ms} ms; picture {arguments.kbps} kbit/s and sound"
        )
        print_table(results)
        if end:
            print(f"ended here: {end}")
        print(f"{carried(results)} viewers without a stall")
        print(f"hold: {HOLD_VIEWERS} viewers without a stall; open files allow {most} at most")
        print(
            "core %, %/viewer: of the servers' core; crowd %: of the core of the simulation, which stalls when it is"
            " full; up/part: what the edge asked the origin for besides keys, for each part"
        )
    return 0 if is_held(results) else 1


def is_smooth(step: Step) -> bool:
    return step.stalls == 0 and step.failures == 0


def carried(results: Sequence[Step]) -> int:
    """The most viewers, of those tried, up to whom nobody waited; the peer is not asked."""
    own = sorted((one for one in results if one.server != PEER), key=lambda one: one.viewers)
    return max((one.viewers for one in itertools.takewhile(is_smooth, own)), default=0)


def is_held(results: Sequence[Step]) -> bool:
    """Whoever asks for fewer than the hold is told of those."""
    return carried(results) >= min(HOLD_VIEWERS, max(one.viewers for one in results))


def print_table(results: Sequence[Step]) -> None:
    print(
        f"{'':25}{'viewers':>8}{'stalls':>8}{'failed':>8}{'req/s':>9}{'Mbit/s':>8}{'core %':>8}"
        f"{'µs/req':>8}{'%/viewer':>10}{'crowd %':>8}{'p50 ms':>8}{'p99 ms':>8}{'up/part':>9}"
    )
    for one in results:
        print(
            f"{one.server:25}{one.viewers:>8}{one.stalls:>8}{one.failures:>8}{one.requests_per_s:>9.0f}"
            f"{one.megabits_per_s:>8}{one.cpu_percent:>8}{one.cpu_us_per_request:>8}"
            f"{one.cpu_percent_per_viewer:>10.4f}{one.viewers_percent:>8}{one.p50_ms:>8}{one.p99_ms:>8}"
            f"{'' if one.upstream_per_part is None else one.upstream_per_part:>9}"
        )
