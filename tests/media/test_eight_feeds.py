"""Everything a theatre may have: eight feeds, each with its own door, started and stopped on their own."""

import asyncio
from pathlib import Path

from konsilium.mediaplane.hls import Timeline
from tests.media.conftest import Clip
from tests.media.evidence import stretches
from tests.media.theatre import FEED, PASSPHRASE, Theatre, free_udp_port, shows_signal

KEYS = (FEED, "overview", "ultrasound", "monitor", "microscope", "x-ray", "table", "room")
LEAVES = "monitor"


class FullTheatre(Theatre):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ports = {key: free_udp_port() for key in KEYS}
        self.open_only(KEYS)

    def open_only(self, opened: tuple[str, ...]) -> None:
        doors = [
            {"id": f"theatre-1.{key}", "port": port, "passphrase": f"{PASSPHRASE} {key}", "latency_ms": 60}
            for key, port in self.ports.items()
        ]
        self.plan["doors"] = [door | {"closed": str(door["id"])[10:] not in opened} for door in doors]

    def write_all(self) -> None:
        self.write_plan(
            feeds=[{"key": key, "door": f"theatre-1.{key}", "title": key.title()} for key in KEYS]
        )

    def of(self, key: str) -> Timeline:
        timeline = self.channel.timeline(key)
        assert timeline is not None
        return timeline


async def test_eight_feeds_are_live_together_and_one_goes_by_itself(tmp_path: Path, clip_of: Clip) -> None:
    async with FullTheatre(tmp_path) as theatre:
        theatre.write_all()
        await theatre.until(lambda: set(theatre.channel.kinds) >= set(KEYS), what="eight feeds")
        await asyncio.sleep(0.5)
        for key, port in theatre.ports.items():
            await theatre.send(clip_of("plain"), port=port, passphrase=f"{PASSPHRASE} {key}")
        took = await theatre.until(
            lambda: all(shows_signal(theatre.of(key)) for key in KEYS), within=15, what="eight pictures"
        )
        print(f"eight pictures after {took:.1f} s")
        await asyncio.sleep(1.5)
        theatre.open_only(tuple(key for key in KEYS if key != LEAVES))
        theatre.write_all()
        await theatre.until(lambda: not shows_signal(theatre.of(LEAVES)), within=4, what="the slate")
        ends = {key: theatre.of(key).end for key in KEYS}
        await asyncio.sleep(1.5)
        for key in KEYS:
            assert theatre.of(key).end > ends[key] + 90_000
            shown = len(stretches(theatre.of(key)))
            assert (key, shown) == (key, 3 if key == LEAVES else 2), "slate, picture, and slate where it left"
        assert shows_signal(theatre.sound)
        theatre.open_only(KEYS)
        theatre.write_all()
        await asyncio.sleep(0.5)
        await theatre.send(clip_of("plain"), port=theatre.ports[LEAVES], passphrase=f"{PASSPHRASE} {LEAVES}")
        await theatre.until(lambda: shows_signal(theatre.of(LEAVES)), within=5, what="its picture again")
