"""Loading a congress from its YAML file (see docs/programme-file.md)."""

import argparse
from pathlib import Path

from konsilium.config.startup import require_migrated, set_up
from konsilium.config.terminal import CannotGoOn, say

HELP = "load a congress from its YAML file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    load = acts.add_parser("load", help="create the congress or bring it up to date; nothing is lost")
    load.description = "create the congress or bring it up to date; nothing is lost"
    load.add_argument("file", type=Path, metavar="FILE", help="the congress, as docs/programme-file.md says")
    load.add_argument("--as", dest="actor", metavar="EMAIL", help="who loads it: the audit trail names them")


def run(chosen: argparse.Namespace) -> int:
    try:
        data = chosen.file.read_bytes()
    except OSError as error:
        raise CannotGoOn(f"{chosen.file} cannot be read: {error.strerror}.") from error
    set_up()
    require_migrated()
    # Models can be imported only now that Django has its settings.
    from konsilium.foundation import clock
    from konsilium.foundation.errors import KonsiliumError
    from konsilium.people.models import User
    from konsilium.programme.actions import load_programme
    from konsilium.programme.loading.issues import WrongProgramme

    actor = None
    if chosen.actor:
        actor = User.objects.filter(email=chosen.actor.lower()).first()
        if actor is None:
            raise CannotGoOn(f"Nobody here has the address {chosen.actor}.")
    try:
        report = load_programme(data=data, file=chosen.file.name, actor=actor, now=clock.now())
    except WrongProgramme as wrong:
        faults = "\n".join(f"  {issue}" for issue in wrong.issues)
        raise CannotGoOn(f"Nothing was loaded. To be put right in the file:\n{faults}") from wrong
    except KonsiliumError as error:
        raise CannotGoOn(f"Nothing was loaded: {error.message}") from error
    say(f"{report.congress} ({report.congress.slug})")
    for title, counts in (
        ("new", report.created),
        ("changed", report.changed),
        ("as before", report.unchanged),
    ):
        if counts:
            say(f"  {title}: " + ", ".join(f"{number} {name}" for name, number in sorted(counts.items())))
    if report.withdrawn:
        say(f"  no longer in the file, withdrawn but kept: {', '.join(report.withdrawn)}")
    for warning in report.warnings:
        say(f"  note: {warning}")
    return 0
