"""An origin to be killed: `python -m tests.media.edge_origin PORT`, a channel of slate that goes on by itself."""

import asyncio
import sys
from datetime import UTC, datetime

import uvicorn

from konsilium.config.server import LendingProtocol, MediaServer
from tests.mediaplane.origin.http import Origin, application_of


async def main(port: int) -> None:
    origin = Origin(now=datetime.now(UTC))
    config = uvicorn.Config(
        application_of(origin.app), port=port, http=LendingProtocol, lifespan="on", log_config=None, ws="none"
    )
    serving = asyncio.create_task(MediaServer(config).serve())
    while not serving.done():
        origin.now = datetime.now(UTC)
        origin.channel.tick(origin.now)
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
