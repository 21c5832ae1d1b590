"""Konsilium's own server, its tail and its log on SQLite, with a thread that makes events as requests do."""

import asyncio
import os
import sys
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bench._fanout_readers import write_ready

if TYPE_CHECKING:
    from konsilium.people.models import User
    from konsilium.rooms.models import Room

#: Each person has several windows open, as the tail allows.
WINDOWS = 20


def main(folder: str, readers: int, rate: float) -> None:
    os.environ.update(KONSILIUM_DATA=folder, KONSILIUM_STUDIO="outside", KONSILIUM_LOG_LEVEL="warning")
    os.environ["DJANGO_SETTINGS_MODULE"] = "konsilium.config.settings"
    # Reason for importing here and below: the settings are read from the environment above.
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    room = _room()
    cookies = [cookie for cookie in _sessions(-(-readers // WINDOWS)) for _ in range(WINDOWS)][:readers]
    _serve(folder, room, cookies, rate)


def _room() -> "Room":
    from pydantic import Field

    from konsilium.rooms.actions import open_room
    from konsilium.rooms.decisions import EVERYONE, Nothing, Viewer, person
    from konsilium.rooms.registry import Wire, register_event, register_subject

    class Tick(Wire):
        made: int
        text: str = Field(default="x" * 150)

    def resolve(actor: "User | None", _subject: UUID, _now: datetime) -> Viewer:
        assert actor is not None
        return Viewer(
            user_id=actor.pk, name=actor.full_name, tokens=frozenset({EVERYONE, person(actor.pk)})
        )

    register_subject("bench", resolve)
    register_event("bench.tick", Tick, Nothing(), meaning="A benchmark's event.")
    _room.tick = Tick  # type: ignore[attr-defined]
    return open_room(subject=f"bench:{UUID(int=1)}")


def _sessions(people: int) -> list[str]:
    from django.conf import settings
    from django.test import Client

    from konsilium.people.models import User

    cookies = []
    for number in range(people):
        client = Client()
        client.force_login(User.objects.create_user(f"reader{number}@example.org"))
        name = settings.SESSION_COOKIE_NAME
        cookies.append(f"{name}={client.cookies[name].value}")
    return cookies


def _serve(folder: str, room: "Room", cookies: list[str], rate: float) -> None:
    import uvicorn

    from konsilium.config import asgi
    from konsilium.config.server import LendingProtocol

    config = uvicorn.Config(
        asgi.application, port=0, http=LendingProtocol, loop="uvloop", log_config=None, backlog=4096
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        path = f"/rooms/{room.pk}/events?since=0"
        threading.Thread(target=_make_events, args=(room, rate), daemon=True).start()
        write_ready(folder, {"port": port, "paths": [path] * len(cookies), "cookies": cookies})
        await running

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


def _make_events(room: "Room", rate: float) -> None:
    from django.db import transaction

    from konsilium.foundation import clock
    from konsilium.rooms.actions import append_event
    from konsilium.rooms.decisions import EVERYONE

    tick: Any = _room.tick  # type: ignore[attr-defined]
    sys.stdin.readline()
    due = time.monotonic()
    while True:
        made = time.time_ns()
        with transaction.atomic():
            append_event(
                room=room, event=tick(made=made), audience=[EVERYONE], actor=None, now=clock.now()
            )
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
