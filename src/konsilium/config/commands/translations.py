"""Keeping the translations whole."""

import argparse

from konsilium.config.terminal import say

HELP = "translations: collect new strings, check that none is missing, compile"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "act",
        choices=("update", "check", "compile"),
        help="update: collect the strings of the code into the .po files; check: say what is missing or wrong;"
        " compile: write what the server reads",
    )


def run(chosen: argparse.Namespace) -> int:
    from konsilium.config import i18n  # its libraries take half a second that no other command should pay

    if chosen.act == "update":
        for line in i18n.update():
            say(f"  {line}")
        return 0
    if chosen.act == "compile":
        i18n.compile_catalogues()
        return 0
    faults = i18n.faults()
    for fault in faults:
        say(f"  {fault}")
    total = len(i18n.collect().messages)
    say(f"{total} strings in {len(i18n.LANGUAGES)} languages, {len(faults)} faults.")
    return 1 if faults else 0
