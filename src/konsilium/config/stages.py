"""Running checks side by side and showing what came of them."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from konsilium.config.bootstrap import ROOT
from konsilium.config.terminal import say


@dataclass(frozen=True)
class Stage:
    """One check: a command whose exit status 0 means that all is well."""

    title: str
    command: Sequence[str]
    folder: Path = ROOT
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    stage: Stage
    passed: bool
    seconds: float
    output: str = field(repr=False)


def run_stage(stage: Stage) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        stage.command,
        cwd=stage.folder,
        env=dict(stage.environment) if stage.environment is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(stage, done.returncode == 0, time.monotonic() - started, done.stdout.strip())


def run_stages(stages: Sequence[Stage], *, at_once: int = 2) -> list[Outcome]:
    """Run them `at_once` at a time, in the given order; a line for each as it ends, output of those that failed."""
    outcomes: list[Outcome] = []
    width = max(len(stage.title) for stage in stages)
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        for future in as_completed([pool.submit(run_stage, stage) for stage in stages]):
            outcome = future.result()
            outcomes.append(outcome)
            word = "ok" if outcome.passed else "FAILED"
            say(
                f"  {outcome.stage.title:<{width}}  {outcome.seconds:6.1f} s  {word}  {_last_line(outcome)}".rstrip()
            )
    for outcome in outcomes:
        if not outcome.passed:
            say(f"\n── {outcome.stage.title} " + "─" * max(0, 100 - len(outcome.stage.title)))
            say(outcome.output)
    return outcomes


def _last_line(outcome: Outcome) -> str:
    """pytest's closing line says how much was tested; the other tools' last words are of no use when all is well."""
    last = outcome.output.rpartition("\n")[2].strip("= ")
    return last if outcome.passed and " passed" in last else ""
