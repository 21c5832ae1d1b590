"""The supervisor with real processes: what dies comes back, and everything ends together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from konsilium.config.supervisor import Program, Supervisor, pause_before_restart


@pytest.mark.parametrize(
    ("lived", "early_deaths", "pause"), [(60, 0, 0), (1, 1, 0), (1, 2, 0.5), (1, 3, 1), (1, 12, 10)]
)
def test_pauses_grow_for_what_keeps_dying(lived: float, early_deaths: int, pause: float) -> None:
    assert pause_before_restart(lived, early_deaths) == pause


def _beat(folder: Path) -> Program:
    """A program that says its number and lives on."""
    code = f"import os, time; open({str(folder)!r} + '/' + str(os.getpid()), 'w').close(); time.sleep(60)"
    return Program("beat", [sys.executable, "-c", code])


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_killed_child_comes_back_and_all_end_together(tmp_path: Path) -> None:
    supervisor = Supervisor()
    supervisor.start(_beat(tmp_path))
    try:
        assert supervisor.wait(lambda: len(list(tmp_path.iterdir())) == 1, timeout=20)
        first = int(next(tmp_path.iterdir()).name)
        os.kill(first, signal.SIGKILL)
        assert supervisor.wait(lambda: len(list(tmp_path.iterdir())) == 2, timeout=20)
    finally:
        supervisor.stop()
    assert not any(_is_alive(int(path.name)) for path in tmp_path.iterdir())


def test_children_end_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import sys; from konsilium.config.supervisor import *\n"
        f"s = Supervisor(); s.start(Program('beat', {list(_beat(tmp_path).command)!r})); s.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 20
    while not list(tmp_path.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    child = int(next(tmp_path.iterdir()).name)
    parent.kill()
    parent.wait()
    while _is_alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _is_alive(child)
