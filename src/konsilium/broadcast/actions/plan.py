"""Handing the plan to the media plane."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from konsilium.broadcast.plan import current_plan
from konsilium.broadcast.queries import studio_folder
from konsilium.foundation import clock
from konsilium.mediaplane.plan import Plan


def write_plan() -> None:
    """Write the plan for the media plane, whole or not at all.

    The lock makes the last writer the one that read last, so an older plan never replaces a newer one.
    """
    with _alone() as folder:
        _write(folder, _following(folder))


def refresh_plan() -> bool:
    """Write the plan if time alone has changed it (a drained channel, a bar that is over); True if it did."""
    with _alone() as folder:
        plan = _following(folder)
        try:
            written = Plan.model_validate_json((folder / "plan.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            written = None
        if written is not None and written == plan.model_copy(update={"version": written.version}):
            return False
        _write(folder, plan)
        return True


@contextmanager
def _alone() -> Iterator[Path]:
    folder = studio_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "plan.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _following(folder: Path) -> Plan:
    return current_plan(version=_version_in(folder) + 1, now=clock.now())


def _version_in(folder: Path) -> int:
    """Of the plan that lies there, in whatever form an earlier release wrote it; 0 if none can be read."""
    try:
        return int(json.loads((folder / "plan.json").read_bytes())["version"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def _write(folder: Path, plan: Plan) -> None:
    draft = folder / "plan.json.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(plan.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / "plan.json")
