"""`./konsilium demo` as a process: ready file, restart of what dies, second start, clean end, plain refusals."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

PROMISED = {"organiser", "moderator", "surgeon", "advocate", "delegate", "second_delegate"}
#: Long, because the first start on a machine draws the theatre.
PATIENCE = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < patience, "waited too long"
        time.sleep(0.1)
    return time.monotonic() - started


class Demo:
    def __init__(self, folder: Path, port: int) -> None:
        self.ready = folder / "ready.json"
        self.data = folder / "data"
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    def command(self, *more: str) -> list[str]:
        options = ["--port", str(self.port), "--data", str(self.data), "--ready-file", str(self.ready)]
        return [sys.executable, "-m", "konsilium.config.cli", "demo", *options, *more]

    def start(self) -> dict[str, object]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KONSILIUM_")}
        # An address of a real installation in the environment must not be touched.
        environment["KONSILIUM_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/nothing"
        self.process = subprocess.Popen(
            self.command(), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        until(lambda: self.ready.exists() or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()[0]
        result: dict[str, object] = json.loads(self.ready.read_text())
        return result

    def children(self) -> list[int]:
        assert self.process is not None
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in listed.split()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, float]:
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        output = self.process.communicate(timeout=30)[0]
        return output, time.monotonic() - started


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"), free_port())
    yield demo
    if demo.process is not None and demo.process.poll() is None:
        demo.process.kill()
        demo.process.wait()


def _is_up(demo: Demo) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{demo.port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_life_of_a_demo(demo: Demo) -> None:
    ready = demo.start()
    assert ready["url"] == f"http://127.0.0.1:{demo.port}"
    logins = ready["logins"]
    assert isinstance(logins, dict)
    assert set(logins) >= PROMISED
    assert len(set(logins.values())) == len(logins)
    assert str(ready["live_room"]).startswith(f"http://127.0.0.1:{demo.port}/operations/")
    ingest = ready["ingest"]
    assert isinstance(ingest, dict)
    assert all(str(door["srt"]).startswith("srt://127.0.0.1:") for door in ingest.values())

    # What dies comes back.
    assert len(demo.children()) == 2
    os.kill(demo.children()[0], signal.SIGKILL)
    until(lambda: not _is_up(demo), 10)
    until(lambda: _is_up(demo), 60)

    # A second demo on the same folder, and another one on the same port, are told so.
    again = subprocess.run(demo.command(), capture_output=True, text=True, timeout=60, check=False)
    assert (again.returncode, "A demo already runs on" in again.stderr) == (1, True)
    elsewhere = [str(demo.data) if word == str(demo.data) else word for word in demo.command()]
    elsewhere[elsewhere.index("--data") + 1] = str(demo.data.parent / "other")
    elsewhere[elsewhere.index("--ready-file") + 1] = str(demo.data.parent / "other.json")
    busy = subprocess.run(elsewhere, capture_output=True, text=True, timeout=60, check=False)
    assert (busy.returncode, f"Port {demo.port}" in busy.stderr, "--port" in busy.stderr) == (1, True, True)

    # It ends quickly and leaves nothing behind.
    children = demo.children()
    output, seconds = demo.stop()
    assert seconds < 10
    assert demo.process is not None
    assert demo.process.returncode == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not demo.ready.exists()
    assert all(link in output for link in logins.values())

    # The next start is quick, keeps the room and makes new links; SIGKILL takes the children along.
    second = demo.start()
    assert second["live_room"] == ready["live_room"]
    assert isinstance(second["logins"], dict)
    assert not set(second["logins"].values()) & set(logins.values())
    children = demo.children()
    demo.stop(signal.SIGKILL)
    until(lambda: not any(_runs(child) for child in children), 10)


def _runs(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    command = [sys.executable, "-m", "konsilium.config.cli", "demo", "--port", str(free_port())]
    done = subprocess.run(
        [*command, "--data", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "holds something else" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]
