"""Reading a programme file: bytes in, a plan or every reason why not out. No database, no clock.

`source` reads bytes to a tree whose lines are known, `check` makes of it a valid `schema.ProgrammeFile`, and
`resolve` gives every slot its moment.
"""

from datetime import datetime

from konsilium.programme.loading.check import checked
from konsilium.programme.loading.issues import Issue, WrongProgramme
from konsilium.programme.loading.resolve import Plan, resolved
from konsilium.programme.loading.source import read_source

__all__ = ["Issue", "Plan", "WrongProgramme", "read_programme"]


def read_programme(data: bytes, *, file: str, now: datetime) -> Plan:
    """The plan that the file holds; its relative dates count from `now`."""
    source = read_source(data, file)
    return resolved(checked(source), source, now=now)
