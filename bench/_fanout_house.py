"""Konsilium's own server, its tail and its log on SQLite, with a thread that makes events as requests do.

Started by `fanout.py`, which says in the environment where the data are.
"""

import asyncio
import sys
import threading
import time
from datetime import datetime
from uuid import UUID

import django
import uvicorn
from pydantic import Field

django.setup()

# Reason for importing here: models can be imported only once Django has been set up by the line above.
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402

from bench._fanout_readers import write_ready  # noqa: E402
from konsilium.config import asgi  # noqa: E402
from konsilium.config.server import LendingProtocol  # noqa: E402
from konsilium.foundation import clock  # noqa: E402
from konsilium.people.models import User  # noqa: E402
from konsilium.rooms.actions import append_event, open_room  # noqa: E402
from konsilium.rooms.decisions import EVERYONE, Nothing, Viewer, person  # noqa: E402
from konsilium.rooms.models import Room  # noqa: E402
from konsilium.rooms.registry import Wire, register_event, register_subject  # noqa: E402

#: Each person has several windows open, as the tail allows.
WINDOWS = 20


class Tick(Wire):
    """An event of the usual size that carries the moment it was made."""

    made: int
    text: str = Field(default="x" * 150)


def resolve(actor: User | None, _subject: UUID, _now: datetime) -> Viewer:
    assert actor is not None
    return Viewer(user_id=actor.pk, name=actor.full_name, tokens=frozenset({EVERYONE, person(actor.pk)}))


def sessions(people: int) -> list[str]:
    cookies = []
    name = settings.SESSION_COOKIE_NAME
    for number in range(people):
        client = Client()
        client.force_login(User.objects.create_user(f"reader{number}@example.org"))
        cookies.append(f"{name}={client.cookies[name].value}")
    return cookies


def serve(room: Room, cookies: list[str], rate: float) -> None:
    config = uvicorn.Config(
        asgi.application, port=0, http=LendingProtocol, loop="uvloop", log_config=None, backlog=4096
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        path = f"/rooms/{room.pk}/events?since=0"
        threading.Thread(target=make_events, args=(room, rate), daemon=True).start()
        paths = [path] * len(cookies)
        write_ready(str(settings.DATA), {"port": port, "paths": paths, "cookies": cookies})
        await running

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


def make_events(room: Room, rate: float) -> None:
    sys.stdin.readline()
    due = time.monotonic()
    while True:
        event = Tick(made=time.time_ns())
        with transaction.atomic():
            append_event(room=room, event=event, audience=[EVERYONE], actor=None, now=clock.now())
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))


def main(readers: int, rate: float) -> None:
    call_command("migrate", verbosity=0)
    register_subject("bench", resolve)
    register_event("bench.tick", Tick, Nothing(), meaning="A benchmark's event.")
    room = open_room(subject=f"bench:{UUID(int=1)}")
    cookies = [cookie for cookie in sessions(-(-readers // WINDOWS)) for _ in range(WINDOWS)]
    serve(room, cookies[:readers], rate)


if __name__ == "__main__":
    main(int(sys.argv[2]), float(sys.argv[3]))
