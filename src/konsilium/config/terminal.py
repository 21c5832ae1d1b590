"""What a command says on the screen: steps with their time, and plain sentences when it cannot go on."""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotGoOn(Exception):
    """The text says what is wrong and what to do, in plain words."""


def say(text: str = "") -> None:
    # In one piece: threads that run tests beside each other say something, too.
    print(f"{text}\n", end="", flush=True)


class Steps:
    """Numbered steps, one line each: `[3/9] Database … 0.4 s`."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        self.number += 1
        width = len(str(self.total))
        print(f"  [{self.number:>{width}}/{self.total}] {title} … ", end="", flush=True)
        current, started = Step(), time.monotonic()
        try:
            yield current
        except BaseException:
            say("failed")
            raise
        note = f" ({current.note})" if current.note else ""
        say(f"{time.monotonic() - started:.1f} s{note}")

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started


class Step:
    """One step under way: what it wants to add to its line, and how far it is."""

    note: str = ""

    def __init__(self) -> None:
        self._shown = 0

    def progress(self, share: float) -> None:
        """Show each tenth that is done, from 0 to 1."""
        while self._shown < min(9, int(share * 10)):
            self._shown += 1
            print(f"{self._shown}0 % ", end="", flush=True)


@contextmanager
def plain_system_errors(what: str, folder: Path) -> Iterator[None]:
    """Turns the system's refusals (full disk, missing right) into sentences."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        reasons = {
            errno.ENOSPC: f"{what}: the disk of {where} is full. Free some space and start again.",
            errno.EDQUOT: f"{what}: your quota on {where} is used up. Free some space and start again.",
            errno.EACCES: f"{what}: {where} may not be written by this user. Give the folder to it, or choose another.",
            errno.EPERM: f"{what}: {where} may not be written by this user. Give the folder to it, or choose another.",
            errno.EROFS: f"{what}: {where} lies on a read-only disk. Choose another folder.",
            errno.ENOTDIR: f"{what}: a part of {where} is a file, not a folder. Choose another folder.",
        }
        if error.errno in reasons:
            raise CannotGoOn(reasons[error.errno]) from error
        raise


def is_interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
