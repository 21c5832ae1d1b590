"""The ASGI application: the web plane, the live plane and, on one server, the media plane.

Each plane is an ASGI application of its own; this file only decides by the path which one answers, and
starts and stops what runs beside the requests.
"""

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konsilium.config.settings")

from django.core.asgi import get_asgi_application

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

django = get_asgi_application()

# Reason for importing here: models can be imported only once Django has been set up by the line above.
from django.conf import settings  # noqa: E402

from konsilium.broadcast.tasks import watch_studio  # noqa: E402
from konsilium.config.limits import BodyLimit  # noqa: E402
from konsilium.config.recordings import recordings_space, recordings_store  # noqa: E402
from konsilium.config.server import ORIGIN  # noqa: E402
from konsilium.mediaplane.origin import create_origin  # noqa: E402
from konsilium.mediaplane.studio import Studio  # noqa: E402
from konsilium.rooms.stream import create_tail  # noqa: E402

logger = logging.getLogger("konsilium.asgi")

TAIL_PATH = re.compile(r"/rooms/[0-9a-f-]{36}/events")
web = BodyLimit(django)  # type: ignore[arg-type]  # Django types its own messages more narrowly
tail = create_tail()
studio = (
    Studio(settings.DATA, store=recordings_store(settings.OPTIONS), space=recordings_space(settings.OPTIONS))
    if settings.OPTIONS.studio == "inside"
    else None
)
origin = create_origin(studio, settings.MEDIA_GRANT_KEY) if studio else None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to its plane."""
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif TAIL_PATH.fullmatch(scope["path"]):
        await tail(scope, receive, send)
    elif origin is not None and scope["path"].startswith("/media/"):
        await origin(scope, receive, send)
    else:
        await web(scope, receive, send)


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Start what runs beside the requests, and stop it when the server stops."""
    await receive()
    async with AsyncExitStack() as running:
        try:
            await start(running)
        except Exception as error:
            logger.exception("the server could not start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        if origin is not None:
            scope["state"][ORIGIN] = origin
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def start(running: AsyncExitStack) -> None:
    """Start the tail, the watch on the studio and the studio itself; `running` stops them in reverse order."""
    await tail.start()
    running.push_async_callback(tail.stop)
    watch = asyncio.create_task(watch_studio())
    running.push_async_callback(_cancel, watch)
    if studio is not None:
        await studio.start()
        running.push_async_callback(studio.stop)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
