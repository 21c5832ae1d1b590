"""What the layers above know of people: whom to tell when somebody's rights change, and where somebody belongs.

Filled in `AppConfig.ready`.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from konsilium.people.models import User

Follow = Callable[[UUID], None]

#: The address of the page where somebody belongs now; empty if nowhere in particular.
Landing = Callable[[User, datetime], str]

_rights: list[Follow] = []
_landings: list[Landing] = []


def register_rights_changed(follow: Follow) -> None:
    """Let `follow` know, in the transaction that changes them, whose rights change: open rooms judge them anew."""
    if follow not in _rights:
        _rights.append(follow)


def rights_changed(user_id: UUID) -> None:
    for follow in _rights:
        follow(user_id)


def register_landing(find: Landing) -> None:
    """Let `find` say where somebody goes who has just signed in and asked for no page."""
    if find not in _landings:
        _landings.append(find)


def landing_of(user: User, now: datetime) -> str:
    """Where somebody goes who has just signed in: the first answer, else the home page."""
    return next((address for find in _landings if (address := find(user, now))), "/")
