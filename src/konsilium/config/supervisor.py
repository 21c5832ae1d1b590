"""Keeping child processes alive: one that dies is started again, and all of them end with this one."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

LOOK_EVERY = 0.1
#: A child that lived this long gets a new start at once; one that dies earlier waits longer each time.
STABLE_AFTER = 5.0
LONGEST_PAUSE = 10.0
GRACE = 8.0


@dataclass(frozen=True)
class Program:
    """What to keep running; its output goes to the log file, or where ours goes."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    log: Path | None = None


def pause_before_restart(lived: float, early_deaths: int) -> float:
    """How long to wait before the next start, for a child that lived `lived` seconds."""
    if lived >= STABLE_AFTER or early_deaths <= 1:
        return 0.0
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** (early_deaths - 2))


@dataclass
class _Child:
    program: Program
    process: "subprocess.Popen[bytes]"
    started: float
    early_deaths: int = 0
    start_at: float | None = None


@dataclass
class Supervisor:
    """Starts programs, restarts those that die, and stops everything on SIGTERM or SIGINT."""

    on_restart: Callable[[Program, int], None] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    _children: list[_Child] = field(default_factory=list)

    def catch_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stopping.set()

    def start(self, program: Program) -> None:
        self._children.append(_Child(program, _spawn(program), time.monotonic()))

    def look(self) -> None:
        """Start again what has died; to be called often."""
        now = time.monotonic()
        for child in self._children:
            if child.start_at is None:
                status = child.process.poll()
                if status is None:
                    continue
                lived = now - child.started
                child.early_deaths = 0 if lived >= STABLE_AFTER else child.early_deaths + 1
                child.start_at = now + pause_before_restart(lived, child.early_deaths)
                if self.on_restart is not None:
                    self.on_restart(child.program, status)
            if now >= child.start_at and not self.stopping.is_set():
                child.process = _spawn(child.program)
                child.started, child.start_at = now, None

    def wait(self, until: Callable[[], bool] = lambda: False, timeout: float | None = None) -> bool:
        """Keep everything running until `until` says so (True), the timeout or a signal comes (False)."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self.stopping.wait(LOOK_EVERY):
            self.look()
            if until():
                return True
            if end is not None and time.monotonic() > end:
                return False
        return False

    def early_deaths(self) -> int:
        """How often the least lucky child has died soon after its start, in a row."""
        return max((child.early_deaths for child in self._children), default=0)

    def stop(self) -> None:
        """Ask all to end, and after a grace end them."""
        self.stopping.set()
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        end = time.monotonic() + GRACE
        for child in self._children:
            try:
                child.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def _spawn(program: Program) -> "subprocess.Popen[bytes]":
    output: IO[bytes] | None = None
    if program.log is not None:
        program.log.parent.mkdir(parents=True, exist_ok=True)
        output = program.log.open("ab")
    try:
        return subprocess.Popen(
            # However this process ends, even by SIGKILL, its children end with it and free their ports.
            ["setpriv", "--pdeathsig", "KILL", *program.command],
            env=dict(program.environment) if program.environment is not None else dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            # Ctrl-C in a terminal reaches the whole group; the children are to be stopped by us, in order.
            start_new_session=True,
        )
    finally:
        if output is not None:
            output.close()
