"""Following a plan: its file is looked at often, and what could not be done is told and done later."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from pydantic import ValidationError

from konsilium.mediaplane.plan import Plan

log = logging.getLogger(__name__)

P = ParamSpec("P")

_NO_JSON = "The plan cannot be read; what ran before goes on. First fault: {fault}"
_IN_PART = "The plan is followed in part; the rest is tried again: {faults}."


class PlanFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        #: Why the newest one is not followed, or nothing.
        self.fault = ""

    def look(self) -> Plan | None:
        """The plan, if it is another one than at the last look and can be read."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if mark == self._seen:
            return None
        try:
            text = self._path.read_bytes()
        except OSError as error:
            log.warning("the plan cannot be opened: %s", error.strerror)
            return None
        self._seen = mark
        try:
            plan = Plan.model_validate_json(text)
        except ValidationError as error:
            self.fault = _NO_JSON.format(fault=_first_fault(error))
            log.error("%s", self.fault)  # noqa: TRY400 - its trace would show the plan's passphrases
            return None
        self.fault = ""
        return plan


class Faults:
    """One step that fails must keep no other from being done: a stop least of all."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._known: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def __str__(self) -> str:
        faults = "; ".join(f"{what} ({why})" for what, why in self._found.items())
        return _IN_PART.format(faults=faults) if faults else ""

    def begin(self) -> None:
        """All of it is tried again; what fails as it did before is not logged once more."""
        self._known, self._found = self._found, {}

    def attempt(self, what: str, step: Callable[P, object], *values: P.args, **named: P.kwargs) -> None:
        try:
            step(*values, **named)
        except Exception as error:
            why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
            if self._known.get(what) != why:
                log.exception("the plan is not followed: %s", what)
            self._found[what] = why


def _first_fault(error: ValidationError) -> str:
    """Without the values: passphrases are among them."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in fault["loc"])
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])
