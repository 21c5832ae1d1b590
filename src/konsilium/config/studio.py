"""The media plane as a server of its own: no Django, no database, only the plan and the key of the grants."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from logging.config import dictConfig
from pathlib import Path
from typing import Any

from konsilium.config.logs import logging_config
from konsilium.config.options import read_options
from konsilium.config.recordings import recordings_space, recordings_store
from konsilium.config.secrets import secret
from konsilium.config.server import ORIGIN
from konsilium.mediaplane.origin import create_origin
from konsilium.mediaplane.studio import Studio

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger("konsilium.studio")

options = read_options()
dictConfig(logging_config(level=options.log_level))
data = Path(options.data).resolve()
studio = Studio(data, store=recordings_store(options), space=recordings_space(options))
origin = create_origin(studio, secret(data, "media").encode())


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        await origin(scope, receive, send)
        return
    await receive()
    try:
        await studio.start()
    except Exception as error:
        logger.exception("the studio could not start")
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    scope["state"][ORIGIN] = origin
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await studio.stop()
    await send({"type": "lifespan.shutdown.complete"})
