"""One benchmark, beside its limit or its peer. Each is a module of `bench/` with `run(argv) -> int`."""

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import cast

from konsilium.config import packages
from konsilium.config.bootstrap import ROOT
from konsilium.config.terminal import CannotGoOn, say

HELP = "measure one thing, beside its limit or its peer; ends with 1 if the limit is missed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="which one: a file of bench/; without it, their names", nargs="?"
    )
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="…", help="the benchmark's own arguments; --json"
    )


def names() -> list[str]:
    """The modules of `bench/` that measure; the others help them."""
    files = (ROOT / "bench").glob("*.py")
    return sorted(path.stem for path in files if "\ndef run(" in path.read_text(encoding="utf-8"))


def run(chosen: argparse.Namespace) -> int:
    if chosen.name is None:
        say("\n".join(names()))
        return 0
    if chosen.name not in names():
        raise CannotGoOn(f"There is no benchmark “{chosen.name}”. There are: {', '.join(names())}.")
    sys.path.insert(0, str(ROOT))
    module = importlib.import_module(f"bench.{chosen.name}")
    packages.install([need for need in packages.NEEDS if need.package in getattr(module, "PACKAGES", ())])
    measure = cast("Callable[[list[str]], int]", module.run)
    return measure(chosen.rest)
