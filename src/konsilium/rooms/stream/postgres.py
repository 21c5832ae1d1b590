"""Hears the bells of other processes: PostgreSQL's LISTEN, on one connection that comes back by itself."""

import asyncio
import logging
from collections.abc import Callable

import psycopg
from django.db import connections

from konsilium.rooms.bell import CHANNEL

logger = logging.getLogger("konsilium.rooms")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


async def listen_forever(*, hear: Callable[[str], None], connected: Callable[[], None]) -> None:
    """Pass on every bell; `connected` is called each time it begins, as bells before that were lost."""
    pause = FIRST_PAUSE
    while True:
        try:
            async with await _connect() as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                connected()
                pause = FIRST_PAUSE
                async for notification in connection.notifies():
                    hear(notification.payload)
        except psycopg.OperationalError as error:
            logger.warning("the database's bell is out of reach", extra={"error": type(error).__name__})
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _connect() -> psycopg.AsyncConnection[tuple[object, ...]]:
    where = connections["default"].settings_dict
    return await psycopg.AsyncConnection.connect(
        dbname=where["NAME"],
        user=where["USER"] or None,
        password=where["PASSWORD"] or None,
        host=where["HOST"] or None,
        port=where["PORT"] or None,
        autocommit=True,
        connect_timeout=5,
        keepalives_idle=15,
        application_name="konsilium tail",
    )
