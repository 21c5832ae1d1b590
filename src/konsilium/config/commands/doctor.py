"""What an administrator asks first when something is odd."""

import argparse
import dataclasses
import json
import logging

from konsilium.config.startup import set_up
from konsilium.config.terminal import say

HELP = "look whether everything Konsilium needs is in order"

SIGNS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the findings as JSON")


def run(chosen: argparse.Namespace) -> int:
    options = set_up()
    logging.disable(logging.ERROR)
    from konsilium.config.diagnosis import examine  # after the settings are known

    findings = []
    for finding in examine(options):
        findings.append(finding)
        if not chosen.json:
            say(f"  {SIGNS[finding.level]}  {finding.subject:<14} {finding.text}")
            if finding.level != "ok":
                say(f"        {'':<14} → {finding.advice}")
    failed = sum(finding.level == "fail" for finding in findings)
    warned = sum(finding.level == "warn" for finding in findings)
    if chosen.json:
        say(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        verdict = (
            "Everything is in order."
            if not failed + warned
            else f"{failed} to put right, {warned} to look at."
        )
        say(f"\n{verdict}")
    return 1 if failed else 0
