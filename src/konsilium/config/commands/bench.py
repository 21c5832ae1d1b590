"""One benchmark, beside its limit or its peer. Each is a module of `bench/` with `run(argv) -> int`."""

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import cast

from konsilium.config.bootstrap import ROOT
from konsilium.config.terminal import CannotGoOn

HELP = "measure one thing, beside its limit or its peer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=f"one of: {', '.join(names()) or 'none yet'}")
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="…", help="the benchmark's own arguments; --json"
    )


def names() -> list[str]:
    folder = ROOT / "bench"
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def run(chosen: argparse.Namespace) -> int:
    if chosen.name not in names():
        raise CannotGoOn(f"There is no benchmark “{chosen.name}”. There are: {', '.join(names())}.")
    sys.path.insert(0, str(ROOT))
    measure = cast("Callable[[list[str]], int]", importlib.import_module(f"bench.{chosen.name}").run)
    return measure(chosen.rest)
