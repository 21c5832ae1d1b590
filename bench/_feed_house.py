"""The house's side of `bench feed`: a studio by itself, with one theatre of so many feeds and one channel.

In the event loop that `konsilium studio` and `konsilium up` have it run in.
"""

import asyncio
import json
import sys
from pathlib import Path

import uvloop

from konsilium.mediaplane.studio import Studio

FEEDS_KEYS = ("endoscope", "overview", "ultrasound", "monitor", "microscope", "x-ray", "table", "room")


def plan_of(ports: list[int], passphrase: str, ladder: str) -> dict[str, object]:
    keys = FEEDS_KEYS[: len(ports)]
    doors = [
        {"id": f"theatre.{key}", "port": port, "passphrase": passphrase, "latency_ms": 120}
        for key, port in zip(keys, ports, strict=True)
    ]
    feeds = [{"key": key, "door": f"theatre.{key}", "title": key.title()} for key in keys]
    channel = {"id": "operation", "state": "live", "sound": keys[0], "feeds": feeds}
    return {"version": 1, "doors": doors, "channels": [channel], "ladder": {"use": ladder}}


async def main(folder: Path, ports: list[int], passphrase: str, ladder: str) -> None:
    studio = Studio(folder)
    studio.settings.folder.mkdir(parents=True, exist_ok=True)
    studio.settings.plan.write_text(json.dumps(plan_of(ports, passphrase, ladder)))
    await studio.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], sys.argv[4]))
