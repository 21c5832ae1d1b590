"""Who asks for a tail, and may they have it. Runs in threads: everything here reads the database."""

import contextlib
import io
import threading
from collections.abc import Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections, connections
from django.utils import translation

from konsilium.foundation import clock
from konsilium.foundation.errors import KonsiliumError
from konsilium.people.models import User
from konsilium.rooms.access import access_room
from konsilium.rooms.decisions import Viewer

Scope = MutableMapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Admission:
    """That somebody may follow a room, and by which session they came."""

    room_id: UUID
    session_key: str | None
    viewer: Viewer


@dataclass(frozen=True, kw_only=True)
class Denial:
    """Why not: status, code and a sentence in the reader's language."""

    status: int
    code: str
    message: str


def admit(scope: Scope, room_id: UUID) -> Admission | Denial:
    """Judge a request by its session cookie."""
    request = ASGIRequest(scope, io.BytesIO())
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    user = user_of(session_key)
    language = (user.language if user else "") or translation.get_language_from_request(request)
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        language = translation.get_language_from_request(request)
    with translation.override(language):
        return _judged(user, room_id, session_key)


def readmit(admission: Admission) -> Admission | Denial:
    """Judge somebody again who is here already: sessions end, licences are withdrawn, teams change."""
    return _judged(user_of(admission.session_key), admission.room_id, admission.session_key)


def _judged(user: User | None, room_id: UUID, session_key: str | None) -> Admission | Denial:
    try:
        _room, viewer = access_room(user, room_id, clock.now())
    except KonsiliumError as error:
        return Denial(status=error.status, code=error.code, message=str(error.message))
    return Admission(room_id=room_id, session_key=session_key, viewer=viewer)


def user_of(session_key: str | None) -> User | None:
    """Whose session it is; a session ends with sign-out, with its time and with a change of password."""
    if not session_key:
        return None
    request = ASGIRequest({"type": "http", "method": "GET", "path": "/", "headers": []}, io.BytesIO())
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def with_database(read: Callable[[], T]) -> T:
    """Run a function of a thread of ours, whose connection nobody else looks after."""
    close_old_connections()
    try:
        return read()
    finally:
        close_old_connections()


def close_down(threads: ThreadPoolExecutor) -> None:
    """End a pool of ours with the connections of its threads: they meet, so that each closes its own."""
    meeting = threading.Barrier(threads._max_workers)  # noqa: SLF001 -- what the pool was made with

    def close() -> None:
        connections.close_all()
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(2)

    for _ in range(meeting.parties):
        threads.submit(close)
    threads.shutdown(wait=True)
