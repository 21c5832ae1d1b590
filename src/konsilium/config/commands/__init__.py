"""The commands, in the order in which `--help` lists them."""

import argparse
from typing import Protocol, cast

from konsilium.config.commands import (
    bench,
    check,
    demo,
    doctor,
    lock,
    programme,
    studio,
    test,
    translations,
    up,
    web,
    withheld,
)


class Command(Protocol):
    """What a command's module offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, chosen: argparse.Namespace) -> int: ...


COMMANDS: dict[str, Command] = {
    module.__name__.rpartition(".")[2]: cast("Command", module)
    for module in (demo, up, web, studio, programme, withheld, doctor, test, check, bench, translations, lock)
}
