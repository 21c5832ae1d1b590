"""The process that sends the simulated theatre into the demo's doors. Arguments: data folder, folder of the scenes."""

import asyncio
import signal
import sys
from pathlib import Path

from konsilium.mediaplane.plan import Plan
from konsilium.mediaplane.simulation import Sender, Simulator, senders_of


def senders(data: Path) -> tuple[Sender, ...]:
    """One for each feed of the plan."""
    return senders_of(Plan.model_validate_json((data / "studio" / "plan.json").read_text(encoding="utf-8")))


async def _simulate(data: Path, scenes: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    simulator = Simulator(scenes, senders(data))
    await simulator.start()
    await stop.wait()
    await simulator.stop()


if __name__ == "__main__":
    asyncio.run(_simulate(Path(sys.argv[1]), Path(sys.argv[2])))
