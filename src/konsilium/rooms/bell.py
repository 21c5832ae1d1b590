"""Tells the tails that there is something to read. A lost bell delays an event by a second, never loses it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Protocol
from uuid import UUID

from django.db import connection, transaction

#: The channel of PostgreSQL's NOTIFY on which processes ring for each other.
CHANNEL = "konsilium_rooms"


class Listener(Protocol):
    """Called from any thread, right after a commit."""

    def ring(self, room_id: UUID) -> None: ...
    def recheck(self, user_id: UUID) -> None: ...


_listeners: tuple[Listener, ...] = ()
_followers: list[Callable[[UUID], None]] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Have `listener` called in this process; returns what ends it."""
    global _listeners  # noqa: PLW0603 -- replaced whole, as writers in other threads may be walking it
    _listeners = (*_listeners, listener)

    def end() -> None:
        global _listeners  # noqa: PLW0603
        _listeners = tuple(other for other in _listeners if other is not listener)

    return end


def ring_on_commit(room_id: UUID) -> None:
    """Once the caller's transaction is durable, let every process look at this room."""
    _notify({"room": str(room_id)})
    transaction.on_commit(partial(_ring, room_id))


def recheck_on_commit(user_id: UUID) -> None:
    """Somebody's rights have changed: once that is durable, their open tails are judged again at once."""
    _notify({"user": str(user_id)})
    transaction.on_commit(partial(_recheck, user_id))
    for follow in _followers:
        # Robust: what was committed is not undone by a follower that fails.
        transaction.on_commit(partial(follow, user_id), robust=True)


def follow_rights(follow: Callable[[UUID], None]) -> None:
    """Have `follow` called, in the process in which it happened, once somebody's changed rights are durable."""
    if follow not in _followers:
        _followers.append(follow)


def _ring(room_id: UUID) -> None:
    for listener in _listeners:
        listener.ring(room_id)


def _recheck(user_id: UUID) -> None:
    for listener in _listeners:
        listener.recheck(user_id)


def _notify(message: dict[str, str]) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(message)])


def hear(payload: str, listener: Listener) -> None:
    """Pass on what another process rang."""
    message = json.loads(payload)
    if "room" in message:
        listener.ring(UUID(message["room"]))
    if "user" in message:
        listener.recheck(UUID(message["user"]))
