"""Whom to tell, in the layers above, when what somebody may do has changed. Filled in `AppConfig.ready`."""

from collections.abc import Callable
from uuid import UUID

Follow = Callable[[UUID], None]

_rights: list[Follow] = []


def register_rights_changed(follow: Follow) -> None:
    """Let `follow` know, in the transaction that changes them, whose rights change: open rooms judge them anew."""
    if follow not in _rights:
        _rights.append(follow)


def rights_changed(user_id: UUID) -> None:
    for follow in _rights:
        follow(user_id)
