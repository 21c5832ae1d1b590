"""The real studio with doors that no encoder calls: what comes in is handed over by the test."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from konsilium.mediaplane import studio as studio_module
from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.encoder.outlet import Outlet
from konsilium.mediaplane.encoder.slate import Slates
from konsilium.mediaplane.hls import SOUND
from konsilium.mediaplane.plan import ChannelPlan, DoorPlan, FeedPlan, Plan
from konsilium.mediaplane.rounds import rounds
from konsilium.mediaplane.status import DoorStatus
from konsilium.mediaplane.studio import Studio
from tests.mediaplane.hls_factory import (
    OTHER_FRAME,
    clear_parts,
    init_of,
    key_frame,
    picture,
    silence,
    slate,
    sound,
)

#: What `picture` and `sound` are recognised by once they are in a timeline.
LIVE = (key_frame(), OTHER_FRAME, b"aaac")


class FakeClock:
    correction = 0.0

    def __init__(self, base: datetime) -> None:
        self._base = base

    def wall(self, time: int, timescale: int) -> datetime:
        return self._base + timedelta(seconds=time / timescale)


class FakeFeed:
    """A door through which the test speaks."""

    thumbnail = None
    essence = ()

    def __init__(self, door: DoorPlan, **_options: object) -> None:
        self.plan = door
        self.outlets = {kind: Outlet(kind) for kind in Kind}
        self.low_outlets = {kind: Outlet(kind) for kind in Kind}
        self.closed = False
        self._began: datetime | None = None

    def start(self, after: Sequence[object] = ()) -> None:
        pass

    async def stop(self) -> None:
        self.closed = True

    @property
    def status(self) -> DoorStatus:
        return DoorStatus(signal="none", since=datetime.now(UTC))

    def begin(self) -> None:
        """An encoder calls."""
        self._began = datetime.now(UTC)
        clock: Any = FakeClock(self._began)
        self.outlets[Kind.VIDEO].begin(init_of(Kind.VIDEO), clock=clock)
        self.outlets[Kind.AUDIO].begin(init_of(Kind.AUDIO, timescale=48_000), clock=clock)
        self._coming = {Kind.VIDEO: picture(gop=6), Kind.AUDIO: sound(frames=1)}
        self._next = {kind: next(source) for kind, source in self._coming.items()}

    def go_on(self) -> None:
        """What has been taken by now comes in."""
        assert self._began is not None
        taken = (datetime.now(UTC) - self._began).total_seconds()
        for kind, source in self._coming.items():
            while (fragment := self._next[kind]).decode_time / fragment.timescale <= taken:
                self.outlets[kind].add(fragment, arrival=taken)
                self._next[kind] = next(source)


def door(name: str, port: int = 20_000) -> DoorPlan:
    return DoorPlan(id=name, port=port, passphrase="x" * 12)


def channel(name: str = "op-1", state: str = "live", door: str = "h.endo", **more: object) -> ChannelPlan:
    feed = FeedPlan(key="endo", door=door, title="Endoscope")
    return ChannelPlan.model_validate(
        {"id": name, "state": state, "sound": "endo", "feeds": (feed,), **more},
    )


def plan(*channels: ChannelPlan, version: int = 1, **more: object) -> Plan:
    doors = {feed.door for one in channels for feed in one.feeds} | {"h.endo"}
    made = tuple(door(name, 20_000 + number) for number, name in enumerate(sorted(doors)))
    return Plan.model_validate({"version": version, "doors": made, "channels": channels, **more})


def write(studio: Studio, plan: Plan) -> None:
    """As the web plane does: another file each time."""
    draft = studio.settings.plan.with_suffix(".new")
    draft.write_text(plan.model_dump_json(), encoding="utf-8")
    draft.replace(studio.settings.plan)


@asynccontextmanager
async def running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """Started, and looking at its plan only when the test says so."""
    monkeypatch.setattr(studio_module, "Feed", FakeFeed)
    monkeypatch.setattr(studio_module, "has_nvenc", lambda: False)
    monkeypatch.setattr(studio_module, "prepare_slates", lambda _path: Slates(slate(), slate(), silence()))
    studio = Studio(folder)
    await studio.start()
    assert studio._listener is not None
    rounds().leave(studio._listener)
    try:
        yield studio
    finally:
        await studio.stop()


def feed_of(studio: Studio, name: str = "h.endo") -> FakeFeed:
    feed: Any = studio.feeds[name]
    return feed  # type: ignore[no-any-return]


def live_parts(studio: Studio, name: str = "op-1") -> int:
    """How many parts with something of the theatre's left, pictures and sound."""
    found = 0
    for key in ("endo", SOUND):
        timeline = studio.channels[name].timeline(key)
        assert timeline is not None
        parts = [part for segment in timeline.segments for part in clear_parts(timeline, segment)]
        found += sum(any(mark in part for mark in LIVE) for part in parts)
    return found
