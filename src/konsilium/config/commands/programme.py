"""Loading a congress from its YAML file."""

import argparse
from pathlib import Path

from konsilium.config.startup import set_up
from konsilium.config.terminal import CannotGoOn, say

HELP = "load a congress from its YAML file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    load = acts.add_parser("load", help="create the congress or bring it up to date; nothing is lost")
    load.add_argument("file", type=Path, metavar="FILE")


def run(chosen: argparse.Namespace) -> int:
    set_up()
    from konsilium.programme.actions import load_programme  # after the settings are known

    say(str(load_programme))
    raise CannotGoOn("not yet")
