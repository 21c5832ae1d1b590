"""The demo, started as a user starts it: a process, and the file it writes when it is ready."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DemoServer:
    """`konsilium demo` on a free port with a data folder of its own; stopped with SIGTERM."""

    def __init__(
        self, folder: Path, *, arguments: tuple[str, ...] = (), environment: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.arguments = arguments
        self.environment = environment or {}
        self.ready: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *, port: int | None = None, timeout: float = 240) -> None:
        """Start it and wait until its ready file is there. Raises RuntimeError with the log if it gives up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ready_file = self.folder / "ready.json"
        ready_file.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "konsilium.config.cli", "demo",
            "--port", str(port or free_port()), "--data", str(self.folder / "data"),
            "--ready-file", str(ready_file), *self.arguments,
        ]  # fmt: skip
        with (self.folder / "demo.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
            )
        deadline = time.monotonic() + timeout
        while not ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the demo did not get ready:\n{self.log()[-4000:]}")
            time.sleep(0.1)
        self.ready = json.loads(ready_file.read_text(encoding="utf-8"))

    def stop(self) -> None:
        """SIGTERM, and a wait for the end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log(self) -> str:
        """All that the demo printed."""
        return (self.folder / "demo.log").read_text(encoding="utf-8", errors="replace")
