"""Freed buffers of the size of a part go back to the system, whatever small things lie between them."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
from konsilium.config.allocator import give_memory_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "yes":
    assert give_memory_back()
# One that is freed makes glibc raise its threshold.
large = bytes(2_000_000)
del large
before = resident()
kept, passing = [], []
for number in range(600):
    passing.append(b"x" * (90_000 + number))
    kept.append(b"y" * 600)
held = resident() - before
passing.clear()
print((resident() - before) / held)
"""


def left(setting: str) -> float:
    """The share of what was freed that the process still holds."""
    run = subprocess.run([sys.executable, "-c", PROGRAM, setting], capture_output=True, text=True, check=True)
    return float(run.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_what_was_freed_is_given_back() -> None:
    assert left("no") > 0.5, "this C library does it by itself: the setting is not needed any more"
    assert left("yes") < 0.1
