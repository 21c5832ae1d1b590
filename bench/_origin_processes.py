"""Servers under measurement as processes on a core of their own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pin(pid: int, core: int) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


class OriginProcess:
    """`_origin_server.py`, ready to be asked when the block begins."""

    def __init__(
        self,
        folder: Path,
        *,
        viewers: int,
        part_ms: int,
        kbps: int,
        core: int,
        module: str = "bench._origin_server",
    ) -> None:
        self.folder = folder
        arguments = [str(folder), str(viewers), str(part_ms), str(kbps)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.core = core

    def __enter__(self) -> Self:
        ready = self.folder / "ready.json"
        deadline = time.monotonic() + 90
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise SystemExit("the origin under measurement did not start")
            time.sleep(0.05)
        door = json.loads(ready.read_text())
        ready.unlink()
        self.port: int = door["port"]
        self.grants: list[str] = door["grants"]
        self.stop_grant: str = door["stop"]
        pin(self.process.pid, self.core)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def order(self, order: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
