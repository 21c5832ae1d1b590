"""One event to N connected browsers: what a delivery costs, beside a bare asyncio writer in the same run.

Both servers run on one core, the readers on the others. Each event carries the moment it was made: for Konsilium
right before its transaction begins, so that commit, bell, reading and encoding are in the figure; for the bare
writer right before the first write, so that there is nothing but writing.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench._fanout_readers import Readers, Report

ROOT = Path(__file__).resolve().parents[1]
EVENTS_PER_SECOND = 5
#: What design section 9 asks for at 1,500 readers.
HOLD_P99_MS = 50
SERVERS = {"bare asyncio writer": "bench._fanout_bare", "Konsilium": "bench._fanout_house"}

ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    "DJANGO_SETTINGS_MODULE": "konsilium.config.settings",
    "KONSILIUM_STUDIO": "outside",
    "KONSILIUM_LOG_LEVEL": "warning",
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one server did."""

    server: str
    readers: int
    deliveries: int
    expected: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_us_per_delivery: float
    bytes_per_delivery: float


def measure(server: str, *, readers: int, seconds: float, core: int) -> Figures:
    """Start a server on one core, connect the readers, and count while events are made."""
    with tempfile.TemporaryDirectory(prefix="konsilium-fanout-") as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", SERVERS[server], folder, str(readers), str(EVENTS_PER_SECOND)]
        environment = {**os.environ, **ENVIRONMENT, "KONSILIUM_DATA": folder}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE)
        try:
            door = _wait_for(ready, process)
            os.sched_setaffinity(process.pid, {core})
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})
            with Readers(port=door["port"], paths=door["paths"], cookies=door["cookies"]) as crowd:
                assert process.stdin is not None
                process.stdin.write(b"begin\n")
                process.stdin.flush()
                crowd.settle(1.0)
                before = _cpu_seconds(process.pid)
                report = crowd.watch(seconds)
                spent = _cpu_seconds(process.pid) - before
        finally:
            process.kill()
            process.wait()
    return _figures(server, readers, seconds, report, spent)


def _figures(server: str, readers: int, seconds: float, report: Report, spent: float) -> Figures:
    ordered = sorted(report.latencies)
    count = len(ordered)
    if not count:
        raise SystemExit(f"{server}: nothing was delivered")
    return Figures(
        server=server,
        readers=readers,
        deliveries=count,
        expected=round(seconds * EVENTS_PER_SECOND) * readers,
        p50_ms=round(ordered[count // 2] * 1000, 2),
        p99_ms=round(ordered[min(count - 1, count * 99 // 100)] * 1000, 2),
        max_ms=round(ordered[-1] * 1000, 2),
        cpu_us_per_delivery=round(spent / count * 1e6, 2),
        bytes_per_delivery=round(report.bytes / count, 1),
    )


def _wait_for(ready: Path, process: "subprocess.Popen[bytes]") -> dict[str, object]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the server under measurement did not start")
        if ready.exists():
            return dict(json.loads(ready.read_text()))
        time.sleep(0.05)
    raise SystemExit("the server under measurement did not start in time")


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench fanout", description=__doc__)
    parser.add_argument("--readers", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    _allow_files(arguments.readers + 200)
    cores = sorted(os.sched_getaffinity(0))
    core, others = cores[0], set(cores[1:]) or set(cores)
    os.sched_setaffinity(0, others)
    load = os.getloadavg()[0]
    results = [
        measure(server, readers=arguments.readers, seconds=arguments.seconds, core=core) for server in SERVERS
    ]
    if arguments.json:
        print(json.dumps({"load_before": load, "results": [asdict(result) for result in results]}))
    else:
        _print(results, load)
    return 0 if is_held(results) else 1


def is_held(results: Sequence[Figures]) -> bool:
    """The bare writer beside it is no limit."""
    own = next(one for one in results if one.server == "Konsilium")
    return own.deliveries == own.expected and own.p99_ms <= HOLD_P99_MS


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(wanted, soft), hard), hard))


def _print(results: list[Figures], load: float) -> None:
    readers = results[0].readers
    print(
        f"one event to {readers} readers, {EVENTS_PER_SECOND} events/s, server on one core; load before: {load}"
    )
    print(f"{'':22}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'µs CPU':>9}{'bytes':>8}{'delivered':>13}")
    for result in results:
        share = f"{result.deliveries}/{result.expected}"
        print(
            f"{result.server:22}{result.p50_ms:>9}{result.p99_ms:>9}{result.max_ms:>9}"
            f"{result.cpu_us_per_delivery:>9}{result.bytes_per_delivery:>8}{share:>13}"
        )
    print(f"hold at 1,500 readers: p99 {HOLD_P99_MS} ms")
