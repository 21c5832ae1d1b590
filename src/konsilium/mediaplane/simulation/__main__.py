"""The simulated theatre as a program: `python -m konsilium.mediaplane.simulation DATA_DIR`.

Sends a scene to every stand-in door of the plan, and follows the plan when it changes.
"""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from konsilium.mediaplane.plan import Plan
from konsilium.mediaplane.settings import StudioSettings
from konsilium.mediaplane.simulation.sender import Sender, Simulator, senders_of

log = logging.getLogger("konsilium.simulation")

_LOOK_S = 0.5


def _wanted(plan: Path, before: tuple[Sender, ...]) -> tuple[Sender, ...]:
    try:
        return senders_of(Plan.model_validate_json(plan.read_bytes()))
    except (OSError, ValidationError):
        return before


async def run(data_dir: Path) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    path = StudioSettings.of(data_dir).plan
    senders: tuple[Sender, ...] = ()
    simulator: Simulator | None = None
    while not over.is_set():
        wanted = _wanted(path, senders)
        if wanted != senders:
            if simulator is not None:
                await simulator.stop()
            senders, simulator = wanted, Simulator(data_dir, wanted)
            await simulator.start()
            log.info("sending %s", ", ".join(sender.feed for sender in senders))
        try:
            await asyncio.wait_for(over.wait(), _LOOK_S)
        except TimeoutError:
            continue
    if simulator is not None:
        await simulator.stop()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    asyncio.run(run(Path(sys.argv[1])))
