"""A short coverage-guided run of each target; README.md says how to run longer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.media

SECONDS = int(os.environ.get("KONSILIUM_FUZZ_SECONDS", "5"))
#: A change is not held up by what a longer run would have found: on CI each target goes the same way every time.
SEED = 1 if "CI" in os.environ else 0


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found_in_a_short_run(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.guided",
            target,
            "--seconds",
            str(SECONDS),
            "--corpus",
            str(tmp_path),
            "--seed",
            str(SEED),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS + 180,
        check=False,
    )
    said = done.stdout + done.stderr
    crashes = [path.name for path in tmp_path.glob("*-*") if not path.name.startswith("seed-")]
    assert done.returncode == 0, said[-3000:]
    assert not [name for name in crashes if name.startswith(("crash-", "timeout-", "oom-", "leak-"))]
    units = next(line for line in said.splitlines() if "number_of_executed_units" in line)
    print(target, units)
    assert int(units.split()[-1]) > 0
