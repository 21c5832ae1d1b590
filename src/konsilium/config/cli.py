"""Konsilium's command line. Each command is a module of its own in `commands/`."""

import argparse
import sys
import traceback
from collections.abc import Sequence

from konsilium import __version__
from konsilium.config.commands import COMMANDS
from konsilium.config.options import WrongOption
from konsilium.config.terminal import CannotGoOn


def parser() -> argparse.ArgumentParser:
    """The whole command line, as `--help` and the documentation show it."""
    whole = argparse.ArgumentParser(
        prog="konsilium", description="Live surgery, questions to the theatre and decisions about patients."
    )
    whole.add_argument("--version", action="version", version=f"Konsilium {__version__}")
    choices = whole.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = choices.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except (CannotGoOn, WrongOption) as problem:
        print(f"konsilium: {problem}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except Exception:
        traceback.print_exc()
        print(
            "konsilium: this should not have happened; it is a fault of Konsilium, not yours."
            " Please report it with the lines above.",
            file=sys.stderr,
        )
        return 70  # EX_SOFTWARE of sysexits.h
    return status


if __name__ == "__main__":
    sys.exit(main())
