"""Everything that has to hold: checks, unit tests, both databases, real media, real browsers.

Media and browsers run in real time. What fails there is run once more by itself, and named as unsteady if it then
passes (decision 0027).
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from konsilium.config import packages
from konsilium.config.bootstrap import ROOT
from konsilium.config.commands.check import checks, prepare, python
from konsilium.config.stages import run_stages
from konsilium.config.terminal import CannotGoOn, say

HELP = "all checks and tests, installing what they need"

COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)\b")
FAILURE = re.compile(r"(?:FAILED|ERROR) (\S+)")
#: More than these in one part are no matter of a busy machine.
MOST_UNSTEADY = 4


@dataclass(frozen=True)
class Run:
    """One run of pytest."""

    title: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    in_real_time: bool = False


@dataclass
class Outcome:
    status: int
    counts: Counter[str]
    failures: list[str]
    #: What passed at its second try.
    unsteady: list[str] = field(default_factory=list)

    @property
    def is_worth_another_try(self) -> bool:
        return self.status != 0 and 0 < len(self.failures) <= MOST_UNSTEADY


RUNS = (
    Run("Unit and integration tests, SQLite", ["-n", "2", "-m", "not media and not browser"]),
    Run(
        "Integration tests, PostgreSQL",
        ["-n", "2", "-m", "integration and not media and not browser"],
        {"KONSILIUM_TEST_POSTGRES": "1"},
    ),
    # More of them than cores: they wait for real time to pass more than they work. A file's tests stay together.
    Run(
        "Media tests",
        ["-n", "3", "--dist", "loadfile", "-m", "media and not browser", "--ignore=tests/players"],
        in_real_time=True,
    ),
    Run("Browser tests", ["-m", "browser", "--ignore=tests/players"], in_real_time=True),
    # Apart, because the driver of the browser tests keeps the event loop for itself until its run ends.
    Run("Players that we did not write", ["tests/players"], in_real_time=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fast", action="store_true", help="stop at the first part that fails")


def run(chosen: argparse.Namespace) -> int:
    started = time.monotonic()
    packages.install()
    say("Checks")
    prepare()
    outcomes = run_stages(checks())
    failed = [outcome.stage.title for outcome in outcomes if not outcome.passed]
    totals: Counter[str] = Counter()
    unsteady: list[str] = []
    for part in RUNS:
        if failed and chosen.fast:
            break
        outcome = run_part(part)
        unsteady += outcome.unsteady
        totals += outcome.counts
        if outcome.status:
            failed.append(part.title)
    if not totals["passed"]:
        raise CannotGoOn("No test was run; the folder tests/ is missing or its tests cannot be collected.")
    verdict = f"failed: {', '.join(failed)}" if failed else "all is well"
    say(f"\nWhole run {(time.monotonic() - started) / 60:.1f} min; {verdict}.")
    for name in unsteady:
        say(f"Unsteady, passed at its second try: {name}")
    say(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if failed else 0


def run_part(part: Run) -> Outcome:
    first = _run(part)
    if not (part.in_real_time and first.is_worth_another_try):
        return first
    title = f"{part.title}: what failed, once more and alone"
    again = _run(Run(title, ["-n", "0", *first.failures], part.environment))
    unsteady = [name for name in first.failures if name not in again.failures] if again.counts else []
    counts = first.counts.copy()
    counts["failed"] -= len(unsteady)
    counts["passed"] += len(unsteady)
    return Outcome(again.status, counts, again.failures, unsteady)


def _run(part: Run) -> Outcome:
    """Show pytest's output as it comes and count what its closing line says."""
    say(f"\n{part.title}")
    command = python("pytest", "-q", "--no-header", "--durations=5", *part.arguments)
    last, failures = "", dict[str, None]()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **part.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last = line if line.strip() else last
            if (failure := FAILURE.match(line)) is not None:
                failures[failure[1]] = None
    return Outcome(process.returncode, closing_counts(last), list(failures))


def closing_counts(line: str) -> Counter[str]:
    """What pytest's last line counts; an error of a fixture is a failure."""
    counts: Counter[str] = Counter()
    for number, word in COUNT.findall(line):
        counts["failed" if word.startswith("error") else word] += int(number)
    return counts
